"""The training dynamics in words: who stalls, who turns back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from talweg.text.format import figures, listed, sentence, share, times
from talweg.text.lookup import Summary


def caption(summary: Summary, picture: str) -> str:
    """What there is to see, and what is drawn."""
    drawn_as = {
        "rate": "Line: |move| / |gradient|, median over the model's coordinates; band, for the winner and those that stall: its quartiles.",
        "gradient": "Line: median over a few final seeds, of the batch of the last step before each measurement.",
        "turns": "Line: median over a few final seeds; with small batches chance alone makes right angles (0).",
    }
    said = [f"{sentence(words)}." for words in (summary.get("dynamics") or {}).get(picture, [])]
    return " ".join([*said, drawn_as[picture]])


STALLED = 0.25  # of its early effective learning rate, or less, is what a stalled method has left
FAR = 1000.0  # times: coordinates whose gradient has all but gone make any larger number meaningless
TURNING = -0.2  # a run whose moves make a wider angle than that turns back more than chance would


def sentences(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What is to be said of effective learning rates, gradients and turns; by the picture that shows it."""
    seen = [row for row in rows if row["probes"]]
    if not seen:
        return {}
    return {"rate": _rates(seen), "gradient": _gradients(seen), "turns": _turns(seen)}


def _rates(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    kept = {row["label"]: row["probes"]["rate_ratio"] for row in rows if row["probes"]["rate_ratio"] is not None}
    stalled = [f"{row['label']}'s to {share(row['probes']['rate_ratio'])}" for row in rows if row["probes"]["stalls"]]
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
    turn = {row["label"]: row["probes"]["typical_cosine"] for row in rows if np.isfinite(row["probes"]["typical_cosine"])}
    back = [f"{label} ({figures(cosine, 2)})" for label, cosine in turn.items() if cosine <= TURNING]
    said = []
    if back:
        verb = "turns" if len(back) == 1 else "turn"
        said.append(f"{listed(back)} {verb} back from one move to the next, which is what overshooting looks like")
    if turn:
        straight = max(turn, key=turn.__getitem__)
        said.append(f"{straight} goes the straightest, with a typical cosine of {figures(turn[straight], 2)} between one move and the next")
    return said
