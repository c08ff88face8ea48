"""What became of each descent, in numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from talweg.figures.palette import Look
from talweg.figures.surface import outcomes
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.outcomes import Outcome, outcome
from talweg.figures.surface.trajectories import SingleTrajectory

SIDE = np.linspace(-4, 4, 41)
POINTS = [((0.0, 0.0), 0.0, "minimum", True), ((2.0, 0.0), 1.0, "minimum", False), ((1.0, 0.0), 3.0, "saddle", False)]
GROUND = Grid(SIDE, SIDE, np.add(*np.meshgrid(SIDE**2, SIDE**2)), POINTS, "two wells", 0.0)
ENDLESS = Grid(SIDE, SIDE, np.subtract(*np.meshgrid(SIDE**2, SIDE**2)), [((0.0, 0.0), 0.0, "saddle", False)], "saddle")


def trajectory(losses: list[float], at: list[tuple[float, float]] | None = None, name: str = "adam", **more: object) -> SingleTrajectory:
    places = at or [(1.0, 1.0)] * len(losses)
    lost = [k for k, loss in enumerate(losses) if not math.isfinite(loss)]
    given = {"learning_rate": 0.1, "diverged_at": lost[0] if lost else -1} | more
    return SingleTrajectory(name, name.title(), Look("#2885eb"), np.array(places, float), np.array(losses, float), **given)  # type: ignore[arg-type]


ARRIVING = trajectory([10.0, 2.0, 0.0005, 0.0001])
SHORT = trajectory([10.0, 2.0, 0.5, 0.25], name="sgd")
DIVERGING = trajectory([10.0, 50.0, math.nan, math.nan], at=[(1, 1), (3, 3), (9, 9), (9, 9)], name="momentum")
STUCK = trajectory([10.0, 1.5, 1.0, 1.0], at=[(3, 3), (2, 0), (2, 0.01), (2.0, 0.0)], name="rmsprop", tuned=True)


def became(one: SingleTrajectory, grid: Grid = GROUND) -> Outcome:
    return outcome(one, grid, outcomes.goal([one], grid))


def test_the_goal_is_a_power_of_ten_at_most_a_ten_thousandth_of_the_initial_gap() -> None:
    assert outcomes.goal([ARRIVING], GROUND).within == pytest.approx(1e-3)
    assert outcomes.goal([trajectory([24.2, 1.0])], GROUND).within == pytest.approx(1e-3)
    assert outcomes.goal([trajectory([9.9, 1.0])], GROUND).within == pytest.approx(1e-4)
    assert outcomes.goal([ARRIVING], ENDLESS).within is None


def test_a_lowest_value_that_is_only_known_by_a_minimum_is_not_called_the_lowest() -> None:
    assert outcomes.goal([ARRIVING], GROUND).known
    assert not outcomes.goal([ARRIVING], Grid(SIDE, SIDE, GROUND.z, POINTS, "typed", None)).known


def test_what_became_of_a_descent_is_one_of_five() -> None:
    gone = trajectory([10.0, 40.0, 60.0], at=[(1, 1), (5, 1), (7, 1)])
    kinds = [(one.kind, one.step) for one in map(became, (ARRIVING, SHORT, DIVERGING, STUCK, gone))]
    assert kinds == [("reached", 2), ("short", 3), ("diverged", 2), ("stuck", 3), ("outside", 2)]
    assert (became(STUCK).at, became(STUCK).where, became(STUCK).above) == ((2.0, 0.0), "minimum", 1.0)
    assert (became(gone).left, became(gone).ends_outside) == (1, True)


def test_who_leaves_the_goal_again_does_not_stay() -> None:
    assert became(ARRIVING).stays
    left = became(trajectory([10.0, 0.0005, 2.0]))
    assert (left.kind, left.step, left.stays, left.final_loss) == ("reached", 1, False, 2.0)


def test_who_arrives_first_comes_first_and_who_diverged_last() -> None:
    runs = outcomes.outcomes([DIVERGING, SHORT, STUCK, ARRIVING], GROUND)
    assert [group[0].trajectory.name for group in outcomes.by_method(runs)] == ["adam", "sgd", "rmsprop", "momentum"]


def test_climbing_back_is_overshooting_and_a_small_wobble_is_not() -> None:
    wild, calm = trajectory([10.0, 1.0, 6.0, 0.5]), trajectory([10.0, 1.0, 1.1, 0.5], name="sgd")
    assert became(wild).climbed == (2, 1.0, 6.0)
    assert became(calm).climbed is None


def test_without_a_lowest_value_it_counts_when_a_descent_falls_below_the_plot() -> None:
    falling = became(trajectory([2.0, -5.0, -20.0, -90.0]), ENDLESS)
    assert (falling.goal.bottom, falling.below) == (-16.0, 2)
    assert became(trajectory([2.0, 1.0, 0.0, -1.0]), ENDLESS).below is None
