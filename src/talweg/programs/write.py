"""The libraries that there are programs for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from talweg import checks
from talweg.checks import InputError
from talweg.dialects import CODE
from talweg.programs import rows, torch
from talweg.programs.recipe import Recipe


class Writer(NamedTuple):
    """How a library's programs are written."""

    refusal: Callable[[Recipe], str | None]  #: why one can't be written, in a few words; None if it can
    program: Callable[[Recipe], str]  #: one that is not refused, as source text


PROGRAMS: dict[str, Writer] = {"torch": Writer(torch.refusal, torch.program)}


def refusal(recipe: Recipe, to: str) -> str | None:
    """Why there is no program for a recipe, in a few words; None if there is one."""
    if to not in PROGRAMS:
        return f"so far there are programs for {' and '.join(PROGRAMS)} alone"
    if recipe.others:
        return recipe.others[0]
    return rows.refusal(recipe.problem) or PROGRAMS[to].refusal(recipe)


def program(recipe: Recipe, to: str) -> str:
    """The whole program, as source text that needs no talweg. Raises InputError where there is none, and for an unknown library."""
    checks.one_of("program", "library", to, CODE)
    if why := refusal(recipe, to):
        raise InputError(f"No whole program can be written for {recipe.problem.name}: {why}")
    return PROGRAMS[to].program(recipe)
