"""A race sees where its final lanes ended, and its best ends can be looked at closely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talweg as tw
from commands import run
from markup import Page
from talweg.checks import InputError
from talweg.landscape import diagnose
from talweg.landscape.diagnosis import stable_below
from talweg.problems import Problem
from talweg.racing.result import Race
from talweg.studies import endpoints
from talweg.text.endpoints import KINDS

SMALL: dict[str, Any] = {"methods": "adam,sgd@full,momentum", "settings": 4, "seeds": 4, "epochs": 8, "schedule": "constant"}


@pytest.fixture(scope="module")
def raced(clouds: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return tw.race(clouds, **SMALL, store=tmp_path_factory.mktemp("endings") / "talweg.db")


def test_every_final_lane_was_looked_at(raced: Race) -> None:
    for row in raced.summary["contestants"]:
        measured = raced.store.endpoints(raced.name)[row["name"]]
        assert len(measured) == SMALL["seeds"]
        assert all(one is None or one["point"] in KINDS for one in measured)
        assert row["endpoints"]["lanes"] == SMALL["seeds"]
        assert sum(row["endpoints"]["points"].values()) == row["endpoints"]["diagnosed"]
        assert 1 <= row["endpoints"]["near_own_best"] <= SMALL["seeds"]


def test_the_best_lane_is_seen_as_its_diagnosis_sees_it(raced: Race, clouds: Problem) -> None:
    """All of the 48 training examples are looked at, so the sharpness is the same to rounding."""
    row = raced.winner
    lanes = raced.store.lanes(raced.name, row["name"], "final")
    best = min(lanes, key=lambda lane: lane.validation_loss[-1])
    measured = dict(zip(sorted(lane.seed for lane in lanes), raced.store.endpoints(raced.name)[row["name"]], strict=True))[best.seed]
    diagnosis = diagnose(clouds.divided(best.seed), raced.best.params, method=raced.method(row["name"]))
    assert raced.diagnose([row["name"]])[row["label"]].sharpness == pytest.approx(diagnosis.sharpness, rel=1e-5)
    assert measured is not None
    assert measured["largest"] == pytest.approx(diagnosis.sharpness, rel=1e-3)
    assert measured["point"] == diagnosis.point
    assert measured["threshold"] == (None if diagnosis.threshold is None else pytest.approx(diagnosis.threshold))


def test_the_edge_is_that_of_the_tuned_learning_rate(raced: Race) -> None:
    row = next(row for row in raced.summary["contestants"] if row["name"] == "sgd@full")
    rate, sharp = row["hyperparameters"]["learning_rate"], row["endpoints"]["sharpness"]["median"]
    assert row["endpoints"]["edge"] == pytest.approx(sharp * rate / 2, rel=0.2)
    assert next(row for row in raced.summary["contestants"] if row["name"] == "adam")["endpoints"]["edge"] is None


def test_a_learning_rate_that_is_constant_has_an_edge_and_one_that_decays_has_none() -> None:
    assert stable_below(tw.methods.GradientDescent(tw.schedules.alike("constant", 0.1, 10))) == pytest.approx(20)
    assert stable_below(tw.methods.GradientDescent(tw.schedules.alike("cosine", 0.1, 10))) is None


def test_the_report_has_the_endpoints(raced: Race, tmp_path: Path) -> None:
    page = Page(raced.save(tmp_path / "page.html").read_text("utf-8"))
    assert "Most endpoints of networks" in page.text
    assert f"of {SMALL['seeds']}" in page.text
    alike = raced.winner["endpoints"]["near_own_best"]
    assert f"{alike} of {SMALL['seeds']} final runs" in page.text


def test_a_race_says_what_the_best_end_of_each_is(raced: Race) -> None:
    diagnoses = raced.diagnose()
    assert list(diagnoses) == [row["label"] for row in raced.summary["contestants"]]
    assert list(raced.diagnose(["adam"])) == ["Adam"]
    with pytest.raises(InputError, match="unknown contestant"):
        raced.diagnose(["adm"])


def test_a_lane_whose_loss_is_not_finite_says_nothing(clouds: Problem) -> None:
    import jax

    good = clouds.start(jax.random.key(0))
    stacked = jax.tree.map(lambda leaf: np.stack([np.asarray(leaf), np.full_like(leaf, np.nan)]), good)
    first, second = endpoints.diagnosed(clouds, stacked, [tw.methods.GradientDescent(0.1)] * 2, [0, 1])
    assert first is not None
    assert first["threshold"] == pytest.approx(20)
    assert second is None


def test_a_wider_network_is_looked_at_as_it_is(clouds: Problem, tmp_path: Path) -> None:
    race = tw.race(clouds, "sgd", remedies="wider", settings=2, seeds=2, epochs=8, store=tmp_path / "talweg.db")
    diagnoses = race.diagnose()
    assert sorted({one.dimensions for one in diagnoses.values()}) == [21, 81]  # 4 and 16 hidden units
    again = tw.open_race(race.name, tmp_path / "talweg.db").diagnose(problem=clouds)
    assert [one.point for one in again.values()] == [one.point for one in diagnoses.values()]


# ---- talweg diagnose ----------------------------------------------------------------------------------------------------------


def test_the_command_diagnoses_the_newest_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tw.race(tw.problems.load("iris", model="mlp:3"), "sgd", settings=2, seeds=2, epochs=8, store="talweg.db")
    result = run("diagnose", "--method", "sgd", "--json", "ends.json")
    assert result.code == 0
    assert "mini-batch gradient descent, its best final run" in result.out
    (row,) = json.loads((tmp_path / "ends.json").read_text())
    assert row["point"] in KINDS
    assert row["sentences"][0] in " ".join(result.out.split())
    refused = run("diagnose", "--at", "1,1")
    assert refused.code == 2
    assert "--at is for a problem" in refused.errors


def test_the_command_diagnoses_points_and_ends_of_descents() -> None:
    saddle = run("diagnose", "himmelblau", "--at", "0.08668,2.88425")
    assert saddle.code == 0
    assert "A saddle point" in saddle.out
    assert "undecided" in run("diagnose", "monkey-saddle", "--at", "0,0").out.lower()
    end = run("diagnose", "x**2 + 10*y**2", "--method", "momentum", "--steps", "400")
    assert "A minimum: all eigenvalues" in end.out
    assert "Stable" in end.out
    network = run("diagnose", "iris", "--model", "mlp:3", "--epochs", "2")
    assert network.code == 0
    assert "times its standard error" in network.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("himmelblau", "--at", "1"), "a point of himmelblau is 2 numbers"),
        (("himmelblau", "--at", "1,x"), "must be numbers with commas"),
        (("iris", "--at", "1,1"), "no function of a few numbers"),
        (("himmelblau", "--method", "sgd,adam"), "one method descends, got 2"),
        (("himmelblau", "--learning-rate", "1e9", "--method", "sgd"), "diverged at step"),
        (("himmelblau", "--steps", "0"), "steps must be at least 1"),
        (("nobody",), "unknown name 'nobody'"),
        (("deadbeef",), "there is no talweg.db"),
        (("himmelblau", "--json", "nowhere/x.json"), "lies in a folder that does not exist"),
    ],
    ids=str,
)
def test_a_mistake_is_one_sentence(words: Any, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("diagnose", *words)
    assert result.code == 2
    assert sentence in result.errors
    assert "Traceback" not in result.errors
