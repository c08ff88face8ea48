"""A clock that always says the same, so that no decision of a race depends on how busy the machine is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from talweg.bridges.clocks import CLOCKS
from talweg.engine.clock import Timing
from talweg.engine.entrant import Entrant
from talweg.problems import Problem


class Metronome:
    """Every step takes a millisecond."""

    def measure(self, problem: Problem, contestants: Sequence[Entrant]) -> Mapping[str, Timing]:
        return {contestant.name: Timing(1e-3, 1e-3, 1e-3, True) for contestant in contestants}


@contextmanager
def ticking() -> Iterator[None]:
    """Races have this clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CLOCKS, "jax", Metronome)
        yield
