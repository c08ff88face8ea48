"""Lion: the sign of a momentum."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import B1_RANGE, Elementwise, Slots
from talweg.methods.space import Range
from talweg.schedules import Number


class Lion(Elementwise):
    """Moves every coordinate by the learning rate, in the direction of an average that favours the newest gradient.

        c = β₁ m + (1 − β₁) g
        m ← β₂ m + (1 − β₂) g
        w ← w − η (sign(c) + λ w)

    Chen et al., "Symbolic discovery of optimization algorithms", 2023.
    """

    name = "lion"
    label = "Lion"
    source = "Chen et al. 2023"
    helps = "large batches and little memory: one average, moves of one size"
    slot_count = 1
    space = {"learning_rate": Range(1e-6, 3e-2), "b1": B1_RANGE}

    learning_rate: Number = 1e-4
    b1: Number = 0.9
    b2: Number = 0.99
    weight_decay: Number = 0.0

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (m,) = slots
        c = self.b1 * m + (1 - self.b1) * g
        m = self.b2 * m + (1 - self.b2) * g
        return -self.learning_rate * (jnp.sign(c) + self.weight_decay * w), (m,)
