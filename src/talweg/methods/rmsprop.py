"""RMSprop: Adagrad with a memory that fades."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import Elementwise, Slots, zeros
from talweg.methods.space import Range, Space
from talweg.schedules import Number


class RMSprop(Elementwise):
    """Divides by a moving root mean square of the gradients.

        v ← γ v + (1 − γ) g²
        w ← w − η g / (√v + ε)

    Tieleman & Hinton, "Lecture 6.5: RMSprop", Coursera, 2012.
    Differs: ε outside the root as in PyTorch; optax and Keras have it inside.
    """

    name: ClassVar[str] = "rmsprop"
    label: ClassVar[str] = "RMSprop"
    source: ClassVar[str] = "Tieleman & Hinton 2012"
    space: ClassVar[Space] = {
        "learning_rate": Range(1e-5, 0.3),
        "decay": Range(1e-3, 0.3, tier=2, complement=True),
        "eps": Range(1e-10, 1e-4, tier=3),
    }

    learning_rate: Number = 1e-3
    decay: Number = 0.9
    eps: Number = 1e-8

    def slots(self, w: Array) -> Slots:
        return zeros(w, 1)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (v,) = slots
        v = self.decay * v + (1 - self.decay) * g * g
        return -self.learning_rate * g / (jnp.sqrt(v) + self.eps), (v,)
