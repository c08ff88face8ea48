"""What a race says while it runs, to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Prepared(NamedTuple):
    """A contestant's program is compiled."""

    contestant: str
    compile_seconds: float


class Expected(NamedTuple):
    """What the race will take from here, and the budget in passes over the training data."""

    seconds: float
    epochs: float
    blocks_found: int  #: finished before, by an earlier run of the same race


class Going(NamedTuple):
    """A block is under way."""

    contestant: str
    rung: str
    done: float  #: share of the whole race, in expected seconds
    contestant_done: float  #: share of this contestant's lanes
    best: float  #: lowest validation loss of the contestant so far; infinite if there is none yet
    diverged: int  #: lanes that have diverged so far
    lanes: int  #: lanes so far, those under way included


class Probed(NamedTuple):
    """The training dynamics of a contestant are recorded."""

    contestant: str


Event = Prepared | Expected | Going | Probed
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing."""
