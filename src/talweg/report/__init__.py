"""The report of a race: one HTML file that needs nothing but itself, and a fragment for notebooks."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from talweg.checks import InputError

Summary = dict[str, Any]


def write(summary: Summary, path: str | os.PathLike[str]) -> Path:
    """Write the report of a race to `path` and return it; the file appears whole or not at all.

    Raises InputError if the file cannot be written.
    """
    from talweg.report import page  # Plotly is loaded only when a report is written

    return write_text(page.html(summary), path)


def write_text(text: str, path: str | os.PathLike[str]) -> Path:
    """Write a file whole or not at all, and return its full path. Raises InputError if it cannot be written."""
    place = Path(path).expanduser().resolve()
    if place.is_dir():
        raise InputError(f"report: the path must name a file, got the folder {str(path)!r}; add a name such as race.html")
    if not place.parent.is_dir():
        raise InputError(f"report: the folder of {str(path)!r} does not exist; make it first or choose another path")
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(place)
    except OSError as problem:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        why = problem.strerror or problem
        raise InputError(f"report: cannot write {str(path)!r} ({why}); choose a path that can be written") from problem
    return place


def html_fragment(summary: Summary) -> str:
    """The verdict and a small table, for `_repr_html_` in notebooks; without Plotly."""
    from talweg.report import fragment

    return fragment.html(summary)
