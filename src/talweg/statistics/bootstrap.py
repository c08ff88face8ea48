"""Resampling with replacement, and intervals from it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

LEVEL = 0.95
DRAWS = 2000


def interval(draws: Float[np.ndarray, " draws"], level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of bootstrap draws; an end is infinite where the draws are."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def resampled(count: int, draws: int, seed: int) -> Int[np.ndarray, "draws count"]:
    """Indices of `draws` samples with replacement, the same for the same seed: contestants are resampled in pairs."""
    return np.random.default_rng((seed, count)).integers(count, size=(draws, count))


def probability_less(a: np.ndarray, b: np.ndarray) -> float:
    """How often the first is less than the second, pair by pair; equal ones count half."""
    return float(np.mean((a < b) + 0.5 * (a == b)))
