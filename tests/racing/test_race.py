"""Whole races, small ones: what is run, what is not run again, and what comes out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load

import talweg as tw
from metronome import ticking
from talweg import schedules
from talweg.checks import InputError
from talweg.engine.block import Block
from talweg.engine.clock import Pace
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import Adam, Elementwise, GradientDescent, Range
from talweg.methods.space import Space
from talweg.problems import Problem
from talweg.racing.api import Stopped
from talweg.racing.events import Event, Expected, Going, Prepared
from talweg.racing.result import Race
from talweg.store import Store

TWINS: dict[str, Any] = {"methods": "a=adam,b=adam", "settings": 8, "seeds": 4, "epochs": 8}
QUICK: dict[str, Any] = {"methods": "sgd:learning_rate=0.1", "settings": 8, "seeds": 2}  # nothing to search
SEARCHES = ("search", "widened", "widened-again")
Ran = list[tuple[str, str, int]]


@pytest.fixture(scope="module", autouse=True)
def steady() -> Iterator[None]:
    """No decision of a race in this file depends on how busy the machine is."""
    with ticking():
        yield


def rungs(race: Race, contestant: str) -> list[str]:
    """Those that a contestant ran in."""
    return race.store.rungs(race.name)[contestant]


def lanes(race: Race, contestant: str, rung: str) -> list[tuple[Any, ...]]:
    """All that was recorded of the lanes; no times."""
    return [
        (
            *(lane.setting, lane.seed, lane.hyperparameters, lane.schedule, lane.diverged_at, lane.key),
            *(lane.test_loss, lane.test_metric, lane.row_deviation),
            *(repr(x.tolist()) for x in (lane.steps, lane.training_loss, lane.validation_loss, lane.metric)),
        )
        for lane in race.store.lanes(race.name, contestant, rung)
    ]


def rows(race: Race) -> dict[tuple[str, str], Any]:
    """The lanes of every contestant and rung, and the weights."""
    names = [facts["name"] for facts in race.store.race(race.name).plan["contestants"]]
    return {
        **{(name, rung): lanes(race, name, rung) for name in names for rung in rungs(race, name)},
        **{(name, "weights"): race.store.weights(race.name, name) for name in names},
    }


def judged(race: Race) -> dict[str, Any]:
    """The summary, but for when and how fast it was run."""
    return {key: value for key, value in race.summary.items() if key not in ("timing", "run")}


def row(race: Race, name: str) -> Any:
    return next(row for row in race.summary["contestants"] if row["name"] == name)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def twins(steady: None, clouds: Problem, tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> Race:
    """Adam against itself, with plain Adam beside them."""
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


@pytest.fixture(scope="module")
def bowl() -> Problem:
    """A function without data, with a start that depends on the seed; smallest, 1, at (2, 2)."""
    return Problem(
        loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jax.random.normal(key, (2,)), name="bowl", facts={"loss": "own"}
    )


# ---- what is run ------------------------------------------------------------------------------------------------------------------


def test_a_method_against_itself_is_a_tie_with_the_same_rows(twins: Race) -> None:
    assert set(rungs(twins, "a")) - {"promise"} == set(rungs(twins, "b")) - {"promise"}
    for rung in set(rungs(twins, "a")) - {"promise"}:
        assert lanes(twins, "a", rung) == lanes(twins, "b", rung)
    a, b = row(twins, "a"), row(twins, "b")
    assert a["tied"]
    assert b["tied"]
    for key in ("validation_loss", "validation_metric", "test", "default", "search", "curves", "hyperparameters", "steps", "tuning"):
        assert a[key] == b[key]
    for key in ("steps", "examples", "gradients"):
        assert a["to_target"][key] == b["to_target"][key]


def test_a_race_runs_what_its_plan_says(twins: Race) -> None:
    stored = {rung: twins.store.lanes(twins.name, "a", rung) for rung in rungs(twins, "a")}
    longest = int(8 * 48 / 16)  # eight epochs in batches of 16
    assert len(stored["search"]) == 8
    assert len({lane.seed for lane in stored["search"]}) == 1
    assert len(stored["confirm"]) == 3 * 4  # two settings and the untuned method
    assert -1 in {lane.setting for lane in stored["confirm"]}
    assert {lane.setting for lane in stored["confirm"]} <= {-1, *(lane.setting for rung in SEARCHES for lane in stored.get(rung, []))}
    assert {int(lane.steps[-1]) for rung in ("search", "confirm") for lane in stored[rung]} == {longest // 8}
    for schedule, share in (("constant", 0.25), ("cosine", 0.125), ("cosine", 0.25)):
        own = stored[f"{schedule}-{share:g}"]
        assert {(lane.schedule, int(lane.steps[-1])) for lane in own} == {(schedule, share * longest)}
        assert {lane.seed for lane in own} == {lane.seed for lane in stored["confirm"]}
    assert len({(lane.setting, lane.schedule, int(lane.steps[-1])) for lane in stored["final"]}) == 1
    chosen = [lane for rung in stored if rung.startswith("choice-") for lane in stored[rung]]
    assert stored["final"][0].setting in {lane.setting for lane in chosen}


def test_plain_adam_races_at_its_best_length_and_nothing_of_it_is_tuned(twins: Race) -> None:
    ran = {rung.partition("-")[0] for rung in rungs(twins, "plain-adam")}
    assert ran - {"promise"} == {"choice", "confirm", "constant", "final"}
    for rung in rungs(twins, "plain-adam"):
        for lane in twins.store.lanes(twins.name, "plain-adam", rung):
            assert (lane.setting, lane.schedule, lane.hyperparameters["learning_rate"]) == (-1, "constant", 0.001)
    plain = row(twins, "plain-adam")
    assert (plain["reference"], plain["batch"], plain["tuned"], plain["default"]) == (True, 32, [], None)
    assert plain["steps"] <= 8  # eight epochs with one whole batch of 32 each
    assert twins.summary["target"]["baseline"] == "plain-adam"


def test_each_choice_is_made_on_seeds_of_its_own_that_all_contestants_share(twins: Race) -> None:
    of: dict[str, set[int]] = {}
    for name in ("a", "b", "plain-adam"):
        for rung in rungs(twins, name):
            part = rung.split("-")[0] if not rung.startswith("choice-again") else "choice-again"
            kind = {"widened": "search", **dict.fromkeys(("constant", "cosine", "refined"), "confirm"), "speed": "final"}.get(part, part)
            seeds = {lane.seed for lane in twins.store.lanes(twins.name, name, rung)}
            assert of.setdefault(kind, seeds) == seeds
    counts = {"search": 1, "confirm": 4, "choice": 1, "choice-again": 2, "final": 4, "promise": 4}
    assert {kind: len(seeds) for kind, seeds in of.items()} == counts
    assert len(set().union(*of.values())) == sum(counts.values())


def test_one_contestant_makes_the_promise_with_the_setting_and_length_of_its_final(twins: Race) -> None:
    (name,) = (name for name in ("a", "b", "plain-adam") if "promise" in rungs(twins, name))
    assert name == twins.summary["recommendation"]["name"] == twins.winner["name"]
    final, promise = (
        {(s.setting, s.schedule, int(s.steps[-1])) for s in twins.store.lanes(twins.name, name, r)} for r in ("final", "promise")
    )
    assert final == promise


def test_the_test_data_are_looked_at_in_the_final_and_the_promise_alone(twins: Race) -> None:
    for name in ("a", "b", "plain-adam"):
        for rung in rungs(twins, name):
            for lane in twins.store.lanes(twins.name, name, rung):
                assert (lane.test_loss is not None, lane.test_metric is not None) == (rung in ("final", "promise"),) * 2
                assert (lane.row_deviation is not None) == (rung == "promise")


def test_a_lane_of_a_race_is_the_same_training_alone(twins: Race, clouds: Problem) -> None:
    for rung in ("search", "confirm", "cosine-0.25", "constant-0.25", "final"):
        lane = twins.store.lanes(twins.name, "a", rung)[-1]
        steps = int(lane.steps[-1])
        numbers = {**lane.hyperparameters, "learning_rate": schedules.over(lane.schedule, lane.hyperparameters["learning_rate"], steps)}
        drawn = dataclasses.replace(clouds.divided(lane.seed), pool=None, split=None)  # the rows of this seed, and no others
        for problem in (clouds, drawn):
            alone = tw.descend(problem, Adam(**numbers), steps=steps, key=lane.seed)
            np.testing.assert_allclose(alone.validation_loss, lane.validation_loss, rtol=2e-5)


def test_a_listener_hears_of_every_contestant_until_all_is_done(twins: Race, events: list[Event]) -> None:
    assert twins.name
    prepared = [event.contestant for event in events if isinstance(event, Prepared)]
    (expected,) = (event for event in events if isinstance(event, Expected))
    going = [event for event in events if isinstance(event, Going)]
    assert prepared == ["plain-adam", "a", "b"]
    assert (expected.epochs, expected.blocks_found) == (8, 0)
    assert [event.done for event in going] == sorted(event.done for event in going)
    assert {event.rung for event in going} >= {"search", "confirm", "constant-0.25", "cosine-0.25", "final", "promise"}
    assert all(0 <= event.done <= 1 and 0 <= event.contestant_done <= 1 for event in going)
    assert {event.contestant for event in going} == {"plain-adam", "a", "b"}


# ---- what is not run again --------------------------------------------------------------------------------------------------------


def test_a_finished_race_is_not_run_again(twins: Race, clouds: Problem, ran: Ran) -> None:
    events: list[Event] = []
    again = tw.race(clouds, **TWINS, store=twins.store.path, listener=events.append)
    assert (ran, events) == ([], [])
    assert again.name == twins.name
    assert again.summary == twins.summary


def test_what_is_counted_is_asked_of_the_same_rows(twins: Race, clouds: Problem, ran: Ran) -> None:
    for count in ("steps", "examples", "gradients"):
        again = tw.race(clouds, **TWINS, store=twins.store.path, count=count)
        assert (again.name, again.summary["target"]["count"]) == (twins.name, count)
        assert again.summary["recommendation"] == twins.summary["recommendation"]
        assert count in again.verdict or not any(other["to_target"]["reached"] for other in again.summary["contestants"])
    assert ran == []
    assert twins.summary["target"]["count"] == "time"


def test_two_races_share_a_store_and_another_seed_is_another_race_with_other_numbers(twins: Race, clouds: Problem) -> None:
    before = rows(twins)
    one, other = (tw.race(clouds, **QUICK, epochs=8, seed=seed, store=twins.store.path) for seed in (0, 1))
    assert len({one.name, other.name, twins.name}) == 3
    name = "sgd:learning_rate=0.1"
    assert lanes(one, name, "final") != lanes(other, name, "final")
    assert {stored.race for stored in twins.store.races()} == {one.name, other.name, twins.name}
    assert rows(twins) == before


def test_a_race_that_was_stopped_in_every_rung_goes_on_and_ends_the_same(twins: Race, clouds: Problem, ran: Ran, tmp_path: Path) -> None:
    file, seen = tmp_path / "talweg.db", set[str]()
    finished: Ran = []
    before_the_end: list[Race | None] = []

    def stop(event: Event) -> None:
        if isinstance(event, Going) and event.rung not in seen:
            seen.add(event.rung)
            raise KeyboardInterrupt

    race = None
    while race is None:
        try:
            race = tw.race(clouds, **TWINS, store=file, listener=stop)
        except Stopped as stopped:
            before_the_end.append(stopped.race)
            with pytest.raises(InputError, match="is not finished; run the same command again"):
                tw.open_race(store=file)
            ran.pop()  # was under way
        finished += ran
        ran.clear()
    assert seen == {rung for name in ("a", "b", "plain-adam") for rung in rungs(twins, name)}
    assert len(finished) == len(set(finished))  # none was run twice
    said = [so_far is not None for so_far in before_the_end]
    assert (said[0], said[-1]) == (False, True)  # before the confirmation nothing can be said
    assert said == sorted(said)
    assert all(so_far.summary["run"]["stopped"] and so_far.verdict for so_far in before_the_end if so_far is not None)
    assert race.name == twins.name
    assert rows(race) == rows(twins)
    assert judged(race) == judged(twins)


def test_a_race_stopped_while_it_was_prepared_goes_on(clouds: Problem, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped) as stopped:
        tw.race(clouds, **QUICK, epochs=8, store=tmp_path / "talweg.db", listener=stop)
    assert stopped.value.race is None
    one, other = (tw.race(clouds, **QUICK, epochs=8, store=tmp_path / file) for file in ("talweg.db", "other.db"))
    assert rows(one) == rows(other)


def test_a_race_of_an_older_protocol_is_refused_in_one_sentence(clouds: Problem, tmp_path: Path) -> None:
    race = tw.race(clouds, **QUICK, epochs=8, store=tmp_path / "talweg.db", command="talweg race clouds")
    stored = race.store.race(race.name)
    for plan in ({**stored.plan, "protocol": 1}, {key: value for key, value in stored.plan.items() if key != "protocol"}):
        race.store.replan(race.name, plan)
        with pytest.raises(InputError, match=rf"race: {race.name} was run by an older talweg, .* run it again \(talweg race clouds\)$"):
            tw.open_race(store=tmp_path / "talweg.db")


# ---- budgets in seconds -----------------------------------------------------------------------------------------------------------


def test_a_budget_in_seconds_becomes_epochs_that_are_recorded_and_repeated(
    clouds: Problem, tmp_path: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    # as if every step took long, so that the budget buys few
    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.2, 0.01))
    usual: dict[str, Any] = {**QUICK, "budget": 60, "store": tmp_path / "talweg.db"}
    race = tw.race(clouds, **usual, listener=heard.append)
    epochs = race.summary["run"]["epochs"]
    (expected,) = (event for event in heard if isinstance(event, Expected))
    assert expected.epochs == epochs
    assert 30 < expected.seconds < 60
    assert race.summary["problem"]["budget"]["seconds"] == 60
    blocks = len(ran)
    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.1, 0.01))  # another day, another speed
    assert tw.race(clouds, **usual).summary["run"]["epochs"] == epochs
    assert len(ran) == blocks
    faster = tw.race(clouds, **{**usual, "store": tmp_path / "faster.db"}).summary["run"]["epochs"]
    assert 1.7 * epochs < faster < 2.4 * epochs


def test_a_budget_that_was_fitted_is_kept_when_the_race_goes_on(clouds: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual: dict[str, Any] = {**QUICK, "budget": 60, "store": tmp_path / "talweg.db"}
    epochs: list[float] = []

    def stop(event: Event) -> None:
        if isinstance(event, Expected):
            epochs.append(event.epochs)
        if isinstance(event, Going) and event.rung == "final" and len(epochs) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.2, 0.01))
    with pytest.raises(Stopped):
        tw.race(clouds, **usual, listener=stop)
    monkeypatch.setattr(Local, "pace", lambda self, entrant: Pace(0.1, 0.01))
    race = tw.race(clouds, **usual, listener=stop)
    assert epochs == [race.summary["run"]["epochs"]] * 2


def test_a_budget_that_is_too_short_leaves_nothing_behind(clouds: Problem, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a budget of 0.01 s is too short .* give at least"):
        tw.race(clouds, "sgd", budget=0.01, settings=8, seeds=2, store=tmp_path / "talweg.db")
    assert Store(tmp_path / "talweg.db").races() == []


# ---- what comes out ---------------------------------------------------------------------------------------------------------------


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
