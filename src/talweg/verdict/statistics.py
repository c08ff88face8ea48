"""The statistics of a race, on plain arrays.

A cost is how many examples a lane needed to reach the target; infinite if it did not within its budget. All lanes of a contestant
have the same budget, so a cost that was not reached is censored there, whether the lane was still on its way or had diverged (a
diverged lane never arrives: to take it as censored where it diverged would make divergence look like an early end of the study).
"""

from __future__ import annotations

import math
from math import comb

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

LEVEL = 0.95
DRAWS = 2000


def crossing(steps: np.ndarray, values: np.ndarray, target: float) -> float:
    """The step at which a curve first comes down to the target, between measuring points on a straight line; infinite if it never does.

    Values that are not finite never reach it.
    """
    below = np.flatnonzero(values <= target)  # comparisons with NaN are false
    if below.size == 0:
        return np.inf
    i = int(below[0])
    if i == 0 or not np.isfinite(values[i - 1]):
        return float(steps[i])
    share = (values[i - 1] - target) / (values[i - 1] - values[i])
    return float(steps[i - 1] + share * (steps[i] - steps[i - 1]))


def censored_median(costs: Float[np.ndarray, " lanes"], budget: float) -> float:
    """The Kaplan–Meier median of costs, those that are infinite being censored at the budget; infinite if fewer than half arrived.

    Where the survival curve is exactly one half between two costs, the middle of the two, as for a median without censoring.
    """
    arrived = np.isfinite(costs)
    if not arrived.any():
        return np.inf
    curve = stats.ecdf(stats.CensoredData.right_censored(np.where(arrived, costs, budget), ~arrived)).sf
    left = np.round(curve.probabilities, 12)
    half, fewer = curve.quantiles[left <= 0.5], curve.quantiles[left < 0.5]
    return float((half[0] + fewer[0]) / 2) if fewer.size else np.inf


def interval(draws: Float[np.ndarray, " draws"], level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of bootstrap draws; an end is infinite where the draws are."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def proportion_interval(share: float, count: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a proportion: one that is sensible for few cases, and for all or none of them. Wilson 1927."""
    z = float(stats.norm.ppf((1 + level) / 2))
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return 0.0 if share == 0 else max(0.0, middle - half), 1.0 if share == 1 else min(1.0, middle + half)


def paired_difference(one: np.ndarray, other: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """How much more often the first of two is true, pair by pair, and its interval.

        (b − c) / n,    (b − c) / (n + 2) ± z √(b' + c' − (b' − c')² / (n + 2)) / (n + 2),    b' = b + ½, c' = c + ½

    b pairs have only the first true, c only the second. Agresti & Min, "Simple improved confidence intervals for comparing matched
    proportions", 2005: half a case is added to each cell of the table, so that the interval is not empty where no pair differs.
    """
    n, b, c = len(one), int((one & ~other).sum()), int((~one & other).sum())
    z = float(stats.norm.ppf((1 + level) / 2))
    more, fewer, whole = b + 0.5, c + 0.5, n + 2
    half = z * math.sqrt(more + fewer - (more - fewer) ** 2 / whole) / whole
    middle = (more - fewer) / whole
    return (b - c) / n, max(-1.0, middle - half), min(1.0, middle + half)


def resampled(count: int, draws: int, seed: int) -> Int[np.ndarray, "draws count"]:
    """Indices of `draws` samples with replacement, the same for the same seed: contestants are resampled in pairs."""
    return np.random.default_rng((seed, count)).integers(count, size=(draws, count))


def medians(values: Float[np.ndarray, "... lanes"]) -> np.ndarray:
    """Medians along the last axis, where infinite values are fine: that of an even number of values is infinite if either middle one is."""
    with np.errstate(invalid="ignore"):
        middle = np.sort(values, axis=-1)
        n = values.shape[-1]
        return (middle[..., (n - 1) // 2] + middle[..., n // 2]) / 2


def probability_less(a: np.ndarray, b: np.ndarray) -> float:
    """How often the first is less than the second, pair by pair; equal ones count half."""
    return float(np.mean((a < b) + 0.5 * (a == b)))


def best_of(losses: Float[np.ndarray, " settings"], shares: tuple[float, float] = (0.1, 0.9)) -> Float[np.ndarray, "3 settings"]:
    """The smallest loss among n of the settings, drawn without replacement, for n = 1 … all: its mean, and its quantiles at `shares`.

    Dodge et al., "Show your work", 2019. Losses that are not finite (diverged) count as the largest that is; without any, all is NaN.
    """
    finite = losses[np.isfinite(losses)]
    if finite.size == 0:
        return np.full((3, len(losses)), np.nan)
    ordered = np.sort(np.where(np.isfinite(losses), losses, finite.max()))
    total = len(ordered)
    # the i-th smallest is the best of n if it is drawn, and the other n − 1 come from those behind it
    chance = np.array([[comb(total - 1 - i, n - 1) / comb(total, n) for i in range(total)] for n in range(1, total + 1)])
    reached = np.cumsum(chance, axis=1)
    ends = [ordered[np.minimum((reached < share - 1e-12).sum(axis=1), total - 1)] for share in shares]
    return np.stack([chance @ ordered, *ends])


def lexicographic(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pairs (first, then second) as ranks, so that pairs can be compared as numbers; equal pairs get equal ranks."""
    _, codes = np.unique(np.stack([first.ravel(), second.ravel()], axis=1), axis=0, return_inverse=True)
    return codes.reshape(first.shape)
