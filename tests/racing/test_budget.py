"""Seconds of a race, from made-up paces."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from talweg.checks import InputError
from talweg.contestants.notation import enter
from talweg.engine.clock import Pace
from talweg.problems import Problem
from talweg.racing.budget import MARGIN, Budget
from talweg.racing.plan import checked
from talweg.verdict.scores import Target

PACE = Pace(0.2, 0.01, 0.5)


def budget(problem: Problem, methods: str = "sgd", pace: Pace = PACE, **more: Any) -> Budget:
    goal = more.pop("goal", Target("loss", 0.5))
    plan = checked(problem, enter(problem, methods, 8), 8, 2, 2.0, 0, goal, None)
    return Budget(problem, plan, {contestant.name: pace for contestant in plan.contestants})


def test_a_race_takes_what_its_blocks_take(clouds: Problem) -> None:
    made = budget(clouds)
    (sgd,) = made.plan.contestants
    steps = made.plan.steps(clouds, sgd)
    assert made.of_block(sgd) == pytest.approx(PACE.of(steps))
    assert made.total() == pytest.approx(3 * PACE.of(steps))  # search, confirmation and final


def test_a_baseline_that_sets_the_target_is_confirmed_and_has_its_final_twice(clouds: Problem) -> None:
    assert budget(clouds, goal=Target()).total() == pytest.approx(5 / 3 * budget(clouds).total())


def test_whoever_has_nothing_left_to_run_costs_nothing(clouds: Problem) -> None:
    both = budget(clouds, "sgd,adam")
    rest = dataclasses.replace(both, paces={"adam": PACE})
    assert rest.total() == pytest.approx(both.total() / 2)


def test_a_block_with_restarts_costs_each_of_its_trainings(clouds: Problem) -> None:
    made = budget(clouds)
    again = dataclasses.replace(made.plan.contestants[0], restarts=3)
    assert made.of_block(again) - made.of_block(made.plan.contestants[0]) > 2 * PACE.block


@pytest.mark.parametrize("seconds", [60.0, 600.0])
def test_the_epochs_that_are_bought_take_the_seconds_less_a_margin(clouds: Problem, seconds: float) -> None:
    made = budget(clouds, "sgd,adam")
    epochs = made.epochs(seconds, spent=5.0)
    fitted = dataclasses.replace(made, plan=dataclasses.replace(made.plan, epochs=epochs))
    assert fitted.total() == pytest.approx((seconds - 5) / MARGIN, rel=0.05)


def test_a_budget_that_buys_no_step_says_what_would(clouds: Problem) -> None:
    made = budget(clouds)
    with pytest.raises(InputError, match=r"a budget of 2 s is too short .* alone took 1.0 s\); give at least \d+ s") as caught:
        made.epochs(2.0, spent=1.0)
    enough = float(str(caught.value).split("at least ")[1].split()[0])
    assert made.epochs(enough, spent=1.0) > 0
