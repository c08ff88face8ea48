"""Predictors that need no race: on problems that are linear, and on pure noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from talweg import problems
from talweg.problems import Problem, landmarks

SEEDS = [3, 4, 5]
Landmarks = dict[int, landmarks.Fitted]


def data(effect: float = 1.0, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Four features, and a target that is linear in them but for noise of deviation 0.1; with no effect, nothing but noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    return x, effect * x @ [1.0, -2.0, 0.5, 0.0] + (0.1 if effect else 1.0) * rng.normal(size=rows)


def made(effect: float = 1.0, **more: Any) -> Problem:
    x, y = data(effect)
    return problems.from_arrays(x, y, name="lines", model="mlp:4", **more)


def labelled(effect: float, classes: int = 2) -> Problem:
    x, y = data(effect)
    return problems.from_arrays(x, np.digitize(y, np.quantile(y, np.arange(1, classes) / classes)), name="classes", model="mlp:4")


def both(problem: Problem) -> tuple[Landmarks, Landmarks]:
    return dict(landmarks.constant(problem, SEEDS)), dict(landmarks.linear(problem, SEEDS))


def test_a_linear_target_is_nearly_all_explained_by_the_linear_model_and_not_at_all_by_the_constant() -> None:
    problem = made()
    constant, linear = both(problem)
    assert list(constant) == list(linear) == SEEDS
    for seed in SEEDS:
        assert linear[seed].validation_metric > 0.99
        assert linear[seed].test_metric > 0.99
        assert linear[seed].validation_loss < 0.01
        assert constant[seed].validation_metric < 0.5
        assert constant[seed].validation_loss == pytest.approx(1.0, abs=0.4)


@pytest.mark.parametrize("problem", [made(0.0), labelled(0.0), labelled(0.0, 3)], ids=["numbers", "two classes", "three classes"])
def test_on_pure_noise_the_linear_model_is_no_better_than_the_constant(problem: Problem) -> None:
    constant, linear = both(problem)
    gain = [(constant[seed].validation_loss - linear[seed].validation_loss) / constant[seed].validation_loss for seed in SEEDS]
    assert np.mean(gain) == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize(("loss", "best"), [("squared", np.mean), ("absolute", np.median)])
def test_the_constant_is_that_of_the_training_rows_and_its_loss_that_of_the_problem(loss: str, best: Any) -> None:
    problem = made(loss=loss)
    found = dict(landmarks.constant(problem, SEEDS))
    for seed in SEEDS:
        own = problem.divided(seed)
        value = best(own.train[1])
        for part, mine in ((own.validation, found[seed].validation_loss), (problem.test, found[seed].test_loss)):
            errors = np.asarray(part[1]).ravel() - value
            assert mine == pytest.approx(np.mean(errors**2 if loss == "squared" else abs(errors)), rel=1e-5)
    assert len({one.validation_loss for one in found.values()}) == len(SEEDS)  # each has its own split


@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_model_of_labels_is_logistic_regression(classes: int) -> None:
    problem = labelled(1.0, classes)
    constant, linear = both(problem)
    own = problem.divided(SEEDS[0])
    assert linear[SEEDS[0]].validation_metric > 0.85
    assert constant[SEEDS[0]].validation_metric == pytest.approx(1 / classes, abs=0.1)
    assert constant[SEEDS[0]].validation_loss == pytest.approx(np.log(classes), rel=0.02)
    model = LogisticRegression(C=1.0).fit(*map(np.asarray, own.train))
    usual = log_loss(own.validation[1], model.predict_proba(np.asarray(own.validation[0])))
    assert linear[SEEDS[0]].validation_loss <= usual * 1.02  # of one strength that was not chosen


def test_counts_have_a_poisson_regression() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 2))
    problem = problems.from_arrays(x, rng.poisson(np.exp(1 + 0.8 * x[:, 0])).astype(float), model="mlp:4", loss="poisson")
    constant, linear = both(problem)
    for seed in SEEDS:
        own = problem.divided(seed)
        z = float(np.log(np.mean(own.train[1])))
        assert constant[seed].validation_loss == pytest.approx(float(np.mean(np.exp(z) - z * own.validation[1])), rel=1e-4)
        assert linear[seed].validation_loss < constant[seed].validation_loss - 0.3


def test_without_a_test_part_there_is_no_number_for_it() -> None:
    problem = replace(made(), test=None)
    (_, constant), *_ = landmarks.constant(problem, SEEDS)
    assert np.isfinite([constant.validation_loss, constant.validation_metric]).all()
    assert np.isnan([constant.test_loss, constant.test_metric]).all()


def test_landmarks_are_for_data_with_a_known_loss() -> None:
    problem = made()
    assert landmarks.has(problem)
    assert not landmarks.has(replace(problem, facts={**problem.facts, "loss": "mine"}))
    assert not landmarks.has(Problem(loss=lambda x, _: (x**2).sum(), start=lambda key: np.ones(2)))
    fixed = problem.divided(0)
    assert landmarks.has(fixed)
    assert not landmarks.has(replace(fixed, validation=None))
