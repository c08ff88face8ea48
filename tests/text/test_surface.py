"""What became of the descents on a surface, in words."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path

from talweg.figures.surface import outcomes
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.outcomes import Outcome
from talweg.figures.surface.trajectories import SingleTrajectory
from talweg.text.surface import headline, legend, outcome, rate, sentences, summed

MADE = runpy.run_path(str(Path(__file__).parents[1] / "figures" / "surface" / "test_outcomes.py"))
SIDE, POINTS, GROUND, ENDLESS, trajectory, ARRIVING, SHORT, DIVERGING, STUCK = (
    MADE[name] for name in ("SIDE", "POINTS", "GROUND", "ENDLESS", "trajectory", "ARRIVING", "SHORT", "DIVERGING", "STUCK")
)


def groups(*descents: SingleTrajectory, grid: Grid = GROUND) -> list[list[Outcome]]:
    return outcomes.by_method(outcomes.outcomes(descents, grid))


def words(one: SingleTrajectory, grid: Grid = GROUND) -> str:
    return outcome(groups(one, grid=grid)[0][0])


def test_the_legend_says_what_became_of_each() -> None:
    assert words(ARRIVING) == "within 0.001 of the lowest value after 2 steps"
    assert words(trajectory([10.0, 0.0005, 2.0])) == "within 0.001 of the lowest value after 1 step, but ended 2 above it"
    assert words(SHORT) == "0.25 above the lowest value after 3 steps"
    assert words(DIVERGING) == "diverged at step 2"
    assert words(STUCK) == "stuck at the local minimum (2, 0), 1 above the lowest value, after 3 steps"
    gone = trajectory([10.0, 40.0, 60.0], at=[(1, 1), (5, 1), (7, 1)])
    assert words(gone) == "60 above the lowest value after 2 steps, outside the plot from step 1 on"
    assert words(trajectory([2.0, -3.0]), ENDLESS) == "at −3 after 1 step"
    assert legend(groups(STUCK)[0]).startswith("Rmsprop, learning rate 0.1 (best of 32): stuck at")
    assert rate(groups(trajectory([1.0, 0.0], learning_rate=None))[0][0]) == "no learning rate"


def zigzag(name: str = "sgd", **more: object) -> SingleTrajectory:
    """A run that jumps from wall to wall."""
    return trajectory([10.0 - 0.1 * k for k in range(21)], at=[(1.0, 0.9**k * (-1) ** k) for k in range(21)], name=name, **more)


def crawl(name: str = "momentum", **more: object) -> SingleTrajectory:
    """A run that has hardly begun."""
    return trajectory([10.0 - 0.1 * k for k in range(21)], at=[(3.0 - 0.01 * k, 1.0) for k in range(21)], name=name, **more)


def test_a_run_that_does_not_arrive_is_told_why() -> None:
    assert words(zigzag()) == "8 above the lowest value after 20 steps; it overshoots, from wall to wall"
    assert words(crawl()) == "8 above the lowest value after 20 steps; its learning rate is too small"
    assert words(crawl(tuned=True)) == words(crawl(learning_rate=None)) == "8 above the lowest value after 20 steps"
    assert headline("two wells", groups(crawl())) == "Momentum does not reach the lowest point: its learning rate is too small"
    lines = sentences(groups(zigzag(), crawl()))
    assert lines[1] == "Too large a learning rate to settle, jumping from wall to wall: Sgd (learning rate 0.1)."
    assert lines[2].endswith("without ever having turned sharply: Momentum (learning rate 0.1).")
    assert "from 2 (1 overshoot from wall to wall and 1 too slow)" in summed(groups(zigzag(), crawl("sgd", start=1))[0])


def test_a_learning_rate_in_a_label_is_not_said_twice() -> None:
    fixed = replace(trajectory([10.0, 2.0, 0.5]), label="gradient descent, learning_rate 0.1")
    assert legend(groups(fixed)[0]).startswith("gradient descent, learning rate 0.1: ")


def test_the_lowest_known_is_not_called_the_lowest() -> None:
    typed = Grid(SIDE, SIDE, GROUND.z, POINTS, "typed", None)
    assert words(ARRIVING, typed) == "within 0.001 of the lowest known value after 2 steps"


def test_who_arrives_and_what_became_of_the_others() -> None:
    lines = sentences(groups(DIVERGING, SHORT, STUCK, ARRIVING))
    assert lines == [
        "Adam is the first within 0.001 of the lowest value, after 2 steps. Sgd, Rmsprop and Momentum do not get there in 3 steps.",
        "Rmsprop gets stuck at the local minimum (2, 0), 1 above the lowest value.",
        "Momentum with learning rate 0.1 diverged at step 2; a cross marks the last position in the plot.",
        "Trajectories that leave the plot are cut at its edge: Momentum (step 2).",
    ]
    assert headline("two wells", groups(SHORT, ARRIVING)) == "Adam reaches the lowest point first"


def test_nobody_is_said_to_arrive_who_did_not() -> None:
    assert (
        sentences(groups(SHORT, STUCK))[0]
        == "No method comes within 0.001 of the lowest value in 3 steps; Sgd comes closest, 0.25 above it."
    )
    assert sentences(groups(SHORT))[0] == "Sgd does not come within 0.001 of the lowest value in 3 steps."
    assert headline("two wells", groups(SHORT)) == "Sgd does not reach the lowest point"
    assert headline("two wells", groups(DIVERGING)) == "Momentum diverges"


def test_overshooting_is_said() -> None:
    wild, calm = trajectory([10.0, 1.0, 6.0, 0.5]), trajectory([10.0, 1.0, 1.1, 0.5], name="sgd")
    assert "Overshooting: Adam from 1 up to 6 (step 2)." in sentences(groups(wild, calm))


def test_without_a_lowest_value_the_first_below_the_plot_is_said() -> None:
    falling, slow = trajectory([2.0, -5.0, -20.0, -90.0]), trajectory([2.0, 1.0, 0.0, -1.0], name="sgd")
    assert sentences(groups(falling, slow, grid=ENDLESS))[0] == (
        "No lowest value is known; the lowest value in the plot is −16, and Adam is the first below it, after 2 steps."
    )


def test_many_starts_are_counted() -> None:
    several = [trajectory([10.0, loss, 0.0], start=k) for k, loss in enumerate([0.0, 5.0, 5.0])]
    several += [trajectory([10.0, math.nan, math.nan], start=3), trajectory([10.0, 1.0, 1.0], at=[(3, 3), (2, 0), (2, 0)], start=4)]
    made = groups(*several)
    assert summed(made[0]) == (
        "within 0.001 of the lowest value from 3 of 5 starts (median 2 steps), stuck at a local minimum from 1, "
        "diverged from 1 (earliest at step 1)"
    )
    lines = sentences(made)
    assert "from 3 of 5 starts, after a median of 2 steps" in lines[0]
    assert lines[1] == "Stuck at other critical points: Adam from 1 of 5 starts (1 point, 1 above the lowest value)."
