"""Muon: momentum made orthogonal."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import MOMENTUM_RANGE, Arraywise, Slots, adam_direction, zeros
from talweg.methods.space import Range
from talweg.schedules import Number

ROUNDS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Jordan 2024: singular values end between 0.7 and 1.2


class Muon(Arraywise):
    """Replaces the momentum of a matrix by the orthogonal matrix next to it, so that all directions move alike; vectors get AdamW.

        m ← μ m + (1 − μ) g
        u = (1 − μ) g + μ m
        O = U Vᵀ of u = U Σ Vᵀ, roughly: five rounds of X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X from u / ‖u‖
        w ← w − η (0.2 √(larger of r, c) O + λ w)

    Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024; scaled as in Liu et al., "Muon is scalable for LLM
    training", 2025, so that one learning rate serves matrices and vectors.
    Differs: in the parameters' own precision, not in bfloat16; all matrices, the first and last layer too; an array of more axes is
    taken as matrices of its last two. optax corrects the bias of the momentum.
    """

    name = "muon"
    label = "Muon"
    source = "Jordan 2024; Liu et al. 2025"
    helps = "wide hidden layers, where a few directions would get nearly all of a step"
    memory = "n; vectors 2 n"
    space = {"learning_rate": Range(1e-5, 0.3), "momentum": MOMENTUM_RANGE}

    learning_rate: Number = 1e-3
    momentum: Number = 0.95
    weight_decay: Number = 0.0
    b1: Number = 0.9
    b2: Number = 0.999
    eps: Number = 1e-8

    def slots(self, w: Array) -> Slots:
        return zeros(w, 2 if w.ndim < 2 else 1)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        if w.ndim < 2:
            direction, after = adam_direction(g, *slots, self.b1, self.b2, self.eps, t)
        else:
            m = self.momentum * slots[0] + (1 - self.momentum) * g
            direction = 0.2 * max(w.shape[-2:]) ** 0.5 * orthogonal((1 - self.momentum) * g + self.momentum * m)
            after = (m,)
        return -self.learning_rate * (direction + self.weight_decay * w), after


def orthogonal(u: Array) -> Array:
    """The orthogonal matrix next to u, or one roughly so, by Newton–Schulz rounds; zero where u is zero. Matrices are the last two axes."""
    x = u.astype(jnp.promote_types(u.dtype, jnp.float32))
    tall = x.shape[-2] > x.shape[-1]
    x = jnp.swapaxes(x, -1, -2) if tall else x
    x = x / (jnp.sqrt(jnp.sum(x * x, axis=(-2, -1), keepdims=True)) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        square = x @ jnp.swapaxes(x, -1, -2)
        x = a * x + (b * square + c * square @ square) @ x
    return (jnp.swapaxes(x, -1, -2) if tall else x).astype(u.dtype)
