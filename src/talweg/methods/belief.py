"""AdaBelief, Yogi and Adan: other second averages than Adam's."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.adam import Adam
from talweg.methods.base import B1_RANGE, Elementwise, Slots, corrected
from talweg.methods.space import Range
from talweg.schedules import Number


class AdaBelief(Adam):
    """Adam that divides by how far gradients stray from their average, not by how large they are.

        m ← β₁ m + (1 − β₁) g
        s ← β₂ s + (1 − β₂) (g − m)² + ε
        w ← w − η m / (1 − β₁ᵗ) / (√(s / (1 − β₂ᵗ)) + ε)

    Zhuang et al., "AdaBelief optimizer: adapting stepsizes by the belief in observed gradients", 2020.
    """

    name = "adabelief"
    label = "AdaBelief"
    source = "Zhuang et al. 2020"
    helps = "steady gradients: where they agree with their average, its steps are long"
    space = {"learning_rate": Range(1e-5, 0.3), "b1": B1_RANGE, "eps": Range(1e-16, 1e-6, tier=3)}
    contains = []

    eps: Number = 1e-16

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, s = slots
        m = self.b1 * m + (1 - self.b1) * g
        s = self.b2 * s + (1 - self.b2) * (g - m) * (g - m) + self.eps
        m_hat, s_hat = corrected(m, self.b1, t), corrected(s, self.b2, t)
        return -self.learning_rate * m_hat / (jnp.sqrt(s_hat) + self.eps), (m, s)


class Yogi(Adam):
    """Adam whose second average moves by at most the newest squared gradient, so that its learning rates rise slowly.

        m ← β₁ m + (1 − β₁) g
        v ← v − (1 − β₂) sign(v − g²) g²
        w ← w − η m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)

    Zaheer, Reddi, Sachan, Kale & Kumar, "Adaptive methods for nonconvex optimization", 2018.
    Differs: with Adam's bias correction, as in optax, which starts m at `start`, too.
    """

    name = "yogi"
    label = "Yogi"
    source = "Zaheer et al. 2018"
    helps = "sparse gradients and large batches, where Adam's learning rates jump up again"
    space = {"learning_rate": Range(1e-5, 0.3), "b1": B1_RANGE, "eps": Range(1e-6, 1e-1, tier=3)}
    contains = []

    learning_rate: Number = 1e-2
    eps: Number = 1e-3
    start: Number = 1e-6

    def slots(self, w: Array) -> Slots:
        return (jnp.zeros_like(w), jnp.full_like(w, self.start))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v = slots
        m = self.b1 * m + (1 - self.b1) * g
        v = v - (1 - self.b2) * jnp.sign(v - g * g) * g * g
        m_hat, v_hat = corrected(m, self.b1, t), corrected(v, self.b2, t)
        return -self.learning_rate * m_hat / (jnp.sqrt(v_hat) + self.eps), (m, v)


class Adan(Elementwise):
    """Adam with Nesterov's momentum made of gradient differences, so that no second gradient is needed.

        d = g − g of the step before, 0 at the first step
        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) d
        n ← β₃ n + (1 − β₃) (g + β₂ d)²
        u = (m / (1 − β₁ᵗ) + β₂ v / (1 − β₂ᵗ)) / (√(n / (1 − β₃ᵗ)) + ε)
        w ← (w − η u) / (1 + η λ)

    Xie, Zhou, Li, Lin & Yan, "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", 2022.
    Differs: β is one minus the paper's, as in its authors' code; optax has 1 − β₂ where the paper's formula has this β₂.
    """

    name = "adan"
    label = "Adan"
    source = "Xie et al. 2022"
    helps = "large learning rates and large batches, for vision models and transformers"
    slot_count = 4
    space = {"learning_rate": Range(1e-5, 0.3), "b1": Range(5e-3, 0.2, tier=2, complement=True)}

    learning_rate: Number = 1e-3
    b1: Number = 0.98
    b2: Number = 0.92
    b3: Number = 0.99
    eps: Number = 1e-8
    weight_decay: Number = 0.0

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        m, v, n, before = slots
        d = jnp.where(t == 1, 0.0, 1.0) * (g - before)
        m = self.b1 * m + (1 - self.b1) * g
        v = self.b2 * v + (1 - self.b2) * d
        n = self.b3 * n + (1 - self.b3) * jnp.square(g + self.b2 * d)
        ahead = corrected(m, self.b1, t) + self.b2 * corrected(v, self.b2, t)
        u = ahead / (jnp.sqrt(corrected(n, self.b3, t)) + self.eps)
        shrink = 1.0 / (1.0 + self.learning_rate * self.weight_decay)
        return shrink * (w - self.learning_rate * u) - w, (m, v, n, g)
