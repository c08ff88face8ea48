"""What the verdict reads of a race: all of its rungs, or what ran of one that was stopped."""

from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.store import Landmark, Speed, Store
from talweg.verdict import record

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
lane, falling, diverging, STEPS = MADE["lane"], MADE["falling"], MADE["diverging"], MADE["STEPS"]
FACTS: dict[str, Any] = {"label": "It", "method": "adam", "space": {}, "defaults": {}, "fixed": {}, "schedule": "constant", "decays": False}


def row(*curves: Any, setting: int = 0, first: int = 0, **more: Any) -> list[Any]:
    return [lane(setting, first + s, curve, **more) for s, curve in enumerate(curves)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A race of two, of which nothing has run but the steps were timed."""
    made = Store(tmp_path / "talweg.db")
    plan = {
        "protocol": record.PROTOCOL,
        "goal": {"kind": "loss", "value": None},
        "contestants": [{"name": "one", "batch": 8, **FACTS}, {"name": "other", "batch": "full", "width": 4, **FACTS}],
    }
    made.enter("abcdef", {"examples": 48}, plan, {"command": "talweg race clouds"})
    made.add_speed("abcdef", "one", Speed(1e-4, 2, 1e-4, 1e-4))
    made.add_speed("abcdef", "other", Speed(1e-3, 1, 1e-3, 1e-3))
    made.add_landmarks("abcdef", "constant", {seed: Landmark(2.0, 0.5, 2.0, 0.5) for seed in range(60)})
    return made


def add(store: Store, rung: str, lanes: list[Any], *names: str) -> None:
    for name in names or ("one", "other"):
        store.add_block("abcdef", name, rung, 0, int(lanes[0].steps[-1]), 0.1, lanes)


def read(store: Store) -> record.Record:
    return record.read(store, store.race("abcdef"))


def settings(lanes: list[Any]) -> list[tuple[int, str]]:
    return [(one.setting, one.schedule) for one in lanes]


@pytest.fixture
def finished(store: Store) -> Store:
    add(store, "search", row(falling(30.0)))
    add(store, "widened", row(falling(40.0), setting=1), "one")
    add(store, "confirm", row(falling(30.0), setting=2, first=1))
    add(store, "cosine-0.125", row(falling(30.0), setting=3, first=1, schedule="cosine"), "one")
    add(store, "choice-50", row(falling(30.0), setting=4, first=10))
    add(store, "final", row(falling(30.0), setting=5, first=20))
    add(store, "speed", row(falling(20.0), setting=6, first=20), "other")
    add(store, "promise", row(falling(30.0), falling(31.0), setting=5, first=40), "other")
    store.finish("abcdef")
    return store


def test_lanes_are_read_by_what_they_were_for(finished: Store) -> None:
    read_ = read(finished)
    one, other = read_.entries
    assert settings(one.search) == [(0, "constant"), (1, "constant")]
    assert settings(one.trained) == [(2, "constant"), (3, "cosine")]
    assert settings(other.trained) == [(2, "constant")]
    assert settings(one.choice) == [(4, "constant")]
    assert settings(one.final) == [(5, "constant")]
    assert (settings(one.speed), settings(other.speed)) == ([], [(6, "constant")])
    assert read_.promise is not None
    assert (read_.promise[0], [one.seed for one in read_.promise[1]]) == ("other", [40, 41])
    assert (read_.stopped, read_.baseline.name, read_.named("other")) == (False, "one", other)
    assert (read_.lanes, read_.lane_steps) == (13, 1300)


def test_what_a_step_costs_is_its_examples_and_its_gradients(finished: Store) -> None:
    one, other = read(finished).entries
    assert (one.examples_per_step, one.gradients, one.step.seconds) == (8, 16, 1e-4)
    assert (other.examples_per_step, other.gradients) == (48, 48)
    assert (one.facts["restarts"], one.facts["width"], other.facts["width"]) == (1, 1, 4)
    assert (one.steps, one.chosen, one.schedule, one.endpoints, one.probes) == (100, 5, "constant", [], None)


def test_nothing_learned_is_the_mean_over_the_seeds_of_the_final(finished: Store) -> None:
    finished.add_landmarks("abcdef", "linear", {20: Landmark(0.1, 0.5, 0.1, 0.5)})
    read_ = read(finished)
    assert read_.nothing() == 2.0
    assert read_.constants == dict.fromkeys(range(60), 2.0)
    assert dataclasses.replace(read_, landmarks={}).nothing() == MADE["START"]


def test_a_goal_that_was_given_is_the_goal(finished: Store) -> None:
    assert read(finished).goal == record.Goal("loss", None)
    finished.replan("abcdef", {**finished.race().plan, "goal": {"kind": "accuracy", "value": 0.9}})
    assert read(finished).goal == record.Goal("accuracy", 0.9)


@pytest.mark.parametrize("protocol", [None, 1, 3])
def test_a_race_of_another_protocol_is_refused_with_the_command_to_run_it_again(finished: Store, protocol: int | None) -> None:
    finished.replan("abcdef", {**finished.race().plan, "protocol": protocol})
    with pytest.raises(InputError, match=r"run by an older talweg, .*; run it again \(talweg race clouds\)"):
        read(finished)


def test_a_race_that_was_stopped_too_soon_has_no_verdict(store: Store) -> None:
    add(store, "search", row(falling(30.0)))
    add(store, "confirm", row(falling(30.0)), "one")
    with pytest.raises(InputError, match="stopped before anything can be said of it; run the same command again"):
        read(store)


def test_what_ran_of_a_stopped_race_is_the_best_of_what_was_trained_up_to_its_best_length(store: Store) -> None:
    dip = np.where(STEPS >= 50, 1.5, falling(40.0))  # lowest after 45 steps
    add(store, "confirm", [*row(diverging(), diverging(), setting=0), *row(dip, dip, setting=1), *row(falling(60.0, 1.0), setting=2)])
    read_ = read(store)
    assert read_.stopped
    assert read_.promise is None
    for entry in read_.entries:
        assert (entry.chosen, entry.steps, len(entry.final)) == (1, 45, 2)
        for one in entry.final:
            assert len(one.steps) == len(one.validation_loss) == len(one.training_loss) == len(one.metric)
            assert one.validation_loss[-1] == pytest.approx(2 - 45 / 40)


def test_contestants_of_a_stopped_race_are_compared_on_the_same_seeds(store: Store) -> None:
    add(store, "confirm", row(falling(30.0), falling(31.0), first=1))
    add(store, "choice-100", row(falling(30.0), falling(31.0), first=10))
    assert [[one.seed for one in entry.final] for entry in read(store).entries] == [[10, 11]] * 2
    add(store, "final", row(falling(30.0), falling(31.0), first=20), "one")
    assert [[one.seed for one in entry.final] for entry in read(store).entries] == [[1, 2]] * 2
    add(store, "final", row(falling(30.0), falling(31.0), first=20), "other")
    assert [[one.seed for one in entry.final] for entry in read(store).entries] == [[20, 21]] * 2
