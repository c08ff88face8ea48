"""The endpoints of a contestant's final lanes, in numbers: what they are, how sharp, and how many are equally good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from talweg.verdict import quality
from talweg.verdict.record import Entry, Record

ALIKE = 0.01  #: of the initial gap: endpoints whose losses are no farther apart are equally good


def numbers(entry: Entry, record: Record) -> dict[str, Any] | None:
    """Of the final lanes of a contestant; None where they were not diagnosed."""
    if not entry.endpoints:
        return None
    known = [endpoint for endpoint in entry.endpoints if endpoint is not None]
    own = np.array([quality.final_loss(lane) for lane in entry.final])
    all_losses = np.array([quality.final_loss(lane) for other in record.entries for lane in other.final])
    start = float(np.median([lane.validation_loss[0] for lane in entry.final]))
    sharpness, lowest = ([one[end] for one in known if one[end] is not None] for end in ("largest", "smallest"))
    return {
        "lanes": len(entry.final),
        "diagnosed": len(known),
        "points": dict(sorted(Counter(one["point"] for one in known).items())),
        "sharpness": _spread(sharpness),
        "lowest_curvature": _spread(lowest),
        "gradient_signal_to_noise": _median_ratio(known, "gradient_norm", "gradient_sampling"),
        "edge": _median_ratio(known, "largest", "threshold"),
        "near_own_best": _near(own, own, start),
        "near_best": _near(own, all_losses, start),
    }


def _near(own: np.ndarray, best_of: np.ndarray, start: float) -> int:
    """How many of the losses are as low as the lowest of others, but for a hundredth of the initial gap."""
    best = float(best_of.min())
    return int((own <= best + ALIKE * max(start - best, 0.0)).sum()) if np.isfinite(best) else 0


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"median": None, "low": None, "high": None}
    return {"median": float(np.median(values)), "low": min(values), "high": max(values)}


def _median_ratio(endpoints: Sequence[dict[str, Any]], one: str, other: str) -> float | None:
    """The median of a ratio over the endpoints where both numbers are known, and the second is not zero."""
    ratios = [endpoint[one] / endpoint[other] for endpoint in endpoints if endpoint[one] is not None and endpoint[other]]
    return float(np.median(ratios)) if ratios else None
