"""What figures, captions and report ask of a race's summary, and its losses as a log scale can show them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from talweg.summary import Row, Summary
from talweg.text.format import measured, signed

DEPTH = 1e-8  # of the initial gap: a loss that is nearer to the lowest stands there on a log scale
NO_BETTER = 0.98  # of the initial loss: a run that stays above has not improved


#: What `target.count` counts, as a contestant's `to_target` and its curves have it.
COUNTED = {"time": "seconds", "steps": "steps", "examples": "examples", "gradients": "gradients"}


def row(summary: Summary, name: str | None) -> Row | None:
    """A contestant by its name; None if it has none."""
    return next((c for c in summary["contestants"] if c["name"] == name), None)


def baseline(summary: Summary) -> Row:
    """Tuned gradient descent with the usual batch, over which speed-ups are counted."""
    return next(c for c in summary["contestants"] if c["name"] == summary["target"]["baseline"])


def recommended(summary: Summary) -> Row | None:
    """The contestant that is recommended; None if nothing is."""
    return row(summary, summary["recommendation"]["name"]) if summary["recommendation"]["method"] else None


def failed(c: Row) -> bool:
    """Whether all of its final seeds failed: its loss is no result of a training."""
    return bool(c["failed"] >= 1 or c["validation_loss"]["mean"] is None)


def all_failed(summary: Summary) -> bool:
    """Whether every contestant failed on most of its seeds."""
    return all(failed(c) or c["failed"] > 0.5 for c in summary["contestants"])


def landmark(summary: Summary, name: str) -> Row | None:
    """The constant prediction or the linear model; None of a function, which has none."""
    return next((mark for mark in summary["landmarks"] if mark["name"] == name), None)


def tried(c: Row) -> list[Row]:
    """The settings searched that had a learning rate."""
    return [point for point in c["search"] if point["learning_rate"]]


def reached(c: Row) -> bool:
    """Whether its mean curve reaches the target."""
    return bool(c["to_target"]["reached"])


def by_speed(summary: Summary) -> list[Row]:
    """The contestants that reach the target, the soonest first."""
    return sorted((c for c in summary["contestants"] if reached(c)), key=lambda c: (c["to_target"]["rank"] or math.inf, c["rank"]))


def per_step(summary: Summary, c: Row) -> float:
    """What a step of a contestant costs in what is counted to the target: seconds, steps, examples or gradients."""
    size = summary["problem"]["examples"] if c["batch"] == "full" else c["batch"]
    cost = {"time": c["seconds_per_step"]["seconds"], "steps": 1, "examples": size, "gradients": size * c["gradients_per_step"]}
    return float(cost[summary["target"]["count"]])


def to_looser(summary: Summary, c: Row) -> float | None:
    """What a contestant needs to the looser target, counted alike; None where it does not reach it, or there is none."""
    steps = c["to_target"]["loose_steps"]
    return None if summary["target"]["loose"] is None or steps is None else steps * per_step(summary, c)


def passed(summary: Summary, c: Row) -> list[float]:
    """What is counted to the target, at each measuring point of a contestant's curves."""
    count = summary["target"]["count"]
    if count == "gradients":
        return [x * c["gradients_per_step"] for x in c["curves"]["examples"]]
    return list(c["curves"][COUNTED[count]])


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
            "validation_loss": _each(above, c["validation_loss"]),
            "curves": {**c["curves"], "validation_loss": raised(c["curves"]["validation_loss"])},
            "tuning": {**raised(c["tuning"]), "settings": c["tuning"]["settings"]},
            "search": [{**point, "loss": above(point["loss"]), "shown": measured(point["loss"])} for point in c["search"]],
        }
        for c in summary["contestants"]
    ]
    marks = [{**mark, "validation_loss": _each(above, mark["validation_loss"])} for mark in summary["landmarks"]]
    target = dict(summary["target"])
    if target["kind"] == "loss":
        target["value"] = above(target["value"])
    lifted_run = {**run, **{key: above(run[key]) for key in ("start_loss", "search_start_loss")}}
    lift = {"base": base, "known": known, "least": least}
    return {**summary, "contestants": contestants, "landmarks": marks, "run": lifted_run, "target": target, "lift": lift}


def _each(change: Callable[[float | None], float | None], mean: Mapping[str, float | None]) -> dict[str, float | None]:
    return {key: change(x) for key, x in mean.items()}


def _losses(summary: Summary) -> Iterator[float | None]:
    for c in summary["contestants"]:
        yield c["validation_loss"]["mean"]
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
    """Whether the lowest loss of a setting is no better than the initial one."""
    return start is not None and not point["diverged"] and point["loss"] is not None and point["loss"] > NO_BETTER * start


def too_slow(c: Row, start: float | None) -> list[Row]:
    """The settings that stayed where they started, with a learning rate below the good range, or below the chosen one if there is none."""
    chosen = [point["learning_rate"] for point in tried(c) if point["chosen"]]
    lowest = min(c["good_range"] or chosen, default=float("inf"))
    return [
        point
        for point in tried(c)
        if start is not None and unimproved(point, start) and point["loss"] < start / NO_BETTER and point["learning_rate"] < lowest
    ]
