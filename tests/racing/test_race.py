"""Whole races, small ones: what is run, what is not run again, and what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load

import talweg as tw
from talweg import schedules
from talweg.checks import InputError
from talweg.engine.block import Block
from talweg.engine.clock import Pace
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import Adam, Elementwise, GradientDescent, Range
from talweg.methods.space import Space
from talweg.problems import Problem
from talweg.racing.events import Event, Expected, Going, Prepared
from talweg.racing.result import Race
from talweg.store import Store

TWINS: dict[str, Any] = {"methods": "a=adam,b=adam", "settings": 8, "seeds": 4, "epochs": 2}
RUNGS = ("search", "widened", "confirm", "final")
Ran = list[tuple[str, str, int]]


def rows(race: Race) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """All that was recorded of all lanes, and the weights; no times."""
    names = [facts["name"] for facts in race.store.race(race.name).plan["contestants"]]
    tables: dict[tuple[str, str], list[tuple[Any, ...]]] = {
        (name, rung): [
            (
                *(lane.setting, lane.seed, lane.hyperparameters, lane.diverged_at, lane.test_loss, lane.test_metric, lane.key),
                *(repr(x.tolist()) for x in (lane.steps, lane.training_loss, lane.validation_loss, lane.metric)),
            )
            for lane in race.store.lanes(race.name, name, rung)
        ]
        for name in names
        for rung in RUNGS
    }
    return {**tables, **{(name, "weights"): [(race.store.weights(race.name, name),)] for name in names}}


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def twins(clouds: Problem, tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> Race:
    """Adam against itself, with the baseline beside them."""
    return tw.race(clouds, **TWINS, store=tmp_path_factory.mktemp("twins") / "talweg.db", listener=events.append)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The blocks that are run during the test: contestant, rung, block."""
    run = Local.run
    blocks: Ran = []

    def watched(self: Local, block: Block) -> Finished:
        blocks.append(block.key)
        return run(self, block)

    monkeypatch.setattr(Local, "run", watched)
    return blocks


@pytest.fixture
def bowl() -> Problem:
    """A function without data, with a start that depends on the seed; smallest, 1, at (2, 2)."""
    return Problem(
        loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jax.random.normal(key, (2,)), name="bowl", facts={"loss": "own"}
    )


def test_a_method_against_itself_is_a_tie_with_the_same_rows(twins: Race) -> None:
    stored = rows(twins)
    for rung in RUNGS:
        assert stored["a", rung] == stored["b", rung]
    assert {"a", "b"} <= {twins.summary["verdict"]["winner"], *twins.summary["verdict"]["tied"]}
    a, b = (next(row for row in twins.summary["contestants"] if row["name"] == name) for name in "ab")
    for key in ("steps_to_target", "speedup", "final_validation_loss", "test", "default", "search", "curves"):
        assert a[key] == b[key]


def test_a_race_runs_what_its_plan_says(twins: Race) -> None:
    stored = rows(twins)
    for name in ("a", "sgd"):
        search, confirm, final = (stored[name, rung] for rung in ("search", "confirm", "final"))
        assert len(search) == 8
        assert len({lane[1] for lane in search}) == 1
        assert len(confirm) == 2 * 8
        assert [lane[0] for lane in final] == [final[0][0]] * 4 + [-1] * 4
        assert [lane[1] for lane in final[:4]] == [lane[1] for lane in final[4:]]
        assert final[0][0] in {lane[0] for lane in confirm}
        assert not {lane[1] for lane in final} & {lane[1] for lane in confirm + search}
    assert [lane[1] for lane in stored["a", "final"]] == [lane[1] for lane in stored["sgd", "final"]]


def test_only_tuned_final_lanes_look_at_the_test_data(twins: Race) -> None:
    for (_, rung), lanes in rows(twins).items():
        if rung != "weights":
            assert [lane[5] is not None for lane in lanes] == [rung == "final" and lane[0] >= 0 for lane in lanes]


def test_a_lane_of_a_race_is_the_same_training_alone(twins: Race, clouds: Problem) -> None:
    for name in ("search", "confirm", "final"):
        lane = twins.store.lanes(twins.name, "a", name)[1]
        alone = tw.descend(clouds, Adam(**lane.hyperparameters), epochs=2, key=lane.seed)
        np.testing.assert_allclose(alone.validation_loss, lane.validation_loss, rtol=2e-5)


def test_a_listener_hears_of_every_contestant_until_all_is_done(twins: Race, events: list[Event]) -> None:
    assert twins.name
    prepared = [event.contestant for event in events if isinstance(event, Prepared)]
    (expected,) = (event for event in events if isinstance(event, Expected))
    going = [event for event in events if isinstance(event, Going)]
    assert prepared == ["sgd", "a", "b"]
    assert (expected.epochs, expected.blocks_found) == (2, 0)
    assert [event.done for event in going] == sorted(event.done for event in going)
    assert {event.rung for event in going} >= {"search", "confirm", "final"}
    assert all(0 <= event.done <= 1 and 0 <= event.contestant_done <= 1 for event in going)
    assert {event.contestant for event in going} == {"sgd", "a", "b"}


def test_a_finished_race_is_not_run_again(twins: Race, clouds: Problem, ran: Ran) -> None:
    events: list[Event] = []
    again = tw.race(clouds, **TWINS, store=twins.store.path, listener=events.append)
    assert (ran, events) == ([], [])
    assert again.name == twins.name
    assert again.summary == twins.summary


def test_another_seed_is_another_race_with_other_numbers(twins: Race, clouds: Problem) -> None:
    other = tw.race(clouds, **{**TWINS, "methods": "adam", "seed": 1}, store=twins.store.path)
    assert other.name != twins.name
    assert rows(other)["adam", "search"] != rows(twins)["a", "search"]
    assert {row.race for row in twins.store.races()} == {other.name, twins.name}


@pytest.mark.parametrize(("contestant", "rung"), [("sgd", "search"), ("sgd", "final"), ("a", "confirm"), ("a", "final"), ("b", "final")])
def test_a_race_that_was_stopped_goes_on_and_ends_the_same(
    twins: Race, clouds: Problem, ran: Ran, tmp_path: Path, contestant: str, rung: str
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Going) and (event.contestant, event.rung) == (contestant, rung):
            raise KeyboardInterrupt

    file = tmp_path / "talweg.db"
    with pytest.raises(KeyboardInterrupt):
        tw.race(clouds, **TWINS, store=file, listener=stop)
    before = list(ran)
    assert before[-1] == (contestant, rung, 0)
    with pytest.raises(InputError, match="is not finished; run the same command again"):
        tw.open_race(store=file)
    ran.clear()
    events: list[Event] = []
    race = tw.race(clouds, **TWINS, store=file, listener=events.append)
    assert ran[0] == (contestant, rung, 0)
    assert not set(before[:-1]) & set(ran)
    assert rows(race) == rows(twins)
    assert race.name == twins.name
    assert [event.contestant for event in events if isinstance(event, Prepared)] == ["sgd", "a", "b"]["sab".index(contestant[0]) :]
    assert race.summary["verdict"]["winner"] == twins.summary["verdict"]["winner"]


def test_a_race_stopped_while_it_was_prepared_goes_on(twins: Race, clouds: Problem, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tw.race(clouds, **TWINS, store=tmp_path / "talweg.db", listener=stop)
    assert rows(tw.race(clouds, **TWINS, store=tmp_path / "talweg.db")) == rows(twins)


def test_a_budget_in_seconds_becomes_epochs_that_are_recorded_and_repeated(
    clouds: Problem, tmp_path: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as if every step took long, so that the budget buys few
    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.2, 0.01))
    usual: dict[str, Any] = {"methods": "sgd", "settings": 8, "seeds": 2, "budget": 60, "store": tmp_path / "talweg.db"}
    race = tw.race(clouds, **usual)
    epochs = race.summary["run"]["epochs"]
    assert 12 <= epochs <= 17.4  # five blocks (the baseline climbs twice) of three steps an epoch: 3 s, with a margin of 15 %
    assert race.summary["problem"]["budget"]["seconds"] == 60
    blocks = len(ran)
    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.1, 0.01))  # another day, another speed
    assert tw.race(clouds, **usual).summary["run"]["epochs"] == epochs
    assert len(ran) == blocks


def test_a_budget_that_was_fitted_is_kept_when_the_race_goes_on(clouds: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual: dict[str, Any] = {"methods": "sgd", "settings": 8, "seeds": 2, "budget": 60, "store": tmp_path / "talweg.db"}
    epochs: list[float] = []

    def stop(event: Event) -> None:
        if isinstance(event, Expected):
            epochs.append(event.epochs)
        if isinstance(event, Going) and event.rung == "confirm" and len(epochs) == 1:
            raise KeyboardInterrupt

    for pace in (0.2, 0.1):
        monkeypatch.setattr(Local, "pace", lambda self, entrant, pace=pace: Pace(pace, 0.01))
        if pace == 0.2:
            with pytest.raises(KeyboardInterrupt):
                tw.race(clouds, **usual, listener=stop)
    race = tw.race(clouds, **usual, listener=stop)
    assert epochs == [race.summary["run"]["epochs"]] * 2


def test_a_budget_that_is_too_short_leaves_nothing_behind(clouds: Problem, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a budget of 0.01 s is too short .* give at least"):
        tw.race(clouds, "sgd", budget=0.01, settings=8, seeds=2, store=tmp_path / "talweg.db")
    assert Store(tmp_path / "talweg.db").races() == []


class Timid(Elementwise):
    """A method of somebody's own, whose range of learning rates is far too low for the bowl."""

    space: ClassVar[Space] = {"learning_rate": Range(1e-6, 1e-5)}
    contains: ClassVar[tuple[str, ...]] = ("sgd",)
    learning_rate: Any = 1e-6

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -self.learning_rate * g, ()


@pytest.fixture(scope="module")
def edge() -> Race:
    problem = Problem(loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jax.random.normal(key, (2,)), name="bowl")
    return tw.race(problem, [Timid], settings=8, seeds=4, epochs=30)


def test_a_best_learning_rate_at_the_edge_of_its_range_is_searched_again_higher_up_and_said(edge: Race) -> None:
    wider = edge.store.lanes(edge.name, "timid", "widened")
    rates = [lane.hyperparameters["learning_rate"] for lane in wider]
    assert len(wider) == 8
    assert 1e-5 / np.sqrt(10) <= min(rates)
    assert 1e-5 < max(rates) <= 1e-5 * np.sqrt(10) * 1.001
    row = next(row for row in edge.summary["contestants"] if row["name"] == "timid")
    assert "upper edge" in row["at_edge"]
    assert row["at_edge"] in edge.summary["verdict"]["warnings"]
    assert len(row["search"]) == 16
    assert row["hyperparameters"]["learning_rate"] > 1e-5


def test_losing_to_a_special_case_is_said(edge: Race) -> None:
    assert any("Timid is significantly worse than" in warning for warning in edge.summary["verdict"]["warnings"])


def test_a_function_without_data_has_no_test_and_no_batches(edge: Race) -> None:
    for row in edge.summary["contestants"]:
        assert row["batch"] == "full"
        assert row["test"] == {"metric": None, "loss": None}
        assert row["examples_to_target"]["median"] is None or row["examples_to_target"]["median"] <= 30
    assert edge.summary["problem"]["examples"] == 1
    assert edge.summary["verdict"]["winner"] == "sgd"
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

    usual: dict[str, Any] = {"settings": 2, "seeds": 2, "epochs": 5, "store": tmp_path / "talweg.db"}
    down, up, again = (tw.race(bowl, [made(sign)], **usual) for sign in (-1.0, 1.0, -1.0))
    assert down.name == again.name != up.name
    loss = {race.name: next(r for r in race.summary["contestants"] if r["name"] == "mine")["final_validation_loss"] for race in (down, up)}
    assert loss[down.name]["median"] < loss[up.name]["median"]


def test_methods_with_fixed_numbers_go_straight_to_the_final(bowl: Problem) -> None:
    race = tw.race(bowl, {"calm": GradientDescent(0.1), "wild": GradientDescent(1e9)}, settings=8, seeds=3, epochs=20, goal_loss=1.5)
    for name in ("calm", "wild"):
        assert [len(race.store.lanes(race.name, name, rung)) for rung in RUNGS] == [0, 0, 0, 6]
    calm, wild = (next(row for row in race.summary["contestants"] if row["name"] == name) for name in ("calm", "wild"))
    assert calm["hyperparameters"] == {"learning_rate": 0.1}
    assert calm["reached"] == 1
    assert wild["final_validation_loss"]["median"] is None
    assert all(lane.diverged_at is not None for lane in race.store.lanes(race.name, "wild", "final"))
    json.dumps(race.summary, allow_nan=False)


def test_a_diverged_lane_has_no_test_result(clouds: Problem) -> None:
    race = tw.race(clouds, {"wild": GradientDescent(1e3)}, settings=2, seeds=2, epochs=4)
    lanes = [lane for lane in race.store.lanes(race.name, "wild", "final") if lane.setting >= 0]
    assert all(lane.diverged_at is not None and lane.test_loss is None and lane.test_metric is None for lane in lanes)
    params = jax.tree.leaves(load(race.store.weights(race.name, "wild") or b""))
    assert all(np.isfinite(leaf).all() for leaf in params)  # though there would be one: it was stopped before it was NaN


def test_the_weights_are_those_of_the_best_of_all_final_seeds(bowl: Problem) -> None:
    race = tw.race(bowl, [GradientDescent(0.05)], settings=1, seeds=40, epochs=3)  # 80 final lanes: three blocks
    losses = [lane.validation_loss[-1] for lane in race.store.lanes(race.name, race.winner["name"], "final") if lane.setting >= 0]
    assert len(losses) == 40
    assert float(bowl.loss(race.best.params, None)) == pytest.approx(min(losses), rel=1e-5)


def test_the_best_is_ready_to_use(twins: Race, clouds: Problem) -> None:
    best = twins.best
    assert isinstance(best.method, Adam | GradientDescent)
    assert best.hyperparameters == twins.winner["hyperparameters"]
    losses = [lane.validation_loss[-1] for lane in twins.store.lanes(twins.name, twins.winner["name"], "final") if lane.setting >= 0]
    assert float(clouds.loss(best.params, clouds.validation)) == pytest.approx(min(losses), rel=1e-5)
    assert [leaf.shape for leaf in jax.tree.leaves(tw.open_race(store=twins.store.path, name=twins.name).best.params)] == [
        leaf.shape for leaf in jax.tree.leaves(best.params)
    ]


def test_a_table_has_a_row_for_each_contestant(twins: Race) -> None:
    table = twins.table()
    assert table.index.tolist() == [1, 2, 3]
    assert {"name", "learning_rate", "examples_to_target", "examples_to_target_low", "final_validation_loss", "test_metric"} <= set(table)
    assert table["name"].tolist() == [row["name"] for row in twins.summary["contestants"]]


def test_a_regression_is_raced_on_its_loss() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    problem = tw.problems.from_arrays(x, x @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=60), model="linear", name="line")
    race = tw.race(problem, "momentum@8", settings=10, seeds=3, epochs=3, schedule="cosine")
    row = next(row for row in race.summary["contestants"] if row["method"] == "momentum")
    assert race.summary["problem"]["metric"] == "R²"
    assert set(row["tuned"]) == {"learning_rate", "momentum"}
    assert race.summary["run"]["schedule"] == "cosine"
    assert row["test"]["metric"]["median"] > 0.5
    with pytest.raises(InputError, match="no accuracy"):
        tw.race(problem, "adam", goal_accuracy=0.9)


@pytest.mark.parametrize("name", [name for name in schedules.CATALOGUE if name != "constant"])
def test_every_schedule_can_be_raced(bowl: Problem, name: str) -> None:
    race = tw.race(bowl, "sgd", settings=2, seeds=2, epochs=8, schedule=name)
    lane = race.store.lanes(race.name, "sgd", "final")[0]
    method = GradientDescent(schedules.over(name, lane.hyperparameters["learning_rate"], 8))
    alone = tw.descend(bowl, method, steps=8, key=lane.seed)
    np.testing.assert_allclose(lane.validation_loss, alone.validation_loss, rtol=2e-5)


MISTAKES: dict[str, tuple[Callable[[Problem], Any], str]] = {
    "no problem": (lambda p: tw.race("digits"), "problem must be a Problem"),  # type: ignore[arg-type]  # the mistake
    "two goals": (lambda p: tw.race(p, goal_loss=1, goal_accuracy=0.5), "either a goal loss or a goal accuracy"),
    "settings in words": (lambda p: tw.race(p, settings="many"), "settings must be a whole number"),  # type: ignore[arg-type]  # the mistake
    "a lost method": (lambda p: tw.race(p, "adma"), "did you mean adam"),
    "an unknown executor": (lambda p: tw.race(p, executor="locl"), "unknown executor 'locl'; did you mean local"),
    "an executor that is none": (lambda p: tw.race(p, executor=2), "executor must be one of local, or an executor's class, got 2"),  # type: ignore[arg-type]  # the mistake
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

    done = tw.race(clouds, {"mine": Mine(0.1)}, epochs=4, settings=1, seeds=2, schedule="cosine", store=tmp_path / "s.db")
    rows = {row["name"]: done.method(row["name"]) for row in done.summary["contestants"]}
    assert type(rows["mine"]) is Mine
    assert isinstance(rows["mine"].learning_rate, tw.schedules.Cosine)
    again = tw.open_race(done.name, tmp_path / "s.db")
    assert {row["name"]: again.method(row["name"]) for row in again.summary["contestants"]}["mine"] is None
