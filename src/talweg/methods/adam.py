"""Adam and the family that grew out of it: two moving averages, and what each paper changed."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import B1_RANGE, Elementwise, Slots, corrected, zeros
from talweg.methods.space import Range
from talweg.schedules import Number


class Adam(Elementwise):
    """RMSprop with momentum, both corrected for having begun at zero.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        w ← w − η m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)

    Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """

    name = "adam"
    label = "Adam"
    source = "Kingma & Ba 2015"
    helps = "the usual first choice: forgiving about its learning rate and about badly scaled parameters"
    slot_count = 2
    space = {"learning_rate": Range(1e-5, 0.3), "b1": B1_RANGE, "eps": Range(1e-10, 1e-3, tier=3)}
    contains = ["momentum"]  # with a large ε, at a large budget

    learning_rate: Number = 1e-3
    b1: Number = 0.9
    b2: Number = 0.999
    eps: Number = 1e-8

    def averages(self, g: Array, m: Array, v: Array) -> tuple[Array, Array]:
        """The two moving averages after this gradient."""
        return self.b1 * m + (1 - self.b1) * g, self.b2 * v + (1 - self.b2) * g * g

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = self.averages(g, *slots)
        m_hat, v_hat = corrected(m, self.b1, t), corrected(v, self.b2, t)
        return -self.learning_rate * m_hat / (jnp.sqrt(v_hat) + self.eps), (m, v)


class AdamW(Adam):
    """Adam with weight decay beside the gradient instead of in it.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        w ← w − η (m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ w)

    Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
    Differs: the decay is multiplied by the learning rate, as in PyTorch, optax and Keras.
    """

    name = "adamw"
    label = "AdamW"
    source = "Loshchilov & Hutter 2019"
    helps = "as Adam, where weight decay has to regularise: transformers"
    space = {**Adam.space, "weight_decay": Range(1e-4, 1, tier=3)}
    contains = ["adam"]

    weight_decay: Number = 1e-2

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        move, slots = super().rule(g, w, slots, t)
        return move - self.learning_rate * self.weight_decay * w, slots


class AMSGrad(Adam):
    """Adam that divides by the largest average so far, so that its learning rates never grow again.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        u ← max(u, v)
        w ← w − η m / (1 − β₁ᵗ) / (√(u / (1 − β₂ᵗ)) + ε)

    Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018.
    Differs: with Adam's bias correction, as in PyTorch; optax takes the maximum after the correction.
    """

    name = "amsgrad"
    label = "AMSGrad"
    source = "Reddi et al. 2018"
    helps = "when Adam does not settle: its learning rates never grow again"
    slot_count = 3
    contains = []

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v, u = slots
        m, v = self.averages(g, m, v)
        u = jnp.maximum(u, v)
        m_hat, u_hat = corrected(m, self.b1, t), corrected(u, self.b2, t)
        return -self.learning_rate * m_hat / (jnp.sqrt(u_hat) + self.eps), (m, v, u)


class Adamax(Adam):
    """Adam with the largest recent gradient in place of the root mean square.

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g| + ε)
        w ← w − η m / (1 − β₁ᵗ) / u

    Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2.
    Differs: ε beside |g|, as in PyTorch and optax; the paper has none.
    """

    name = "adamax"
    label = "Adamax"
    helps = "sparse gradients with rare large values, which would swell Adam's average"
    contains = []

    learning_rate: Number = 2e-3

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, u = slots
        m = self.b1 * m + (1 - self.b1) * g
        u = jnp.maximum(self.b2 * u, jnp.abs(g) + self.eps)
        return -self.learning_rate * corrected(m, self.b1, t) / u, (m, u)


class NAdam(Adam):
    """Adam with Nesterov's momentum, and a momentum that warms up.

        μₜ = β₁ (1 − ½ · 0.96^(ψ t))
        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        w ← w − η (μₜ₊₁ m / (1 − Πᵗ⁺¹ μ) + (1 − μₜ) g / (1 − Πᵗ μ)) / (√(v / (1 − β₂ᵗ)) + ε)

    Dozat, "Incorporating Nesterov momentum into Adam", 2016; the schedule of μ and ψ = 0.004 as in PyTorch.
    In Keras ψ is 1.
    """

    name = "nadam"
    label = "NAdam"
    source = "Dozat 2016"
    helps = "as Adam, with a little less overshoot"
    memory = "2 n + 1"
    contains = []

    learning_rate: Number = 2e-3
    momentum_decay: Number = 4e-3

    def slots(self, w: Array) -> Slots:
        return (*zeros(w, 2), jnp.ones((), w.dtype))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v, product = slots
        mu = self.b1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))
        mu_next = self.b1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * (t + 1)))
        product = product * mu
        m, v = self.averages(g, m, v)
        m_hat = m * (mu_next / (1 - product * mu_next)) + g * ((1 - mu) / (1 - product))
        return -self.learning_rate * m_hat / (jnp.sqrt(corrected(v, self.b2, t)) + self.eps), (m, v, product)


class RAdam(Adam):
    """Adam that steps like momentum until it has seen enough gradients to trust their variance.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        ρ∞ = 2 / (1 − β₂) − 1,  ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
        r = √((ρ − 4) (ρ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρ))
        w ← w − η m / (1 − β₁ᵗ) · (r √(1 − β₂ᵗ) / (√v + ε) if ρ > 5 else 1)

    Liu et al., "On the variance of the adaptive learning rate and beyond", 2020.
    Differs: ε added before the bias correction (epsilon-hat), as in PyTorch.
    """

    name = "radam"
    label = "RAdam"
    source = "Liu et al. 2020"
    helps = "without a warm-up of the learning rate, which Adam often needs"
    contains = []

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = self.averages(g, *slots)
        trusted, r = self.rectification(t)
        adaptive = r * jnp.sqrt(1 - self.b2**t) / (jnp.sqrt(v) + self.eps)
        return -self.learning_rate * corrected(m, self.b1, t) * jnp.where(trusted, adaptive, 1.0), (m, v)

    def rectification(self, t: Array) -> tuple[Array, Array]:
        """Whether the average of squared gradients is long enough to be trusted, and the r that then scales the step."""
        bc2 = 1 - self.b2**t
        limit = 2 / (1 - self.b2) - 1
        length = limit - 2 * t * (1 - bc2) / bc2
        safe = jnp.maximum(length, 5.0)  # the root below is only used, and only real, above 5
        return length > 5.0, jnp.sqrt((safe - 4) * (safe - 2) * limit / ((limit - 4) * (limit - 2) * safe))
