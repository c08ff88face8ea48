"""Training dynamics as numbers: which effective learning rates stall, which methods turn back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from talweg.text.dynamics import STALLED

EARLY = 0.02  # of a run: what comes before is the first few steps, which no average has settled in


def numbers(steps: np.ndarray, probes: Mapping[str, np.ndarray], examples_per_step: int, schedule: str = "constant") -> dict[str, Any]:
    """Medians over the lanes at every measuring point after the start, and what they come to.

    Where a schedule changes the learning rate, what is left of the effective one says nothing about the method.
    """
    medians = {name: _medians(values[:, 1:]) for name, values in probes.items()}
    early = int(np.searchsorted(steps[1:], EARLY * steps[-1]))
    rate = medians["rate"]
    ratio = float(rate[-1] / rate[early]) if rate[early] > 0 and schedule == "constant" else None
    return {
        "examples": [int(step) * examples_per_step for step in steps[1:]],
        **{name: values.tolist() for name, values in medians.items()},
        "rate_ratio": ratio,
        "scheduled": schedule != "constant",
        "stalls": ratio is not None and ratio <= STALLED,
        "typical_cosine": float(_medians(medians["cosine"][early:])),
    }


def _medians(values: np.ndarray) -> np.ndarray:
    """Medians over the first axis of what is known; NaN where nothing is."""
    return np.ma.filled(np.ma.median(np.ma.masked_invalid(values), axis=0), np.nan)
