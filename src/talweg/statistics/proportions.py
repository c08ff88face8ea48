"""Intervals of proportions and of their differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import optimize, stats

from talweg.statistics.bootstrap import LEVEL


def proportion_interval(successes: float, count: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a proportion: one that is sensible for few cases, and for all or none of them. Wilson 1927.

    Ties may count as half a success; where half of one is left over, the interval holds those of either way to count it.
    """
    fewer, more = (stats.binomtest(whole, count).proportion_ci(level, "wilson") for whole in (math.floor(successes), math.ceil(successes)))
    return float(fewer.low), float(more.high)


def paired_difference(one: np.ndarray, other: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """How much more often the first of two is true, pair by pair, and its interval.

        (b − c) / n,    (b − c) / (n + 2) ± z √(b' + c' − (b' − c')² / (n + 2)) / (n + 2),    b' = b + ½, c' = c + ½

    b pairs have only the first true, c only the second. Agresti & Min, "Simple improved confidence intervals for comparing matched
    proportions", 2005: half a case is added to each cell of the table, so that the interval is not empty where no pair differs.
    """
    difference = (int((one & ~other).sum()) - int((~one & other).sum())) / len(one)
    return difference, *mixed_difference([(one, other)], np.ones(1), level)


def mixed_proportion(
    successes: Sequence[int], count: int, weights: Float[np.ndarray, " cases"], level: float = LEVEL
) -> tuple[float, float]:
    """The interval of a proportion that is one of several, each as likely as its weight: of a single one it is Wilson's."""
    bounds = np.array([proportion_interval(one, count, level) for one in successes])
    return _mixed(bounds.mean(axis=1), (bounds[:, 1] - bounds[:, 0]) / (2 * _quantile(level)), weights, level, (0.0, 1.0))


def mixed_difference(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], weights: Float[np.ndarray, " cases"], level: float = LEVEL
) -> tuple[float, float]:
    """The interval of a difference that is that of one of several pairs, each as likely as its weight: of one pair Agresti and Min's."""
    middles, widths = zip(*(_paired(one, other) for one, other in pairs), strict=True)
    return _mixed(np.array(middles), np.array(widths), weights, level, (-1.0, 1.0))


def _paired(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """The middle of Agresti and Min's interval, and its standard error."""
    more, fewer, whole = int((one & ~other).sum()) + 0.5, int((~one & other).sum()) + 0.5, len(one) + 2
    return (more - fewer) / whole, math.sqrt(more + fewer - (more - fewer) ** 2 / whole) / whole


def _mixed(middles: np.ndarray, errors: np.ndarray, weights: np.ndarray, level: float, ends: tuple[float, float]) -> tuple[float, float]:
    """The quantiles of a mixture of normal distributions, within the ends."""
    z, share = _quantile(level), weights / weights.sum()
    least, most = float((middles - z * errors).min()), float((middles + z * errors).max())

    def quantile(probability: float) -> float:
        def beyond(x: float) -> float:
            return float(share @ stats.norm.cdf((x - middles) / errors)) - probability

        return float(optimize.brentq(beyond, least - 1e-9, most + 1e-9))

    return max(ends[0], quantile((1 - level) / 2)), min(ends[1], quantile((1 + level) / 2))


def _quantile(level: float) -> float:
    return float(stats.norm.ppf((1 + level) / 2))
