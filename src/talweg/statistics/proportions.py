"""Intervals of proportions and of their differences."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

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
    n, b, c = len(one), int((one & ~other).sum()), int((~one & other).sum())
    z = float(stats.norm.ppf((1 + level) / 2))
    more, fewer, whole = b + 0.5, c + 0.5, n + 2
    half = z * math.sqrt(more + fewer - (more - fewer) ** 2 / whole) / whole
    middle = (more - fewer) / whole
    return (b - c) / n, max(-1.0, middle - half), min(1.0, middle + half)
