"""What a race recommends, what it promises, and what it says of what is in use now."""

from __future__ import annotations

import json

import numpy as np
import pytest

import talweg as tw
from talweg import schedules
from talweg.checks import InputError
from talweg.methods import Adam, GradientDescent
from talweg.problems import Problem
from talweg.racing.result import Race
from talweg.verdict import quality


@pytest.fixture(scope="module")
def line() -> Problem:
    """A line through three features with little noise: 20 % of 200 rows are the test part."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    return tw.problems.from_arrays(x, x @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=200), model="linear", name="line")


@pytest.fixture(scope="module")
def race(line: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Adam tuned against plain Adam, which is far too slow here, and gradient descent as it is in use."""
    file = tmp_path_factory.mktemp("line") / "talweg.db"
    return tw.race(line, "adam@8", settings=8, seeds=4, epochs=16, current="sgd@16:learning_rate=0.05", store=file)


@pytest.fixture(scope="module")
def noise() -> Race:
    """Labels that have nothing to do with the features."""
    rng = np.random.default_rng(3)
    problem = tw.problems.from_arrays(rng.normal(size=(100, 3)), rng.permutation(100) % 2, model="linear", name="noise")
    return tw.race(problem, "adam:learning_rate=0.1", settings=1, seeds=8, epochs=8)


def named(race: Race, name: str) -> dict:
    return next(dict(row) for row in race.summary["contestants"] if row["name"] == name)


def test_the_recommendation_has_all_that_a_training_needs(race: Race) -> None:
    best = race.recommendation
    said = race.summary["recommendation"]
    assert best.reason is None
    assert best.expected == said
    assert (best.batch, best.steps, best.epochs, best.schedule, best.label) == tuple(
        said[key] for key in ("batch", "steps", "epochs", "schedule", "label")
    )
    assert said["method"] in ("adam", "sgd")
    assert {key: said["hyperparameters"][key] for key in best.hyperparameters} == best.hyperparameters
    assert best.epochs == best.steps * int(best.batch) / race.summary["problem"]["examples"]
    assert said["seconds"] > 0
    assert race.verdict
    json.dumps(race.summary, allow_nan=False)


def test_the_best_is_what_is_recommended(race: Race) -> None:
    assert repr(race.best) == repr(race.recommendation)
    assert race.best.expected == race.recommendation.expected
    assert race.winner["name"] == race.summary["recommendation"]["name"] == race.summary["verdict"]["winner"]
    assert repr(tw.open_race(race.name, race.store.path).best) == repr(race.best)


def test_the_method_that_is_recommended_has_its_schedule_over_its_length(race: Race) -> None:
    for name in ("adam@8", "current"):
        best = race.tuned(name)
        rate = getattr(best.method, "learning_rate", None)
        if best.schedule == "constant":
            assert rate == best.hyperparameters["learning_rate"]
        else:
            assert rate == schedules.over(best.schedule, best.hyperparameters["learning_rate"], best.steps)


def test_what_is_recommended_does_what_it_promises(race: Race, line: Problem) -> None:
    """The training alone, with the rows of a promise's seed, ends where the promise says."""
    best = race.best
    assert best.method is not None
    lanes = race.store.lanes(race.name, race.winner["name"], "promise")
    alone = tw.descend(line, best.method, steps=best.steps, batch=best.batch, key=lanes[0].seed)
    assert alone.validation_loss[-1] == pytest.approx(lanes[0].validation_loss[-1], rel=2e-4)


def test_the_promise_is_made_of_its_own_seeds_alone(race: Race) -> None:
    said, lanes = race.summary["recommendation"], race.store.lanes(race.name, race.winner["name"], "promise")
    losses = [lane.validation_loss[-1] for lane in lanes]
    assert said["seeds"] == len(lanes) == 4
    assert said["validation_loss"]["mean"] == pytest.approx(np.mean(losses))
    assert said["validation_loss"]["low"] < np.mean(losses) < said["validation_loss"]["high"]
    assert said["test_loss"]["mean"] == pytest.approx(np.mean([lane.test_loss for lane in lanes]))
    new = said["expected_on_new_data"]
    assert (new["mean"], new["rows"]) == (pytest.approx(np.mean(losses)), 40)
    assert new["high"] - new["low"] > said["validation_loss"]["high"] - said["validation_loss"]["low"]


def test_a_linear_model_and_the_constant_prediction_stand_beside_it(race: Race) -> None:
    constant, linear = race.summary["landmarks"]
    assert (constant["name"], linear["name"]) == ("constant", "linear")
    assert not constant["as_good"]
    assert constant["validation_loss"]["mean"] > 10 * race.summary["recommendation"]["validation_loss"]["mean"]
    assert linear["as_good"]  # of a line, a linear model knows all
    assert "linear model" in race.verdict


def test_what_is_in_use_now_is_raced_as_it_is_and_said(race: Race) -> None:
    row = named(race, "current")
    assert (row["method"], row["batch"], row["tuned"]) == ("sgd", 16, [])
    assert row["hyperparameters"]["learning_rate"] == 0.05
    assert {rung.partition("-")[0] for rung in race.store.rungs(race.name)["current"]} >= {"confirm", "choice", "final"}
    for rung in race.store.rungs(race.name)["current"]:
        assert {lane.setting for lane in race.store.lanes(race.name, "current", rung)} == {-1}
    assert "the current method" in race.verdict


def test_the_length_of_each_is_where_its_mean_curve_was_lowest(race: Race) -> None:
    constants = {seed: one.validation_loss for seed, one in race.store.landmarks(race.name)["constant"].items()}
    for row in race.summary["contestants"]:
        of = race.store.rungs(race.name)[row["name"]]
        chosen = [lane for rung in of if rung.startswith("choice-") for lane in race.store.lanes(race.name, row["name"], rung)]
        lengths = {quality.quality(lanes, constants).steps for lanes in quality.by_variant(chosen)}
        assert row["steps"] in lengths


def test_of_pure_noise_nothing_is_recommended_and_the_reason_is_said(noise: Race) -> None:
    best = noise.best
    assert best.method is None
    assert best.reason == noise.summary["recommendation"]["reason"]
    assert best.reason is not None
    assert best.reason.startswith("nothing was learned")
    assert repr(best) == f"Best(None: {best.reason})"
    assert noise.summary["recommendation"]["method"] is None
    assert noise.summary["verdict"]["winner"] is None
    assert "Nothing was learned" in noise.verdict
    assert "Nothing is recommended" in noise.verdict
    with pytest.raises(InputError):
        best.code("torch")
    assert isinstance(noise.tuned("plain-adam").method, Adam)  # its contestants are there all the same


def test_where_every_training_diverges_nothing_is_recommended(line: Problem) -> None:
    wild = tw.race(line, {"wild": GradientDescent(1e9)}, settings=1, seeds=2, epochs=8, current="sgd:learning_rate=1e8")
    rows = {row["name"]: row["failed"] for row in wild.summary["contestants"]}
    assert rows == {"wild": 1.0, "current": 1.0, "plain-adam": 0.0}
    assert wild.summary["contestants"][0]["name"] == "plain-adam"
