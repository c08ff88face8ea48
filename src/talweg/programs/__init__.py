"""Whole programs of other libraries: data, model, optimizer, length and evaluation, without talweg.

`program(recipe, "torch")` is what a person who uses that library would write to train what a race recommends, and to see whether it does
what was promised. `refusal(recipe, "torch")` says why there is none.
"""

from __future__ import annotations

from talweg.programs.recipe import Recipe
from talweg.programs.write import PROGRAMS, check, program, refusal

__all__ = ["PROGRAMS", "Recipe", "check", "program", "refusal"]
