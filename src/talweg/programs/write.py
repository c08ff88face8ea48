"""The libraries that there are programs for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from talweg import checks
from talweg.checks import InputError
from talweg.dialects import CODE
from talweg.problems.source import Source
from talweg.programs import optax, rows, torch
from talweg.programs.recipe import Recipe


class Writer(NamedTuple):
    """How a library's programs are written."""

    refusal: Callable[[Recipe], str | None]  #: why one can't be written, in a few words; None if it can
    program: Callable[[Recipe], str]  #: one that is not refused, as source text


PROGRAMS: dict[str, Writer] = {"torch": Writer(torch.refusal, torch.program), "optax": Writer(optax.refusal, optax.program)}


def refusal(recipe: Recipe, to: str) -> str | None:
    """Why there is no program for a recipe, in a few words; None if there is one."""
    if why := _foreseen(recipe.problem.source, to):
        return why
    return next(iter(recipe.others), None) or rows.refusal(recipe.problem) or PROGRAMS[to].refusal(recipe)


def check(name: str, source: Source | None, to: str) -> None:
    """Refuse what needs no data to be refused: another library, or other data. Raises InputError, also for an unknown library."""
    checks.one_of("program", "library", to, CODE)
    _refuse(name, _foreseen(source, to))


def program(recipe: Recipe, to: str) -> str:
    """The whole program, as source text that needs no talweg. Raises InputError where there is none, and for an unknown library."""
    checks.one_of("program", "library", to, CODE)
    _refuse(recipe.problem.name, refusal(recipe, to))
    return PROGRAMS[to].program(recipe)


def _foreseen(source: Source | None, to: str) -> str | None:
    return rows.unknown(source) if to in PROGRAMS else f"so far there are programs for {' and '.join(PROGRAMS)} alone"


def _refuse(name: str, why: str | None) -> None:
    if why:
        raise InputError(f"No whole program can be written for {name}: {why}")
