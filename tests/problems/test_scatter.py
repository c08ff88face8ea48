"""Starts from all over a surface's domain, and what the surfaces with many minima are known to have in many dimensions."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg import InputError
from talweg.engine.program import Placement, Program
from talweg.methods import Momentum
from talweg.problems import Problem, load, surface

MANY = ["rastrigin", "ackley", "styblinski-tang", "levy"]


def scattered(problem: Problem, count: int) -> np.ndarray:
    return np.asarray(jax.vmap(problem.scatter)(jax.random.split(jax.random.key(0), count)))


def minima_on_a_line(name: str) -> np.ndarray:
    """Where the function of one coordinate of a separable surface is lowest nearby: the slope goes from below zero to above."""
    found = surface(name)
    low, high = found.domain[0]
    at = np.linspace(low, high, 100_001)
    with jax.enable_x64(True):
        slope = np.asarray(jax.vmap(jax.grad(lambda x: found.function(jnp.stack([x, 0.0 * x]))))(at))
    before = np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    return at[before] - slope[before] * (at[1] - at[0]) / (slope[before + 1] - slope[before])


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("dimensions", [2, 10, 50])
@pytest.mark.parametrize("name", MANY)
def test_the_global_minimum_has_the_stated_value_and_no_slope(name, dimensions, double):
    found = surface(f"{name}:dimensions={dimensions}")
    exact = 1e-12 if double else 3e-6
    with jax.enable_x64(double):
        problem = dataclasses.replace(found.problem())
        at = jnp.asarray(found.best[0].at)
        value, slope = jax.jit(jax.value_and_grad(problem.loss))(at, None)
        near = np.asarray(jax.jit(jax.vmap(lambda x: problem.loss(x, None)))(at + 0.05 * (scattered(problem, 64))))
    assert value.dtype == (np.float64 if double else np.float32)
    assert abs(float(value) - problem.facts["lowest"]) <= exact * (1 + abs(problem.facts["lowest"]))
    assert np.abs(slope).max() < 30 * exact  # Ackley's is the tip of a cone, where zero is returned
    assert (near > float(value)).all()


@pytest.mark.parametrize("name", ["rastrigin", "styblinski-tang"])
def test_descents_in_ten_dimensions_end_where_each_coordinate_has_a_minimum_of_its_own(name):
    problem = load(f"{name}:dimensions=10")
    problem = dataclasses.replace(problem, start=problem.scatter)
    method = Momentum(0.002 if name == "rastrigin" else 0.01, 0.0)
    run = Program(Placement(problem), method, None, 64).run([method] * 64, list(range(64)), 1000)
    own = minima_on_a_line(name)
    nearest = np.abs(np.asarray(run.params)[..., None] - own).argmin(-1)
    np.testing.assert_allclose(run.params, own[nearest], atol=1e-3)
    assert (nearest.std(axis=0) > 0).all()  # not all in the same one
    assert (run.validation_loss[:, -1] > problem.facts["lowest"] + 1).mean() > 0.9


@pytest.mark.parametrize(
    "text", [*MANY, "rastrigin:dimensions=50", "branin", "easom", "x**2 + 10*y**2 on -3..5, -2..2", "valley:noise=0.5"]
)
def test_a_scattered_start_fills_the_domain_in_the_type_of_a_start(text):
    found = surface(text)
    points = scattered(found.problem(), 2000)
    low, high = np.array(found.domain).T
    assert ((points >= low) & (points <= high)).all()
    np.testing.assert_allclose(points.mean(0), (low + high) / 2, atol=0.03 * (high - low).max())
    np.testing.assert_allclose(points.std(0), (high - low) / np.sqrt(12), rtol=0.06)
    for double in (False, True):
        with jax.enable_x64(double):
            here, usual = found.problem().scatter(jax.random.key(1)), found.problem().start(jax.random.key(1))
            assert (here.shape, here.dtype) == (usual.shape, usual.dtype)


def test_where_else_to_start_is_no_part_of_what_a_problem_is():
    problem = load("rastrigin")
    assert dataclasses.replace(problem, scatter=None).fingerprint() == problem.fingerprint()
    assert load("moons").scatter is None
    with pytest.raises(InputError, match="scatter"):
        dataclasses.replace(problem, scatter=3)
