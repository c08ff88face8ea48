"""AdaDelta: steps in the parameters' own units."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import Elementwise, Slots, zeros
from talweg.methods.space import Range
from talweg.schedules import Number


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
    memory = "2 n"
    space = {
        "learning_rate": Range(1e-2, 10),
        "rho": Range(5e-3, 0.3, tier=2, complement=True),
        "eps": Range(1e-8, 1e-3, tier=3),
    }

    learning_rate: Number = 1.0
    rho: Number = 0.9
    eps: Number = 1e-6

    def slots(self, w: Array) -> Slots:
        return zeros(w, 2)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        v, u = slots
        v = self.rho * v + (1 - self.rho) * g * g
        d = jnp.sqrt(u + self.eps) / jnp.sqrt(v + self.eps) * g
        u = self.rho * u + (1 - self.rho) * d * d
        return -self.learning_rate * d, (v, u)
