"""Adafactor: Adam's second average of a matrix as a row and a column."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import Arraywise, Slots, zeros
from talweg.methods.space import Range
from talweg.schedules import Number


class Adafactor(Arraywise):
    """Adam without momentum, whose average of squares of a matrix is kept as the means of its rows and columns.

        β = 1 − t^(−δ)
        R ← β R + (1 − β) mean of each row of (g² + ε),  C ← the same of each column
        V = R C / mean(R), and V ← β V + (1 − β) (g² + ε) for what is no matrix
        u = g / √V,  u ← u / max(1, RMS(u) / d)
        w ← w − η max(RMS(w), 10⁻³) u

    Shazeer & Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
    Differs: the learning rate is given, as in optax, and does not fall by itself; every matrix is factored, however small; an array of
    more axes is taken as matrices of its last two.
    """

    name = "adafactor"
    label = "Adafactor"
    source = "Shazeer & Stern 2018"
    helps = "models that fill the memory: it keeps a row and a column where Adam keeps two matrices"
    memory = "r + c; vectors n"
    space = {"learning_rate": Range(1e-4, 1)}

    learning_rate: Number = 1e-2
    decay_power: Number = 0.8
    clip: Number = 1.0
    eps: Number = 1e-30

    def slots(self, w: Array) -> Slots:
        return zeros(w, 1) if w.ndim < 2 else (jnp.zeros_like(w[..., 0]), jnp.zeros_like(w[..., 0, :]))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        b = 1.0 - (1.0 * t) ** -self.decay_power
        squares = g * g + self.eps
        if w.ndim < 2:
            v = (b * slots[0] + (1 - b) * squares).astype(w.dtype)
            after: Slots = (v,)
            u = g / jnp.sqrt(v)
        else:
            row = (b * slots[0] + (1 - b) * squares.mean(-1)).astype(w.dtype)
            column = (b * slots[1] + (1 - b) * squares.mean(-2)).astype(w.dtype)
            share = row / row.mean(-1, keepdims=True)
            after = (row, column)
            u = g / jnp.sqrt(share)[..., None] / jnp.sqrt(column)[..., None, :]
        u = u / jnp.maximum(1.0, root_mean_square(u) / self.clip)
        return -self.learning_rate * jnp.maximum(root_mean_square(w), 1e-3) * u, after


def root_mean_square(x: Array) -> Array:
    """The root of the mean of the squares of an array."""
    return jnp.sqrt(jnp.mean(x * x))
