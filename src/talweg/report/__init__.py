"""Pages of HTML, each one file that needs nothing but itself, and how a file is written: whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talweg.checks import InputError


def write_text(text: str, path: str | os.PathLike[str]) -> Path:
    """Write a file whole or not at all, and return its full path. Raises InputError if it cannot be written."""
    return write_file(lambda beside: beside.write_text(text, encoding="utf-8"), path)


def write_file(write: Callable[[Path], Any], path: str | os.PathLike[str]) -> Path:
    """The same for a file of any kind, which `write` writes to the path that it is given."""
    to = place(path)
    beside = to.with_name(f".talweg-{os.getpid()}.part")
    try:
        write(beside)
        beside.replace(to)
    except OSError as problem:
        raise InputError(
            f"report: cannot write {str(path)!r} ({problem.strerror or problem}); choose a path that can be written"
        ) from problem
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return to


def place(path: str | os.PathLike[str]) -> Path:
    """Where a file for `path` would be written; may be asked before a race, so that it is not run in vain.

    Raises InputError if `path` is a folder or its folder does not exist.
    """
    name = str(path)
    if "\0" in name:
        raise InputError(f"report: the path must name a file, got {name!r}, which no file can be called; choose another path")
    # os.path's questions are never answered by an exception, whatever the name (too long, no such user).
    to = Path(os.path.realpath(os.path.expanduser(name)))
    if os.path.isdir(to):
        raise InputError(f"report: the path must name a file, got the folder {name!r}; add a name such as race.html")
    if not os.path.isdir(to.parent):
        raise InputError(f"report: the folder of {name!r} does not exist; make it first or choose another path")
    return to
