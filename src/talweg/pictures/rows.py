"""Looking things up in a summary, for pictures, captions and report alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Summary = dict[str, Any]
Contestant = dict[str, Any]


def median(d: Mapping[str, float | None] | None) -> float | None:
    """The middle of an interval, None if there is neither."""
    return None if d is None else d.get("median")


def winner(summary: Summary) -> Contestant | None:
    """The contestant that the verdict names, None if it names none."""
    return next((c for c in summary["contestants"] if c["name"] == summary["verdict"].get("winner")), None)


def yardstick(summary: Summary) -> Contestant | None:
    """Tuned mini-batch gradient descent, over which speed-ups are counted."""
    return next((c for c in summary["contestants"] if c["name"] == summary["target"]["yardstick"]), None)


def tried(c: Contestant) -> list[dict[str, Any]]:
    """The settings searched that had a learning rate."""
    return [point for point in c.get("search") or [] if point.get("learning_rate")]


def reached(c: Contestant) -> bool:
    """Whether at least half of its seeds reached the target."""
    return median(c.get("examples_to_target")) is not None


def search_start(summary: Summary) -> float | None:
    """The loss at which the settings searched began: that of the search's own seed if the summary has it, or the usual one."""
    run = summary["run"]
    return run.get("search_start_loss") or run.get("start_loss")
