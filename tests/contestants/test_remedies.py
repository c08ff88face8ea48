"""Remedies against local minima: what they add, that they can be raced with every method, and what is said of them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import talweg as tw
from talweg.checks import InputError
from talweg.cli import live
from talweg.contestants import remedies
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import enter
from talweg.contestants.remedies import ADAPTIVE, LARGER, MOMENTUM, REMEDIES, RESTARTS, WIDER, line_up, parsed
from talweg.engine.block import Block
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import Adam, GradientDescent, factory_named
from talweg.problems import Problem
from talweg.problems.supervised import widened
from talweg.racing import reruns
from talweg.racing.events import Event, Going
from talweg.racing.plan import checked, identity
from talweg.racing.result import Race
from talweg.verdict.record import Goal

SMALL: dict[str, Any] = {"methods": "sgd,adam", "settings": 4, "seeds": 2, "epochs": 16, "remedies": "all"}
NEW = {
    **{word: {f"{word}+sgd", f"{word}+adam"} for word in ("large-rate", "warm-restarts", "random-restarts", "wider", "weight-noise")},
    "noise": {"noisy+sgd", "noisy+adam"},
    "momentum": set(MOMENTUM),
    "adaptive": {"rmsprop"},
}


@pytest.fixture(scope="module")
def raced(clouds: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return tw.race(clouds, **{**SMALL, "methods": "adam"}, store=tmp_path_factory.mktemp("raced") / "talweg.db")


@pytest.fixture(scope="module")
def line() -> Problem:
    """A linear model of two numbers: no hidden layers."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    return tw.problems.from_arrays(x, x @ [1.0, 2.0] + 0.1 * rng.normal(size=60), model="linear", name="line")


def bowl() -> Problem:
    """A function that always begins at the same place."""
    return tw.problems.surface("booth").problem()


def made(contestants: list[Contestant]) -> dict[str, Contestant]:
    return {contestant.name: contestant for contestant in contestants}


def plain(problem: Problem, methods: Any = "sgd,adam", settings: int = 4) -> list[Contestant]:
    return enter(problem, methods, settings)


# ---- what they add ----------------------------------------------------------------------------------------------------------------


def test_every_remedy_is_tested_here() -> None:
    assert set(NEW) == set(REMEDIES)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_composes_with_gradient_descent_and_adam(clouds: Problem, name: str) -> None:
    before = plain(clouds)
    after = line_up(clouds, "sgd,adam", 4, remedies=name)[0]
    assert after[: len(before)] == before
    assert {entry.name for entry in after[len(before) :]} == NEW[name]
    for entry in after:
        numbers = entry.settings(np.full((1, 8), 0.5))[0]
        assert isinstance(entry.method(numbers, 10), tw.methods.Method)
        assert len({other.label for other in after}) == len(after)
        assert entry.describe()["name"] == entry.name


def test_a_falling_learning_rate_may_begin_ten_times_as_high(clouds: Problem) -> None:
    for name, schedule in (("large-rate", tw.schedules.Cosine), ("warm-restarts", tw.schedules.Restarts)):
        base = plain(clouds)[-1]
        (entry,) = REMEDIES[name].apply(base, clouds)
        reach = entry.space["learning_rate"]
        assert (reach.low, reach.high) == (base.space["learning_rate"].low, LARGER * base.space["learning_rate"].high)
        assert isinstance(entry.method({"learning_rate": 0.5}, 40).learning_rate, schedule)  # type: ignore[attr-defined]


def test_the_size_of_noise_is_searched_with_enough_settings(clouds: Problem) -> None:
    base = plain(clouds, "adam", 64)[1]
    for name, number in (("noise", "noise"), ("weight-noise", "weight_noise")):
        assert number in REMEDIES[name].apply(base, clouds, 64)[0].space
        assert number not in REMEDIES[name].apply(base, clouds, 4)[0].space


def test_momentum_and_adaptive_methods_keep_the_batch_size_and_come_once(clouds: Problem) -> None:
    entries = made(line_up(clouds, "sgd@full,adam@full,sgd@1", 4, remedies="momentum,adaptive")[0])
    assert set(entries) == {"plain-adam", "sgd@full", "adam@full", "sgd@1"} | {
        f"{m}@{b}" for m in (*MOMENTUM, *ADAPTIVE) for b in ("full", 1)
    }
    assert entries["nesterov@full"].size is None
    assert entries["rmsprop@1"].size == 1


def test_a_baseline_that_nobody_asked_for_gets_no_remedy_and_stays_first(clouds: Problem) -> None:
    entries, left_out = line_up(clouds, "adam", 4, remedies="noise,wider")
    assert [entry.name for entry in entries] == ["plain-adam", "adam", "noisy+adam", "wider+adam"]
    assert entries[0].reference
    assert left_out == []


def test_what_has_a_remedy_or_races_anyhow_is_not_added_again(clouds: Problem) -> None:
    entries, _ = line_up(clouds, "noisy+sgd,sgd,weight-noise+noisy+adam", 4, remedies="noise")
    assert [entry.name for entry in entries] == ["plain-adam", "noisy+sgd", "sgd", "weight-noise+noisy+adam"]
    for name in ("random-restarts", "wider", "noise"):
        (entry,) = REMEDIES[name].apply(plain(clouds)[1], clouds)
        assert REMEDIES[name].apply(entry, clouds) == []


def test_a_method_with_numbers_and_one_of_ones_own_can_have_them(clouds: Problem) -> None:
    class Mine(Adam):
        name = "mine"

    entries, left_out = line_up(clouds, {"calm": GradientDescent(0.1), "mine": Mine}, 4, remedies="all")
    names = {entry.name for entry in entries}
    assert {"noisy+calm", "weight-noise+mine", "wider+calm", "large-rate+mine", "random-restarts+calm", "adam"} <= names
    assert "large-rate+calm" not in names
    assert len(left_out) == 2
    assert all("calm has no learning rate that is searched" in sentence for sentence in left_out)


MISTAKES = {
    "wider": "wider: booth has no hidden layers that could be made wider",
    "random-restarts": "random-restarts: booth always begins at the same place",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_named_remedy_that_a_surface_can_not_have_is_one_sentence_and_left_out_of_all(name: str) -> None:
    with pytest.raises(InputError, match=MISTAKES[name]):
        tw.race(bowl(), "sgd", settings=4, seeds=2, epochs=10, remedies=name)
    entries, left_out = line_up(bowl(), "sgd", 4, remedies="all")
    assert not [entry.name for entry in entries if entry.name.startswith(name)]
    assert [sentence for sentence in left_out if MISTAKES[name] in sentence]
    with pytest.raises(InputError, match=MISTAKES[name]):
        line_up(bowl(), "sgd", 4, remedies=["all", name])


def test_an_unknown_remedy_is_one_sentence(clouds: Problem) -> None:
    with pytest.raises(InputError, match=r"^race: unknown remedy 'noises'; did you mean noise"):
        tw.race(clouds, "sgd", remedies="noises,wider")
    assert parsed(None) == parsed("") == []
    assert [remedy.name for remedy in parsed(" wider, noise,wider")] == ["wider", "noise"]
    assert [remedy.name for remedy in parsed("all")] == list(REMEDIES)


def test_a_wider_problem_has_the_same_data_and_wider_layers(clouds: Problem, line: Problem) -> None:
    wide = widened(clouds, 3)
    assert wide.model == "mlp:12"
    assert wide.train is clouds.train
    assert [leaf.shape for leaf in jax.tree.leaves(wide.start(jax.random.key(0)))] == [(3, 12), (12,), (12, 1), (1,)]
    assert clouds.model == "mlp:4"
    with pytest.raises(InputError, match=r"line has no hidden layers .* \(its model is linear\)"):
        widened(line, 2)
    with pytest.raises(InputError, match="factor must be at least 1"):
        widened(clouds, 0)


# ---- what they leave alone --------------------------------------------------------------------------------------------------------


def test_a_race_without_remedies_says_nothing_of_them(clouds: Problem) -> None:
    entries, left_out = line_up(clouds, "sgd,adam,noisy+adam", 8)
    assert (entries, left_out) == (enter(clouds, "sgd,adam,noisy+adam", 8), [])
    description = checked(clouds, entries, 8, 2, 2, 0, Goal(), None).describe()
    assert not any({"restarts", "width"} & set(facts) for facts in description["contestants"])
    again = [dataclasses.replace(entry, restarts=2) for entry in entries]
    other = checked(clouds, again, 8, 2, 2, 0, Goal(), None).describe()
    assert identity("clouds", other) != identity("clouds", description)


def test_plain_adam_and_what_is_in_use_now_get_no_remedy(clouds: Problem) -> None:
    entries, _ = line_up(clouds, "sgd", 4, remedies="noise,wider", current="adam@8")
    assert [entry.name for entry in entries] == ["plain-adam", "current", "sgd", "noisy+sgd", "wider+sgd"]


# ---- raced ------------------------------------------------------------------------------------------------------------------------


def test_a_race_with_all_remedies_finishes_and_its_report_is_written(raced: Race, tmp_path: Path) -> None:
    names = {row["name"] for row in raced.summary["contestants"]}
    assert names == {"plain-adam", "adam"} | {name for name in set().union(*NEW.values()) if not name.endswith("+sgd")}
    page = raced.save(tmp_path / "race.html").read_text("utf-8")
    assert f"{RESTARTS} random restarts" in page
    assert f"hidden layers {WIDER}× as wide" in page
    warnings = " ".join(raced.summary["verdict"]["warnings"])
    assert "the best of its restarts so far" in warnings or "the best of their restarts so far" in warnings
    assert "a wider network" in warnings
    assert raced.summary["run"]["schedule"] == "raced"
    of = {row["name"]: row["schedule"] for row in raced.summary["contestants"]}
    assert (of["plain-adam"], of["large-rate+adam"], of["warm-restarts+adam"]) == ("constant", "cosine", "restarts")


def test_restarts_have_the_budget_of_the_plain_method_and_never_rise(clouds: Problem, tmp_path: Path) -> None:
    longer = {**SMALL, "methods": "adam", "epochs": 64, "remedies": "random-restarts"}  # so that plain ones do rise
    raced = tw.race(clouds, **longer, schedule="constant", store=tmp_path / "talweg.db")
    rises = 0
    for rung in ("search", "confirm", "constant-0.5"):
        own, usual = (raced.store.lanes(raced.name, who, rung) for who in ("random-restarts+adam", "adam"))
        starts = {lane.seed: lane.validation_loss[0] for lane in usual}
        assert len(own) == len(usual)
        for lane, other in zip(own, usual, strict=True):
            assert lane.steps[-1] == other.steps[-1]
            assert (np.diff(lane.steps) > 0).all()
            assert lane.validation_loss[0] == starts[lane.seed]  # the first training begins where the plain one does
            rises += int((np.diff(other.validation_loss) > 0).any())
    assert rises  # that plain ones do
    for rung in raced.store.rungs(raced.name)["random-restarts+adam"]:
        for lane in raced.store.lanes(raced.name, "random-restarts+adam", rung):
            assert not (np.diff(lane.validation_loss) > 0).any()


def test_the_weights_of_restarts_are_those_with_the_loss_that_is_shown(raced: Race, clouds: Problem) -> None:
    for name in ("random-restarts+adam", "wider+adam"):
        lanes = raced.store.lanes(raced.name, name, "final")
        best = min(lanes, key=lambda lane: lane.validation_loss[-1])
        params, own = raced.tuned(name).params, clouds.divided(best.seed)
        assert float(clouds.loss(params, own.validation)) == pytest.approx(best.validation_loss[-1], rel=1e-5)
        assert clouds.metric is not None
        assert float(clouds.metric.function(params, own.validation)) == pytest.approx(best.metric[-1], rel=1e-5)
        assert float(clouds.loss(params, clouds.test)) == pytest.approx(best.test_loss, rel=1e-5)


def test_a_wider_lane_is_the_same_training_of_the_wider_problem(raced: Race, clouds: Problem) -> None:
    lane = raced.store.lanes(raced.name, "wider+adam", "final")[0]
    steps, rate = int(lane.steps[-1]), lane.hyperparameters["learning_rate"]
    method = Adam(**{**lane.hyperparameters, "learning_rate": tw.schedules.over(lane.schedule, rate, steps)})
    alone = tw.descend(widened(clouds, WIDER), method, steps=steps, key=lane.seed)
    np.testing.assert_allclose(alone.validation_loss, lane.validation_loss, rtol=2e-5)


def test_a_race_with_remedies_that_was_stopped_goes_on_and_ends_the_same(
    clouds: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, str, int]] = []
    run = Local.run

    def watched(self: Local, block: Block) -> Finished:
        ran.append(block.key)
        return run(self, block)

    def stop(event: Event) -> None:
        if isinstance(event, Going) and (event.contestant, event.rung) == ("random-restarts+calm", "final"):
            raise KeyboardInterrupt

    monkeypatch.setattr(Local, "run", watched)
    few = {**SMALL, "methods": {"calm": Adam(0.03)}, "remedies": ["random-restarts", "wider"]}
    with pytest.raises(KeyboardInterrupt):
        tw.race(clouds, **few, store=tmp_path / "stopped.db", listener=stop)
    before = ran[:-1]
    ran.clear()
    stopped = tw.race(clouds, **few, store=tmp_path / "stopped.db")
    assert before
    assert not set(before) & set(ran)
    calm = tw.race(clouds, **few, store=tmp_path / "calm.db")
    assert len(stopped.summary["contestants"]) == 4
    for name in ("calm", "random-restarts+calm", "wider+calm"):
        one, other = (race.store.lanes(race.name, name, "final") for race in (calm, stopped))
        assert [lane.validation_loss.tolist() for lane in one] == [lane.validation_loss.tolist() for lane in other]


def test_a_race_from_the_store_knows_its_remedies_and_their_code(raced: Race) -> None:
    tunable = tw.open_race(raced.name, raced.store.path)
    assert tunable.summary["contestants"] == raced.summary["contestants"]
    for row in tunable.summary["contestants"]:
        assert repr(tunable.tuned(row["name"]).method) == repr(raced.tuned(row["name"]).method)
    again, wide, warm, shaken = (
        tunable.tuned(f"{word}+adam").code("torch") for word in ("random-restarts", "wider", "warm-restarts", "weight-noise")
    )
    steps = {row["name"]: row["steps"] for row in raced.summary["contestants"]}
    assert re.search(r"# train \d times for \d+ steps, each time from fresh weights", again)
    assert "# the hidden layers of the model are 4 times as wide" in wide
    assert f"% {steps['warm-restarts+adam'] / 4}" in warm  # four periods
    assert "tw.methods.WeightNoise(tw.methods.Adam(" in shaken
    for text in (again, wide, warm, shaken):
        compile(text, "code", "exec")
    assert "# train" not in wide + warm + shaken


def test_a_landscape_leaves_out_what_has_other_weights_and_says_why(raced: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row["name"] for row in raced.summary["contestants"]]
    monkeypatch.setattr(reruns, "MOST", len(rows))
    chosen, _, left_out = reruns.reruns(raced, None)
    assert {one.name for one in chosen} == {name for name in rows if not name.startswith(("wider", "random-restarts"))}
    assert sum(sentence.endswith("is not shown: its network is wider, and so has other weights.") for sentence in left_out) == 1
    assert sum(sentence.endswith("is not shown: it begins again from other starts.") for sentence in left_out) == 1
    for name, why in (("wider+adam", "its network is wider"), ("random-restarts+adam", "it begins again from other starts")):
        with pytest.raises(InputError, match=why):
            raced.landscape(points=3, contestants=["plain-adam", name])


def test_probes_look_into_all_but_restarts_and_say_so(clouds: Problem, tmp_path: Path) -> None:
    usual = {**SMALL, "methods": "sgd", "remedies": "random-restarts,wider", "store": tmp_path / "talweg.db"}
    race = tw.race(clouds, **usual, probes=True)
    assert {row["name"]: bool(row["probes"]) for row in race.summary["contestants"]} == {
        "plain-adam": True,
        "sgd": True,
        "wider+sgd": True,
        "random-restarts+sgd": False,
    }
    assert any("training dynamics" in warning.lower() for warning in race.summary["verdict"]["warnings"])
    assert tw.race(clouds, **usual, probes=True).summary == race.summary  # nothing is left to look into


def test_a_remedy_that_was_left_out_is_said_in_the_verdict(line: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "REMEDIES", {name: REMEDIES[name] for name in ("noise", "wider")})
    race = tw.race(line, "sgd", settings=2, seeds=2, epochs=8, schedule="constant", remedies="all", store=tmp_path / "talweg.db")
    assert any("line has no hidden layers" in warning for warning in tw.open_race(None, race.store.path).summary["verdict"]["warnings"])
    assert factory_named("test", race.summary["contestants"][0]["method"])


def test_what_is_left_out_is_said_before_the_race(line: Problem, capsys: pytest.CaptureFixture[str]) -> None:
    _, left_out = line_up(line, "sgd", 4, remedies="all")
    live.introduce(live.console(), line, "3 contestants", left_out)
    assert "Remedy left out: wider: line has no hidden layers" in capsys.readouterr().out
