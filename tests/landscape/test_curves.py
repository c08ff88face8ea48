"""Trained curves between two solutions, and what is said of a pair of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

import talweg as tw
from talweg import landscape
from talweg.checks import InputError
from talweg.landscape.curves import Corners, _mean_loss
from talweg.landscape.lines import Profile, blend
from talweg.landscape.matching import distance
from talweg.problems import Problem

EAST, NORTH, WEST = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([-1.0, 0.0])


def ring(w: Array, _: Any) -> Array:
    return (w[0] ** 2 + w[1] ** 2 - 1) ** 2


def two_wells(w: Array, _: Any) -> Array:
    return (w[0] ** 2 - 1) ** 2


@pytest.fixture(scope="module")
def valley() -> Problem:
    """(x² + y² − 1)²: a valley that is the circle of radius 1, about a hill of height 1."""
    return Problem(loss=ring, start=lambda key: jnp.array([0.3, -2.0]), name="ring")


@pytest.fixture(scope="module")
def moons() -> Problem:
    return tw.problems.load("moons", model="mlp:8,tanh")


@pytest.fixture(scope="module")
def ends(moons: Problem) -> list[Any]:
    return [tw.descend(moons, tw.methods.Adam(1e-2), epochs=40, key=key).params for key in (0, 1)]


def test_a_curve_goes_around_the_hill_that_the_line_goes_over(valley: Problem) -> None:
    """On the chord of a quarter the middle is at radius √½, height ¼; on the diameter it is the top of the hill, height 1."""
    for other, wall, left in ((NORTH, 0.25, 1e-3), (WEST, 1.0, 0.06)):
        assert landscape.line(valley, EAST, other).barrier == pytest.approx(wall, abs=1e-5)
        bent = landscape.curve(valley, EAST, other)
        assert 0 <= bent.barrier < left
        assert np.isnan(bent.validation_barrier)


def test_a_quarter_of_the_circle_is_as_long_as_a_quarter_of_a_circle(valley: Problem) -> None:
    bent = landscape.curve(valley, EAST, NORTH)
    assert bent.length == pytest.approx(np.pi / 2, rel=0.005)
    assert bent.bend == pytest.approx(np.array([0.9225, 0.9225]), abs=0.002)  # by a search along the diagonal, in steps of 0.0005


def test_the_bend_is_the_best_that_a_plain_search_finds(valley: Problem) -> None:
    """Second opinion: the integral by the trapezoidal rule over 2,001 places, on a grid of bends."""
    t = np.linspace(0, 1, 2001)[:, None]

    def mean(bend: np.ndarray) -> float:
        at = (1 - t) ** 2 * EAST + 2 * t * (1 - t) * bend + t**2 * NORTH
        return float(np.trapezoid(((at**2).sum(1) - 1) ** 2, t[:, 0]))

    trained = np.asarray(landscape.curve(valley, EAST, NORTH).bend, float)
    best = min(mean(np.array([x, y])) for x in np.linspace(0.8, 1.0, 41) for y in np.linspace(0.8, 1.0, 41))
    assert mean(trained) == pytest.approx(best, abs=2e-6)


def test_what_a_curve_descends_on_is_the_mean_loss_along_it(valley: Problem) -> None:
    """Exact for the ring, whose loss along a curve is a polynomial of degree 8, with seven places (exact to degree 13)."""
    bend = np.array([0.4, 1.3])
    t = np.linspace(0, 1, 20_001)
    at = np.outer((1 - t) ** 2, EAST) + np.outer(2 * t * (1 - t), bend) + np.outer(t**2, NORTH)
    slow = np.trapezoid(((at**2).sum(1) - 1) ** 2, t)
    loss = _mean_loss(valley)
    corners = Corners(jnp.asarray(EAST), jnp.asarray(bend), jnp.asarray(NORTH))
    assert float(loss(corners, None)) == pytest.approx(slow, rel=1e-5)
    slope = jax.grad(loss)(corners, None)
    assert not np.any(slope.first)
    assert not np.any(slope.second)
    assert np.any(slope.bend)


def test_the_ends_of_a_curve_are_the_two_solutions(moons: Problem, ends: list[Any]) -> None:
    bent = landscape.curve(moons, *ends, steps=30, points=5)
    assert moons.metric is not None
    for place, params in ((0, ends[0]), (-1, ends[1])):
        assert bent.training_loss[place] == pytest.approx(float(moons.loss(params, moons.train)), rel=1e-5)
        assert bent.validation_metric[place] == pytest.approx(float(moons.metric.function(params, moons.validation)))
    middle = blend([ends[0], bent.bend, ends[1]], [0.25, 0.5, 0.25])
    assert bent.training_loss[2] == pytest.approx(float(moons.loss(middle, moons.train)), rel=1e-4)
    assert bent.length >= distance(*ends) * (1 - 1e-6)


def test_the_same_key_gives_the_same_curve(moons: Problem, ends: list[Any]) -> None:
    one, again, other = (landscape.curve(moons, *ends, steps=20, key=key) for key in (3, 3, 4))
    assert distance(one.bend, again.bend) == 0
    assert distance(one.bend, other.bend) > 0


def test_two_networks_lie_in_one_valley_once_their_hidden_units_are_matched(moons: Problem, ends: list[Any]) -> None:
    connection = landscape.connected(moons, *ends)
    assert connection.matched_line is not None
    assert connection.matched_line.distance < connection.line.distance
    assert connection.matched_line.barrier < connection.line.barrier / 5
    assert connection.curve.rise <= connection.tolerance < connection.line.rise
    assert connection.one_valley is True
    assert connection.sentence.startswith("The two solutions lie in one valley: ")
    assert f"on the straight line it rises by {connection.line.rise:.2g}" in connection.sentence
    predicted = [np.asarray(net(jnp.asarray(moons.train[0]))) for net in (connection.matched, ends[1])]
    np.testing.assert_allclose(*predicted, rtol=1e-3, atol=1e-4)


def test_a_shuffled_copy_is_the_same_solution(moons: Problem, ends: list[Any]) -> None:
    order = np.random.default_rng(0).permutation(8)
    inner, outer = ends[0].layers
    copy = jax.tree.unflatten(jax.tree.structure(ends[0]), [inner.weight[:, order], inner.bias[order], outer.weight[order], outer.bias])
    connection = landscape.connected(moons, ends[0], copy, steps=5)
    assert connection.line.barrier > 0.01
    assert connection.matched_line is not None
    assert connection.matched_line.distance == 0
    assert connection.one_valley is True
    assert "after matching hidden units the loss never rises" in connection.sentence


def test_a_known_valley_is_found_by_the_curve_and_a_known_wall_is_not_crossed(valley: Problem) -> None:
    """The start's loss is 9.5: 2 % of the initial gap is 0.19, less than the hill's 0.25 and 1."""
    around = landscape.connected(valley, EAST, NORTH)
    assert around.tolerance == pytest.approx(0.02 * (0.09 + 4 - 1) ** 2)
    assert around.one_valley is True
    assert around.matched_line is None
    assert "along the trained curve the loss never rises more than" in around.sentence
    assert "on the straight line it rises by 0.25; " in around.sentence

    wall = Problem(loss=two_wells, start=lambda key: jnp.array([2.0, 0.0]), name="two wells")
    apart = landscape.connected(wall, WEST, EAST, steps=100)
    assert apart.one_valley is None
    assert apart.curve.rise == pytest.approx(1, abs=1e-3)  # whoever goes from one well to the other crosses x = 0, where it is 1
    assert apart.sentence.startswith("No connection without a barrier was found: ")

    line = Problem(loss=two_wells, start=lambda key: jnp.array([2.0]), name="two wells in a line")
    only = landscape.connected(line, np.array([-1.0]), np.array([1.0]), steps=10)
    assert only.one_valley is False
    assert only.sentence.startswith(
        "The two solutions lie in two valleys: on the straight line the loss rises by 1, and with one parameter"
    )


def test_without_an_initial_gap_every_rise_counts(valley: Problem) -> None:
    level = Problem(loss=ring, start=lambda key: jnp.array([0.0, -1.0]), name="ring from the valley")
    assert landscape.connected(level, EAST, NORTH, steps=50).one_valley is None
    assert landscape.connected(level, EAST, EAST, steps=5).one_valley is True


def test_ends_without_a_loss_are_not_judged() -> None:
    broken = Problem(loss=lambda w, _: jnp.log(w[0]) + 0 * w[1], start=lambda key: jnp.ones(2))
    lost = landscape.connected(broken, EAST, WEST, steps=5)
    assert lost.one_valley is None
    assert lost.sentence.startswith("Whether the two solutions lie in one valley is not known: the loss is not finite at both endpoints")


def test_a_rise_is_counted_from_the_higher_end() -> None:
    def rise(losses: list[float]) -> float:
        values = np.array(losses)
        return Profile(
            at=np.linspace(0, 1, 4), training_loss=values, validation_loss=values, training_metric=values, validation_metric=values
        ).rise

    assert rise([1.0, 0.7, 0.4, 0.0]) == 0
    assert rise([1.0, 1.5, 0.4, 0.0]) == 0.5
    assert rise([1.0, np.nan, 0.4, 0.0]) == np.inf
    assert np.isnan(rise([np.nan, 1.0, 0.4, 0.0]))


def test_bad_input_is_one_sentence(valley: Problem, moons: Problem, ends: list[Any]) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"points": 2}, "points must be at least 3, got 2"),
        ({"learning_rate": 0.0}, "learning_rate must lie in"),
        ({"key": -1}, "key must be at least 0, got -1"),
    ]
    for way in (landscape.curve, landscape.connected):
        for bad, sentence in cases:
            with pytest.raises(InputError, match=sentence):
                way(valley, EAST, NORTH, **bad)
        with pytest.raises(InputError, match="second must be a tree of the parameters' arrays"):
            way(moons, ends[0], np.ones(3))
    with pytest.raises(InputError, match="share must lie in"):
        landscape.connected(valley, EAST, NORTH, share=1.5)
