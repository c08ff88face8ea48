"""Signs of gradients: signSGD, Signum, Rprop."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import MOMENTUM_RANGE, Elementwise, Slots
from talweg.methods.space import Range
from talweg.schedules import Number


class Rprop(Elementwise):
    """Gives every coordinate a step of its own, which grows while the gradient keeps its sign and shrinks when it turns.

        s ← s · (η₊ if g · g′ > 0, η₋ if g · g′ < 0, else 1), between the smallest and the largest step
        g ← 0 where it has turned, and g′ ← g
        w ← w − s sign(g)

    Riedmiller & Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", 1993; without going back
    where the gradient has turned, as in PyTorch: Igel & Hüsken, "Improving the Rprop learning algorithm", 2000.
    Differs: s starts at 1 and is multiplied by the learning rate, so that a schedule has its say; while the rate is constant it is the
    same as a first step of the learning rate. optax takes its steps with the signs of the gradient before, one step late.
    """

    name = "rprop"
    label = "Rprop"
    source = "Riedmiller & Braun 1993; Igel & Hüsken 2000"
    helps = "the whole training set at every step; with mini-batches signs turn by chance and it freezes"
    memory = "2 n"
    space = {"learning_rate": Range(1e-6, 0.1)}

    learning_rate: Number = 1e-2
    shrink: Number = 0.5
    grow: Number = 1.2
    smallest_step: Number = 1e-6
    largest_step: Number = 50.0

    def slots(self, w: Array) -> Slots:
        return (jnp.zeros_like(w), jnp.ones_like(w))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        before, s = slots
        agree = g * before
        s = s * jnp.where(agree > 0, self.grow, jnp.where(agree < 0, self.shrink, 1.0))
        s = jnp.clip(s, self.smallest_step / self.learning_rate, self.largest_step / self.learning_rate).astype(w.dtype)
        g = jnp.where(agree < 0, 0.0, g).astype(w.dtype)
        return -self.learning_rate * s * jnp.sign(g), (g, s)


class SignSGD(Elementwise):
    """Moves every coordinate by the learning rate, against the sign of its gradient.

        w ← w − η sign(g)

    Bernstein, Wang, Azizzadenesheli & Anandkumar, "signSGD: compressed optimisation for non-convex problems", 2018.
    """

    name = "signsgd"
    label = "signSGD"
    source = "Bernstein et al. 2018"
    helps = "gradients of very different sizes, without any memory; needs a falling learning rate to settle"
    space = {"learning_rate": Range(1e-6, 3e-2)}

    learning_rate: Number = 1e-3

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        return -self.learning_rate * jnp.sign(g), ()


class Signum(SignSGD):
    """Moves every coordinate by the learning rate, against the sign of its gradients' average.

        m ← μ m + (1 − μ) g
        w ← w − η sign(m)

    Bernstein, Wang, Azizzadenesheli & Anandkumar, "signSGD: compressed optimisation for non-convex problems", 2018.
    """

    name = "signum"
    label = "Signum"
    helps = "as signSGD, when single batches are too noisy to trust their signs"
    slot_count = 1
    space = {**SignSGD.space, "momentum": MOMENTUM_RANGE}

    momentum: Number = 0.9

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (m,) = slots
        m = self.momentum * m + (1 - self.momentum) * g
        return -self.learning_rate * jnp.sign(m), (m,)
