"""Gradient descent (batch, stochastic and mini-batch are the same formula with other batches), and descent with a velocity."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import MOMENTUM_RANGE, Elementwise, Slots
from talweg.methods.space import Range, Space
from talweg.schedules import Number


class GradientDescent(Elementwise):
    """Steps against the gradient.

        w ← w − η g

    Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847; with one example per step:
    Robbins & Monro, "A stochastic approximation method", 1951.
    """

    name = "sgd"
    label = "gradient descent"
    source = "Cauchy 1847; Robbins & Monro 1951"
    helps = "the baseline; with one example per step often the cheapest way to a good linear model"
    space = {"learning_rate": Range(1e-4, 3)}

    learning_rate: Number = 1e-2

    @classmethod
    def search_space(cls, batch: int | None) -> Space:
        """Larger learning rates for the whole training set, smaller ones for single examples."""
        if batch is None:
            return {"learning_rate": Range(1e-3, 10)}
        return {"learning_rate": Range(1e-5, 0.3)} if batch == 1 else cls.space

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        return -self.learning_rate * g, ()


class Momentum(Elementwise):
    """Gradient descent with a velocity (heavy ball).

        v ← μ v + g
        w ← w − η v

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    name = "momentum"
    label = "momentum"
    source = "Polyak 1964"
    helps = "long narrow valleys, where plain gradient descent zigzags"
    slot_count = 1
    space = {"learning_rate": Range(1e-4, 3), "momentum": MOMENTUM_RANGE}
    contains = ["sgd"]

    learning_rate: Number = 1e-2
    momentum: Number = 0.9

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (v,) = slots
        v = self.momentum * v + g
        return -self.learning_rate * v, (v,)


class Nesterov(Momentum):
    """Momentum whose gradient is really taken at the look-ahead point, where the velocity alone would carry the run.

        g = ∇f(w − η μ v)
        v ← μ v + g
        w ← w − η v

    Nesterov, "A method for solving the convex programming problem with convergence rate O(1/k²)", 1983; in this form Sutskever
    et al., "On the importance of initialization and momentum in deep learning", 2013.
    Differs: other libraries take the gradient where the run stands (NesterovShifted); at a constant learning rate their parameters
    are this method's look-ahead points.
    """

    name = "nesterov"
    label = "Nesterov"
    source = "Nesterov 1983; Sutskever et al. 2013"
    helps = "as momentum, with less overshoot near the bottom of a valley"

    def look_ahead(self, w: Array, slots: Slots) -> Array:
        (v,) = slots
        return w - self.learning_rate * self.momentum * v


class NesterovShifted(Momentum):
    """Nesterov momentum as PyTorch, optax and Keras have it: the look-ahead point itself is the parameter.

        v ← μ v + g
        w ← w − η (g + μ v)

    Bengio, Boulanger-Lewandowski & Pascanu, "Advances in optimizing recurrent networks", 2013.
    """

    name = "nesterov-shifted"
    label = "Nesterov (shifted)"
    source = "Bengio et al. 2013"
    helps = "as Nesterov, in the form that other libraries compute"

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (v,) = slots
        v = self.momentum * v + g
        return -self.learning_rate * (g + self.momentum * v), (v,)


class DampenedMomentum(Momentum):
    """Momentum that takes less of every new gradient, but all of the first.

        v ← μ v + (1 − δ) g, and v ← g at the first step
        w ← w − η v

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; the dampening δ is PyTorch's, and so is the
    first step, which makes it no moving average from zero.
    """

    name = "momentum-dampened"
    label = "momentum (dampened)"
    variant = True
    helps = "PyTorch's dampening: a learning rate that means the same for every momentum"

    dampening: Number = 0.9

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        (v,) = slots
        v = self.momentum * v + jnp.where(t == 1, 1.0, 1.0 - self.dampening) * g
        return -self.learning_rate * v, (v,)
