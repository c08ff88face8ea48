"""Whole descents: against a slow loop and against single runs, and what they say when they diverge."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg.studies import trajectories, tuning

CURVATURE = np.array([1.0, 25.0])


def bowl(noise: float = 0.0) -> tw.Problem:
    """½ Σ c x², whose examples may tilt it without moving its mean."""
    tilts = None
    if noise:
        tilts = np.random.default_rng(0).normal(0, noise, (64, 2)).astype(np.float32)
        tilts -= tilts.mean(0)

    def loss(x, batch):
        value = 0.5 * jnp.sum(CURVATURE * x**2)
        return value if batch is None else value + jnp.mean(batch @ x)

    return tw.Problem(loss=loss, start=lambda key: jnp.array([4.0, 1.0]), train=tilts, name="bowl", optimum=0.0)


def test_a_trajectory_is_the_loop_written_by_hand() -> None:
    (one,) = tw.trajectories(bowl(), "momentum:momentum=0.8", steps=70, learning_rate=0.02)
    x, v = np.array([4.0, 1.0]), np.zeros(2)
    for t in range(71):
        np.testing.assert_allclose(one.positions[0, t], x, rtol=2e-4, atol=1e-5)
        assert one.loss[0, t] == pytest.approx(0.5 * np.sum(CURVATURE * x**2), rel=1e-3, abs=1e-6)
        v = 0.8 * v + CURVATURE * x
        moved = x - 0.02 * v
        if t < 70:
            assert one.rates[0, t] == pytest.approx(np.linalg.norm(moved - x) / np.linalg.norm(CURVATURE * x), rel=5e-3)
        x = moved
    assert one.hyperparameters == {"learning_rate": 0.02, "momentum": 0.8}
    assert not one.tuned


@pytest.mark.parametrize("name", ["adam", "sgd@4", "noisy+momentum"])
def test_a_trajectory_on_data_ends_where_a_single_run_ends(name: str) -> None:
    problem = bowl(noise=1.0)
    (one,) = tw.trajectories(problem, name, steps=90, learning_rate=0.01, seed=3)
    (descents,) = trajectories.descents(problem, name)
    method = descents.contestant.method({"learning_rate": 0.01}, 90)
    trace = tw.descend(problem, method, steps=90, batch=descents.contestant.size, key=3)
    np.testing.assert_allclose(one.positions[0, -1], trace.params, rtol=1e-4, atol=1e-6)
    assert one.batch == descents.contestant.size


def test_several_starts_are_the_same_as_each_alone() -> None:
    starts = np.random.default_rng(1).normal(0, 2, (40, 2))  # more than one call takes
    (together,) = tw.trajectories(bowl(), "nesterov", starts, 30, learning_rate=0.01)
    for k in (0, 31, 32, 39):
        (alone,) = tw.trajectories(bowl(), "nesterov", starts[k], 30, learning_rate=0.01)
        np.testing.assert_allclose(together.positions[k], alone.positions[0], rtol=1e-6)


def test_the_chosen_learning_rate_is_the_best_of_those_tried() -> None:
    (one,) = tw.trajectories(bowl(), "sgd", steps=40)

    def left(rate: float) -> float:
        (tried,) = tw.trajectories(bowl(), "sgd", steps=40, learning_rate=rate)
        logs = np.log(np.maximum(tried.loss[0], tuning.DEPTH * tried.loss[0, 0]))
        if (tried.loss[0] > 1.01 * tried.loss[0, 0]).any():
            return float("inf")
        return float(np.where(np.isfinite(logs), logs, np.inf).mean())

    assert one.tuned
    scores = [left(float(f"{rate:.3g}")) for rate in tuning.RATES]
    assert one.hyperparameters["learning_rate"] == pytest.approx(tuning.RATES[int(np.argmin(scores))], rel=0.01)
    assert np.sum(np.isfinite(scores)) > 10  # and some of them diverge
    assert not np.isfinite(scores[-1])


def test_a_learning_rate_that_leaps_over_the_mountain_is_not_chosen() -> None:
    rosenbrock = tw.problems.surface("rosenbrock").problem()
    for one in tw.trajectories(rosenbrock, "sgd,momentum,adam", steps=200):
        assert one.tuned
        assert np.nanmax(one.loss) <= 1.01 * one.loss[0, 0]
        assert one.loss[0, -1] < 0.3 * one.loss[0, 0]


def test_where_every_rate_climbs_the_best_of_them_is_chosen() -> None:
    (one,) = tw.trajectories(bowl(noise=1.0), "sgd@1", [0.0, 0.0], 50)  # from the lowest point there is only up
    assert one.tuned
    assert np.isfinite(one.loss).all()
    assert one.loss[0, -1] < 1


def test_a_descent_that_diverges_says_when_and_stays_finite() -> None:
    one, other = tw.trajectories(bowl(), "sgd:learning_rate=1e9,sgd:learning_rate=0.05", steps=100)
    assert 0 <= one.diverged_at[0] <= 3
    assert np.isfinite(one.positions).all()
    assert np.isnan(one.loss[0, 4:]).all()
    assert np.isfinite(one.loss[0, 0])
    assert other.diverged_at[0] == -1


def test_where_all_learning_rates_diverge_the_gentlest_is_taken() -> None:
    steep = tw.Problem(loss=lambda x, _: jnp.sum(1e12 * x**4), start=lambda key: jnp.ones(1), name="steep")
    (one,) = tw.trajectories(steep, "sgd", steps=10)
    assert one.hyperparameters["learning_rate"] == tuning.RATES[0]


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = (tw.trajectories(bowl(), "adam", steps=steps, learning_rate=0.1)[0] for steps in (50, 200))
    assert short.positions.shape == (1, 51, 2)
    assert short.steps == 50
    np.testing.assert_allclose(short.positions[0], long.positions[0, :51], rtol=1e-6)


def test_schedules_are_followed() -> None:
    (one,) = tw.trajectories(bowl(), "sgd", steps=64, learning_rate=0.02, schedule="cosine")
    assert one.rates[0, 0] == pytest.approx(0.02, rel=1e-3)
    assert one.rates[0, 32] == pytest.approx(0.01, rel=1e-2)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tw.trajectories(bowl(), "sgd", [1.0, 2.0, 3.0]), "a start must be 2 numbers"),
        (lambda: tw.trajectories(bowl(), "sgd", [[1.0, float("nan")]]), "must be finite"),
        (lambda: tw.trajectories(bowl(), "sgd", "here"), "a start must be 2 numbers"),
        (lambda: tw.trajectories(bowl(), "sgd", steps=0), "steps must be at least 1"),
        (lambda: tw.trajectories(bowl(), "sgd", steps=10**9), "at most 131,072"),
        (lambda: tw.trajectories(bowl(), "sgd", learning_rate=-1.0), "learning_rate must lie in"),
        (lambda: tw.trajectories(bowl(), "sdg"), "unknown method 'sdg'"),
        (lambda: tw.trajectories(tw.problems.load("iris"), "sgd"), "one vector"),
    ],
)
def test_a_mistake_is_one_sentence(call, says: str) -> None:
    with pytest.raises(tw.InputError, match=says):
        call()


def test_a_number_that_a_method_does_not_have_is_refused() -> None:
    (descents,) = trajectories.descents(bowl(), "sgd")
    with pytest.raises(tw.InputError, match="momentum"):
        descents.trajectory(np.ones((1, 2)), 10, hyperparameters={"momentum": 0.5})
