"""What is the same by another name, and what is not: laws between forms of one method. tests/dialects/ runs the other libraries."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from talweg import methods
from talweg.schedules import InverseTime

pytestmark = pytest.mark.usefixtures("double")

STEPS, RATE = 200, 0.02


def falling(t: Any) -> Any:
    """The learning rate that changes, in plain arithmetic."""
    return RATE / (1 + t / 40.0)  # 40 without the point would be float32: an int32 step divided by a whole number


def looking_ahead(path: np.ndarray, start: np.ndarray, rates: np.ndarray, momentum: float) -> np.ndarray:
    """Where Nesterov's gradients after the first were taken: w − η μ v, and the velocity is v = −Δw / η."""
    moves = np.diff(path, axis=0, prepend=start[None])
    return path[:-1] + momentum * moves[:-1] * (rates[1:] / rates[:-1])[:, None]


def test_the_shifted_form_walks_along_the_look_ahead_points_while_the_learning_rate_is_constant(slope, walk, apart):
    start = jnp.asarray(slope.start)
    ours = np.asarray(walk(methods.Nesterov(RATE, momentum=0.8), slope.loss, start, STEPS))
    shifted = np.asarray(walk(methods.NesterovShifted(RATE, momentum=0.8), slope.loss, start, STEPS))
    assert apart(looking_ahead(ours, slope.start, np.full(STEPS, RATE), 0.8), shifted[:-1]) <= 1e-12


def test_the_shifted_form_leaves_the_look_ahead_points_when_the_learning_rate_changes(slope, walk, apart):
    start, rate = jnp.asarray(slope.start), InverseTime(RATE, halfway=40.0)
    ours = np.asarray(walk(methods.Nesterov(rate, momentum=0.8), slope.loss, start, STEPS))
    shifted = np.asarray(walk(methods.NesterovShifted(rate, momentum=0.8), slope.loss, start, STEPS))
    assert apart(looking_ahead(ours, slope.start, falling(np.arange(STEPS)), 0.8), shifted[:-1]) > 1e-6


@pytest.mark.parametrize("inner", [methods.GradientDescent, methods.Momentum])
def test_weight_decay_is_an_l2_penalty_for_plain_gradient_descent_alone(inner, slope, walk, apart):
    method = inner(InverseTime(RATE, halfway=40.0))
    beside, within = (
        np.asarray(walk(around(method, 0.1), slope.loss, jnp.asarray(slope.start), STEPS)) for around in (methods.WeightDecay, methods.L2)
    )
    distance = apart(beside, within)
    assert distance <= 1e-12 if inner is methods.GradientDescent else distance > 1e-6


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
def test_a_learning_rate_inside_the_velocity_is_the_same_only_while_it_is_constant(changing, slope, walk, apart):
    w, velocity, inside = slope.start, 0 * slope.start, []
    for t in range(STEPS):
        velocity = 0.8 * velocity - (falling(t) if changing else RATE) * slope.gradient(w, t)
        w = w + velocity
        inside.append(w)
    method = methods.Momentum(InverseTime(RATE, halfway=40.0) if changing else RATE, momentum=0.8)
    distance = apart(walk(method, slope.loss, jnp.asarray(slope.start), STEPS), np.stack(inside))
    assert distance > 1e-6 if changing else distance <= 1e-12
