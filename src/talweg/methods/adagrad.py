"""Adagrad, a learning rate for every coordinate, which only falls; and AdaDelta, which mends that."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import Elementwise, Slots
from talweg.methods.space import Range
from talweg.schedules import Number


class Adagrad(Elementwise):
    """Divides by the root of the sum of all squared gradients: small steps for frequent features, large ones for rare ones.

        S ← S + g²
        w ← w − η g / (√S + ε)

    Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    Differs: S starts at `start`, 0 as in the paper and PyTorch; optax, Keras and TensorFlow start at 0.1. TensorFlow 1 has no ε.
    """

    name = "adagrad"
    label = "Adagrad"
    source = "Duchi et al. 2011"
    helps = "sparse data: rare features keep large steps; its steps only ever shrink, so long runs stall"
    memory = "n"
    space = {"learning_rate": Range(1e-4, 1), "eps": Range(1e-10, 1e-4, tier=3)}

    learning_rate: Number = 1e-2
    eps: Number = 1e-10
    start: Number = 0.0

    def slots(self, w: Array) -> Slots:
        return (jnp.full_like(w, self.start),)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        s = slots[0] + g * g
        return -self.learning_rate * g / self.root(s), (s,)

    def root(self, s: Array) -> Array:
        """What the gradient is divided by."""
        return jnp.sqrt(s) + self.eps


class AdagradInside(Adagrad):
    """Adagrad with ε inside the root.

        S ← S + g²
        w ← w − η g / √(S + ε)

    Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011; in this form in
    optax, Keras and Lasagne. The same as Adagrad without ε whose S starts at `start` + ε.
    """

    name = "adagrad-inside"
    label = "Adagrad (ε inside)"
    variant = True
    helps = "the steps of Adagrad in optax, Keras and Lasagne"

    eps: Number = 1e-7
    start: Number = 0.1

    def root(self, s: Array) -> Array:
        return jnp.sqrt(s + self.eps)


class AdaDelta(Elementwise):
    """Divides by a moving root mean square of the gradients and multiplies by that of the past moves.

        v ← ρ v + (1 − ρ) g²
        d = √(u + ε) / √(v + ε) · g
        u ← ρ u + (1 − ρ) d²
        w ← w − η d

    Zeiler, "ADADELTA: an adaptive learning rate method", 2012; the paper has η = 1. ε matters: it sets the first steps.
    """

    name = "adadelta"
    label = "AdaDelta"
    source = "Zeiler 2012"
    helps = "no learning rate to find at first: its steps have the units of the parameters; slow to start"
    slot_count = 2
    space = {"learning_rate": Range(1e-2, 10), "rho": Range(5e-3, 0.3, tier=2, complement=True), "eps": Range(1e-8, 1e-3, tier=3)}

    learning_rate: Number = 1.0
    rho: Number = 0.9
    eps: Number = 1e-6

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        v, u = slots
        v = self.rho * v + (1 - self.rho) * g * g
        d = jnp.sqrt(u + self.eps) / jnp.sqrt(v + self.eps) * g
        u = self.rho * u + (1 - self.rho) * d * d
        return -self.learning_rate * d, (v, u)
