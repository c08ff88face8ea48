"""Intervals of means over seeds: on the data at hand, and on new data."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy import stats

from talweg.statistics.bootstrap import LEVEL


def mean_interval(values: Float[np.ndarray, " seeds"], level: float = LEVEL) -> tuple[float, float]:
    """Student's interval of a mean of independent values; both ends are the value itself where there is only one."""
    if len(values) < 2:
        return float(values.mean()), float(values.mean())
    half = _quantile(len(values), level) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


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
