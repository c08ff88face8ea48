"""What is as good as the best, who is there first, and what is recommended."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.verdict import choosing
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Quality

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
lane, falling, diverging = MADE["lane"], MADE["falling"], MADE["diverging"]
COUNT, NOTHING = 16, 2.0


def standing(mean: float, spread: float = 0.0, seed: int = 0) -> Quality:
    """A quality whose differences to a constant one have this mean, and this standard error over 16 seeds."""
    luck = np.random.default_rng(seed).normal(size=COUNT)
    luck = (luck - luck.mean()) / luck.std(ddof=1) * spread * math.sqrt(COUNT)
    return Quality(100, mean + luck, np.arange(COUNT), True)


def seconds(value: float, high: float | None = None) -> Seconds:
    return Seconds(value, value if high is None else high)


def recommended(others: dict[str, tuple[float, float, Seconds]], best: Seconds = seconds(10.0)) -> str:  # noqa: B008
    """Who is recommended beside a best one of loss 0.5; of the others loss, standard error and seconds."""
    qualities = {"best": standing(0.5)} | {name: standing(mean, error) for name, (mean, error, _) in others.items()}
    return choosing.recommended(qualities, {"best": best} | {name: time for name, (_, _, time) in others.items()}, NOTHING)


def test_the_target_is_the_lowest_mean_and_the_margin() -> None:
    assert choosing.target([standing(0.7), standing(0.5, 0.1), standing(0.6)], NOTHING) == pytest.approx(0.5 + 0.005)


def test_an_arrival_is_where_the_mean_curve_arrives_not_the_mean_of_the_arrivals() -> None:
    lanes = [lane(0, 0, falling(10.0)), lane(0, 1, falling(40.0))]
    constants = {0: NOTHING, 1: NOTHING}
    at = choosing.arrival(lanes, constants, 1.0)
    mean = (falling(10.0) + falling(40.0)) / 2
    assert np.interp(at, MADE["STEPS"], mean) == pytest.approx(1.0)
    assert at == pytest.approx(20.0)  # where the first has long been at 0.5, and the second is at 1.5
    assert choosing.arrival(lanes, constants, 0.4) == math.inf
    assert choosing.arrival([*lanes, lane(0, 2, diverging())], {**constants, 2: NOTHING}, 1.0) == math.inf  # it counts as 6 for ever


def test_the_fastest_variant_is_that_which_arrives_first() -> None:
    variants = [[lane(i, s, falling(arrival, end)) for s in range(2)] for i, (arrival, end) in enumerate([(50.0, 0.4), (20.0, 0.6)])]
    lanes, at = choosing.fastest(variants, {}, 0.7) or (None, None)
    assert (lanes, at) == (variants[1], pytest.approx(80 / 3))  # on the line from 0.75 at 25 to 0.6 at 30
    lanes, at = choosing.fastest(variants, {}, 0.5) or (None, None)  # the other one never comes so low
    assert (lanes, at) == (variants[0], pytest.approx(75.0))
    assert choosing.fastest(variants, {}, 0.3) is None


def test_of_equals_in_time_the_lowest_is_recommended() -> None:
    assert recommended({"other": (0.5001, 0.0, seconds(10.0))}) == "best"
    assert recommended({"other": (0.4999, 0.0, seconds(10.0))}) == "other"


@pytest.mark.parametrize(
    ("mean", "error", "time", "winner"),
    [
        (0.504, 0.025, 1.0, "other"),  # the margin is 0.005, and a tenth of the time is worth 3.3 of them
        (0.516, 0.0001, 1.0, "other"),
        (0.517, 0.0001, 1.0, "best"),
        (0.517, 0.025, 1.0, "best"),  # within a standard error, which says nothing of how much worse it is
        (0.5049, 0.025, 5.0, "other"),  # half of the time is worth one
        (0.5051, 0.025, 5.0, "best"),
        (0.502, 0.025, 10 / 1.6, "other"),
        (0.502, 0.025, 10 / 1.4, "best"),  # not clearly faster
        (0.5, 0.0, 10.0, "best"),
    ],
)
def test_a_training_twice_as_long_has_to_be_better_by_the_margin(mean: float, error: float, time: float, winner: str) -> None:
    assert recommended({"other": (mean, error, seconds(time))}) == winner


def test_of_several_that_are_worth_it_the_one_of_the_lowest_price_is_taken() -> None:
    some: dict[str, Any] = {
        "fast": (0.503, 0.0, seconds(3.0)),
        "faster": (0.504, 0.0, seconds(2.0)),
        "fastest": (0.510, 0.0, seconds(1.0)),
        "worse": (0.6, 0.01, seconds(0.5)),
        "slow": (0.501, 0.0, seconds(9.0)),
    }
    assert recommended(some) == "faster"
    assert recommended(dict(reversed(some.items()))) == "faster"


def test_noise_in_a_timing_changes_nothing() -> None:
    """Two measurements that disagree by a factor of two: the slower one of the faster counts, and the faster one of the slower."""
    assert recommended({"other": (0.501, 0.0, seconds(5.0))}) == "other"
    assert recommended({"other": (0.501, 0.0, seconds(5.0, 10.0))}) == "best"
    assert recommended({"other": (0.501, 0.0, seconds(5.0))}, best=seconds(5.5, 11.0)) == "best"
    # a busy moment can only add to a time: of two that are equal in truth none is taken for faster
    for busy in np.random.default_rng(0).uniform(1, 3, size=(50, 2)):
        one, other = (Seconds(10.0, 10.0 * factor) for factor in busy)
        assert recommended({"other": (0.501, 0.0, other)}, best=one) == "best"


def test_the_time_of_steps_is_that_of_one_so_many_times() -> None:
    assert Seconds(0.5, 0.75).times(4) == Seconds(2.0, 3.0)
