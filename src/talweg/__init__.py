"""talweg: on my model and my data, which gradient-descent method, which learning rate, which batch size - and how sure are you?

>>> import talweg as tw
>>> race = tw.race(tw.problems.load("digits"))
>>> print(race.verdict)

Importing it is light: what a name needs is loaded when the name is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from talweg._version import __version__

if TYPE_CHECKING:
    from talweg import dialects, landscape, methods, problems, schedules
    from talweg.bridges.optax import from_optax
    from talweg.bridges.torch import torch_optimizer
    from talweg.checks import InputError
    from talweg.engine.descend import Trace, descend, minimize
    from talweg.engine.environment import use_all_cores
    from talweg.problems import Metric, Problem
    from talweg.racing.api import open_race, race
    from talweg.racing.batch import BatchSizes, batch, open_batch
    from talweg.racing.result import Race
    from talweg.studies.basins import Basins, basins
    from talweg.studies.diagnose import diagnose
    from talweg.studies.escape import Escape, escape
    from talweg.studies.surface import View, surface
    from talweg.studies.trajectories import Trajectory, trajectories

_MODULES = ("dialects", "landscape", "methods", "problems", "schedules")
_NAMES = {
    "talweg.bridges.optax": ("from_optax",),
    "talweg.bridges.torch": ("torch_optimizer",),
    "talweg.checks": ("InputError",),
    "talweg.engine.descend": ("Trace", "descend", "minimize"),
    "talweg.engine.environment": ("use_all_cores",),
    "talweg.problems": ("Metric", "Problem"),
    "talweg.racing.api": ("Race", "open_race", "race"),
    "talweg.racing.batch": ("BatchSizes", "batch", "open_batch"),
    "talweg.studies.basins": ("Basins", "basins"),
    "talweg.studies.diagnose": ("diagnose",),
    "talweg.studies.escape": ("Escape", "escape"),
    "talweg.studies.surface": ("View", "surface"),
    "talweg.studies.trajectories": ("Trajectory", "trajectories"),
}
_WHERE = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(["__version__", *_MODULES, *_WHERE])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"talweg.{name}")
    if name in _WHERE:
        return getattr(_imported(_WHERE[name]), name)
    raise AttributeError(f"module 'talweg' has no attribute {name!r}")


def _imported(module: str) -> Any:
    """A module; the library that a bridge needs may be missing."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        library = module.split(".")[-1]
        if error.name != library:
            raise
        raise ModuleNotFoundError(f"talweg: {library} is not installed; pip install 'talweg[{library}]'", name=library) from error


def __dir__() -> list[str]:
    return __all__
