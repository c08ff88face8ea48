"""Predictors that need no training of a network: the best constant and scikit-learn's linear model, on the same splits and losses."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from talweg.problems import losses
from talweg.problems.base import Batch, Problem

ROWS_AT_MOST = 10_000  # that a linear model is fitted to: more change nothing that is seen
FOLDS, STRENGTHS = 4, 8  # of the search for the strength of regularisation

#: Features -> predictions of shape (n, outputs).
Predict = Callable[[Any], Any]


class Fitted(NamedTuple):
    """Loss and metric of a predictor on the validation rows of a seed and on the test rows; NaN where there is none."""

    validation_loss: float
    validation_metric: float
    test_loss: float
    test_metric: float


def has(problem: Problem) -> bool:
    """Whether a problem has landmarks: one with features, a target and a loss of the catalogue; not a function or a model of one's own."""
    known = isinstance(problem.train, tuple) and len(problem.train) == 2 and problem.facts.get("loss") in losses.CATALOGUE
    return known and problem.validation is not None


def constant(problem: Problem, seeds: Sequence[int]) -> Iterator[tuple[int, Fitted]]:
    """The best constant prediction of each seed's training rows: the shares of the classes, the mean, the median …"""
    kind = losses.CATALOGUE[problem.facts["loss"]]
    for seed, own in _divided(problem, seeds):
        best = kind.constant(np.asarray(own.train[1]), _outputs(problem))
        yield seed, _evaluated(own, functools.partial(_repeated, best))


def linear(problem: Problem, seeds: Sequence[int]) -> Iterator[tuple[int, Fitted]]:
    """Ridge regression or logistic regression fitted to each seed's training rows, the strength of its regularisation cross-validated.

    For labels it is cross-validated on the first seed's rows alone: there it is slow, and the strength hardly differs between splits.
    """
    model: Any = None
    for seed, own in _divided(problem, seeds):
        x, y = (np.asarray(a)[:ROWS_AT_MOST] for a in own.train)
        x = x.reshape(len(x), -1)
        if problem.task == "classification":
            model = _logistic(x, y) if model is None else model
            yield seed, _evaluated(own, _fitted(model, x, y))
        else:
            yield seed, _evaluated(own, _ridge(x, y, poisson=problem.facts["loss"] == "poisson"))


def _divided(problem: Problem, seeds: Sequence[int]) -> Iterator[tuple[int, Problem]]:
    for seed in seeds:
        yield seed, problem.divided(seed)


def _outputs(problem: Problem) -> int:
    return len(problem.classes) if problem.classes is not None and len(problem.classes) > 2 else 1


def _repeated(values: Float[np.ndarray, " outputs"], x: Any) -> Any:
    return jnp.broadcast_to(jnp.asarray(values), (len(x), len(values)))


def _evaluated(problem: Problem, predict: Predict) -> Fitted:
    """A predictor takes the place of the model: losses and metrics of a supervised problem call it with the features."""

    def on(batch: Batch) -> tuple[float, float]:
        if batch is None:
            return np.nan, np.nan
        return float(problem.loss(predict, batch)), float(problem.metric.function(predict, batch)) if problem.metric else np.nan

    return Fitted(*on(problem.validation), *on(problem.test))


def _logistic(x: np.ndarray, y: np.ndarray) -> Any:
    """The model with its strength of regularisation; it goes on from one split's weights to the next one's."""
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

    folds = max(2, min(FOLDS, int(np.unique(y, return_counts=True)[1].min())))
    with _quietly():
        search = LogisticRegressionCV(Cs=STRENGTHS, cv=folds, scoring="neg_log_loss", max_iter=200).fit(x, y)
    return LogisticRegression(C=float(np.ravel(search.C_)[0]), max_iter=200, warm_start=True)


def _fitted(model: Any, x: np.ndarray, y: np.ndarray) -> Predict:
    with _quietly():
        model.fit(x, y)

    def predict(features: Any) -> Any:
        scores = model.decision_function(np.asarray(features).reshape(len(features), -1))
        return jnp.asarray(scores[:, None] if scores.ndim == 1 else scores)

    return predict


@contextmanager
def _quietly() -> Iterator[None]:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is near enough for a landmark
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _ridge(x: np.ndarray, y: np.ndarray, *, poisson: bool) -> Predict:
    from sklearn.linear_model import PoissonRegressor, RidgeCV

    model = PoissonRegressor(alpha=1e-3, max_iter=300) if poisson else RidgeCV(alphas=np.logspace(-3, 4, 15))
    model.fit(x.astype(float), y.astype(float))

    def predict(features: Any) -> Any:
        values = model.predict(np.asarray(features, float).reshape(len(features), -1))
        return jnp.asarray(np.log(np.maximum(values, 1e-12)) if poisson else values)[:, None]

    return predict
