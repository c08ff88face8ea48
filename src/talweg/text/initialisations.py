"""How much it matters how weights start, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talweg.text.format import count, interval, measured, share

AXIS = "validation loss"
NARROW_AXIS = "loss"


def sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the initialisation moves, and whether another one is better than the race's own; the rows stand from the lowest loss."""
    own = next(row for row in rows if row["own"])
    lowest, highest = rows[0], rows[-1]
    low, high = (row["validation_loss"]["mean"] for row in (lowest, highest))
    if not any(differs(row) for row in rows):
        return (
            f"How weights start makes no significant difference over {count(own['seeds'], 'seed')}: the validation loss is {number(low)} "
            f"to {number(high)} with all {len(rows)} initialisations."
        )
    moved = f"{number(high - low)} ({share((high - low) / low)})" if low > 0 else number(high - low)
    failed = f", where {highest['failed']} of {count(highest['seeds'], 'training')} fail" if highest["failed"] else ""
    ends = f"lowest with {lowest['name']} ({number(low)}), highest with {highest['name']} ({number(high)}{failed})"
    return f"How weights start moves the validation loss by {moved}: {ends}; {better(rows, own)}."


def better(rows: Sequence[Mapping[str, Any]], own: Mapping[str, Any]) -> str:
    """Which initialisation is better than the race's own, by how much; the hyperparameters were tuned with the race's own."""
    tuned = f"{own['name']}, with which the race was tuned"
    best = next((row for row in rows if differs(row) and row["difference"]["mean"] < 0), None)
    if best is None:
        return f"none is significantly lower than {tuned}"
    less = {"median": -best["difference"]["mean"], "low": -best["difference"]["high"], "high": -best["difference"]["low"]}
    return f"{best['name']} is lower by {interval(less, show=number)} than {tuned}"


def differs(row: Mapping[str, Any]) -> bool:
    """Whether the interval of its difference to the race's own is on one side of zero."""
    difference = row["difference"]
    return difference is not None and not difference["low"] <= 0 <= difference["high"]


def number(x: float | None) -> str:
    """A measured number with a real minus sign."""
    text = measured(x)
    return f"−{text[1:]}" if text.startswith("-") else text


def label(row: Mapping[str, Any]) -> str:
    """Beside its row of the figure."""
    return f"{row['name']} (the race's)" if row["own"] else row["name"]


def hover(row: Mapping[str, Any]) -> str:
    """What the pointer reads."""
    loss, difference = row["validation_loss"], row["difference"]
    words = [f"validation loss {interval({**loss, 'median': loss['mean']}, show=number)}"]
    if difference is not None:
        words.append(f"difference to the race's {interval({**difference, 'median': difference['mean']}, show=number)}")
    if row["failed"]:
        words.append(f"{row['failed']} of {count(row['seeds'], 'training')} failed")
    return "<br>".join(words)


def caption(rows: Sequence[Mapping[str, Any]]) -> str:
    """Below the figure."""
    return (
        f"{sentence(rows)} Points: means over {count(rows[0]['seeds'], 'seed')}; lines: 95 % intervals; filled: significantly different "
        "from the race's, by the paired differences."
    )
