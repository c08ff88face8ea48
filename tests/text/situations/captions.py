"""What stands below the pictures of the usual race."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

from talweg.text import captions

usual = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))["summary"]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "the usual race: validation loss", captions.curves(usual())
