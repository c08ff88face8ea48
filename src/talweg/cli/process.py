"""What a command does to the process and the disk: it sets JAX up, reads its own words, writes files."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import platformdirs
import typer

from talweg.checks import InputError
from talweg.cli import options

if TYPE_CHECKING:
    from talweg.results import Result

INTERRUPTED = 130  # the exit code of a command that was stopped by Ctrl-C


def command() -> str:
    """The command that is running, as it would be typed again."""
    return shlex.join(["talweg", *sys.argv[1:]])


def stopped(store: Path) -> NoReturn:
    """End a command that was stopped by Ctrl-C, with where it goes on."""
    say(f"talweg: stopped; what is finished is kept in {store}, and the same command goes on from there:\n  {command()}")
    raise typer.Exit(INTERRUPTED) from None


def say(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)


def set_up_jax() -> None:
    """All cores, and a cache of compiled programs for the next race; only the command line decides this for the whole process."""
    from talweg.engine.environment import use_all_cores

    use_all_cores()
    import jax

    if jax.config.values["jax_compilation_cache_dir"] is None:
        try:
            cache = platformdirs.user_cache_path("talweg", appauthor=False, ensure_exists=True) / "compiled"
            cache.mkdir(exist_ok=True)
        except OSError:
            return
        jax.config.update("jax_compilation_cache_dir", str(cache))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def file_name(name: str) -> str:
    """A name as a file may have it."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "problem"


def folder(out: Path) -> None:
    """Make a folder. Raises InputError if that can't be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output: {out} can't be made ({error.strerror or error}); choose another --out") from error


def check_file(out: Path | None, kind: type[Result], json_file: Path | None = None) -> None:
    """Find out before the work whether a result of this kind can be written to `--out`, or where it is written without one."""
    if out is not None:
        kind.checked_suffix(out)
    writable(out.parent if out is not None else options.REPORTS, json_file)


def save(result: Result, out: Path | None, *name: str) -> Path:
    """Write a result to `--out`, or to a file in the usual folder whose name has these parts; returns the file."""
    to = out if out is not None else options.REPORTS / f"{'-'.join(map(file_name, name))}.html"
    folder(to.parent)
    return result.save(to)


def writable(out: Path, json_file: Path | None = None) -> None:
    """Find out before the work, not after it, whether results can be written; nothing is made yet."""
    for where in (out, json_file.parent if json_file else out):
        there = next(above for above in (where, *where.absolute().parents) if above.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise InputError(f"output: {where} can't be written ({there} is not a folder that can be); choose another --out or --json")
    if json_file is not None and (json_file.is_dir() or not json_file.parent.is_dir()):
        what = "is a folder" if json_file.is_dir() else "lies in a folder that does not exist"
        raise InputError(f"output: {json_file} {what}; give --json a file in a folder that is there")


def write_json(numbers: Any, json_file: Path | None) -> None:
    """Write a command's numbers, if a file was named for them."""
    if json_file is not None:
        from talweg.report import write_text

        write_text(json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False) + "\n", json_file)
