"""Whole races, small ones: what is run, and what is not run again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talweg as tw
from metronome import ticking
from talweg import schedules
from talweg.checks import InputError
from talweg.engine.block import Block
from talweg.engine.clock import Pace
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import Adam
from talweg.problems import Problem
from talweg.racing.api import Stopped
from talweg.racing.events import Event, Expected, Going, Prepared
from talweg.racing.result import Race
from talweg.store import Store

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


def test_a_finished_race_is_not_run_again(twins: Race, like_twins: dict[str, Any], clouds: Problem, ran: Ran) -> None:
    events: list[Event] = []
    again = tw.race(clouds, **like_twins, store=twins.store.path, listener=events.append)
    assert (ran, events) == ([], [])
    assert again.name == twins.name
    assert again.summary == twins.summary


def test_what_is_counted_is_asked_of_the_same_rows(twins: Race, like_twins: dict[str, Any], clouds: Problem, ran: Ran) -> None:
    for count in ("steps", "examples", "gradients"):
        again = tw.race(clouds, **like_twins, store=twins.store.path, count=count)
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


def test_a_race_that_was_stopped_in_every_rung_goes_on_and_ends_the_same(
    twins: Race, like_twins: dict[str, Any], clouds: Problem, ran: Ran, tmp_path: Path
) -> None:
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
            race = tw.race(clouds, **like_twins, store=file, listener=stop)
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
