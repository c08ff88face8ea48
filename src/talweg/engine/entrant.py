"""What the engine needs to know of who runs: a contestant, or anything else with these attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from talweg.methods import Method


class Entrant(Protocol):
    """What an executor needs to know of who runs."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int | None:
        """Examples per step; None for the whole training set."""

    @property
    def restarts(self) -> int:
        """Trainings of a lane, one after the other, of which the best is kept."""

    @property
    def width(self) -> int:
        """How many times as wide the hidden layers of the problem's model are."""

    def defaults(self) -> Mapping[str, float]:
        """The hyperparameters with which it is paced."""

    def lane(self, hyperparameters: Mapping[str, float], steps: int, schedule: str, /) -> Method:
        """The method of a lane, for a training of so many steps; of one structure for all schedules."""

    def method(self, hyperparameters: Mapping[str, float], steps: int, /) -> Method:
        """The method as anybody would use it, for a training of so many steps."""
