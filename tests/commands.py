"""`talweg …` in this process, as the installed command calls it."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from typing import Any

from talweg.cli import main


@dataclass
class Output:
    """What a command said."""

    code: int
    out: str
    errors: str


def run(*words: str) -> Output:
    """`talweg` with these words: its exit code, what it printed, and what it said on standard error."""
    out, errors, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["talweg", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            try:
                main.main()
                code: Any = 0
            except SystemExit as end:
                code = end.code or 0
    finally:
        sys.argv = before
    return Output(code, out.getvalue(), errors.getvalue())
