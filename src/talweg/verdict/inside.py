"""What was seen inside the methods, as numbers and sentences: who stalls, who turns back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from talweg.pictures.words import figures, listed, share, times

EARLY = 0.02  # of a run: what comes before is the first few steps, which no average has settled in
STALLED = 0.25  # of its early effective learning rate, or less, is what a stalled method has left
FAR = 1000.0  # times: coordinates whose gradient has all but gone make any larger number meaningless
TURNING = -0.2  # a run whose moves make a wider angle than that turns back more than chance would


def numbers(steps: np.ndarray, seen: Mapping[str, np.ndarray], examples_per_step: int, schedule: str = "constant") -> dict[str, Any]:
    """Medians over the lanes at every measuring point after the start, and what they come to.

    Where a schedule changes the learning rate, what is left of the effective one says nothing about the method.
    """
    medians = {name: _medians(values[:, 1:]) for name, values in seen.items()}
    early = int(np.searchsorted(steps[1:], EARLY * steps[-1]))
    rate = medians["rate"]
    kept = float(rate[-1] / rate[early]) if rate[early] > 0 and schedule == "constant" else None
    return {
        "examples": [int(step) * examples_per_step for step in steps[1:]],
        **{name: values.tolist() for name, values in medians.items()},
        "kept": kept,
        "scheduled": schedule != "constant",
        "stalls": kept is not None and kept <= STALLED,
        "turn": float(_medians(medians["cosine"][early:])),
    }


def sentences(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What is to be said of effective learning rates, gradients and turns; by the picture that shows it."""
    seen = [row for row in rows if row["probes"]]
    if not seen:
        return {}
    return {"rate": _rates(seen), "gradient": _gradients(seen), "turns": _turns(seen)}


def _rates(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    kept = {row["label"]: row["probes"]["kept"] for row in rows if row["probes"]["kept"] is not None}
    stalled = [f"{row['label']}'s to {share(row['probes']['kept'])}" for row in rows if row["probes"]["stalls"]]
    grown = [
        f"{label}'s {times(min(left, FAR))}" + (" and more" if left > FAR else "") for label, left in kept.items() if left >= 1 / STALLED
    ]
    said = []
    if stalled:
        said.append(f"the effective learning rate falls: {listed(stalled)} of what it was early in the run; that is how a method stalls")
    if grown:
        said.append(f"it grows where gradients fade faster than moves: {listed(grown)} by the end")
    if any(row["probes"]["scheduled"] for row in rows):
        said.append("the learning rate follows a schedule, and the effective one with it")
    elif kept and not said:
        said.append(
            f"nobody stalls: all keep between {share(min(kept.values()))} and {share(max(kept.values()))} of their early effective rate"
        )
    return said


def _gradients(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    ends = {row["label"]: row["probes"]["gradient_norm"][-1] for row in rows}
    known = {label: end for label, end in ends.items() if end is not None and np.isfinite(end)}
    if len(known) < 2:
        return []
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    return [
        f"the gradient of a batch ends smallest with {low} ({figures(known[low], 2)}) and largest with {high} ({figures(known[high], 2)})"
    ]


def _turns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    turn = {row["label"]: row["probes"]["turn"] for row in rows if np.isfinite(row["probes"]["turn"])}
    back = [f"{label} ({figures(cosine, 2)})" for label, cosine in turn.items() if cosine <= TURNING]
    said = []
    if back:
        verb = "turns" if len(back) == 1 else "turn"
        said.append(f"{listed(back)} {verb} back from one move to the next, which is what overshooting looks like")
    if turn:
        straight = max(turn, key=turn.__getitem__)
        said.append(f"{straight} goes the straightest, with a typical cosine of {figures(turn[straight], 2)} between one move and the next")
    return said


def _medians(values: np.ndarray) -> np.ndarray:
    """Medians over the first axis of what is known; NaN where nothing is."""
    return np.ma.filled(np.ma.median(np.ma.masked_invalid(values), axis=0), np.nan)
