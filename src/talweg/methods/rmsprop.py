"""RMSprop: Adagrad with a memory that fades."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import MOMENTUM_RANGE, Elementwise, Slots, zeros
from talweg.methods.space import Range
from talweg.schedules import Number


class RMSprop(Elementwise):
    """Divides by a moving root mean square of the gradients.

        v ← γ v + (1 − γ) g²
        w ← w − η g / (√v + ε)

    Tieleman & Hinton, "Lecture 6.5: RMSprop", Coursera, 2012.
    Differs: ε outside the root as in PyTorch and Caffe; optax, Keras, TensorFlow 1 and Lasagne have it inside (RMSpropInside).
    """

    name = "rmsprop"
    label = "RMSprop"
    source = "Tieleman & Hinton 2012"
    helps = "gradients whose size changes during training: recurrent networks, reinforcement learning"
    slot_count = 1
    space = {"learning_rate": Range(1e-5, 0.3), "decay": Range(1e-3, 0.3, tier=2, complement=True), "eps": Range(1e-10, 1e-4, tier=3)}

    learning_rate: Number = 1e-3
    decay: Number = 0.9
    eps: Number = 1e-8

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        v = self.average(g, *slots)
        return -self.learning_rate * g / self.root(v), (v,)

    def root(self, v: Array) -> Array:
        """What the gradient is divided by."""
        return jnp.sqrt(v) + self.eps

    def average(self, g: Array, v: Array) -> Array:
        """The moving average of squared gradients after this one."""
        return self.decay * v + (1 - self.decay) * g * g


class RMSpropInside(RMSprop):
    """RMSprop with ε inside the root.

        v ← γ v + (1 − γ) g²
        w ← w − η g / √(v + ε)

    Tieleman & Hinton, "Lecture 6.5: RMSprop", Coursera, 2012; in this form in optax, Keras, TensorFlow 1 and Lasagne.
    v starts at `start`: 0, but 1 in TensorFlow 1.
    """

    name = "rmsprop-inside"
    label = "RMSprop (ε inside)"
    variant = True
    helps = "the steps of RMSprop in optax, Keras, TensorFlow 1 and Lasagne"

    start: Number = 0.0

    def slots(self, w: Array) -> Slots:
        return (jnp.full_like(w, self.start), *zeros(w, self.slot_count - 1))

    def root(self, v: Array) -> Array:
        return jnp.sqrt(v + self.eps)


class RMSpropMomentum(RMSprop):
    """RMSprop with a velocity of its steps, and the learning rate outside of it.

        v ← γ v + (1 − γ) g²
        b ← μ b + g / (√v + ε)
        w ← w − η b

    Tieleman & Hinton, "Lecture 6.5: RMSprop", Coursera, 2012; in this form in PyTorch. Elsewhere the learning rate is inside the
    velocity: Velocity(RMSprop(…)), which is the same while the learning rate is constant.
    """

    name = "rmsprop-momentum"
    label = "RMSprop with momentum"
    variant = True
    helps = "long narrow valleys; the steps of RMSprop with momentum in PyTorch"
    slot_count = 2
    space = {**RMSprop.space, "momentum": MOMENTUM_RANGE}
    contains = ["rmsprop"]

    momentum: Number = 0.9

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        v, b = slots
        v = self.average(g, v)
        b = self.momentum * b + g / self.root(v)
        return -self.learning_rate * b, (v, b)


class RMSpropCentered(RMSprop):
    """RMSprop that divides by the standard deviation of the gradients, not by their root mean square.

        v ← γ v + (1 − γ) g²
        m ← γ m + (1 − γ) g
        w ← w − η g / (√(v − m²) + ε)

    Graves, "Generating sequences with recurrent neural networks", 2013; with ε outside the root as in PyTorch.
    """

    name = "rmsprop-centered"
    label = "RMSprop (centered)"
    variant = True
    source = "Graves 2013"
    helps = "steady gradients: where they hardly vary, its steps grow"
    slot_count = 2

    def variance(self, g: Array, v: Array, m: Array) -> tuple[Array, Array, Array]:
        """The variance of the gradients after this one, and the two averages that it is made of."""
        v, m = self.average(g, v), self.decay * m + (1 - self.decay) * g
        return jnp.maximum(v - m * m, 0.0), v, m  # rounding could make it negative

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        variance, v, m = self.variance(g, *slots)
        return -self.learning_rate * g / self.root(variance), (v, m)


class RMSpropCenteredInside(RMSpropInside, RMSpropCentered):
    """RMSprop that divides by the standard deviation of the gradients, with ε inside the root.

        v ← γ v + (1 − γ) g²
        m ← γ m + (1 − γ) g
        w ← w − η g / √(v − m² + ε)

    Graves, "Generating sequences with recurrent neural networks", 2013; in this form there, in optax, Keras and TensorFlow 1.
    v starts at `start`: 0, but 1 in TensorFlow 1.
    """

    name = "rmsprop-centered-inside"
    label = "RMSprop (centered, ε inside)"
    helps = "the steps of centered RMSprop in optax, Keras and TensorFlow 1"


class RMSpropCenteredMomentum(RMSpropCentered):
    """RMSprop that divides by the standard deviation of the gradients, with a velocity of its steps.

        v ← γ v + (1 − γ) g²
        m ← γ m + (1 − γ) g
        b ← μ b + g / (√(v − m²) + ε)
        w ← w − η b

    Graves, "Generating sequences with recurrent neural networks", 2013; in this form in PyTorch.
    """

    name = "rmsprop-centered-momentum"
    label = "RMSprop (centered) with momentum"
    helps = "the steps of centered RMSprop with momentum in PyTorch"
    slot_count = 3
    space = RMSpropMomentum.space
    contains = ["rmsprop-centered"]

    momentum: Number = 0.9

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        *averages, b = slots
        variance, v, m = self.variance(g, *averages)
        b = self.momentum * b + g / self.root(variance)
        return -self.learning_rate * b, (v, m, b)
