"""Endpoints taken to convergence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from talweg.landscape.settle import same, settled
from talweg.problems import Problem

MINIMA = np.array([[3.0, 2.0], [-2.805118, 3.131312], [-3.779310, -3.283186], [3.584428, -1.848126]])


def converged(function: Callable[[Any], Any], points: np.ndarray, span: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return settled(Problem(lambda x, _: function(x), lambda key: jnp.zeros(points.shape[1])), points, span)


def himmelblau(x: Any) -> Any:
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def double_well(x: Any) -> Any:
    return (x[0] ** 2 - 1) ** 2 + x[1] ** 2


def cone(x: Any) -> Any:
    return jnp.sqrt(jnp.sum(x**2))


def gutter(x: Any) -> Any:
    return jnp.abs(x[0]) + 0.1 * x[1]


def test_a_point_is_taken_to_the_minimum_of_its_own_basin() -> None:
    rng = np.random.default_rng(0)
    begin = np.repeat(MINIMA, 16, axis=0) + rng.uniform(-0.3, 0.3, size=(64, 2))
    at, value, done = converged(himmelblau, begin, 10.0)
    assert done.all()
    np.testing.assert_allclose(at, np.repeat(MINIMA, 16, axis=0), atol=1e-6)  # as many digits as are listed
    assert (np.linalg.norm(at - at[::16].repeat(16, axis=0), axis=1) < 1e-8).all()
    assert (value < 1e-15).all()


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_top_of_a_barrier_is_left_to_the_side_on_which_a_point_stands(side: float) -> None:
    at, value, done = converged(double_well, np.array([[side * 1e-3, 0.3]]), 4.0)
    np.testing.assert_allclose(at, [[side, 0.0]], atol=1e-8)
    assert (done[0], value[0] < 1e-15) == (1, True)


def test_a_plane_without_a_minimum_has_no_convergence() -> None:
    assert converged(lambda x: jnp.sum(x), np.array([[0.3, 0.4]]), 1.0)[2].tolist() == [0]


def test_steps_converge_to_the_tip_of_a_cone_and_not_in_a_gutter_that_leads_down() -> None:
    at, _, done = converged(cone, np.array([[0.02, 0.01], [-0.013, 0.2]]), 10.0)
    assert done.tolist() == [1, 1]
    np.testing.assert_allclose(at, 0, atol=1e-6)
    assert converged(gutter, np.array([[0.01, 0.0]]), 10.0)[2].tolist() == [0]


def test_points_are_the_same_if_a_chain_of_near_ones_connects_them() -> None:
    labels = same(np.array([[0.0], [5.0], [0.9], [1.8], [5.5]]), 1.0)
    assert labels[0] == labels[2] == labels[3]
    assert labels[1] == labels[4] != labels[0]
