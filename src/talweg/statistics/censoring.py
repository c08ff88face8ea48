"""When a curve reaches its target."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


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
