"""What comes out of a race: its summary, warnings, methods and weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import jax
import numpy as np
import pytest
from safetensors.numpy import load

import talweg as tw
from metronome import ticking
from talweg import schedules
from talweg.checks import InputError
from talweg.methods import Adam, Elementwise, GradientDescent, Range
from talweg.methods.space import Space
from talweg.problems import Problem
from talweg.racing.result import Race


@pytest.fixture(scope="module", autouse=True)
def steady() -> Iterator[None]:
    """No decision of a race in this file depends on how busy the machine is."""
    with ticking():
        yield


def rungs(race: Race, contestant: str) -> list[str]:
    """Those that a contestant ran in."""
    return race.store.rungs(race.name)[contestant]


def row(race: Race, name: str) -> Any:
    return next(row for row in race.summary["contestants"] if row["name"] == name)


class Timid(Elementwise):
    """A method of somebody's own, whose range of learning rates is far too low for the bowl."""

    space: ClassVar[Space] = {"learning_rate": Range(1e-6, 1e-5)}
    contains: ClassVar[tuple[str, ...]] = ("sgd",)
    learning_rate: Any = 1e-6

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -self.learning_rate * g, ()


@pytest.fixture(scope="module")
def edge(steady: None, bowl: Problem) -> Race:
    return tw.race(bowl, [Timid], settings=16, seeds=4, epochs=80)


def test_a_best_learning_rate_at_the_edge_of_its_range_is_searched_again_higher_up_twice_and_said(edge: Race) -> None:
    rates = [lane.hyperparameters["learning_rate"] for lane in edge.store.lanes(edge.name, "timid", "widened")]
    assert len(rates) == len(edge.store.lanes(edge.name, "timid", "widened-again")) == 4  # a quarter as many
    assert all(1e-5 <= rate <= 1e-5 * np.sqrt(10) * 1.001 for rate in rates)  # half as wide as the range that was searched
    timid = row(edge, "timid")
    assert "upper edge" in timid["at_edge"]
    assert timid["at_edge"] in edge.warnings
    assert len(timid["search"]) == 16 + 4 + 4
    assert timid["hyperparameters"]["learning_rate"] > 1e-5


def test_the_second_time_it_is_searched_higher_up_again(edge: Race) -> None:
    first, second = (
        [lane.hyperparameters["learning_rate"] for lane in edge.store.lanes(edge.name, "timid", rung)]
        for rung in ("widened", "widened-again")
    )
    assert min(second) > max(first)


def test_losing_to_a_special_case_is_said(edge: Race) -> None:
    assert any("Timid is significantly worse than" in warning for warning in edge.warnings)


def test_a_function_without_data_has_no_test_no_batches_and_no_landmarks(edge: Race) -> None:
    for one in edge.summary["contestants"]:
        assert one["batch"] == "full"
        assert one["test"] == {"metric": None, "loss": None}
        assert one["validation_metric"] is None
    assert edge.summary["problem"]["examples"] == 1
    assert edge.summary["landmarks"] == []
    assert edge.summary["recommendation"]["method"] == "sgd"
    assert edge.summary["recommendation"]["expected_on_new_data"] is None
    assert edge.summary["target"]["baseline"] == "sgd"
    json.dumps(edge.summary, allow_nan=False)


def test_an_own_method_of_the_same_name_but_another_formula_is_another_race(bowl: Problem, tmp_path: Path) -> None:
    def made(sign: float) -> type[Elementwise]:
        class Mine(Elementwise):
            """Up or down."""

            space: ClassVar[Space] = {"learning_rate": Range(1e-4, 1e-1)}
            learning_rate: Any = 1e-2

            def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
                return sign * self.learning_rate * g, ()

        return Mine

    usual: dict[str, Any] = {"settings": 2, "seeds": 2, "epochs": 20, "schedule": "constant", "store": tmp_path / "talweg.db"}
    down, up, again = (tw.race(bowl, {"mine": made(sign)(0.01)}, **usual) for sign in (-1.0, 1.0, -1.0))
    assert down.name == again.name != up.name
    assert row(down, "mine")["validation_loss"]["mean"] < row(up, "mine")["validation_loss"]["mean"]


@pytest.fixture(scope="module")
def fixed(steady: None, clouds: Problem) -> Race:
    return tw.race(clouds, {"calm": GradientDescent(0.5), "wild": GradientDescent(1e9)}, settings=8, seeds=3, epochs=16, goal_loss=0.65)


def test_methods_with_given_hyperparameters_have_no_search(fixed: Race) -> None:
    for name in ("calm", "wild"):
        assert {rung.partition("-")[0] for rung in rungs(fixed, name)} - {"promise"} == {"confirm", "constant", "choice", "final"}
        assert len(fixed.store.lanes(fixed.name, name, "final")) == 3
    calm, wild = row(fixed, "calm"), row(fixed, "wild")
    assert calm["hyperparameters"] == {"learning_rate": 0.5}
    assert calm["to_target"]["reached"]
    assert (calm["failed"], calm["default"], calm["tuned"]) == (0.0, None, [])
    assert wild["failed"] == 1.0
    assert wild["validation_loss"]["mean"] > 2.5 * 0.69  # three times the constant prediction's
    assert not wild["to_target"]["reached"]
    json.dumps(fixed.summary, allow_nan=False)


def test_a_diverged_lane_has_no_test_result(fixed: Race) -> None:
    for lane in fixed.store.lanes(fixed.name, "wild", "final"):
        assert (lane.diverged_at is not None, lane.test_loss, lane.test_metric) == (True, None, None)
    params = jax.tree.leaves(load(fixed.store.weights(fixed.name, "wild") or b""))
    assert all(np.isfinite(leaf).all() for leaf in params)  # though there would be one: it was stopped before it was NaN


def test_the_weights_are_those_of_the_best_of_all_final_seeds(bowl: Problem) -> None:
    race = tw.race(bowl, {"calm": GradientDescent(0.05)}, settings=1, seeds=40, epochs=8)  # a final of two blocks
    losses = [lane.validation_loss[-1] for lane in race.store.lanes(race.name, "calm", "final")]
    assert len(losses) == 40
    assert float(bowl.loss(race.tuned("calm").params, None)) == pytest.approx(min(losses), rel=1e-5)


def test_a_contestant_is_ready_to_use(twins: Race, clouds: Problem) -> None:
    for name, own in (("a", Adam), ("plain-adam", Adam)):
        best = twins.tuned(name)
        assert isinstance(best.method, own)
        assert best.hyperparameters == row(twins, name)["hyperparameters"]
        assert (best.steps, best.schedule, best.batch) == tuple(row(twins, name)[key] for key in ("steps", "schedule", "batch"))
        lowest = min(twins.store.lanes(twins.name, name, "final"), key=lambda lane: lane.validation_loss[-1])
        rows = clouds.divided(lowest.seed)
        assert float(clouds.loss(best.params, rows.validation)) == pytest.approx(lowest.validation_loss[-1], rel=1e-5)
        stored = tw.open_race(store=twins.store.path, name=twins.name).tuned(name)
        assert [leaf.shape for leaf in jax.tree.leaves(stored.params)] == [leaf.shape for leaf in jax.tree.leaves(best.params)]


def test_a_table_has_a_row_for_each_contestant(twins: Race) -> None:
    table = twins.table()
    assert table.index.tolist() == [1, 2, 3]
    assert {"name", "learning_rate", "schedule", "steps", "validation_loss", "validation_loss_low", "excess", "test_metric"} <= set(table)
    assert {"steps_to_target", "examples_to_target", "seconds_to_target_high", "speedup", "gain_from_tuning"} <= set(table)
    assert table["name"].tolist() == [one["name"] for one in twins.summary["contestants"]]
    assert table["validation_loss"].tolist() == sorted(table["validation_loss"])


@pytest.mark.parametrize("name", schedules.CATALOGUE)
def test_every_schedule_can_be_raced(bowl: Problem, name: str) -> None:
    race = tw.race(bowl, "adam:learning_rate=0.1", settings=2, seeds=2, epochs=32, schedule=name)
    lane = race.store.lanes(race.name, "adam:learning_rate=0.1", "final")[0]
    assert lane.schedule == name
    steps = int(lane.steps[-1])
    alone = tw.descend(bowl, Adam(schedules.over(name, 0.1, steps)), steps=steps, key=lane.seed)
    np.testing.assert_allclose(lane.validation_loss, alone.validation_loss, rtol=2e-5)


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_a_schedule_that_is_named_is_the_only_one(bowl: Problem, schedule: str) -> None:
    race = tw.race(bowl, "adam", settings=4, seeds=2, epochs=32, schedule=schedule)
    assert race.summary["run"]["schedule"] == schedule
    assert {
        lane.schedule for name in ("sgd", "adam") for rung in rungs(race, name) for lane in race.store.lanes(race.name, name, rung)
    } == {schedule}


def test_without_a_schedule_a_decaying_one_is_raced_too(twins: Race) -> None:
    assert twins.summary["run"]["schedule"] == "raced"
    for name, expected in (("a", {"constant", "cosine"}), ("plain-adam", {"constant"})):
        found = {lane.schedule for rung in rungs(twins, name) for lane in twins.store.lanes(twins.name, name, rung)}
        assert found == expected


MISTAKES: dict[str, tuple[Callable[[Problem], Any], str]] = {
    "no problem": (lambda p: tw.race("digits"), "problem must be a Problem"),  # type: ignore[arg-type]  # the mistake
    "two goals": (lambda p: tw.race(p, goal_loss=1, goal_accuracy=0.5), "either a goal loss or a goal accuracy"),
    "settings in words": (lambda p: tw.race(p, settings="many"), "settings must be a whole number"),  # type: ignore[arg-type]  # the mistake
    "a lost method": (lambda p: tw.race(p, "adma"), "did you mean adam"),
    "an unknown executor": (lambda p: tw.race(p, executor="locl"), "unknown executor 'locl'; did you mean local"),
    "an executor that is none": (lambda p: tw.race(p, executor=2), "executor must be one of local, or an executor's class, got 2"),  # type: ignore[arg-type]  # the mistake
    "an unknown count": (lambda p: tw.race(p, count="step"), "unknown count 'step'; did you mean steps"),
    "an unknown clock": (lambda p: tw.race(p, clock="sundial"), "unknown clock 'sundial'"),
    "a lost method in use": (lambda p: tw.race(p, "sgd", current="adma"), "did you mean adam"),
    "two budgets": (lambda p: tw.race(p, epochs=1, budget=1), "either epochs or a budget"),
}


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_before_anything_is_written(
    clouds: Problem, mistake: Callable[[Problem], Any], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        mistake(clouds)
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_best_method_keeps_its_schedule_and_its_own_class(clouds: Problem, tmp_path: Path) -> None:
    class Mine(tw.methods.Adam):
        name = "mine"

    done = tw.race(clouds, {"mine": Mine(0.1)}, epochs=8, settings=1, seeds=2, schedule="cosine", store=tmp_path / "s.db")
    rows = {row["name"]: done.method(row["name"]) for row in done.summary["contestants"]}
    assert type(rows["mine"]) is Mine
    assert isinstance(rows["mine"].learning_rate, tw.schedules.Cosine)
    again = tw.open_race(done.name, tmp_path / "s.db")
    assert {row["name"]: again.method(row["name"]) for row in again.summary["contestants"]}["mine"] is None
