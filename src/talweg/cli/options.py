"""What all commands share: their options, and where they write."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from talweg.checks import InputError

StoreOption = Annotated[Path, typer.Option("--store", help="SQLite file that keeps all races.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write all numbers to this file.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the report.")]
RaceArgument = Annotated[str | None, typer.Argument(help="The beginning of a race's name; the newest without it.", show_default=False)]


def file_name(name: str) -> str:
    """A name as a file may have it."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "problem"


def folder(out: Path) -> None:
    """Make a folder. Raises InputError if that can't be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output: {out} can't be made ({error.strerror or error}); choose another --out") from error


def place(text: str, who: str = "surface") -> list[float]:
    """The numbers of `-1.2,1`."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{who}: a point must be numbers with commas between them, such as -1.2,1, got {text!r}") from None


def names(text: str | None) -> list[str] | None:
    """The names of `a, b`; None if none were given."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def duration(text: str) -> float:
    """Seconds of `60`, `60s`, `5m`, `1.5h`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*", text)
    if not found:
        raise InputError(f"race: the budget must be a time such as 60s, 5m or 1h, got {text!r}")
    return float(found[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600}[found[2] or "s"]


def writable(out: Path, json_file: Path | None) -> None:
    """Find out before the work, not after it, whether results can be written; nothing is made yet."""
    for where in (out, json_file.parent if json_file else out):
        there = next(above for above in (where, *where.absolute().parents) if above.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise InputError(f"output: {where} can't be written ({there} is not a folder that can be); choose another --out or --json")
    if json_file is not None and (json_file.is_dir() or not json_file.parent.is_dir()):
        what = "is a folder" if json_file.is_dir() else "lies in a folder that does not exist"
        raise InputError(f"output: {json_file} {what}; give --json a file in a folder that is there")


def set_up_jax() -> None:
    """All cores, and a cache of compiled programs for the next race; only the command line decides this for the whole process."""
    from talweg.engine.environment import use_all_cores

    use_all_cores()
    import jax

    if jax.config.values["jax_compilation_cache_dir"] is None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "talweg" / "compiled"
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        jax.config.update("jax_compilation_cache_dir", str(cache))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def say(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)
