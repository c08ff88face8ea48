"""Cost functions: what one prediction costs.

Each takes predictions of shape (n, outputs) and targets of shape (n,), labels as whole numbers, and returns n costs. Each but hinge
is on the scale of its namesake in PyTorch (MSELoss, L1Loss, HuberLoss, PoissonNLLLoss, CrossEntropyLoss), so that a learning rate means
the same there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num
from scipy import optimize, special

from talweg.checks import InputError

#: (targets, outputs of the model) -> one prediction, of shape (outputs,).
Constant = Callable[[np.ndarray, int], np.ndarray]
Cost = Callable[[Float[Array, "n outputs"], Num[Array, "n ..."]], Float[Array, " n"]]

NO_MARGIN = 1e-6  #: says which class is meant, and costs nothing


def squared(prediction: Array, y: Array) -> Array:
    """Squared error: (prediction − y)², its mean over the outputs where targets have shape (n, outputs)."""
    return jnp.mean((prediction - y.reshape(prediction.shape)) ** 2, axis=1)


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
    """Squared error of a logistic output, for targets between 0 and 1: (σ(z) − y)². Not in the catalogue, since labels have better."""
    return squared(jax.nn.sigmoid(prediction), y)


@dataclass(frozen=True)
class LossKind:
    """A cost function and what it is for."""

    cost: Cost
    classification: bool
    constant: Constant  #: the best prediction of all that know nothing but the target
    scale_target: bool = False  #: whether the target is brought to mean 0 and variance 1 before


def logits_of_shares(y: np.ndarray, outputs: int) -> np.ndarray:
    """The logarithms of the shares of the classes, each with half a case more; with one output the log-odds of the second."""
    shares = np.bincount(y.astype(int), minlength=max(outputs, 2)) + 0.5
    return np.log(shares[1:] / shares[0]) if outputs == 1 else np.log(shares / shares.sum())


def margin_of_majority(y: np.ndarray, outputs: int) -> np.ndarray:
    """A margin of 1 for the most frequent class; next to none where it is less than half of the rows, since it would cost more."""
    counts = np.bincount(y.astype(int), minlength=max(outputs, 2))
    if outputs == 1:
        return np.array([1.0 if counts[1] > counts[0] else -1.0])
    return np.eye(outputs)[counts.argmax()] * (1.0 if 2 * counts.max() >= counts.sum() else NO_MARGIN)


def huber_centre(y: np.ndarray, outputs: int) -> np.ndarray:
    """Huber's M-estimate of location."""
    values = y.astype(float)
    best = optimize.minimize_scalar(lambda c: float(np.mean(special.huber(1.0, values - c))), bounds=(values.min(), values.max()))
    return np.array([best.x])


CATALOGUE: dict[str, LossKind] = {
    "squared": LossKind(squared, classification=False, constant=lambda y, outputs: np.array([y.mean(dtype=float)]), scale_target=True),
    "absolute": LossKind(absolute, classification=False, constant=lambda y, outputs: np.array([float(np.median(y))]), scale_target=True),
    "huber": LossKind(huber, classification=False, constant=huber_centre, scale_target=True),
    "poisson": LossKind(poisson, classification=False, constant=lambda y, outputs: np.array([math.log(max(y.mean(dtype=float), 1e-12))])),
    "cross-entropy": LossKind(cross_entropy, classification=True, constant=logits_of_shares),
    "hinge": LossKind(hinge, classification=True, constant=margin_of_majority),
}

#: Other usual names; capitals, underscores and blanks make no difference.
ALIASES: dict[str, str] = {
    **dict.fromkeys(("mse", "l2"), "squared"),
    **dict.fromkeys(("mae", "l1"), "absolute"),
    "smooth-l1": "huber",
    **dict.fromkeys(("ce", "bce", "log", "log-loss"), "cross-entropy"),
}


def named(text: str | None) -> str | None:
    """The name in the catalogue of a loss that is called by it or by another usual name; None stays None.

    Raises InputError for an unknown one.
    """
    if text is None:
        return None
    word = re.sub(r"[\s_]+", "-", str(text).strip().lower())
    name = ALIASES.get(word, word)
    if name not in CATALOGUE:
        raise InputError(f"loss: unknown loss {text!r}; known: {', '.join(map(_with_aliases, CATALOGUE))}")
    return name


def _with_aliases(name: str) -> str:
    others = [alias for alias, meant in ALIASES.items() if meant == name]
    return f"{name} ({', '.join(others)})" if others else name
