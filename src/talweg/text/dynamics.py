"""The training dynamics in words: which methods stall, and which overshoot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talweg.summary import Row, Summary
from talweg.text.format import agreed, figures, listed, sentence, share, signed, times

STALLED = 0.25  # of its early effective learning rate, or less, is what a stalled method has left
FAR = 1000.0  # times: coordinates whose gradient is all but zero make any larger number meaningless
OPPOSED = -0.2  # a typical cosine below that is more than chance would make

DRAWN = {
    "rate": "Line: |move| / |gradient|, median over the coordinates; band (winner, and methods that stall): its quartiles.",
    "gradient": "Line: norm of the mini-batch gradient of the last step, median over a few final seeds.",
    "turns": "Line: median over a few final seeds; 1: same direction, −1: opposite directions, 0: what mini-batch noise alone gives.",
}


def caption(summary: Summary, picture: str) -> str:
    """What there is to see, and what is drawn."""
    return " ".join([*(f"{sentence(words)}." for words in summary["dynamics"][picture]), DRAWN[picture]])


def sentences(rows: Sequence[Row]) -> dict[str, list[str]]:
    """What is to be said of effective learning rates, gradients and turns; by the picture that shows it."""
    probed = [row for row in rows if row["probes"]]
    return {"rate": _rates(probed), "gradient": _gradients(probed), "turns": _turns(probed)} if probed else {}


def _rates(rows: Sequence[Row]) -> list[str]:
    ratios = {row["label"]: row["probes"]["rate_ratio"] for row in rows if row["probes"]["rate_ratio"] is not None}
    stalled = [f"{share(ratio)} for {label}" for label, ratio in ratios.items() if ratio <= STALLED]
    grown = [f"{'over ' * (ratio > FAR)}{times(min(ratio, FAR))} for {label}" for label, ratio in ratios.items() if ratio >= 1 / STALLED]
    words = []
    if stalled:
        words.append(f"the effective learning rate falls to a fraction of its early value ({listed(stalled)}): training stalls")
    if grown:
        words.append(f"the effective learning rate grows ({listed(grown)}): gradients shrink faster than moves")
    if any(row["probes"]["scheduled"] for row in rows):
        words.append("the effective learning rate follows the schedule")
    elif ratios and not words:
        words.append(f"no method stalls: at least {share(min(ratios.values()))} of the early effective learning rate remains at the end")
    return words


def _gradients(rows: Sequence[Row]) -> list[str]:
    norms = {row["label"]: row["probes"]["gradient_norm"][-1] for row in rows}
    known = {label: norm for label, norm in norms.items() if norm is not None and np.isfinite(norm)}
    if len(known) < 2:
        return []
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    return [f"the final gradient norm is smallest for {low} ({figures(known[low], 2)}) and largest for {high} ({figures(known[high], 2)})"]


def _turns(rows: Sequence[Row]) -> list[str]:
    cosines = {row["label"]: row["probes"]["typical_cosine"] for row in rows if np.isfinite(row["probes"]["typical_cosine"])}
    opposed = [f"{label} (typical cosine {signed(cosine, 2)})" for label, cosine in cosines.items() if cosine <= OPPOSED]
    words = []
    if opposed:
        words.append(f"{agreed(opposed, 'overshoots', 'overshoot')}: successive moves point in opposite directions")
    straight = max(cosines, key=cosines.__getitem__, default="")
    if straight and cosines[straight] > 0:
        words.append(f"successive moves are most aligned for {straight}, with a typical cosine of {signed(cosines[straight], 2)}")
    return words
