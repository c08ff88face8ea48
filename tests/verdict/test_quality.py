"""What trainings are worth: the rules on lanes made by hand."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.verdict import quality
from talweg.verdict.quality import Quality

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
STEPS, lane, falling, diverging = MADE["STEPS"], MADE["lane"], MADE["falling"], MADE["diverging"]
NAN, INF = math.nan, math.inf


def lanes(*curves: Any, first: int = 0, **more: Any) -> list[Any]:
    return [lane(0, first + s, np.array(curve, float), **more) for s, curve in enumerate(curves)]


@pytest.mark.parametrize(("constant", "loss"), [(2.0, 6.0), (0.0, 0.0), (-0.5, 0.5), (-2.0, 2.0)])
def test_a_failure_counts_as_three_times_the_constant_or_as_far_above_it(constant: float, loss: float) -> None:
    assert quality.failure(constant) == loss


def test_nothing_learned_is_the_constant_of_the_seed_or_where_there_is_none_the_loss_at_the_start() -> None:
    some = lanes([5.0, 1.0], [7.0, 1.0])
    assert quality.reference(some, {0: 2.0, 1: 3.0}).tolist() == [2.0, 3.0]
    assert quality.reference(some, {1: 3.0}).tolist() == [5.0, 3.0]
    assert quality.reference(some, {}).tolist() == [5.0, 7.0]


def test_no_curve_is_above_a_failure_of_its_own_seed() -> None:
    some = lanes([5.0, 7.0, 1.0], [5.0, NAN, NAN], [5.0, INF, 0.5])
    np.testing.assert_array_equal(quality.curves(some, {0: 2.0, 1: 1.0, 2: 2.0}), [[5.0, 6.0, 1.0], [3.0, 3.0, 3.0], [5.0, 6.0, 0.5]])
    np.testing.assert_array_equal(quality.curves(some, {}), [[5.0, 7.0, 1.0], [5.0, 15.0, 15.0], [5.0, 15.0, 0.5]])


def test_curves_without_a_finite_start_can_still_be_averaged() -> None:
    assert np.isfinite(quality.curves(lanes([INF, 1.0], [NAN, NAN]), {}).mean())


def test_a_training_has_failed_if_it_ends_at_that_ceiling() -> None:
    constants = dict.fromkeys(range(4), 1.0)
    assert quality.failed(lanes([1.0, 3.5, 0.5], [1.0, 0.5, NAN], [1.0, 0.5, 3.0], [1.0, 0.5, 2.9]), constants) == 0.5
    assert quality.failed(lanes([4.0, 1.0]), {}) == 0.0


def test_the_final_loss_of_a_diverged_lane_is_infinite() -> None:
    assert quality.final_loss(lane(0, 0, falling(100.0))) == 1.0
    assert quality.final_loss(lane(0, 0, diverging())) == INF
    assert quality.final_loss(replace(lane(0, 0, falling(100.0)), diverged_at=7)) == INF


@pytest.mark.parametrize(
    ("best", "nothing", "margin"),
    [
        (0.4, 0.7, 0.003),  # of the gap, as on OJ
        (0.2, 2.3, 0.0021),  # of the loss, but not below a thousandth of the gap
        (0.1, 0.4, 0.001),  # of the loss
        (0.0, 2.0, 0.002),
        (-3.0, -1.0, 0.02),
        (1.0, 1.0, 0.0),
        (3.0, 2.0, 0.01),  # worse than nothing: the gap is as wide as it is
    ],
)
def test_the_margin_by_hand(best: float, nothing: float, margin: float) -> None:
    assert quality.margin(best, nothing) == pytest.approx(margin)


def test_the_best_point_is_the_first_that_is_practically_the_lowest() -> None:
    # the margin is 0.01 here, and a tenth of it does not count
    assert quality.best_point(np.array([2.0, 1.0005, 1.0, 1.2]), 2.0) == 1
    assert quality.best_point(np.array([2.0, 1.002, 1.0, 1.2]), 2.0) == 2
    assert quality.best_point(np.array([2.0, 1.0, 1.0, 0.9999]), 2.0) == 1
    # the start is no training
    assert quality.best_point(np.array([0.5, 1.0, 0.9, 1.2]), 2.0) == 2


def test_the_length_is_where_the_mean_curve_is_lowest_and_is_one_for_all_seeds() -> None:
    some = lanes([2.0, 0.2, 0.9, 1.5], [2.0, 1.5, 0.9, 0.8], first=8)
    own = quality.quality(some, {8: 2.0, 9: 2.0})
    assert (own.steps, own.losses.tolist(), own.seeds.tolist(), own.at_end) == (5, [0.2, 1.5], [8, 9], False)
    assert own.mean == pytest.approx(0.85)
    rising = quality.quality(lanes([2.0, 1.0, 0.5, 0.2]), {0: 2.0})
    assert (rising.steps, rising.at_end) == (15, True)


def test_a_seed_that_fails_costs() -> None:
    good, gambler = lanes(*[[2.0, 0.6, 0.6]] * 4), lanes(*[[2.0, 0.5, 0.5]] * 3, [2.0, NAN, NAN])
    constants = dict.fromkeys(range(4), 2.0)
    assert quality.quality(good, constants).mean == pytest.approx(0.6)
    assert quality.quality(gambler, constants).mean == pytest.approx((3 * 0.5 + 6.0) / 4)


def test_a_decaying_learning_rate_counts_at_its_end() -> None:
    curve = [2.0, 0.1, 0.9, 0.8]
    own = quality.quality(lanes(curve, schedule="cosine"), {0: 2.0})
    assert (own.steps, own.mean, own.at_end) == (15, 0.8, True)
    assert quality.quality(lanes(curve), {0: 2.0}).mean == 0.1
    assert quality.at_end(lanes(curve), {0: 2.0}).mean == 0.8


def test_lanes_are_grouped_by_setting_schedule_and_length() -> None:
    long, short = falling(10.0), falling(10.0)[:5]
    rows = [
        lane(1, 0, long),
        lane(0, 0, long),
        lane(1, 1, long),
        lane(1, 0, short),
        lane(1, 0, long, schedule="cosine"),
        lane(0, 1, long),
    ]
    groups = quality.by_variant(rows)
    assert [[(one.setting, one.seed, one.schedule, len(one.steps)) for one in group] for group in groups] == [
        [(1, 0, "constant", 21), (1, 1, "constant", 21)],
        [(0, 0, "constant", 21), (0, 1, "constant", 21)],
        [(1, 0, "constant", 5)],
        [(1, 0, "cosine", 21)],
    ]
    assert quality.by_variant([]) == []
    twice = [lane(0, 0, long), lane(0, 1, long), lane(0, 1, long)]  # two rungs of a very short race were equally long
    assert [one.seed for group in quality.by_variant(twice) for one in group] == [0, 1]


def test_what_was_trained_twice_counts_once() -> None:
    once = [lane(1, seed, falling(10.0), schedule="cosine") for seed in (3, 4)]
    again = [lane(1, seed, falling(10.0), schedule="cosine") for seed in (4, 3, 5)]
    (group,) = quality.by_variant([*once, *again])
    assert group == [*once, again[-1]]


def test_differences_are_between_the_same_seeds() -> None:
    one = Quality(9, np.array([1.0, 2.0, 3.0]), np.array([30, 10, 20]), True)
    other = Quality(5, np.array([0.5, 0.25, 9.0]), np.array([10, 20, 40]), False)
    assert sorted(quality.paired(one, other)) == [1.5, 2.75]
    assert quality.paired(one, other).tolist() == (-quality.paired(other, one)).tolist()
    assert quality.paired(one, Quality(5, np.array([1.0]), np.array([1]), False)).size == 0
