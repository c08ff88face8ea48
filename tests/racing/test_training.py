"""What a race recommends, trained on all rows, and its predictions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

import talweg as tw
from talweg import problems
from talweg.checks import InputError
from talweg.methods import Adam, GradientDescent, Method
from talweg.problems import Problem
from talweg.racing import training
from talweg.racing.result import Best, Race
from talweg.racing.training import Ready, Trained, everything

ROWS = 120


def table(rows: int = ROWS) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=(rows, 2)).round(3)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "above": np.where(x[:, 0] > x[:, 1], "yes", "no")})


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Race:
    """A race of a file, which has a clear answer."""
    folder = tmp_path_factory.mktemp("race")
    table().to_csv(folder / "own.csv", index=False)
    problem = problems.read(folder / "own.csv", "above", model="linear")
    return tw.race(problem, "adam", settings=4, seeds=2, epochs=60, store=folder / "talweg.db")


@pytest.fixture(scope="module")
def trained(race: Race) -> Trained:
    return race.train()


def made(problem: Problem, method: Method | None, *, steps: int = 50, batch: int | str = 32, **row: Any) -> Any:
    """A race that recommends a method."""
    rate: Mapping[str, float] = {} if method is None else method.hyperparameters()
    best = Best(method, batch, rate, None, steps, 1.0, "constant", label="Adam", reason=row.pop("reason", None))
    return SimpleNamespace(recommendation=best, winner={"restarts": 1, "width": 1, **row}, name="abc", problem=problem)


@pytest.fixture
def as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem of a race that was made up is its own."""
    monkeypatch.setattr(training, "raced_problem", lambda race, problem, call: race.problem)


# ---- all rows ------------------------------------------------------------------------------------------------------------------


def test_all_rows_are_those_of_the_pool_and_the_test_part() -> None:
    iris = problems.load("iris")
    whole = everything(iris)
    assert (whole.validation, whole.test, whole.pool, whole.split) == (None, None, None, None)
    for leaf, pool, test in zip(whole.train, iris.pool, iris.test, strict=True):
        np.testing.assert_array_equal(leaf, np.concatenate([pool, test]))
    assert whole.divided(3) is whole


def test_without_a_pool_they_are_those_for_training_validation_and_test() -> None:
    drawn = problems.load("iris").divided(1)
    assert everything(drawn).examples == 150
    spirals = problems.load("two-spirals")  # trained on all of its rows but the test part
    assert everything(spirals).examples == spirals.examples + len(spirals.test[1])


# ---- training ------------------------------------------------------------------------------------------------------------------


def test_what_is_recommended_is_trained_for_as_many_steps_on_all_rows(race: Race, trained: Trained) -> None:
    best = race.recommendation
    assert trained.ready.problem.examples == ROWS
    assert (trained.ready.steps, trained.ready.batch) == (best.steps, best.batch)
    assert f"trained on all 120 rows for {best.steps:,} steps, as race {race.name} recommends" in trained.sentence
    assert trained.sentence in repr(trained)
    assert best.method is not None
    trace = tw.descend(everything(race.problem), best.method, steps=best.steps, batch=best.batch)  # type: ignore[arg-type]
    for one, other in zip(*map(jax.tree.leaves, (trace.params, trained.params)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_predictions_are_labels_as_the_table_has_them_one_for_each_row(trained: Trained) -> None:
    frame = table()
    answers = trained.predict(frame)
    assert set(answers) == {"yes", "no"}
    assert (answers == frame["above"]).mean() > 0.95
    np.testing.assert_array_equal(trained.predict(frame.drop(columns="above").iloc[::-1]), answers[::-1])


def test_predictions_are_what_the_formula_says(trained: Trained) -> None:
    frame = table()
    (layer,) = trained.params.layers
    weight, bias = (np.asarray(leaf, float) for leaf in jax.tree.leaves(layer))
    x = trained.ready.coding.inputs(frame).astype(float)
    scores = (x @ weight.reshape(2, 1) + bias)[:, 0]
    np.testing.assert_array_equal(trained.predict(frame), np.where(scores > 0, "yes", "no"))
    np.testing.assert_allclose(trained.probabilities(frame)[:, 1], 1 / (1 + np.exp(-scores)), rtol=1e-4)
    assert trained.classes is not None
    assert list(trained.classes) == ["no", "yes"]


def test_many_rows_are_predicted_as_few_are(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = trained.probabilities(table())
    monkeypatch.setattr(training, "CHUNK", 50)
    np.testing.assert_allclose(trained.probabilities(table()), answers, rtol=1e-6)


def test_the_seed_is_that_of_the_start_and_the_order(race: Race, trained: Trained) -> None:
    again, other = race.train(0), race.train(1)
    leaves = [np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(t.params)]) for t in (trained, again, other)]
    np.testing.assert_array_equal(leaves[0], leaves[1])
    assert (leaves[0] != leaves[2]).any()


def test_a_race_from_the_store_is_trained_and_asked_about_a_file_alike(race: Race, trained: Trained, tmp_path: Path) -> None:
    table().drop(columns="above").to_parquet(tmp_path / "new.parquet")
    stored = tw.open_race(race.name, race.store.path)
    np.testing.assert_array_equal(stored.train().predict(tmp_path / "new.parquet"), trained.predict(table()))


@pytest.mark.usefixtures("as_given")
def test_numbers_are_predicted_in_their_own_unit() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = 1000 + 50 * x @ [1.0, -2.0, 0.5]
    problem = problems.from_arrays(x, y, model="linear")
    answers = training.train(training.ready(made(problem, Adam(0.05), steps=400))).predict(x)
    np.testing.assert_allclose(answers, y, atol=5)


@pytest.mark.usefixtures("as_given")
def test_a_wider_network_is_trained_as_wide() -> None:
    iris = problems.load("iris", model="mlp:4")
    result = training.train(training.ready(made(iris, Adam(0.01), width=2)))
    assert result.params.layers[0].weight.shape[-1] == 8
    assert "hidden layers 2 times as wide" in result.sentence


# ---- what is refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_given")
def test_what_cannot_be_trained_is_one_sentence() -> None:
    iris, bowl = problems.load("iris"), problems.surface("himmelblau").problem()
    for wrong, words in (
        (
            made(iris, None, reason="nothing was learned: no contestant is better"),
            "nothing is recommended: nothing was learned: no contest",
        ),
        (made(iris, None), "Adam is a method of your own; ask the race of tw.race"),
        (made(iris, Adam(0.01), restarts=4), "Adam keeps the weights with the lowest validation loss, .* race it without restarts"),
        (made(bowl, Adam(0.01)), "himmelblau is a function without rows"),
    ):
        with pytest.raises(InputError, match=f"^train: {words}"):
            training.ready(wrong)


@pytest.mark.usefixtures("as_given")
def test_a_training_that_diverges_gives_no_predictions() -> None:
    problem = problems.from_arrays(np.arange(60.0), np.arange(60.0) ** 2, model="linear", task="regression")
    with pytest.raises(InputError, match=r"^train: the training diverged with seed 3; give another seed"):
        training.train(training.ready(made(problem, GradientDescent(1e6), steps=200)), 3)


@pytest.mark.usefixtures("as_given")
def test_a_problem_made_by_hand_has_params_and_no_predictions(clouds: Problem) -> None:
    own = Problem(loss=clouds.loss, start=clouds.start, train=clouds.pool, test=clouds.test, name="own")
    result = training.train(training.ready(made(own, Adam(0.01))))
    assert isinstance(result.ready, Ready)
    assert np.isfinite(result.loss)
    with pytest.raises(InputError, match=r"^predict: own was made by hand, .* apply its model to the trained params"):
        result.predict(np.zeros((2, 3)))
