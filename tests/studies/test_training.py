"""A training of one method is the run of that method, with its weights at every measuring point."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import talweg as tw
from talweg.contestants.notation import listed
from talweg.studies.training import RATES, predictions, train


@pytest.fixture(scope="module")
def problem() -> tw.Problem:
    return tw.problems.load("moons", model="mlp:6,tanh")


@pytest.mark.parametrize("name", ["momentum@32", "sgd@full", "noisy+adam@8"])
def test_it_ends_where_a_single_run_ends(problem: tw.Problem, name: str) -> None:
    (contestant,) = listed(problem, name, settings=1)
    training = train(problem, contestant, 3, hyperparameters={"learning_rate": 0.05}, seed=4)
    method = contestant.method({"learning_rate": 0.05}, int(training.trace.steps[-1]))
    trace = tw.descend(problem, method, epochs=3, batch=contestant.size or "full", key=4)
    np.testing.assert_array_equal(training.trace.steps, trace.steps)
    np.testing.assert_allclose(training.trace.validation_loss, trace.validation_loss, rtol=1e-4)
    np.testing.assert_allclose(training.trace.metric, trace.metric, atol=0.006)
    for positions, end in zip(jax.tree.leaves(training.trace.positions), jax.tree.leaves(trace.params), strict=True):
        assert positions.shape == (len(training.trace.steps), *end.shape)
        np.testing.assert_allclose(positions[-1], end, rtol=1e-3, atol=1e-4)
    assert not training.tuned


def test_the_weights_at_every_point_have_the_loss_of_that_point(problem: tw.Problem) -> None:
    (contestant,) = listed(problem, "adam@32", settings=1)
    training = train(problem, contestant, 3)
    for k in (0, 7, -1):
        params = jax.tree.map(lambda leaf, k=k: leaf[k], training.trace.positions)
        assert float(problem.loss(params, problem.validation)) == pytest.approx(training.trace.validation_loss[k], rel=1e-4)
    outputs = predictions(training.trace.positions, np.asarray(problem.validation[0][:5]))
    assert outputs.shape == (len(training.trace.steps), 5, 1)
    np.testing.assert_allclose(outputs[-1], params(problem.validation[0][:5]), rtol=1e-4, atol=1e-5)


def test_the_learning_rate_is_the_best_of_those_tried(problem: tw.Problem) -> None:
    (contestant,) = listed(problem, "sgd@32", settings=1)
    best = train(problem, contestant, 2)
    searched = contestant.factory.search_space(32)["learning_rate"]
    rates = [float(f"{searched.value(u):.3g}") for u in np.linspace(0, 1, RATES)]
    means = [train(problem, contestant, 2, hyperparameters={"learning_rate": rate}).trace.validation_loss.mean() for rate in rates]
    assert best.tuned
    assert best.hyperparameters["learning_rate"] == rates[int(np.nanargmin(means))]


def test_a_training_that_diverges_says_when(problem: tw.Problem) -> None:
    (contestant,) = listed(problem, "momentum@8", settings=1)
    lost = train(problem, contestant, 2, hyperparameters={"learning_rate": 1e12})
    assert lost.trace.diverged_at is not None
    assert np.isnan(lost.trace.validation_loss[-1])
    assert np.isfinite(lost.trace.validation_loss[0])


def test_a_length_of_nothing_is_refused(problem: tw.Problem) -> None:
    (contestant,) = listed(problem, "sgd@8", settings=1)
    with pytest.raises(tw.InputError, match="epochs must lie in"):
        train(problem, contestant, 0)
