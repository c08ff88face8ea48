"""Prodigy: Adam that finds its learning rate by itself."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from talweg import trees
from talweg.methods.base import B1_RANGE, Method, State
from talweg.methods.space import Range
from talweg.oracle import Oracle
from talweg.schedules import Number


class Prodigy(Method):
    """Adam whose learning rate is an estimate d of how far the start lies from the solution, and only grows.

        η′ = η d √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        m ← β₁ m + (1 − β₁) d g
        v ← β₂ v + (1 − β₂) d² g²
        r ← √β₂ r + η′ d ⟨g, w₀ − w⟩ / d₀,  s ← √β₂ s + η′ d g / d₀
        d ← max(d, r / ‖s‖₁)
        w ← w − η′ (m / (√v + d ε) + λ w)

    Mishchenko & Defazio, "Prodigy: an expeditiously adaptive parameter-free learner", 2024.
    Differs: d₀ is divided out of r and s, and with Adam's bias correction, as in its authors' code and optax.
    """

    name = "prodigy"
    label = "Prodigy"
    source = "Mishchenko & Defazio 2024"
    helps = "no time for a search: a learning rate of 1 is right by order of magnitude on most problems"
    memory = "4 n"
    scalar_state = 2
    space = {"learning_rate": Range(0.1, 10), "b1": B1_RANGE, "first": Range(1e-8, 1e-3, tier=3)}

    learning_rate: Number = 1.0
    b1: Number = 0.9
    b2: Number = 0.999
    eps: Number = 1e-8
    weight_decay: Number = 0.0
    first: Number = 1e-6

    def init(self, params: PyTree) -> State:
        zeros = jax.tree.map(jnp.zeros_like, params)
        kind = jnp.result_type(*jax.tree.leaves(params))
        return (zeros, zeros, zeros, params), jnp.asarray(self.first, kind), jnp.zeros((), kind)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        (m, v, s, start), d, r = state
        g = oracle.gradient(params)
        t = t + 1.0
        rate = (self.learning_rate * d * jnp.sqrt(1 - self.b2**t) / (1 - self.b1**t)).astype(d.dtype)
        root, grown = self.b2**0.5, rate * d / self.first
        m = jax.tree.map(lambda m, g: self.b1 * m + (1 - self.b1) * d * g, m, g)
        v = jax.tree.map(lambda v, g: self.b2 * v + (1 - self.b2) * (d * g) * (d * g), v, g)
        s = jax.tree.map(lambda s, g: root * s + grown * g, s, g)
        along = sum(jax.tree.leaves(jax.tree.map(lambda g, w0, w: jnp.sum(g * (w0 - w)), g, start, params)))
        r = (root * r + grown * along).astype(d.dtype)
        length = sum(jnp.sum(jnp.abs(leaf)) for leaf in jax.tree.leaves(s))
        after = jnp.maximum(d, jnp.where(length > 0, r / jnp.where(length > 0, length, 1), 0)).astype(d.dtype)
        move = jax.tree.map(lambda m, v, w: -rate * (m / (jnp.sqrt(v) + after * self.eps) + self.weight_decay * w), m, v, params)
        move, m, v, s = (trees.like(new, params) for new in (move, m, v, s))
        return move, ((m, v, s, start), after, r)
