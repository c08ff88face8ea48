"""Methods that stand at an average of where they walk: averaged and schedule-free gradient descent.

The parameters are the average, which is what one measures and keeps; the point that walks is state, and the gradient is taken there.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import B1_RANGE, Elementwise, Slots, corrected
from talweg.methods.space import Range
from talweg.schedules import Number


class AveragedSGD(Elementwise):
    """Walks by gradient descent, and stands at the average of all points where that has been.

        x ← x − η ∇f(x)
        w ← w + (x − w) / max(1, t − t₀)

    Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; Ruppert 1988.
    PyTorch's ASGD keeps w as `ax`; with lambd = 0 it is the same at t₀ + 1.
    """

    name = "asgd"
    label = "averaged gradient descent"
    source = "Polyak & Juditsky 1992; Ruppert 1988"
    helps = "noisy single examples on convex problems, with a learning rate larger than one would dare"
    memory = "n"
    space = {"learning_rate": Range(1e-4, 3)}

    learning_rate: Number = 1e-2
    begin: Number = 0.0

    def slots(self, w: Array) -> Slots:
        return (w,)

    def look_ahead(self, w: Array, slots: Slots) -> Array:
        return slots[0]

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (x,) = slots
        x = (x - self.learning_rate * g).astype(w.dtype)
        return (x - w) * (1.0 / jnp.maximum(1.0, t - self.begin)), (x,)


class ScheduleFree(Elementwise):
    """Gradient descent that needs no falling learning rate: it stands at an average, and takes its gradients near it.

        y = (1 − β) z + β w
        z ← z − η (∇f(y) + λ y)
        c = ηₘ² / (sum of all ηₘ² so far), with ηₘ the largest η so far
        w ← (1 − c) w + c z

    Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky, "The road less scheduled", 2024.
    """

    name = "schedule-free"
    label = "Schedule-Free SGD"
    source = "Defazio et al. 2024"
    helps = "runs whose length is not known beforehand: no schedule has to be chosen"
    memory = "n + 2"
    space = {"learning_rate": Range(1e-3, 30), "b1": B1_RANGE}

    learning_rate: Number = 1.0
    b1: Number = 0.9
    weight_decay: Number = 0.0

    def slots(self, w: Array) -> Slots:
        return (w, jnp.zeros((), w.dtype), jnp.zeros((), w.dtype))

    def look_ahead(self, w: Array, slots: Slots) -> Array:
        return ((1 - self.b1) * slots[0] + self.b1 * w).astype(w.dtype)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        return self.stand(g + self.weight_decay * self.look_ahead(w, slots), w, slots)

    def stand(self, direction: Array, w: Array, slots: Slots) -> tuple[Array, Slots]:
        """Walk against a direction, and stand at the new average."""
        z, total, largest = slots
        largest = jnp.maximum(largest, self.learning_rate).astype(w.dtype)
        weight = largest * largest
        total = total + weight
        z = (z - self.learning_rate * direction).astype(w.dtype)
        return (z - w) * (weight / jnp.where(total > 0, total, 1)), (z, total, largest)


class ScheduleFreeAdamW(ScheduleFree):
    """AdamW that needs no falling learning rate; averaging takes the place of its momentum.

        y = (1 − β₁) z + β₁ w,  g = ∇f(y)
        v ← β₂ v + (1 − β₂) g²
        z ← z − η (g / (√(v / (1 − β₂ᵗ)) + ε) + λ y)
        c = ηₘ² / (sum of all ηₘ² so far), with ηₘ the largest η so far
        w ← (1 − c) w + c z

    Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky, "The road less scheduled", 2024.
    """

    name = "schedule-free-adamw"
    label = "Schedule-Free AdamW"
    helps = "as AdamW, for runs whose length is not known beforehand"
    memory = "2 n + 2"
    space = {"learning_rate": Range(1e-5, 0.3), "b1": B1_RANGE, "eps": Range(1e-10, 1e-3, tier=3)}

    learning_rate: Number = 2.5e-3
    b2: Number = 0.999
    eps: Number = 1e-8

    def slots(self, w: Array) -> Slots:
        return (*super().slots(w), jnp.zeros_like(w))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        *walk, v = slots
        v = self.b2 * v + (1 - self.b2) * g * g
        direction = g / (jnp.sqrt(corrected(v, self.b2, t)) + self.eps) + self.weight_decay * self.look_ahead(w, slots)
        move, after = self.stand(direction, w, tuple(walk))
        return move, (*after, v)
