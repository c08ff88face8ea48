"""What a contestant makes of the points of a search, and the methods of its lanes."""

from __future__ import annotations

from typing import Any

import jax
import pytest

from talweg import schedules
from talweg.contestants.design import cube
from talweg.contestants.notation import enter, listed
from talweg.methods import Momentum
from talweg.problems import Problem


def rate(method: Any, t: int | None = None) -> Any:
    """The learning rate of a method, as it is or at a step."""
    return method.learning_rate if t is None else float(schedules.at(method, t).learning_rate)


def test_without_a_schedule_a_race_tries_whether_decay_is_better(clouds: Problem) -> None:
    def decays(schedule: str | None, methods: Any = "adam") -> list[tuple[str, bool, str | None]]:
        return [(entry.schedule, entry.decays, entry.decay) for entry in listed(clouds, methods, 8, schedule)]

    assert decays(None) == [("constant", True, "cosine")]
    assert decays("constant") == [("constant", False, None)]
    assert decays("step") == [("step", False, "step")]
    assert decays(None, "adam:learning_rate=0.1") == [("constant", False, None)]  # whose rate is given keeps it
    assert [entry.decays for entry in enter(clouds, "adam", 8)] == [False, True]  # plain Adam is as it comes


def test_of_the_first_settings_nothing_but_the_learning_rate_is_tuned(clouds: Problem) -> None:
    (entry,) = listed(clouds, "adam", 30)
    points, defaults = cube(8, 0), entry.defaults()
    alone, usual = entry.settings(points, 3), entry.settings(points)
    for setting, without in zip(alone[:3], usual[:3], strict=True):
        assert setting == {"learning_rate": without["learning_rate"], "b1": defaults["b1"], "eps": defaults["eps"]}
    assert alone[3:] == usual[3:]
    assert [entry.rate_alone(setting) for setting in alone] == [True] * 3 + [False] * 5
    assert not any(map(entry.rate_alone, usual))


def test_where_no_learning_rate_is_searched_none_is_tuned_alone(clouds: Problem) -> None:
    (entry,) = listed(clouds, "adam:learning_rate=0.5", 30)
    points = cube(4, 0)
    assert entry.settings(points, 4) == entry.settings(points)
    assert not any(map(entry.rate_alone, entry.settings(points)))
    (plain,) = listed(clouds, "sgd", 30)
    assert all(map(plain.rate_alone, plain.settings(points)))  # it has nothing else


def test_the_lanes_of_all_schedules_have_one_structure(clouds: Problem) -> None:
    (entry,) = listed(clouds, "momentum", 30, None)
    setting = {"learning_rate": 0.5, "momentum": 0.75}
    constant, decaying = (entry.lane(setting, 100, schedule) for schedule in ("constant", "cosine"))
    assert jax.tree.structure(constant) == jax.tree.structure(decaying)
    for t in (0, 30, 100):
        assert rate(constant, t) == 0.5
        assert rate(decaying, t) == pytest.approx(rate(entry.method(setting, 100, "cosine"), t))
    assert decaying.hyperparameters()["momentum"] == 0.75


def test_where_decay_is_not_tried_a_lane_is_the_method_as_anybody_would_use_it(clouds: Problem) -> None:
    (entry,) = listed(clouds, "momentum", 30, "constant")
    assert repr(entry.lane({"learning_rate": 0.5}, 100, "constant")) == repr(Momentum(0.5))
    (stepped,) = listed(clouds, "momentum", 30, "step")
    assert type(rate(stepped.lane({"learning_rate": 0.5}, 100, "step"))) is schedules.Step


def test_a_method_has_its_own_schedule_unless_another_is_named(clouds: Problem) -> None:
    (entry,) = listed(clouds, "momentum", 8, None)
    assert rate(entry.method({"learning_rate": 0.5}, 100)) == 0.5
    assert type(rate(entry.method({"learning_rate": 0.5}, 100, "cosine"))) is schedules.Cosine
    (stepped,) = listed(clouds, "momentum", 8, "step")
    assert type(rate(stepped.method({"learning_rate": 0.5}, 100))) is schedules.Step
    assert rate(stepped.method({"learning_rate": 0.5}, 100, "constant")) == 0.5
