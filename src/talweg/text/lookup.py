"""What figures, captions and report ask of a race's summary, and its losses as a log scale can show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talweg.summary import Row, Summary
from talweg.text.format import measured, signed

DEPTH = 1e-8  # of the initial gap: a loss that is nearer to the lowest stands there on a log scale
NO_BETTER = 0.98  # of the initial loss: a run that ends above has not improved


def baseline(summary: Summary) -> Row:
    """Tuned gradient descent with the usual batch, which sets the target, and over which speed-ups are counted."""
    return next(c for c in summary["contestants"] if c["name"] == summary["target"]["baseline"])


def tried(c: Row) -> list[Row]:
    """The settings searched that had a learning rate."""
    return [point for point in c["search"] if point["learning_rate"]]


def reached(c: Row) -> bool:
    """Whether at least half of its final seeds reached the target."""
    return c["examples_to_target"]["median"] is not None


def lifted(summary: Summary) -> Summary:
    """The summary with losses that a log scale can show: above the lowest possible one, if a loss is zero or negative.

    The lowest is the problem's optimum, if it is known; otherwise, if there are negative losses, the lowest observed. What was
    subtracted is in `summary["lift"]`. A summary whose losses are all positive stays as it is.
    """
    losses = sorted(x for x in _losses(summary) if x is not None)
    if "lift" in summary or not losses or losses[0] > 0:
        return summary
    optimum, run = summary["problem"].get("optimum"), summary["run"]
    known = optimum is not None and optimum <= losses[0] + 1e-5 * (1 + abs(optimum))  # float32 may end a little lower
    base = optimum if known else min(losses[0], 0.0)
    least = DEPTH * max((losses[-1] if run["start_loss"] is None else run["start_loss"]) - base, 1e-30)

    def above(x: float | None) -> float | None:
        return None if x is None else max(x - base, least)

    def raised(curves: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        return {name: [above(x) for x in values] for name, values in curves.items()}

    contestants = [
        {
            **c,
            "curves": {**c["curves"], "validation_loss": raised(c["curves"]["validation_loss"])},
            "tuning": {**raised(c["tuning"]), "settings": c["tuning"]["settings"]},
            "search": [{**point, "loss": above(point["loss"]), "shown": measured(point["loss"])} for point in c["search"]],
        }
        for c in summary["contestants"]
    ]
    target = dict(summary["target"])
    if target["kind"] == "loss":
        target["value"] = above(target["value"])
    run = {**run, **{key: above(run[key]) for key in ("start_loss", "search_start_loss")}}
    return {**summary, "contestants": contestants, "run": run, "target": target, "lift": {"base": base, "known": known, "least": least}}


def _losses(summary: Summary) -> Iterator[float | None]:
    for c in summary["contestants"]:
        for losses in c["curves"]["validation_loss"].values():
            yield from losses
        yield from (point["loss"] for point in c["search"])
        yield from c["tuning"]["expected"]


def loss_axis(summary: Summary, title: str) -> str:
    """The title of a log axis of losses, which says what was subtracted."""
    lift = summary.get("lift")
    if not lift or lift["base"] == 0:
        return f"{title} (log scale)"
    return f"{title} above {signed(lift['base'], 4)}, the lowest{'' if lift['known'] else ' observed'} (log scale)"


def loss_words(summary: Summary, x: float | None) -> str:
    """A loss of a lifted summary as text: as it is, or above the lowest."""
    lift = summary.get("lift")
    if not lift or x is None:
        return measured(x)
    if x <= lift["least"]:
        return signed(lift["base"], 4)
    return measured(x) if lift["base"] == 0 else f"{signed(lift['base'], 4)} + {measured(x)}"


def unimproved(point: Row, start: float | None) -> bool:
    """Whether a setting ended no better than it started."""
    return start is not None and not point["diverged"] and point["loss"] is not None and point["loss"] > NO_BETTER * start


def too_slow(c: Row, start: float | None) -> list[Row]:
    """The settings that ended where they started, with a learning rate below the good range, or below the chosen one if there is none."""
    chosen = [point["learning_rate"] for point in tried(c) if point["chosen"]]
    lowest = min(c["good_range"] or chosen, default=float("inf"))
    return [
        point
        for point in tried(c)
        if start is not None and unimproved(point, start) and point["loss"] < start / NO_BETTER and point["learning_rate"] < lowest
    ]
