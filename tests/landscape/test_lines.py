"""The straight line between two solutions, its barrier, and the descents that are followed."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import talweg as tw
from talweg import landscape
from talweg.checks import InputError
from talweg.landscape.lines import barrier
from talweg.problems import Problem


@pytest.fixture(scope="module")
def iris() -> Problem:
    return tw.problems.load("iris", model="mlp:4")


def test_a_lines_ends_are_the_losses_and_accuracies_of_the_two(iris: Problem) -> None:
    first, second = (tw.descend(iris, tw.methods.Adam(3e-2), steps=30, key=key).params for key in (0, 1))
    between = landscape.line(iris, first, second, points=7)
    assert iris.metric is not None
    for end, params in ((0, first), (-1, second)):
        assert between.training_loss[end] == pytest.approx(float(iris.loss(params, iris.train)), rel=1e-5)
        assert between.validation_loss[end] == pytest.approx(float(iris.loss(params, iris.validation)), rel=1e-5)
        assert between.training_metric[end] == pytest.approx(float(iris.metric.function(params, iris.train)))
        assert between.validation_metric[end] == pytest.approx(float(iris.metric.function(params, iris.validation)))
    half = jax.tree.map(lambda a, b: (a + b) / 2, first, second)
    assert between.training_loss[3] == pytest.approx(float(iris.loss(half, iris.train)), rel=1e-5)
    apart = sum(float(((a - b) ** 2).sum()) for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True))
    assert between.distance == pytest.approx(apart**0.5, rel=1e-5)
    assert 0 <= between.barrier < np.inf


def test_the_barrier_of_a_known_function_is_known() -> None:
    """(w² − 1)² + w/10 from −1 to 1: 1 at the top in the middle, and the ends' losses lie on the tilt that is taken off."""
    two = Problem(loss=lambda w, _: (w[0] ** 2 - 1) ** 2 + w[0] / 10, start=lambda key: np.array([1.0, 0.0]))
    between = landscape.line(two, np.array([-1.0, 0]), np.array([1.0, 0]), points=51)
    assert between.barrier == pytest.approx(1, abs=1e-5)
    assert between.distance == pytest.approx(2)
    assert np.isnan(between.validation_loss).all()
    assert np.isnan(between.validation_barrier)
    assert np.isnan(between.training_metric).all()


def test_a_barrier_is_never_negative_and_infinite_where_the_loss_is() -> None:
    at = np.linspace(0, 1, 5)
    assert barrier(at, 3 - at + (at - 0.5) ** 2) == 0
    assert barrier(at, np.array([1, 2, np.nan, 1, 1])) == np.inf
    assert np.isnan(barrier(at, np.array([np.nan, 2, 1, 1, 1])))


@pytest.mark.parametrize("batch", [8, "full"])
def test_a_descent_with_its_positions_ends_bit_for_bit_where_it_ends_without(iris: Problem, batch: int | str) -> None:
    method = tw.methods.Adam(3e-2)
    trace = tw.descend(iris, method, steps=50, batch=batch, points=6, key=5, positions=True)
    plain = tw.descend(iris, method, steps=50, batch=batch, points=6, key=5)
    assert plain.positions is None
    for end, last, way in zip(*map(jax.tree.leaves, (plain.params, trace.params, trace.positions)), strict=True):
        assert (np.asarray(end) == np.asarray(last)).all()
        assert (np.asarray(end) == way[-1]).all()
        assert len(way) == len(trace.steps)
    for begin, way in zip(*map(jax.tree.leaves, (iris.start(jax.random.key(5)), trace.positions)), strict=True):
        assert (np.asarray(begin) == way[0]).all()
    np.testing.assert_array_equal(trace.loss, plain.loss)


def test_each_position_is_where_a_shorter_descent_ends(iris: Problem) -> None:
    method = tw.methods.Momentum(1e-2)
    trace = tw.descend(iris, method, steps=40, points=5, positions=True)
    shorter = tw.descend(iris, method, steps=int(trace.steps[2]))
    for end, way in zip(*map(jax.tree.leaves, (shorter.params, trace.positions)), strict=True):
        np.testing.assert_allclose(way[2], end, rtol=1e-6)


def test_bad_input_is_one_sentence(iris: Problem) -> None:
    params = iris.start(jax.random.key(0))
    with pytest.raises(InputError, match="points must be at least 3, got 1"):
        landscape.line(iris, params, params, points=1)
    with pytest.raises(InputError, match="second must be a tree of the parameters' arrays"):
        landscape.line(iris, params, np.ones(4))
