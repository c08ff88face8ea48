"""The directions of a slice: filters as long as the weights', and the principal ones of trajectories."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from talweg import landscape, problems
from talweg.checks import InputError
from talweg.landscape.directions import flat, rows


@pytest.fixture(scope="module")
def weights() -> Any:
    """A convolution, two dense layers and their biases (made non-zero, so that leaving them alone is seen)."""
    rng = np.random.default_rng(0)
    problem = problems.from_arrays(rng.normal(size=(40, 4, 4)), np.arange(40) % 3, model="cnn:5")
    return jax.tree.map(lambda leaf: leaf + 0.1 * rng.normal(size=leaf.shape), problem.start(jax.random.key(1)))


def lengths(array: Any, axis: int) -> np.ndarray:
    return np.linalg.norm(np.moveaxis(np.asarray(array, float), axis, 0).reshape(np.shape(array)[axis], -1), axis=1)


@pytest.mark.parametrize("axis", [-1, 0])
def test_each_filter_of_a_random_direction_is_as_long_as_that_of_the_weights(weights: Any, axis: int) -> None:
    direction = landscape.filter_normalised(weights, 3, axis=axis)
    for w, d in zip(jax.tree.leaves(weights), jax.tree.leaves(direction), strict=True):
        assert d.dtype == w.dtype
        if w.ndim == 1:
            assert not d.any()
        else:
            np.testing.assert_allclose(lengths(d, axis), lengths(w, axis), rtol=1e-5)
    assert flat(landscape.filter_normalised(weights, 4)) @ flat(direction) < 0.5 * flat(direction) @ flat(direction)


def test_the_same_key_is_the_same_direction(weights: Any) -> None:
    one, same, other = (flat(landscape.filter_normalised(weights, key)) for key in (7, 7, 8))
    assert (one == same).all()
    assert not np.allclose(one, other)


def test_a_function_of_vectors_has_one_filter_for_each_and_zeros_have_a_direction_too() -> None:
    direction = landscape.filter_normalised({"a": np.array([3.0, 4.0]), "b": np.array(2.0)})
    assert np.linalg.norm(direction["a"]) == pytest.approx(5)
    assert abs(direction["b"]) == pytest.approx(2)
    assert np.linalg.norm(landscape.filter_normalised(np.zeros(3))) == pytest.approx(1)
    partly = landscape.filter_normalised({"a": np.array([[1.0, 0.0], [1.0, 0.0]])})["a"]
    assert partly[:, 0].any()
    assert not partly[:, 1].any()


def trajectories(seed: int = 0) -> tuple[list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Two descents to one place, of a matrix and a vector."""
    rng = np.random.default_rng(seed)
    walks = [rng.normal(size=(n, 17)).cumsum(axis=0) * np.linspace(3, 0.2, 17) for n in (9, 6)]
    walks[1] += walks[0][-1] - walks[1][-1]
    trees = [{"w": walk[:, :12].reshape(-1, 3, 4), "z": walk[:, 12:]} for walk in walks]
    return trees, {"w": trees[0]["w"][-1], "z": trees[0]["z"][-1]}


def test_principal_directions_are_numpys_singular_vectors_and_shares() -> None:
    both, centre = trajectories()
    plane = landscape.principal(both, centre)
    away = np.concatenate([rows(trajectory) for trajectory in both]) - flat(centre)
    _, s, v = np.linalg.svd(away)
    assert plane.explained == pytest.approx(tuple(s[:2] ** 2 / (s**2).sum()), rel=1e-9)
    for mine, theirs in zip(plane.directions, v, strict=False):
        assert abs(flat(mine) @ theirs) == pytest.approx(1, abs=1e-9)
    d = np.stack([flat(direction) for direction in plane.directions])
    np.testing.assert_allclose(d @ d.T, np.eye(2), atol=1e-9)
    for along in (away @ d.T).T:
        assert np.abs(along).argmax() == along.argmax()


def test_the_end_of_the_path_is_the_origin_and_what_is_left_is_how_far_it_is_off() -> None:
    both, centre = trajectories()
    plane = landscape.principal(both, centre)
    at, off = plane.project(both[0])
    np.testing.assert_allclose(at[-1], 0, atol=1e-12)
    assert off[-1] == pytest.approx(0, abs=1e-12)
    away = rows(both[0]) - flat(centre)
    np.testing.assert_allclose((at**2).sum(axis=1) + off**2, (away**2).sum(axis=1))


def test_a_projection_on_oblique_directions_is_by_least_squares() -> None:
    plane = landscape.Plane("given", np.zeros(3), (np.array([1.0, 0, 0]), np.array([1.0, 1, 0])))
    at, off = plane.project(np.array([[2.0, 3, 4]]))
    np.testing.assert_allclose(at, [[-1, 3]])
    np.testing.assert_allclose(off, [4])


def test_a_straight_way_gets_some_direction_across_it_that_explains_nothing() -> None:
    way = np.linspace(1, 0, 5)[:, None] * np.array([3.0, 0, 4])
    plane = landscape.principal([way], np.zeros(3))
    assert plane.explained == pytest.approx((1, 0), abs=1e-12)
    first, second = plane.directions
    np.testing.assert_allclose(first, [0.6, 0, 0.8])
    assert first @ second == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(second) == pytest.approx(1)


def test_what_has_no_two_directions_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="never leave the weights in the centre"):
        landscape.principal([np.ones((4, 3))], np.ones(3))
    with pytest.raises(InputError, match="at least two parameters, got one"):
        landscape.principal([np.ones((4, 1))], np.ones(1))
    with pytest.raises(InputError, match=r"the filters' axis must be one of an array of shape \(2, 3\), got 2; use -1 or 0"):
        landscape.filter_normalised(np.ones((2, 3)), axis=2)
    with pytest.raises(InputError, match="key must be at least 0"):
        landscape.filter_normalised(np.ones((2, 3)), -1)
