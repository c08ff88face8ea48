"""Seconds of a race, from made-up paces."""

from __future__ import annotations

import dataclasses

import pytest

from talweg.checks import InputError
from talweg.contestants.notation import enter
from talweg.engine.clock import Pace
from talweg.problems import Problem
from talweg.racing import tournament
from talweg.racing.budget import MARGIN, Budget
from talweg.racing.plan import checked
from talweg.verdict.record import Goal

PACE = Pace(0.2, 0.01, 0.5)


def budget(problem: Problem, methods: str = "sgd", pace: Pace = PACE, settings: int = 8) -> Budget:
    plan = checked(problem, enter(problem, methods, settings), settings, 2, 80.0, 0, Goal(), None)
    return Budget(problem, plan, {contestant.name: pace for contestant in plan.contestants})


def test_a_race_takes_what_its_blocks_take(clouds: Problem) -> None:
    made = budget(clouds)
    sgd = made.plan.contestants[1]
    assert made.of_block("sgd", 40) == pytest.approx(PACE.of(40))
    full = sum(
        lanes / made.plan.lanes() * PACE.of(made.plan.steps(clouds.examples, sgd, share))
        for lanes, share in tournament.expected(made.plan, sgd)
    )
    assert dataclasses.replace(made, paces={"sgd": PACE}).total() == pytest.approx(full)


def test_what_is_expected_are_the_rungs_of_a_race(clouds: Problem) -> None:
    tuned, plain = (tournament.expected(budget(clouds).plan, c) for c in reversed(budget(clouds).plan.contestants))
    assert tuned[:2] == [(8.0, 1 / 8), (3 * 4, 1 / 8)]  # the search; two settings and the untuned method on four seeds
    assert plain[0] == (4, 1 / 8)  # nothing to search, so only confirmed
    assert sum(lanes for lanes, _ in tuned) > sum(lanes for lanes, _ in plain)


def test_more_settings_and_longer_races_cost_more(clouds: Problem) -> None:
    made = budget(clouds)
    assert budget(clouds, settings=64).total() > budget(clouds, settings=32).total()
    longer = dataclasses.replace(made, plan=dataclasses.replace(made.plan, epochs=160.0))
    assert 1.7 * made.total() < longer.total() < 2 * made.total()


def test_whoever_has_nothing_left_to_run_costs_nothing(clouds: Problem) -> None:
    both = budget(clouds, "sgd,adam")
    one, rest = (dataclasses.replace(both, paces=dict.fromkeys(names, PACE)) for names in (("adam",), ("sgd", "plain-adam")))
    assert 0 < one.total() < both.total()
    assert one.total() + rest.total() == pytest.approx(both.total())


def test_a_block_with_restarts_costs_each_of_its_trainings(clouds: Problem) -> None:
    made = budget(clouds)
    plain, sgd = made.plan.contestants
    again = dataclasses.replace(made, plan=dataclasses.replace(made.plan, contestants=(plain, dataclasses.replace(sgd, restarts=3))))
    assert again.of_block("sgd", 40) - made.of_block("sgd", 40) > 2 * PACE.block


@pytest.mark.parametrize("seconds", [60.0, 600.0])
def test_the_epochs_that_are_bought_take_the_seconds_less_a_margin(clouds: Problem, seconds: float) -> None:
    made = budget(clouds, "sgd,adam")
    epochs = made.epochs(seconds, spent=5.0)
    fitted = dataclasses.replace(made, plan=dataclasses.replace(made.plan, epochs=epochs))
    bought = (seconds - 5) / MARGIN
    assert 0.8 * bought < fitted.total() < 1.02 * bought  # short trainings have fewer points to measure at than is planned for


def test_a_budget_that_buys_no_step_says_what_would(clouds: Problem) -> None:
    made = budget(clouds)
    with pytest.raises(InputError, match=r"a budget of 2 s is too short .* alone took 1.0 s\); give at least \d+ s") as caught:
        made.epochs(2.0, spent=1.0)
    enough = float(str(caught.value).split("at least ")[1].split()[0])
    assert made.epochs(enough, spent=1.0) > 0
