"""Intervals of means over seeds: on the data at hand, and on new data."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy import stats

from talweg.statistics.bootstrap import LEVEL

SKEWED = 8  #: values that their skewness is estimated from


def mean_interval(values: Float[np.ndarray, " seeds"], level: float = LEVEL) -> tuple[float, float]:
    """The interval of a mean of independent values; both ends are the value itself where there is only one.

    From eight values on their skewness is taken into account: losses have a long upper tail, of which a sample often has too little, so
    that Student's interval misses a mean that is too low five times as often as one that is too high. With fewer it is Student's, as the
    skewness of so few says nothing. Hall, "On the removal of skewness by transformation", 1992, with Student's quantile.
    """
    mean, deviation, count = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0, len(values)
    if not deviation:
        return mean, mean
    reach = _quantile(count, level) / math.sqrt(count)
    skewness = float(np.mean(((values - mean) / values.std()) ** 3)) if count >= SKEWED else 0.0
    return mean - deviation * _unskewed(reach, skewness, count), mean - deviation * _unskewed(-reach, skewness, count)


def _unskewed(quantile: float, skewness: float, count: int) -> float:
    """The quantile of the studentized mean whose transform is that of a symmetric distribution: the inverse of a cubic."""
    if abs(skewness) < 1e-6:
        return quantile
    return 3 / skewness * (math.cbrt(1 + skewness * (quantile - skewness / (6 * count))) - 1)


def resampled_interval(
    values: Float[np.ndarray, " splits"], train_rows: int, held_out_rows: int, level: float = LEVEL
) -> tuple[float, float]:
    """The interval of a mean over random splits of one pool, for data drawn anew.

        x̄ ± t √((1/J + n_held_out / n_train) s²)

    The splits share rows, so that the usual variance s²/J is far too small. Nadeau & Bengio, "Inference for the generalization error",
    2003.
    """
    half = _quantile(len(values), level) * math.sqrt(_corrected(values, train_rows, held_out_rows))
    return float(values.mean()) - half, float(values.mean()) + half


def prediction_interval(
    values: Float[np.ndarray, " seeds"],
    deviation: float,
    train_rows: int,
    held_out_rows: int,
    new_rows: int,
    *,
    fresh_splits: bool = True,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Where the mean loss of one more training lies on so many new rows.

        x̄ ± t √((1/J + n_held_out / n_train) s² + d² / m + max(s² − d² / n_held_out, 0))

    The first part is the doubt about the mean (`resampled_interval`), the second the luck of m new rows, whose losses have the standard
    deviation d, and the last the luck of one training: what s² has beyond the luck of the held-out rows. Without fresh splits all seeds
    share the held-out rows, whose luck is not in s² then: s²/J + d² / n_held_out + d² / m + s².
    """
    row, spread = deviation**2, float(values.var(ddof=1)) if len(values) > 1 else 0.0
    if fresh_splits:
        variance = _corrected(values, train_rows, held_out_rows) + row / new_rows + max(spread - row / held_out_rows, 0.0)
    else:
        variance = spread / len(values) + row / held_out_rows + row / new_rows + spread
    half = _quantile(len(values), level) * math.sqrt(variance)
    return float(values.mean()) - half, float(values.mean()) + half


def _corrected(values: np.ndarray, train_rows: int, held_out_rows: int) -> float:
    return (1 / len(values) + held_out_rows / train_rows) * float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _quantile(count: int, level: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, max(count - 1, 1)))
