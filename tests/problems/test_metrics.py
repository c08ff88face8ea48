"""Metrics against scikit-learn's, and the one that a problem is asked to have."""

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from talweg.checks import InputError
from talweg.problems import from_arrays, load
from talweg.problems.metrics import METRICS, MetricEntry, accuracy, explained_variance

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("outputs", [1, 4])
def test_accuracy_is_that_of_scikit_learn(outputs):
    scores, y = GENERATOR.normal(size=(50, outputs)), GENERATOR.integers(0, max(2, outputs), 50)
    labels = scores[:, 0] > 0 if outputs == 1 else scores.argmax(1)
    assert float(accuracy(jnp.asarray(scores), jnp.asarray(y)).mean()) == pytest.approx(accuracy_score(y, labels))


def test_the_explained_variance_is_that_of_scikit_learn():
    y, prediction = GENERATOR.normal(size=50), GENERATOR.normal(size=50)
    shares = explained_variance(jnp.asarray(prediction)[:, None], jnp.asarray(y), float(np.var(y)))
    assert float(shares.mean()) == pytest.approx(r2_score(y, prediction), rel=1e-5)


def test_a_problem_has_the_first_metric_of_its_task_or_the_one_that_is_asked_for(monkeypatch):
    monkeypatch.setitem(METRICS["regression"], "absolute error", MetricEntry(lambda z, y: jnp.abs(z[:, 0] - y), larger_is_better=False))
    x = GENERATOR.normal(size=(60, 2))
    usual, asked = from_arrays(x, x[:, 0]), from_arrays(x, x[:, 0], metric="absolute error")
    assert (usual.metric.name, asked.metric.name, asked.metric.larger_is_better) == ("R²", "absolute error", False)
    assert asked.fingerprint() != usual.fingerprint()
    assert float(asked.metric.function(lambda x: 0 * x + 1, (x, jnp.full(60, 3.0)))) == 2.0
    assert load("diabetes", metric="absolute error").source.options["metric"] == "absolute error"


def test_a_metric_of_another_task_is_refused_with_those_that_are_known():
    with pytest.raises(InputError, match=r"^metric: unknown metric 'R²'; known: accuracy$"):
        load("iris", metric="R²")
