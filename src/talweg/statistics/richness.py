"""What random starts did not find: how likely, and how many, are the basins that none of n of them ended in.

Only the counts of endpoints are used, c₁ … c_k of them in the k basins found, n = Σ c in all. n₁ basins were found once, n₂ twice.
All of it speaks of starts drawn like those n, independently and from the same distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int
from scipy import stats

from talweg import checks
from talweg.checks import InputError, InputTypeError

Z = float(stats.norm.ppf(0.975))  #: of intervals of 95 %
ABOVE, BELOW = 1, 3  #: added to n₂ for the upper and the lower end of the missing mass


class Estimate(NamedTuple):
    """A number, and the two ends of its interval of 95 %."""

    value: float
    low: float
    high: float


def missing_mass(counts: Sequence[int] | np.ndarray) -> Estimate:
    """How likely it is that the next start ends in a basin that none has ended in yet.

        s = n₁ / n,    |m − s| ≤ z √v(m)
        upper end:  v = (m (1 − m) + 2 (n₂ + 1) / n) / n
        lower end:  v = (max of m (1 − m) and s (1 − s), + 2 (n₂ + 3) / n) / n

    The estimate is Turing's; its variance about the mass m that is really unseen is (E n₁ + 2 E n₂) / n² for many rare basins (Esty),
    and solving for m, as in Wilson's interval, keeps the interval from being empty where n₁ = 0. A single start says nothing: 0 to 1.

    Differs: Esty puts n₁ and n₂ for what is expected of them. Where they are small that is too narrow: in simulations it held in 62 %
    for a basin of mass 1/n. One more basin seen twice mends the upper end. The lower end allows for an n₂ of 3 more (with 3 expected,
    none is seen in 5 %), and takes the larger variance, since a rare basin that was found leaves nothing unseen. With both, it held in
    at least 94.5 % for all distributions that were tried, from n = 8 on.

    Good, "The population frequencies of species and the estimation of population parameters", 1953. Esty, "A normal limit law for
    a nonparametric estimator of the coverage of a random sample", 1983. Raises InputError for counts that are not.
    """
    known = counted(counts)
    n, once, twice = int(known.sum()), int((known == 1).sum()), int((known == 2).sum())
    share = once / n
    if n == 1:
        return Estimate(share, 0.0, 1.0)
    spread = share * (1 - share) + 2 * (twice + BELOW) / n
    low = min(_score(share, 2 * (twice + BELOW) / n, n)[0], share - Z * math.sqrt(spread / n))
    high = _score(share, 2 * (twice + ABOVE) / n, n)[1]
    return Estimate(share, max(0.0, low), min(1.0, high))


def richness(counts: Sequence[int] | np.ndarray) -> Estimate:
    """How many basins there are at least, found or not.

        k + u,    u = n₁ (n₁ − 1) / (2 (n₂ + 1))
        k + u / C … k + u C,    C = exp(z √(log(1 + v / u²)))

    A lower bound: any number of basins too rare to be met may be added. v is the variance of u. Where u = 0 the ends are k / (1 − P) ±
    z √v / (1 − P) and at least k, with P the mean of exp(−c) over the basins found.

    Differs: the ends are whole basins, and the lower one allows for an n₂ of 3 more, as above: Chao's variance is
    too small where none was found twice.

    Chao, "Nonparametric estimation of the number of classes in a population", 1984, in the form corrected for bias, with the interval
    of "Estimating the population size for capture-recapture data with unequal catchability", 1987; for u = 0 as in Colwell's EstimateS.
    Raises InputError for counts that are not.
    """
    known = counted(counts)
    k, once, twice = len(known), int((known == 1).sum()), int((known == 2).sum())
    more = once * (once - 1) / (2 * (twice + 1))
    if more == 0:
        return _none_missing(known)
    if twice:
        variance = more + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2) + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    else:
        variance = more + once * (2 * once - 1) ** 2 / 4 - once**4 / (4 * (k + more))
    factor = math.exp(Z * math.sqrt(math.log1p(variance / more**2)))
    least = min(more / factor, once * (once - 1) / (2 * (twice + 1 + BELOW)))
    return Estimate(k + more, float(math.floor(k + least)), float(math.ceil(k + more * factor)))


def better_than_best(n: int, level: float = 0.95) -> float:
    """With this confidence, at most so likely is one more start to end strictly below the best of n.

        p = 1 − (1 − level)^(1/n)

    The best of n is the smallest of n draws: with F(x) the mass strictly below x, F(best) exceeds p only if all n draws missed the
    lowest mass of p, which has probability (1 − p)ⁿ = 1 − level. About 3 / n for 95 %. Exact where no two endpoints are equal, and safe
    where some are.

    Wilks, "Determination of sample sizes for setting tolerance limits", 1941. Raises InputError for n below 1 or a level outside (0, 1).
    """
    checks.whole("richness", "n", n)
    checks.number("richness", "level", level, checks.Interval(0, 1, low_open=True))
    return -math.expm1(math.log1p(-level) / n)


def counted(counts: Any) -> Int[np.ndarray, " basins"]:
    """The counts that are not 0, as whole numbers. Raises InputError if there are none, or one is negative or not whole."""
    try:
        numbers = np.asarray(counts, float)
    except (TypeError, ValueError) as error:
        raise InputTypeError(f"richness: counts must be whole numbers, one for each basin, got {counts!r}") from error
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (numbers < 0).any() or (numbers != np.round(numbers)).any():
        raise InputError(f"richness: counts must be whole numbers of at least 0, one for each basin, got {counts!r}")
    if not numbers.any():
        raise InputError("richness: counts must hold at least one end, got none; run some starts first")
    return numbers[numbers > 0].astype(int)


def _score(share: float, extra: float, n: int) -> tuple[float, float]:
    """The two m for which (m − share)² = z² (m (1 − m) + extra) / n."""
    a, b, c = 1 + Z * Z / n, share + Z * Z / (2 * n), share * share - Z * Z * extra / n
    root = math.sqrt(max(0.0, b * b - a * c))
    return (b - root) / a, (b + root) / a


def _none_missing(known: Int[np.ndarray, " basins"]) -> Estimate:
    """The interval about k basins where none is thought to be missing."""
    k, n, missed = len(known), known.sum(), np.exp(-known)
    variance = float((missed - missed**2).sum() - (known * missed).sum() ** 2 / n)
    share = float(missed.mean())
    middle, half = k / (1 - share), Z * math.sqrt(max(0.0, variance)) / (1 - share)
    return Estimate(float(k), float(max(k, math.floor(middle - half))), float(math.floor(middle + half)))
