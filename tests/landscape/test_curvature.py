"""The curvature of a loss: Lanczos' method against the whole Hessian, its density, and what rounding and samples leave open."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg import trees
from talweg.landscape import curvature
from talweg.problems import Problem


def quadratic(eigenvalues: np.ndarray, seed: int = 0) -> Problem:
    """½ wᵀ A w with these eigenvalues, turned at random."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues),) * 2))
    matrix = jnp.asarray((turn * eigenvalues) @ turn.T)
    return Problem(lambda w, _: 0.5 * w @ matrix @ w, start=lambda key: jnp.ones(len(eigenvalues), matrix.dtype))


@pytest.mark.parametrize("model", ["mlp:8", "mlp:26"])  # 610 and 1,960 parameters
@pytest.mark.usefixtures("double")
def test_lanczos_extremes_are_those_of_the_whole_hessian(model: str) -> None:
    problem = tw.problems.load("digits", model=model)
    data = jax.tree.map(lambda leaf: leaf[:256], problem.train)
    params = tw.descend(problem, tw.methods.GradientDescent(0.2), epochs=3).params
    measured, products = curvature.measured(problem, params, data)
    whole = np.linalg.eigvalsh(curvature.hessian(problem, params, data))
    np.testing.assert_allclose(measured.extremes, whole[[0, -1]], rtol=1e-4)
    assert products < len(whole)  # what the whole Hessian would have cost
    for value, vector in zip(measured.extremes, measured.vectors, strict=True):
        along = curvature.hessian(problem, params, data) @ vector
        assert np.linalg.norm(along - value * vector) <= 1e-2 * abs(whole[-1])


def test_in_single_precision_they_are_as_good_as_its_rounding() -> None:
    problem = tw.problems.load("digits", model="mlp:8")
    params = tw.descend(problem, tw.methods.GradientDescent(0.2), epochs=3).params
    measured, _ = curvature.measured(problem, params, problem.train)
    whole = np.linalg.eigvalsh(curvature.hessian(problem, params, problem.train))
    np.testing.assert_allclose(measured.extremes, whole[[0, -1]], atol=1e-4 * whole[-1])


@pytest.mark.parametrize(
    "eigenvalues",
    [
        np.full(300, 2.0),  # Lanczos' space is used up after one step
        np.repeat([-1.0, 0.0, 3.0], 100),  # after three
        np.concatenate([[-5.0], np.linspace(0, 1, 298), [40.0]]),
    ],
    ids=["one", "three", "many"],
)
def test_the_eigenvalues_of_a_known_matrix_are_found(eigenvalues: np.ndarray) -> None:
    problem = quadratic(eigenvalues)
    measured, _ = curvature.measured(problem, jnp.ones(300), None)
    np.testing.assert_allclose(measured.extremes, [eigenvalues.min(), eigenvalues.max()], atol=2e-5 * np.abs(eigenvalues).max())
    assert (measured.errors <= 1e-4 * np.abs(eigenvalues).max()).all()
    assert np.isfinite(measured.decrement)


@pytest.mark.usefixtures("double")
def test_the_newton_decrement_is_the_height_above_the_bottom_of_a_bowl() -> None:
    eigenvalues = np.geomspace(1e-2, 10, 400)
    bowl = quadratic(eigenvalues)
    measured, _ = curvature.measured(bowl, jnp.ones(400), None)
    assert measured.decrement == pytest.approx(measured.loss, rel=1e-3)


def test_the_density_of_a_known_matrix_is_found() -> None:
    eigenvalues = np.repeat([-1.0, 0.0, 4.0], [30, 210, 60])
    density, products = curvature.density(quadratic(eigenvalues), jnp.ones(300), None)
    assert not density.exact
    assert products <= 8 * 48
    assert density.trace == pytest.approx(eigenvalues.sum(), abs=4 * density.trace_error + 1e-3)
    assert density.weights.sum() == pytest.approx(1, rel=1e-4)
    assert density.below() == pytest.approx(0.1, abs=0.1)
    high = density.weights[density.eigenvalues > 3].sum()
    assert high == pytest.approx(0.2, abs=0.06)


def test_a_small_problem_has_its_whole_density() -> None:
    density, products = curvature.density(quadratic(np.array([-1.0, 2.0, 5.0])), jnp.ones(3), None)
    assert density.exact
    assert products == 3
    np.testing.assert_allclose(density.eigenvalues, [-1, 2, 5], rtol=1e-5)
    assert density.trace == pytest.approx(6, rel=1e-5)
    assert density.below() == pytest.approx(1 / 3)
    assert density.below(tolerance=2.0) == 0


def test_the_noise_of_a_sample_is_its_standard_error() -> None:
    """L = mean over i of ½ aᵢ w² − bᵢ w: gradient mean(aᵢ) w − mean(bᵢ), curvature mean(aᵢ)."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 3, 500), rng.normal(size=500)
    data = (a.astype(np.float32), b.astype(np.float32))
    problem = Problem(
        lambda w, ab: jnp.mean(0.5 * ab[0] * w[0] ** 2 - ab[1] * w[0]), start=lambda key: jnp.ones(1), train=data, validation=data
    )
    measured, _ = curvature.measured(problem, jnp.full(1, 0.5), data)
    single = a * 0.5 - b
    assert float(measured.gradient_sampling) == pytest.approx(single.std(ddof=1) / 500**0.5, rel=1e-3)
    np.testing.assert_allclose(measured.sampling, a.std(ddof=1) / 500**0.5, rtol=1e-3)


def test_lanes_are_seen_as_points_alone_are() -> None:
    problem = tw.problems.load("iris", model="mlp:4")
    ends = [tw.descend(problem, tw.methods.GradientDescent(0.1), steps=20, key=key).params for key in range(3)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *ends)
    data = [problem.divided(key).train for key in range(3)]
    together = curvature.measured_by_lane(problem, stacked, trees.stack(data), products=16)
    for lane, params in enumerate(ends):
        alone, _ = curvature.measured(problem, params, data[lane])
        for name in ("loss", "gradient_norm", "extremes", "gradient_sampling"):
            np.testing.assert_allclose(getattr(together, name)[lane], getattr(alone, name), rtol=1e-4, err_msg=name)


def test_a_hessian_that_is_not_finite_is_said_and_does_not_stop_anything() -> None:
    root = Problem(lambda w, _: jnp.sum(jnp.sqrt(jnp.abs(w))), start=lambda key: jnp.ones(2))
    measured: Any = curvature.measured(root, jnp.zeros(2), None)[0]
    assert not np.isfinite(measured.extremes).all()
