"""What a method may ask for, and what it cost."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg.methods import Nesterov
from talweg.oracle import Oracle


def bowl(w):
    return jnp.sum(w**2)


def test_questions_are_counted_and_answered():
    oracle = Oracle(bowl)
    np.testing.assert_allclose(oracle.gradient(jnp.array([1.0, -2.0])), [2.0, -4.0])
    assert float(oracle.value(jnp.array([3.0, 0.0]))) == 9.0
    oracle.gradient(jnp.zeros(2))
    assert (oracle.gradients, oracle.values) == (2, 1)


def test_the_loss_of_the_first_question_is_remembered():
    oracle = Oracle(bowl)
    assert oracle.first_loss is None
    oracle.gradient(jnp.array([1.0, -2.0]))
    oracle.gradient(jnp.zeros(2))
    oracle.value(jnp.zeros(2))
    assert oracle.first_loss is not None
    assert float(oracle.first_loss) == 5.0


def test_counts_are_known_when_the_step_is_traced():
    counts = []

    @jax.jit
    def ask(w):
        oracle = Oracle(bowl)
        answer = oracle.gradient(w) + oracle.gradient(2 * w)
        counts.append((oracle.gradients, oracle.values))
        return answer

    np.testing.assert_allclose(ask(jnp.ones(2)), [6.0, 6.0])
    np.testing.assert_allclose(ask(jnp.zeros(2)), [0.0, 0.0])
    assert counts == [(2, 0)]


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_nesterov_asks_at_the_look_ahead_point(momentum):
    asked = []

    class Listener(Oracle):
        def gradient(self, at):
            asked.append(np.asarray(at))
            return super().gradient(at)

    method, w = Nesterov(0.1, momentum=momentum), jnp.array([1.0])
    velocity = (jnp.array([2.0]),)
    method.step(Listener(bowl), w, velocity, jnp.asarray(1), jax.random.key(0))
    np.testing.assert_allclose(asked, [[1.0 - 0.1 * momentum * 2.0]], rtol=1e-6)
