"""Where a number is searched: log-uniform ranges, and which of them a search of n settings opens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from talweg import checks

#: One minus a momentum goes no further than this, or the momentum would be negative.
LARGEST_COMPLEMENT = 0.999


@dataclass(frozen=True)
class Range:
    """A number searched log-uniformly from `low` to `high`; with `complement`, one minus the number is.

    `tier` says from how many settings on the number is searched at all: 1 always, 2 from 10 settings, 3 from 26 (what is tuned
    grows with the number of settings, so that a method with many numbers isn't drowned in them).
    """

    low: float
    high: float
    tier: int = 1
    complement: bool = False

    def __post_init__(self) -> None:
        checks.number("Range", "low", self.low, checks.POSITIVE)
        checks.number("Range", "high", self.high, checks.Interval(self.low, 1 if self.complement else math.inf, low_open=True))

    def value(self, u: float) -> float:
        """The number at position u of the unit interval."""
        x = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        return 1.0 - x if self.complement else x

    def position(self, value: float) -> float:
        """Where in the unit interval a number lies; outside [0, 1] when it is outside the range."""
        x = 1.0 - value if self.complement else value
        if x <= 0:
            return -math.inf
        return (math.log(x) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))

    def edge(self, value: float, share: float = 0.1) -> int:
        """-1 if the number lies in the lowest `share` of the log range (or below), +1 in the highest, 0 inside."""
        u = self.position(value)
        return -1 if u < share else 1 if u > 1 - share else 0

    def beyond(self, edge: int) -> Range:
        """The range next to this one at an edge, half as wide in logarithms."""
        half = math.sqrt(self.high / self.low)
        low, high = (self.low / half, self.low) if edge < 0 else (self.high, self.high * half)
        return replace(self, low=low, high=min(high, LARGEST_COMPLEMENT) if self.complement else high)

    def __str__(self) -> str:
        return f"{'1 − ' if self.complement else ''}{self.low:g} … {self.high:g}"


Space = Mapping[str, Range]


def tunable(space: Space, settings: int) -> dict[str, Range]:
    """The ranges that a search of `settings` settings opens; the others stay at the method's default."""
    tier = 1 if settings < 10 else 2 if settings <= 25 else 3
    return {name: r for name, r in space.items() if r.tier <= tier}
