"""DeepOBS's quadratic_deep against its published constants, and against plain NumPy."""

import jax
import numpy as np
import pytest

from talweg.problems import load
from talweg.problems.quadratic import hessian, rotation, rows


@pytest.fixture(scope="module")
def problem():
    return load("quadratic_deep")


def naive(theta, x, curvature):
    return np.mean([0.5 * (theta - row) @ curvature @ (theta - row) for row in x])


def test_the_extreme_eigenvalues_are_the_published_ones():
    eigenvalues = np.linalg.eigvalsh(hessian())
    assert eigenvalues[0] == pytest.approx(0.005522, abs=5e-7)
    assert eigenvalues[-1] == pytest.approx(53.1290, abs=5e-5)
    assert 2 / eigenvalues[-1] == pytest.approx(0.0376442, abs=5e-8)
    assert np.count_nonzero(eigenvalues < 1) == 90
    assert np.count_nonzero(eigenvalues > 30) == 10


def test_the_rotation_is_a_rotation():
    for size in (2, 3, 7):
        rotated = rotation(size, np.random.RandomState(1))
        np.testing.assert_allclose(rotated @ rotated.T, np.eye(size), atol=1e-12)


def test_the_initial_and_the_optimal_losses_are_the_published_ones(problem):
    theta = problem.start(jax.random.key(5))
    assert float(problem.loss(theta, problem.test[:896])) == pytest.approx(353.446766, rel=1e-6)
    optimum = rows(42).mean(0).astype(np.float32)
    assert float(problem.loss(optimum, problem.train)) == pytest.approx(84.769653, rel=1e-6)
    assert float(problem.loss(optimum, problem.test)) == pytest.approx(87.046008, rel=1e-6)


def test_the_loss_is_the_mean_of_the_examples_own_forms(problem):
    theta = np.random.default_rng(0).normal(size=100).astype(np.float32)
    for batch in (problem.train[:1], problem.train[:128]):
        assert float(problem.loss(theta, batch)) == pytest.approx(naive(theta, batch, hessian()), rel=1e-5)


def test_the_gradient_is_the_curvature_times_the_distance_to_the_mean(problem):
    theta = np.random.default_rng(0).normal(size=100).astype(np.float32)
    slope = jax.grad(problem.loss)(theta, problem.train[:128])
    np.testing.assert_allclose(slope, hessian() @ (theta - problem.train[:128].mean(0)), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("learning_rate", "diverges"), [(0.0377, True), (0.0376, False)])
def test_gradient_descent_diverges_just_above_two_over_the_largest_eigenvalue(learning_rate, diverges):
    curvature, mean = hessian(), rows(42).mean(0)
    theta = np.ones(100)
    for _ in range(4000):
        theta = theta - learning_rate * curvature @ (theta - mean)
    excess = 0.5 * (theta - mean) @ curvature @ (theta - mean)
    assert (excess > 1e3) == diverges
    assert diverges or excess < 1


def test_its_batches_and_its_splits_are_as_published(problem):
    assert problem.default_batch == 128
    assert problem.train.shape == (1000, 100)
    assert problem.test.shape == problem.validation.shape == (896, 100)
    np.testing.assert_allclose(problem.validation, np.random.RandomState(44).normal(0, 0.6, (1000, 100))[:896], rtol=1e-6)
