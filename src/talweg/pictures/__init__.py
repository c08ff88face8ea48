"""Arrays and plain dictionaries → figures; no JAX. `palette` and `words` need no Plotly either.

>>> import talweg as tw
>>> tw.pictures.surface("rosenbrock", "momentum,adam").save("rosenbrock.html")
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    # A door, as `talweg` itself has one: what computes the descents stands rows above, and is loaded when it is asked for.
    if name in ("View", "surface"):
        return getattr(importlib.import_module("talweg.view"), name)
    raise AttributeError(f"module 'talweg.pictures' has no attribute {name!r}")
