"""Methods for matrices: Muon, momentum made orthogonal, and SOAP, Adam in the eigenbasis of Shampoo."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array

from talweg.methods.base import B1_RANGE, MOMENTUM_RANGE, Arraywise, Slots, adam_direction, corrected, zeros
from talweg.methods.space import Range
from talweg.schedules import Number

EVERY = 10  # steps from one basis to the next; no number of the method, or each lane would compute its own at every step
ROUNDS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Jordan 2024: singular values end between 0.7 and 1.2


class Muon(Arraywise):
    """Replaces the momentum of a matrix by the orthogonal matrix next to it, so that all directions move alike; vectors get AdamW.

        m ← μ m + (1 − μ) g
        u = (1 − μ) g + μ m
        O = U Vᵀ of u = U Σ Vᵀ, roughly: five rounds of X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X from u / ‖u‖
        w ← w − η (0.2 √(larger of r, c) O + λ w)

    Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024; scaled as in Liu et al., "Muon is scalable for LLM
    training", 2025, so that one learning rate serves matrices and vectors.
    Differs: in the parameters' own precision, not in bfloat16; all matrices, the first and last layer too; an array of more axes is
    taken as matrices of its last two. optax corrects the bias of the momentum.
    """

    name = "muon"
    label = "Muon"
    source = "Jordan 2024; Liu et al. 2025"
    helps = "wide hidden layers, where a few directions would get nearly all of a step"
    memory = "n; vectors 2 n"
    space = {"learning_rate": Range(1e-5, 0.3), "momentum": MOMENTUM_RANGE}

    learning_rate: Number = 1e-3
    momentum: Number = 0.95
    weight_decay: Number = 0.0
    b1: Number = 0.9
    b2: Number = 0.999
    eps: Number = 1e-8

    def slots(self, w: Array) -> Slots:
        return zeros(w, 2 if w.ndim < 2 else 1)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        if w.ndim < 2:
            direction, after = adam_direction(g, slots, self.b1, self.b2, self.eps, t)
        else:
            m = self.momentum * slots[0] + (1 - self.momentum) * g
            direction = 0.2 * max(w.shape[-2:]) ** 0.5 * orthogonal((1 - self.momentum) * g + self.momentum * m)
            after = (m,)
        return -self.learning_rate * (direction + self.weight_decay * w), after


def orthogonal(u: Array) -> Array:
    """The orthogonal matrix next to u, or one roughly so, by Newton–Schulz rounds; zero where u is zero. Matrices are the last two axes."""
    x = u.astype(jnp.promote_types(u.dtype, jnp.float32))
    tall = x.shape[-2] > x.shape[-1]
    x = jnp.swapaxes(x, -1, -2) if tall else x
    x = x / (jnp.sqrt(jnp.sum(x * x, axis=(-2, -1), keepdims=True)) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        square = x @ jnp.swapaxes(x, -1, -2)
        x = a * x + (b * square + c * square @ square) @ x
    return (jnp.swapaxes(x, -1, -2) if tall else x).astype(u.dtype)


class SOAP(Arraywise):
    """Turns the gradient of a matrix into the eigenbasis of its averaged outer products, and is Adam there; vectors get Adam.

        g′ = Pᵀ g Q
        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g′²
        w ← w − η (P [Pᵀ m Q / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)] Qᵀ + λ w)
        L ← β₂ L + (1 − β₂) g gᵀ,  R ← β₂ R + (1 − β₂) gᵀ g
        after the first step P, Q ← eigenvectors of L, R; after every tenth step ← orthogonal factor of L P, R Q

    Vyas et al., "SOAP: improving and stabilizing Shampoo using Adam", 2024; Gupta, Koren & Singer, "Shampoo: preconditioned
    stochastic tensor optimization", 2018.
    Differs: the first step is Adam's own, without a turn, where the authors' code makes none. (In the first eigenbasis most
    coordinates of the first gradient are rounding errors, and Adam would give them full steps.) Arrays of more than two axes are
    treated as vectors.
    """

    name = "soap"
    label = "SOAP"
    source = "Vyas et al. 2024; Gupta et al. 2018"
    helps = "few, expensive steps: layers whose inputs or outputs are strongly correlated"
    memory = "2 n + 2 r² + 2 c²; vectors 2 n"
    space = {"learning_rate": Range(1e-5, 0.3), "b1": B1_RANGE, "eps": Range(1e-10, 1e-3, tier=3)}

    learning_rate: Number = 3e-3
    b1: Number = 0.95
    b2: Number = 0.95
    eps: Number = 1e-8
    weight_decay: Number = 0.0

    def slots(self, w: Array) -> Slots:
        if w.ndim != 2:
            return zeros(w, 2)
        r, c = w.shape
        outer = (jnp.zeros((r, r), w.dtype), jnp.zeros((c, c), w.dtype))
        return (*zeros(w, 2), *outer, jnp.eye(r, dtype=w.dtype), jnp.eye(c, dtype=w.dtype))

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        if w.ndim != 2:
            direction, after = adam_direction(g, slots, self.b1, self.b2, self.eps, t)
        else:
            direction, after = self.turned(g, slots, t)
        return -self.learning_rate * (direction + self.weight_decay * w), after

    def turned(self, g: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        """Adam's direction in the eigenbasis, turned back."""
        m, v, left, right, p, q = slots
        m = self.b1 * m + (1 - self.b1) * g
        v = self.b2 * v + (1 - self.b2) * jnp.square(p.T @ g @ q)
        direction = corrected(p.T @ m @ q, self.b1, t) / (jnp.sqrt(corrected(v, self.b2, t)) + self.eps)
        direction = p @ direction @ q.T
        left = self.b2 * left + (1 - self.b2) * g @ g.T
        right = self.b2 * right + (1 - self.b2) * g.T @ g
        first, due = t == 1, jnp.mod(t, EVERY) < 1
        p, q = jax.lax.cond(first, lambda: (eigenvectors(left), eigenvectors(right)), lambda: (p, q))
        p, q = jax.lax.cond(due, lambda: (refreshed(left, p), refreshed(right, q)), lambda: (p, q))
        return direction, (m, v, left, right, p, q)


def eigenvectors(symmetric: Array) -> Array:
    """The eigenvectors of a symmetric matrix, the one of the largest eigenvalue first."""
    exact = symmetric.astype(jnp.promote_types(symmetric.dtype, jnp.float32))
    return jnp.linalg.eigh(exact)[1][:, ::-1].astype(symmetric.dtype)


def refreshed(symmetric: Array, basis: Array) -> Array:
    """A basis nearer to the eigenvectors of a symmetric matrix: one round of power iteration, made orthogonal."""
    exact = (symmetric @ basis).astype(jnp.promote_types(symmetric.dtype, jnp.float32))
    return jnp.linalg.qr(exact)[0].astype(basis.dtype)
