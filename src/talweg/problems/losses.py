"""Cost functions: what one prediction costs.

Each takes predictions of shape (n, outputs) and targets of shape (n,), labels as whole numbers, and returns n costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

Cost = Callable[[Float[Array, "n outputs"], Num[Array, " n"]], Float[Array, " n"]]


def squared(prediction: Array, y: Array) -> Array:
    """Squared error: ½ (prediction − y)²."""
    return 0.5 * (prediction[:, 0] - y) ** 2


def absolute(prediction: Array, y: Array) -> Array:
    """Absolute error: |prediction − y|."""
    return jnp.abs(prediction[:, 0] - y)


def huber(prediction: Array, y: Array, delta: float = 1.0) -> Array:
    """Squared for errors up to δ, linear beyond: ½ e² or δ (|e| − ½ δ). Huber 1964."""
    e = jnp.abs(prediction[:, 0] - y)
    near = jnp.minimum(e, delta)
    return 0.5 * near**2 + delta * (e - near)


def poisson(prediction: Array, y: Array) -> Array:
    """Poisson regression; the model predicts the logarithm of the rate: exp(z) − y z, without the constant log y!."""
    z = prediction[:, 0]
    return jnp.exp(z) - y * z


def cross_entropy(prediction: Array, y: Array) -> Array:
    """Cross-entropy of softmax probabilities: −log p[y]; with a single output the binary one, of a logistic probability."""
    if prediction.shape[1] == 1:
        z = prediction[:, 0]
        return jax.nn.softplus(z) - y * z
    chosen = jax.nn.one_hot(y, prediction.shape[1], dtype=prediction.dtype)
    return -jnp.sum(chosen * jax.nn.log_softmax(prediction), axis=1)


def hinge(prediction: Array, y: Array) -> Array:
    """Hinge: the shortfall of the right label's margin below 1; with several outputs that of Crammer & Singer 2001."""
    if prediction.shape[1] == 1:
        return jax.nn.relu(1.0 - (2.0 * y - 1.0) * prediction[:, 0])
    chosen = jax.nn.one_hot(y, prediction.shape[1], dtype=prediction.dtype)
    right = jnp.sum(chosen * prediction, axis=1)
    return jax.nn.relu(1.0 - right + jnp.max(prediction - 1e9 * chosen, axis=1))


def squared_logistic(prediction: Array, y: Array) -> Array:
    """Squared error of a logistic output, for targets between 0 and 1: ½ (σ(z) − y)². Not in the catalogue, since labels have better."""
    return 0.5 * (jax.nn.sigmoid(prediction[:, 0]) - y) ** 2


def squared_distance(prediction: Array, y: Array) -> Array:
    """Squared error of several outputs at once, for targets of shape (n, outputs): ½ ‖prediction − y‖²."""
    return 0.5 * jnp.sum((prediction - y) ** 2, axis=1)


@dataclass(frozen=True)
class LossKind:
    """A cost function and what it is for."""

    cost: Cost
    classification: bool
    scale_target: bool = False  #: whether the target is brought to mean 0 and variance 1 before


CATALOGUE: dict[str, LossKind] = {
    "squared": LossKind(squared, classification=False, scale_target=True),
    "absolute": LossKind(absolute, classification=False, scale_target=True),
    "huber": LossKind(huber, classification=False, scale_target=True),
    "poisson": LossKind(poisson, classification=False),
    "cross-entropy": LossKind(cross_entropy, classification=True),
    "hinge": LossKind(hinge, classification=True),
}
