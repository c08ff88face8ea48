"""What a program is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talweg.methods import Method
from talweg.problems.base import Problem


@dataclass(frozen=True, eq=False)
class Recipe:
    """A training: on what, by which method, and for how long."""

    about: str  #: what is trained, and where its numbers come from: a line
    problem: Problem
    method: Method  #: with its schedule
    batch: int | str  #: a whole number or "full"
    steps: int
    expected: Mapping[str, Any] | None = None  #: {mean, low, high, rows}: the loss on new data; None where nothing is promised
    others: tuple[str, ...] = ()  #: what the training does beside choosing steps, a sentence each
