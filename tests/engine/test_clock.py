"""How long blocks take."""

from __future__ import annotations

import pytest

from talweg.engine.clock import Pace, pace
from talweg.engine.loop import measuring_points


@pytest.mark.parametrize("true", [Pace(0.002, 0.01, 0.5), Pace(1e-5, 0.0, 0.001)])
@pytest.mark.parametrize("examples", [8, 4096])
def test_the_parts_of_a_pace_are_found_from_a_few_blocks(true: Pace, examples: int) -> None:
    ran: list[int] = []

    def seconds(steps: int) -> float:
        ran.append(steps)
        return true.of(steps) + 100 * (len(ran) == 1)  # the first one compiles

    found = pace(seconds, examples)
    assert max(ran) <= 256
    for steps in ran:
        assert found.of(steps) == pytest.approx(true.of(steps), abs=1e-6)


def test_a_block_costs_its_steps_its_points_and_itself() -> None:
    assert Pace(0.1, 0.01, 5.0).of(1000) == pytest.approx(5 + 100 + 0.01 * len(measuring_points(1000)))
