"""Metrics: what a person wants to know of a model beside its loss.

Each takes predictions of shape (n, outputs) and targets of shape (n,), and returns n numbers, of which the mean is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array


def accuracy(prediction: Array, y: Array) -> Array:
    """1 for a right label, 0 for a wrong one."""
    if prediction.shape[1] == 1:
        return ((prediction[:, 0] > 0) == (y > 0.5)).astype(prediction.dtype)
    return (jnp.argmax(prediction, axis=1) == y).astype(prediction.dtype)


def explained_variance(prediction: Array, y: Array, variance: float) -> Array:
    """R²: the share of the variance of the validation targets that is explained; a mean over examples, so batches add up."""
    return 1.0 - (prediction[:, 0] - y) ** 2 / variance


@dataclass(frozen=True)
class MetricEntry:
    """A metric and how it is shown."""

    function: Callable[..., Array]
    larger_is_better: bool = True
    percent: bool = False  #: shown as a percentage
    relative: bool = False  #: whether it is also given the variance of the validation targets


#: The metrics of a task; a problem has the first of them unless another is asked for.
METRICS: dict[str, dict[str, MetricEntry]] = {
    "classification": {"accuracy": MetricEntry(accuracy, percent=True)},
    "regression": {"R²": MetricEntry(explained_variance, relative=True)},
}
