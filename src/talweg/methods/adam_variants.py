"""The same names for other formulas: what Adam and its family are in other libraries.

Where ε stands decides how long the first steps are. "Epsilon-hat" (ε̂) is added to the root before the bias correction, which is
algorithm 1 of the paper with ε = ε̂ / √(1 − β₂ᵗ): at first many times as large.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.adam import Adam, Adamax, AMSGrad, RAdam
from talweg.methods.base import Slots, corrected
from talweg.schedules import Number


class AdamHat(Adam):
    """Adam with epsilon-hat, ε added before the bias correction.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε̂)

    Kingma & Ba, "Adam: a method for stochastic optimization", 2015, section 2; in this form in Keras, TensorFlow, Caffe, Lasagne and
    scikit-learn.
    """

    name = "adam-hat"
    label = "Adam (ε̂)"
    variant = True
    helps = "the steps of Adam in Keras, TensorFlow, Caffe, Lasagne and scikit-learn"

    eps: Number = 1e-7

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = self.averages(g, *slots)
        return -self.learning_rate * hat(self.b2, t) * corrected(m, self.b1, t) / (jnp.sqrt(v) + self.eps), (m, v)


class AMSGradHat(AMSGrad):
    """AMSGrad with epsilon-hat.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        u ← max(u, v)
        w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√u + ε̂)

    Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018; in this form in Keras, TensorFlow 2 and Lasagne.
    """

    name = "amsgrad-hat"
    label = "AMSGrad (ε̂)"
    variant = True
    helps = "the steps of AMSGrad in Keras, TensorFlow 2 and Lasagne"

    eps: Number = 1e-7

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v, u = slots
        m, v = self.averages(g, m, v)
        u = jnp.maximum(u, v)
        return -self.learning_rate * hat(self.b2, t) * corrected(m, self.b1, t) / (jnp.sqrt(u) + self.eps), (m, v, u)


class AMSGradCorrected(AMSGrad):
    """AMSGrad that takes the maximum of the corrected averages.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        u ← max(u, v / (1 − β₂ᵗ))
        w ← w − η m / (1 − β₁ᵗ) / (√u + ε)

    Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018; in this form in optax.
    """

    name = "amsgrad-corrected"
    label = "AMSGrad (corrected)"
    variant = True
    helps = "the steps of AMSGrad in optax"

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v, u = slots
        m, v = self.averages(g, m, v)
        u = jnp.maximum(u, corrected(v, self.b2, t))
        return -self.learning_rate * corrected(m, self.b1, t) / (jnp.sqrt(u) + self.eps), (m, v, u)


class AdamaxOutside(Adamax):
    """Adamax with ε beside the maximum, not inside it.

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g|)
        w ← w − η m / (1 − β₁ᵗ) / (u + ε)

    Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2; in this form in Keras, TensorFlow 2 and Lasagne.
    """

    name = "adamax-outside"
    label = "Adamax (ε outside)"
    variant = True
    helps = "the steps of Adamax in Keras, TensorFlow 2 and Lasagne"

    learning_rate: Number = 1e-3
    eps: Number = 1e-7

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, u = slots
        m = self.b1 * m + (1 - self.b1) * g
        u = jnp.maximum(self.b2 * u, jnp.abs(g))
        return -self.learning_rate * corrected(m, self.b1, t) / (u + self.eps), (m, u)


class NAdamConstant(Adam):
    """Adam with Nesterov's momentum, which does not warm up.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        w ← w − η (β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)

    Dozat, "Incorporating Nesterov momentum into Adam", 2016; in this form in optax.
    """

    name = "nadam-constant"
    label = "NAdam (constant)"
    variant = True
    source = "Dozat 2016"
    helps = "the steps of NAdam in optax"
    contains = []

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = self.averages(g, *slots)
        m_hat = self.b1 * corrected(m, self.b1, t + 1) + (1 - self.b1) * corrected(g, self.b1, t)
        return -self.learning_rate * m_hat / (jnp.sqrt(corrected(v, self.b2, t)) + self.eps), (m, v)


class RAdamCorrected(RAdam):
    """RAdam with ε added after the bias correction, as in Adam's algorithm 1.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        r and ρ as in RAdam
        w ← w − η m / (1 − β₁ᵗ) · (r / (√(v / (1 − β₂ᵗ)) + ε) if ρ > 5 else 1)

    Liu et al., "On the variance of the adaptive learning rate and beyond", 2020; in this form in optax.
    """

    name = "radam-corrected"
    label = "RAdam (corrected)"
    variant = True
    helps = "the steps of RAdam in optax"

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = self.averages(g, *slots)
        trusted, r = self.rectification(t)
        adaptive = r / (jnp.sqrt(corrected(v, self.b2, t)) + self.eps)
        return -self.learning_rate * corrected(m, self.b1, t) * jnp.where(trusted, adaptive, 1.0), (m, v)


def hat(b2: Number, t: Array) -> Array:
    """√(1 − β₂ᵗ), by which epsilon-hat's formula multiplies its root's share of the bias correction."""
    return jnp.sqrt(1.0 - b2**t)
