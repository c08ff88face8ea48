"""LARS and LAMB: a step of every array in proportion to the array's own length."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import B1_RANGE, MOMENTUM_RANGE, Arraywise, Slots, adam_direction
from talweg.methods.space import Range
from talweg.schedules import Number


class LARS(Arraywise):
    """Momentum whose step for every array is a fixed share of the array's length, whatever the gradient's.

        u = g + λ w
        v ← μ v + η · c ‖w‖ / ‖u‖ · u, and η u where one of the two is 0
        w ← w − v

    You, Gitman & Ginsburg, "Large batch training of convolutional networks", 2017.
    Differs: one ‖u‖ for gradient and decay together, as in optax; the paper has ‖g‖ + λ ‖w‖.
    """

    name = "lars"
    label = "LARS"
    source = "You et al. 2017"
    helps = "very large batches, for convolutional networks"
    slot_count = 1
    space = {"learning_rate": Range(1e-2, 100), "momentum": MOMENTUM_RANGE}

    learning_rate: Number = 1.0
    momentum: Number = 0.9
    weight_decay: Number = 0.0
    trust: Number = 1e-3

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (v,) = slots
        u = g + self.weight_decay * w
        v = self.momentum * v + self.learning_rate * ratio(w, u, self.trust) * u
        return -v, (v,)


class LAMB(Arraywise):
    """Adam whose step for every array is a share of the array's length.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ w
        w ← w − η ‖w‖ / ‖u‖ · u, and η u where one of the two is 0

    You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020.
    """

    name = "lamb"
    label = "LAMB"
    source = "You et al. 2020"
    helps = "very large batches, for transformers"
    slot_count = 2
    space = {"learning_rate": Range(1e-4, 1), "b1": B1_RANGE, "eps": Range(1e-10, 1e-3, tier=3)}

    learning_rate: Number = 1e-3
    b1: Number = 0.9
    b2: Number = 0.999
    eps: Number = 1e-6
    weight_decay: Number = 0.0

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        direction, after = adam_direction(g, slots, self.b1, self.b2, self.eps, t)
        u = direction + self.weight_decay * w
        return -self.learning_rate * ratio(w, u) * u, after


def ratio(w: Array, u: Array, share: Number = 1.0) -> Array:
    """share · ‖w‖ / ‖u‖, or 1 where one of the two is 0: an array that is all zeros has to leave zero first."""
    long, short = length(w), length(u)
    usable = (long > 0) & (short > 0)
    return jnp.where(usable, share * long / jnp.where(usable, short, 1), 1.0).astype(w.dtype)


def length(x: Array) -> Array:
    """The Euclidean length of all numbers of an array."""
    return jnp.sqrt(jnp.sum(jnp.square(x.astype(jnp.promote_types(x.dtype, jnp.float32)))))
