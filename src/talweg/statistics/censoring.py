"""When a curve reaches its target, and medians of times that were not observed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import stats


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


def crossings(
    steps: Float[np.ndarray, " points"], curves: Float[np.ndarray, "draws points"], targets: Float[np.ndarray, " draws"]
) -> Float[np.ndarray, " draws"]:
    """`crossing` for many curves over the same steps, each with its own target."""
    below = curves <= targets[:, None]
    first = below.argmax(axis=1)
    rows, before = np.arange(len(curves)), np.maximum(first - 1, 0)
    high, low = curves[rows, before], curves[rows, first]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where((first == 0) | ~np.isfinite(high), 1.0, (high - targets) / (high - low))
    arrival = steps[before] + share * (steps[first] - steps[before])
    return np.where(below.any(axis=1), arrival, np.inf)
