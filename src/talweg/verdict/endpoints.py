"""Where the final lanes of a contestant ended, in numbers: what they are, how sharp, and how many are equally good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from talweg.verdict import scores
from talweg.verdict.record import Entry, Record

ALIKE = 0.01  #: of the way down from the start to the best: ends that are no farther apart are equally good


def numbers(entry: Entry, record: Record) -> dict[str, Any] | None:
    """Of the final lanes of a contestant; None where nobody looked."""
    if not entry.endpoints:
        return None
    seen = [ending for ending in entry.endpoints if ending is not None]
    own = np.array([scores.final_loss(lane) for lane in entry.final])
    everybody = np.array([scores.final_loss(lane) for other in record.entries for lane in other.final])
    begins = [lane.validation_loss[0] for lane in entry.final]
    return {
        "lanes": len(entry.final),
        "diagnosed": len(seen),
        "points": {kind: sum(ending["point"] == kind for ending in seen) for kind in sorted({ending["point"] for ending in seen})},
        "sharpness": _spread([ending["largest"] for ending in seen]),
        "lowest_curvature": _spread([ending["smallest"] for ending in seen]),
        "gradient_signal_to_noise": _median(
            [e["gradient_norm"] / e["gradient_sampling"] for e in seen if e["gradient_norm"] is not None and e["gradient_sampling"]]
        ),
        "edge": _median(
            [ending["largest"] / ending["threshold"] for ending in seen if ending["threshold"] and ending["largest"] is not None]
        ),
        "near_own_best": _near(own, own, begins),
        "near_best": _near(own, everybody, begins),
    }


def _near(own: np.ndarray, best_of: np.ndarray, begins: Sequence[float]) -> int:
    """How many of the losses are as low as the lowest of others, but for a hundredth of the way down."""
    if not np.isfinite(best_of).any():
        return 0
    best = float(best_of[np.isfinite(best_of)].min())
    return int((own <= best + ALIKE * max(float(np.median(begins)) - best, 0.0)).sum())


def _spread(values: Sequence[float | None]) -> dict[str, float | None]:
    finite = [value for value in values if value is not None]
    if not finite:
        return {"median": None, "low": None, "high": None}
    return {"median": float(np.median(finite)), "low": min(finite), "high": max(finite)}


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
