"""What a race will do, and which races are the same."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.contestants.notation import enter
from talweg.engine.cost import usual_epochs
from talweg.problems import Problem
from talweg.racing.plan import LONGER, PROTOCOL, Plan, checked, identity
from talweg.verdict.record import Goal


def plan(problem: Problem, methods: Any = "adam", schedule: str | None = None, **more: Any) -> Plan:
    settings = more.pop("settings", 8)
    usual: dict[str, Any] = {"seeds": 4, "epochs": 2.0, "seed": 0, "goal": Goal(), "budget_seconds": None}
    return checked(problem, enter(problem, methods, settings, schedule), settings, **{**usual, **more})


def data(rows: int, **defaults: Any) -> Problem:
    x = np.zeros((rows, 2), np.float32)
    return Problem(loss=lambda w, x: (x @ w).mean(), start=lambda key: np.zeros(2, np.float32), train=x, **defaults)


@pytest.mark.parametrize(("rows", "epochs"), [(4, 100), (100, 51.2), (10_000, 5.12), (102_400, 1.6), (1_000_000, 0.3)])
def test_the_usual_budget_falls_with_the_root_of_the_number_of_examples(rows: int, epochs: float) -> None:
    assert usual_epochs(data(rows)) == epochs


def test_a_problem_may_know_its_usual_budget(clouds: Problem) -> None:
    assert usual_epochs(data(100, default_epochs=7)) == 7
    assert usual_epochs(Problem(loss=lambda w, _: w**2, start=lambda key: np.zeros(()))) == 1000
    assert usual_epochs(clouds) == pytest.approx(512 / math.sqrt(48), rel=0.01)


def test_a_large_model_gets_fewer_epochs() -> None:
    huge = dataclasses.replace(data(10_000), start=lambda key: np.zeros((10_000, 1000), np.float32))
    assert usual_epochs(huge) == pytest.approx(2.5e10 / (6 * 1e7 * 1e4), rel=0.01)


def test_the_budget_is_the_same_number_of_examples_for_all(clouds: Problem) -> None:
    made = plan(clouds, "sgd,sgd@1,sgd@full,sgd@12", epochs=3)
    examples = {c.name: made.steps(48, c) * (c.size or 48) for c in made.contestants}
    assert examples.pop("plain-adam") == 96  # an epoch of 48 has one whole batch of 32
    assert examples == {"sgd": 144, "sgd@1": 144, "sgd@full": 144, "sgd@12": 144}
    assert all(plan(clouds, epochs=1e-9).steps(48, c) == 1 for c in made.contestants)


def test_a_share_of_the_longest_training_is_the_same_share_for_all(clouds: Problem) -> None:
    made = plan(clouds, "sgd@1,sgd@full,sgd@12", epochs=8)
    for contestant in made.contestants[1:]:
        assert made.steps(48, contestant, 0.25) * 4 == made.steps(48, contestant, 0.5) * 2 == made.steps(48, contestant)


def test_the_longest_training_is_several_times_the_usual_epochs(clouds: Problem) -> None:
    assert plan(clouds, epochs=None).epochs == LONGER * usual_epochs(clouds)
    assert plan(data(4), epochs=None).epochs == 1600


def test_a_step_of_two_gradients_halves_the_steps(clouds: Problem) -> None:
    plan = checked(clouds, enter(clouds, "sgd,sam+sgd", 8), 8, 4, 6.0, 0, Goal(), None)
    _, plain, sam = plan.contestants
    assert plan.steps(48, plain) == 2 * plan.steps(48, sam)


def test_every_rung_has_seeds_of_its_own(clouds: Problem) -> None:
    made = plan(clouds)
    counts = {rung: len(made.seeds_of(rung)) for rung in ("search", "confirm", "choice", "final", "promise")}
    assert counts == {"search": 1, "confirm": 4, "choice": 3, "final": 4, "promise": 4}
    seeds = made.all_seeds()
    assert len(set(seeds)) == len(seeds) == 1 + 4 + 3 + 4 + 4
    assert set(seeds) == {seed for rung in counts for seed in made.seeds_of(rung)}
    assert all(0 <= seed < 2**32 for seed in seeds)
    again, other = plan(clouds), plan(clouds, seed=1)
    assert again.seeds_of("final") == made.seeds_of("final")
    assert not set(other.all_seeds()) & set(seeds)
    assert plan(clouds, seeds=6).seeds_of("final")[:4] == made.seeds_of("final")  # more seeds are more, not others


def test_more_settings_confirm_more_and_in_a_quarter_of_them_the_learning_rate_is_tuned_alone(clouds: Problem) -> None:
    made = {settings: plan(clouds, settings=settings) for settings in (1, 8, 32, 64)}
    assert {settings: one.confirmed() for settings, one in made.items()} == {1: 1, 8: 2, 32: 7, 64: 7}
    assert {settings: one.rate_alone() for settings, one in made.items()} == {1: 0, 8: 2, 32: 8, 64: 16}


def test_a_block_has_as_many_lanes_as_the_largest_rung_but_32_at_most(clouds: Problem) -> None:
    assert [plan(clouds, settings=settings).lanes() for settings in (1, 20, 64)] == [8, 24, 32]
    assert plan(clouds, settings=1, seeds=20).lanes() == 20


def test_a_plan_is_json_and_says_its_protocol(clouds: Problem) -> None:
    made = plan(clouds, goal=Goal("accuracy", 0.9))
    assert json.loads(json.dumps(made.describe())) == made.describe()
    assert made.describe()["protocol"] == PROTOCOL == 2
    assert Goal(**made.describe()["goal"]) == made.goal


def test_the_same_plan_is_the_same_race_and_any_change_another(clouds: Problem) -> None:
    def name(problem: Problem = clouds, **more: Any) -> str:
        return identity(problem.fingerprint(), plan(problem, **more).describe())

    changes: list[dict[str, Any]] = [
        {"methods": "lion"},
        {"methods": "adam@4"},
        {"methods": "adam:b1=0.5"},
        {"schedule": "cosine"},
        {"schedule": "constant"},
        {"settings": 9},
        {"seeds": 5},
        {"epochs": 3.0},
        {"seed": 1},
        {"goal": Goal("loss", 0.5)},
        {"goal": Goal("accuracy", 0.5)},
        {"epochs": None, "budget_seconds": 60.0},
        {"epochs": None, "budget_seconds": 61.0},
    ]
    names = [name(), *(name(**change) for change in changes)]
    assert len(set(names)) == len(names)
    assert name() == names[0]
    assert identity("x", dataclasses.replace(plan(clouds), clock="torch").describe()) != identity("x", plan(clouds).describe())
    assert clouds.train is not None
    other = dataclasses.replace(clouds, pool=None, split=None, train=(clouds.train[0] + 1, clouds.train[1]))
    assert name(other) not in (names[0], name(clouds.divided(0)))


def test_a_budget_in_seconds_is_one_race_whatever_epochs_come_out(clouds: Problem) -> None:
    made = plan(clouds, epochs=None, budget_seconds=60.0)
    fitted = dataclasses.replace(made, epochs=17.0)
    assert identity("x", made.describe()) == identity("x", fitted.describe())


GOALLESS = data(100)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no settings": ({"settings": 0}, "settings must be at least 1, got 0"),
    "one seed": ({"seeds": 1}, "seeds must be at least 2, got 1"),
    "half a seed": ({"seeds": 2.5}, "seeds must be a whole number"),
    "negative epochs": ({"epochs": -1}, "epochs must lie in (0, inf), got -1"),
    "no epochs": ({"epochs": 0}, "epochs must lie in"),
    "epochs that are no number": ({"epochs": math.nan}, "epochs must lie in"),
    "two budgets": ({"budget_seconds": 60.0}, "either epochs or a budget"),
    "no budget": ({"epochs": None, "budget_seconds": 0.0}, "budget must lie in"),
    "an endless budget": ({"epochs": None, "budget_seconds": math.inf}, "budget must lie in"),
    "a negative seed": ({"seed": -1}, "seed must be at least 0"),
    "an infinite goal": ({"goal": Goal("loss", math.inf)}, "the goal must lie in (-inf, inf), got inf"),
    "a goal in words": ({"goal": Goal("loss", "low")}, "the goal must be a number"),  # type: ignore[arg-type]  # the mistake
    "too accurate": ({"goal": Goal("accuracy", 95)}, "must lie in (0, 1], got 95; 95 % is 0.95"),
    "not accurate": ({"goal": Goal("accuracy", 0.0)}, "must lie in (0, 1]"),
}


@pytest.mark.parametrize(("change", "sentence"), BAD.values(), ids=BAD)
def test_a_number_out_of_range_is_one_sentence(clouds: Problem, change: dict[str, Any], sentence: str) -> None:
    settings = change.get("settings", 8)
    usual: dict[str, Any] = {"seeds": 4, "epochs": 2.0, "seed": 0, "goal": Goal(), "budget_seconds": None}
    with pytest.raises(InputError) as caught:
        checked(clouds, enter(clouds, "adam", 8), **{**usual, "settings": settings, **change})
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_a_classification_has_an_accuracy_to_reach() -> None:
    with pytest.raises(InputError, match="no accuracy to reach; give a goal loss"):
        plan(GOALLESS, goal=Goal("accuracy", 0.9))
