"""What is as good as the best, who is there first, and what is recommended: the rules, as pure functions of qualities and times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from talweg.statistics import censoring
from talweg.store import Lane
from talweg.verdict import quality
from talweg.verdict.quality import Constants, Quality

K = TypeVar("K")

FASTER = 1.5  #: times as fast as the best: less is no reason to take another, who could be ahead by noise


class Seconds(NamedTuple):
    """The time of a step, between two rounds of measurements."""

    low: float
    high: float

    def times(self, steps: float) -> Seconds:
        """That of so many steps."""
        return Seconds(self.low * steps, self.high * steps)


def target(qualities: Sequence[Quality], nothing: float) -> float:
    """As good as the best: the lowest mean of qualities over the same seeds, plus the margin."""
    best = min(one.mean for one in qualities)
    return best + quality.margin(best, nothing)


def arrival(lanes: Sequence[Lane], constants: Constants, target: float) -> float:
    """The step at which the mean curve over seeds comes down to the target; infinite if it never does.

    A single lane's curve says nothing: the luck of a split is many times the margin.
    """
    return censoring.crossing(lanes[0].steps, quality.curves(lanes, constants).mean(axis=0), target)


def fastest(variants: Sequence[Sequence[Lane]], constants: Constants, target: float) -> tuple[Sequence[Lane], float] | None:
    """The variant of one contestant that arrives first, and when; None if none does."""
    arrivals = [arrival(lanes, constants, target) for lanes in variants]
    first = int(np.argmin(arrivals))
    return (variants[first], arrivals[first]) if np.isfinite(arrivals[first]) else None


def price(mean: float, seconds: float, margin: float) -> float:
    """An expected loss with the time that it takes: a training twice as long has to be better by the margin."""
    return mean + margin * math.log2(seconds)


def recommended(standing: Mapping[K, Quality], seconds: Mapping[K, Seconds], nothing: float) -> K:
    """The lowest expected loss; or of those that are clearly faster and lower in `price`, the lowest.

    Clearly faster: a whole training takes at most two thirds of the time, by the slower of two measurements; so noise in a timing
    changes nothing. A loss that is higher by the margin then has to be bought with half of the time.
    """
    best = min(standing, key=lambda one: standing[one].mean)
    margin = quality.margin(standing[best].mean, nothing)
    prices = {one: price(known.mean, seconds[one].high, margin) for one, known in standing.items()}
    limit = price(standing[best].mean, seconds[best].low, margin)
    able = [one for one in standing if FASTER * seconds[one].high <= seconds[best].low and prices[one] <= limit]
    return min(able, key=lambda one: prices[one], default=best)
