"""Gradient descent itself: batch, stochastic and mini-batch are the same formula with other batches."""

from __future__ import annotations

from jaxtyping import Array

from talweg.methods.base import Elementwise, Slots
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
