"""Slices: a plain loop over the points, closed forms, trajectories, and one sentence for every mistake."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import talweg as tw
from talweg import landscape
from talweg.checks import InputError
from talweg.engine.descend import Trace
from talweg.landscape import slices
from talweg.problems import Problem


@pytest.fixture(scope="module")
def spots() -> Problem:
    """Three clouds: 36 / 12 / 12 examples, a network of 5 hidden units."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    return tw.problems.from_arrays(rng.normal(size=(60, 2)) + 1.5 * y[:, None], y, name="spots", model="mlp:5")


@pytest.fixture(scope="module")
def walked(spots: Problem) -> Trace:
    return tw.descend(spots, tw.methods.Adam(3e-2), steps=40, points=8, positions=True)


@pytest.fixture(scope="module")
def sliced(spots: Problem, walked: Trace) -> landscape.Slice:
    other = tw.descend(spots, tw.methods.Momentum(1e-2), steps=40, points=5, positions=True)
    return landscape.slice(spots, walked.params, directions="trajectory", trajectories=[walked, other.positions], points=9)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_grid_is_a_plain_loop_over_its_points(spots: Problem, walked: Trace, split: str) -> None:
    made = landscape.slice(spots, walked.params, points=5, split=split, key=2)
    d1, d2 = made.plane.directions
    assert made.loss.shape == (5, 5)
    for row, y in enumerate(made.y):
        for column, x in enumerate(made.x):
            params = jax.tree.map(lambda w, a, b, x=x, y=y: w + np.float32(x) * a + np.float32(y) * b, walked.params, d1, d2)
            assert made.loss[row, column] == pytest.approx(float(spots.loss(params, getattr(spots, split))), rel=1e-5)
    assert (made.split, made.examples, made.of) == (split, *[len(getattr(spots, split)[1])] * 2)


def test_the_centre_is_the_problems_loss_at_the_weights(spots: Problem, walked: Trace, sliced: landscape.Slice) -> None:
    loss = float(spots.loss(walked.params, spots.train))
    for made in (sliced, landscape.slice(spots, walked.params, points=7, reach=(0.5, 2))):
        assert made.loss[np.argmin(np.abs(made.y)), np.argmin(np.abs(made.x))] == pytest.approx(loss, rel=1e-6)
        assert made.centre_loss == pytest.approx(loss, rel=1e-6)
        assert 0 in made.x
        assert 0 in made.y
    assert (made.x[-1], made.y[-1]) == (0.5, 2)


def test_a_quadratics_slice_is_its_closed_form(double: None) -> None:
    h = np.diag([1.0, 10, 100])
    bowl = Problem(loss=lambda w, _: 0.5 * w @ h @ w, start=lambda key: np.array([1.0, 2, 3]))
    a, b, centre = np.array([1.0, 1, 0]), np.array([0, 1.0, -1]), np.array([0.1, 0.2, 0.3])
    made = landscape.slice(bowl, centre, directions=(a, b), points=6, reach=2)
    x, y = np.meshgrid(np.linspace(-2, 2, 6), np.linspace(-2, 2, 6))
    at = centre + x[..., None] * a + y[..., None] * b
    np.testing.assert_allclose(made.loss, 0.5 * np.einsum("...i,ij,...j", at, h, at), rtol=1e-12)
    assert (made.split, made.kind, made.explained) == ("function", "given", None)


def test_paths_are_projected_end_in_the_origin_and_lie_inside(sliced: landscape.Slice, walked: Trace) -> None:
    assert [len(trajectory) for trajectory in sliced.trajectories] == [len(walked.steps), 7]
    np.testing.assert_allclose(sliced.trajectories[0][-1], 0, atol=1e-6)
    assert sliced.off[0][-1] == pytest.approx(0, abs=1e-6)
    for trajectory in sliced.trajectories:
        assert (trajectory[:, 0] > sliced.x[0]).all()
        assert (trajectory[:, 0] < sliced.x[-1]).all()
        assert (trajectory[:, 1] > sliced.y[0]).all()
        assert (trajectory[:, 1] < sliced.y[-1]).all()
    assert sliced.explained is not None
    assert 0.5 < sum(sliced.explained) <= 1


def test_losses_on_a_path_are_those_of_the_real_weights(spots: Problem, sliced: landscape.Slice, walked: Trace) -> None:
    assert sliced.trajectory_losses[0][-1] == pytest.approx(float(spots.loss(walked.params, spots.train)), rel=1e-6)
    assert sliced.trajectory_losses[0][0] == pytest.approx(float(spots.loss(spots.start(jax.random.key(0)), spots.train)), rel=1e-6)


def test_many_examples_are_thinned_out_evenly_and_that_is_said(spots: Problem, walked: Trace) -> None:
    made = landscape.slice(spots, walked.params, points=3, examples=7)
    assert (made.examples, made.of) == (7, 36)
    some = [np.asarray(leaf)[[0, 6, 12, 18, 23, 29, 35]] for leaf in spots.train]
    assert made.centre_loss == pytest.approx(float(spots.loss(walked.params, some)), rel=1e-6)


def test_the_number_of_devices_and_tiles_changes_nothing(spots: Problem, walked: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = landscape.slice(spots, walked.params, points=5)
    monkeypatch.setattr(slices, "TILE", 3)
    np.testing.assert_allclose(landscape.slice(spots, walked.params, points=5).loss, whole.loss, rtol=1e-5)


def test_a_loss_that_is_not_finite_stays_what_it_is(double: None) -> None:
    pit = Problem(loss=lambda w, _: jax.numpy.log(w[0]) + w[1], start=lambda key: np.array([1.0, 1]))
    made = landscape.slice(pit, np.array([1.0, 1]), directions=(np.array([1.0, 0]), np.array([0, 1.0])), points=5, reach=2)
    assert np.isnan(made.loss[:, 0]).all()
    assert np.isinf(made.loss[:, 1]).all()
    assert np.isfinite(made.loss[:, 2:]).all()


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "kind": ({"directions": "trajectry"}, "unknown kind of directions 'trajectry'; did you mean trajectory?"),
    "no trajectories": ({"directions": "trajectory"}, "needs trajectories; get some by tw.descend"),
    "three": ({"directions": (1, 2, 3)}, "two trees like the parameters"),
    "shape": ({"directions": (np.ones(2), np.ones(2))}, "a direction must be a tree of the parameters' arrays"),
    "split": ({"split": "test"}, "unknown split 'test'; known: train, validation"),
    "points": ({"points": 2}, "points must be at least 3, got 2"),
    "many": ({"points": 1000}, "points must be at most 401, got 1,000"),
    "reach": ({"reach": -1}, r"reach must lie in \(0, inf\), got -1"),
    "reaches": ({"reach": (1, 2, 3)}, "reach must be one number, or two"),
    "examples": ({"examples": 0}, "examples must be at least 1, got 0"),
    "trajectories": ({"trajectories": "adam"}, "trajectories must be a list of descents by tw.descend, got str"),
    "trajectory": (
        {"trajectories": [np.ones((3, 4))]},
        "a trajectory must be a tree of the parameters' arrays .* and, first, an axis of points",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_sentence(spots: Problem, walked: Trace, case: str) -> None:
    arguments, sentence = MISTAKES[case]
    with pytest.raises(InputError, match=sentence):
        landscape.slice(spots, walked.params, **arguments)


def test_weights_and_paths_must_be_the_problems(spots: Problem, walked: Trace) -> None:
    with pytest.raises(InputError, match="params must be a tree of the parameters' arrays"):
        landscape.slice(spots, np.ones(3))
    run = tw.descend(spots, tw.methods.Adam(3e-2), steps=3)
    with pytest.raises(InputError, match="a trajectory must have its positions"):
        landscape.slice(spots, walked.params, trajectories=[run])
    parallel = jax.tree.map(np.ones_like, walked.params)
    with pytest.raises(InputError, match="must be finite and point different ways"):
        landscape.slice(spots, walked.params, directions=(parallel, jax.tree.map(lambda x: 2 * x, parallel)))
    blind = Problem(loss=spots.loss, start=spots.start, train=spots.train)
    with pytest.raises(InputError, match='has no validation data; use split="train"'):
        landscape.slice(blind, walked.params, split="validation")
