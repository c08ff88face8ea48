"""Numbers with intervals, as summaries have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from talweg.statistics import means

Numbers = dict[str, float | None]
UNKNOWN: Numbers = {"mean": None, "low": None, "high": None}


def mean(values: np.ndarray) -> Numbers:
    """A mean over seeds with its interval."""
    if not np.isfinite(values).all():
        return UNKNOWN
    low, high = means.mean_interval(values)
    return {"mean": float(values.mean()), "low": low, "high": high}


def of_known(values: Sequence[float | None], *, largest: bool, share: bool = False) -> Numbers | None:
    """The same of values some of which are missing, which count as the worst that is known; None where nothing was measured.

    The interval of a `share` stays between 0 and 1.
    """
    known = np.array(values, float)
    finite = known[np.isfinite(known)]
    if not finite.size:
        return None
    numbers = mean(np.where(np.isfinite(known), known, finite.max() if largest else finite.min()))
    return {key: None if value is None else min(max(value, 0.0), 1.0) for key, value in numbers.items()} if share else numbers


def metric(values: Sequence[float | None], problem: Mapping[str, Any]) -> Numbers | None:
    """The mean of a problem's metric; None where it has none."""
    return of_known(values, largest=False, share=problem["metric_percent"]) if problem["metric"] else None
