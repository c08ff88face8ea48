"""What became of each descent, in words: all of them computed from the trails."""

from __future__ import annotations

import math

import numpy as np
import pytest

from talweg.figures.palette import Look
from talweg.figures.surface import outcomes
from talweg.figures.surface.grid import Relief
from talweg.figures.surface.outcomes import legend, outcome, sentences, summed
from talweg.figures.surface.trajectories import Trail

SIDE = np.linspace(-4, 4, 41)
POINTS = [((0.0, 0.0), 0.0, "minimum", True), ((2.0, 0.0), 1.0, "minimum", False), ((1.0, 0.0), 3.0, "saddle", False)]
GROUND = Relief(SIDE, SIDE, np.add(*np.meshgrid(SIDE**2, SIDE**2)), POINTS, "two wells", 0.0)
ENDLESS = Relief(SIDE, SIDE, np.subtract(*np.meshgrid(SIDE**2, SIDE**2)), [((0.0, 0.0), 0.0, "saddle", False)], "saddle")


def trail(losses: list[float], at: list[tuple[float, float]] | None = None, name: str = "adam", **more: object) -> Trail:
    places = at or [(1.0, 1.0)] * len(losses)
    lost = [k for k, loss in enumerate(losses) if not math.isfinite(loss)]
    given = {"learning_rate": 0.1, "diverged_at": lost[0] if lost else -1} | more
    return Trail(name, name.title(), Look("#2885eb"), np.array(places, float), np.array(losses, float), **given)  # type: ignore[arg-type]


ARRIVING = trail([10.0, 2.0, 0.0005, 0.0001])
SHORT = trail([10.0, 2.0, 0.5, 0.25], name="sgd")
DIVERGING = trail([10.0, 50.0, math.nan, math.nan], at=[(1, 1), (3, 3), (9, 9), (9, 9)], name="momentum")
STUCK = trail([10.0, 1.5, 1.0, 1.0], at=[(3, 3), (2, 0), (2, 0.01), (2.0, 0.0)], name="rmsprop", tuned=True)


def words(one: Trail, relief: Relief = GROUND, *others: Trail) -> str:
    return outcome(one, relief, outcomes.goal([one, *others], relief)).words


def test_the_goal_is_a_power_of_ten_at_most_a_ten_thousandth_of_the_way() -> None:
    assert outcomes.goal([ARRIVING], GROUND).within == pytest.approx(1e-3)
    assert outcomes.goal([trail([24.2, 1.0])], GROUND).within == pytest.approx(1e-3)
    assert outcomes.goal([trail([9.9, 1.0])], GROUND).within == pytest.approx(1e-4)
    assert outcomes.goal([ARRIVING], ENDLESS).within is None


def test_the_legend_says_how_it_went() -> None:
    assert words(ARRIVING) == "reached 0.001 above the lowest after 2 steps"
    assert words(trail([10.0, 0.0005, 2.0])) == "reached 0.001 above the lowest after 1 step, but ended 2 above"
    assert words(SHORT) == "still 0.25 above the lowest after 3 steps"
    assert words(DIVERGING) == "diverged at step 2"
    assert words(STUCK) == "stuck at the local minimum (2, 0), 1 above the lowest, after 3 steps"
    gone = trail([10.0, 40.0, 60.0], at=[(1, 1), (5, 1), (7, 1)])
    assert words(gone) == "still 60 above the lowest after 2 steps, outside the picture from step 1 on"
    assert words(trail([2.0, -3.0]), ENDLESS) == "at −3 after 1 step"
    group = [outcome(STUCK, GROUND, outcomes.goal([STUCK], GROUND))]
    assert legend(group, outcomes.goal([STUCK], GROUND)).startswith("Rmsprop, learning rate 0.1 (best of 32): stuck at")


def test_the_lowest_known_is_not_called_the_lowest() -> None:
    typed = Relief(SIDE, SIDE, GROUND.z, POINTS, "typed", None)
    assert words(ARRIVING, typed) == "reached 0.001 above the lowest known after 2 steps"


def test_who_arrives_first_comes_first_and_who_diverged_last() -> None:
    aim, found = outcomes.outcomes([DIVERGING, SHORT, STUCK, ARRIVING], GROUND)
    assert [group[0].trail.name for group in outcomes.by_method(found)] == ["adam", "sgd", "rmsprop", "momentum"]
    said = " ".join(sentences(found, aim, GROUND))
    assert "Adam is first at 0.001 above the lowest, after 2 steps." in said
    assert "Sgd, Rmsprop and Momentum do not get there in 3 steps." in said
    assert "Rmsprop gets stuck at the local minimum (2, 0), 1 above the lowest." in said
    assert "Momentum with learning rate 0.1 diverged at step 2; a cross marks where it was last seen." in said
    assert "Momentum (step 2)" in said  # outside the picture


def test_nobody_is_said_to_arrive_who_did_not() -> None:
    aim, found = outcomes.outcomes([SHORT, STUCK], GROUND)
    assert sentences(found, aim, GROUND)[0] == "Nobody reaches 0.001 above the lowest in 3 steps; Sgd comes nearest, 0.25 above."
    aim, found = outcomes.outcomes([SHORT], GROUND)
    assert sentences(found, aim, GROUND)[0] == "Sgd does not reach 0.001 above the lowest in 3 steps."


def test_climbing_back_is_overshooting_and_a_small_wobble_is_not() -> None:
    wild, calm = trail([10.0, 1.0, 6.0, 0.5]), trail([10.0, 1.0, 1.1, 0.5], name="sgd")
    assert outcome(wild, GROUND, outcomes.goal([wild], GROUND)).climbed == (2, 1.0, 6.0)
    assert outcome(calm, GROUND, outcomes.goal([calm], GROUND)).climbed is None
    aim, found = outcomes.outcomes([wild, calm], GROUND)
    assert "Overshooting: Adam from 1 up to 6 (step 2)." in sentences(found, aim, GROUND)


def test_without_a_lowest_value_it_counts_who_falls_below_the_picture() -> None:
    falling, slow = trail([2.0, -5.0, -20.0, -90.0]), trail([2.0, 1.0, 0.0, -1.0], name="sgd")
    aim, found = outcomes.outcomes([falling, slow], ENDLESS)
    first = sentences(found, aim, ENDLESS)[0]
    assert (
        first
        == "No lowest value is known, so nobody can arrive; the picture goes down to −16, and Adam is first below that, after 2 steps."
    )


def test_many_starts_are_counted() -> None:
    several = [trail([10.0, losses, 0.0], start=k) for k, losses in enumerate([0.0, 5.0, 5.0])]
    several += [trail([10.0, math.nan, math.nan], start=3), trail([10.0, 1.0, 1.0], at=[(3, 3), (2, 0), (2, 0)], start=4)]
    aim, found = outcomes.outcomes(several, GROUND)
    assert summed(found, aim) == (
        "reached 0.001 above the lowest from 3 of 5 starts (median 2 steps), stuck at a local minimum from 1, "
        "diverged from 1 (first at step 1)"
    )
    said = sentences(found, aim, GROUND)
    assert "from 3 of 5 starts, after 2 steps (median)" in said[0]
    assert said[1] == "Stuck where the slope is zero and it is not lowest: Adam from 1 of 5 (1 place, 1 above the lowest)."


def test_a_descent_without_a_learning_rate_says_so() -> None:
    assert outcomes.rate(trail([1.0, 0.0], learning_rate=None)) == "no learning rate"
