"""Training dynamics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talweg.text import dynamics

NAN = float("nan")


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """What is said of contestants by their probes."""
    cases: dict[str, list[dict[str, Any]]] = {
        "not recorded": [{"label": "Adam", "probes": None}],
        "usual": [probed("Adam", 0.62, 0.08, 0.4), probed("momentum", 0.94, 0.31, 0.85)],
        "one stalls, one grows, one overshoots": [
            *(probed("Adam", 9.0, 0.08, 0.4), probed("Adagrad", 0.1, 2.4, -0.6), probed("momentum", 0.9, 0.31, 0.85))
        ],
        "several stall, grow and overshoot": [
            *(probed("Adam", 4e5, 0.08, -0.3), probed("RMSprop", 12.0, 0.2, -0.5)),
            *(probed("Adagrad", 0.1, 2.4, NAN), probed("AdaDelta", 0.004, NAN, NAN)),
        ],
        "a schedule": [probed("Adam", None, 0.08, 0.4, scheduled=True)],
        "diverged": [probed("Adam", None, NAN, NAN)],
    }
    for title, rows in cases.items():
        words = dynamics.sentences(rows)
        yield title, [line for lines in words.values() for line in lines]
    summary = {"dynamics": dynamics.sentences(cases["one stalls, one grows, one overshoots"])}
    for picture in ("rate", "gradient", "turns"):
        yield f"under the figure: {picture}", dynamics.caption(summary, picture)


def probed(label: str, ratio: float | None, norm: float, cosine: float, scheduled: bool = False) -> dict[str, Any]:
    """A contestant with what is left of its early effective learning rate, its last gradient norm, and its typical cosine."""
    probes = {"rate_ratio": ratio, "gradient_norm": [1.0, norm], "typical_cosine": cosine, "scheduled": scheduled}
    return {"label": label, "probes": probes}
