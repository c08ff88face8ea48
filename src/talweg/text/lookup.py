"""Looking things up in a summary, for pictures, captions and report alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talweg.text.format import figures, measured

Summary = Mapping[str, Any]
Contestant = dict[str, Any]


def median(d: Mapping[str, float | None] | None) -> float | None:
    """The middle of an interval, None if there is neither."""
    return None if d is None else d.get("median")


def winner(summary: Summary) -> Contestant | None:
    """The contestant that the verdict names, None if it names none."""
    return next((c for c in summary["contestants"] if c["name"] == summary["verdict"].get("winner")), None)


def baseline(summary: Summary) -> Contestant | None:
    """Tuned mini-batch gradient descent, over which speed-ups are counted."""
    return next((c for c in summary["contestants"] if c["name"] == summary["target"]["baseline"]), None)


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


DEPTH = 1e-8  # of the way from the lowest loss to the start: what is nearer to the lowest stands there on a log scale


def lifted(summary: Summary) -> Summary:
    """The summary with losses that a log scale can show: above the lowest possible one, if a loss is zero or negative.

    The lowest is the problem's, if it is known; otherwise, if there are negative losses, the lowest that was seen. What was
    subtracted is in `summary["lift"]`. A summary whose losses are all positive stays as it is.
    """
    seen = sorted(x for x in _losses(summary) if x is not None)
    if "lift" in summary or not seen or seen[0] > 0:
        return summary
    base = summary["problem"].get("optimum")
    known = base is not None and base <= seen[0] + 1e-5 * (1 + abs(base))  # float32 may end a little lower
    if base is None or not known:
        base = min(seen[0], 0.0)
    start = (summary.get("run") or {}).get("start_loss")
    least = DEPTH * max((seen[-1] if start is None else start) - base, 1e-30)

    def up(x: Any) -> Any:
        return None if x is None else max(x - base, least)

    def lifted_point(point: dict[str, Any]) -> dict[str, Any]:
        return {**point, "loss": up(point["loss"]), "shown": measured(point["loss"])}

    def moved(c: Contestant) -> Contestant:
        curves, tuning = c.get("curves"), c.get("tuning")
        return {
            **c,
            "curves": curves and {**curves, "validation_loss": {k: [up(x) for x in row] for k, row in curves["validation_loss"].items()}},
            "tuning": tuning and {k: row if k == "settings" else [up(x) for x in row] for k, row in tuning.items()},
            "search": [lifted_point(point) for point in c.get("search") or []],
        }

    run = {**summary["run"], **{k: up(summary["run"].get(k)) for k in ("start_loss", "search_start_loss")}}
    target = dict(summary["target"])
    if target.get("kind") == "loss":
        target["value"] = up(target.get("value"))
    lift = {"base": base, "known": known, "least": least}
    return {**summary, "contestants": [moved(c) for c in summary["contestants"]], "run": run, "target": target, "lift": lift}


def _losses(summary: Summary) -> Iterator[float | None]:
    for c in summary["contestants"]:
        for row in ((c.get("curves") or {}).get("validation_loss") or {}).values():
            yield from row
        yield from (point["loss"] for point in c.get("search") or [])
        yield from (c.get("tuning") or {}).get("expected", [])


def loss_axis(summary: Summary, words: str) -> str:
    """The title of a log axis of losses, which says what was subtracted."""
    lift = summary.get("lift")
    if not lift or lift["base"] == 0:
        return f"{words} (log scale)"
    return f"{words} above {figures(lift['base'], 4)}, the lowest{'' if lift['known'] else ' seen'} (log scale)"


def loss_words(summary: Summary, x: float | None) -> str:
    """A loss of a lifted summary as text: as it is, or above the lowest."""
    lift = summary.get("lift")
    if not lift or x is None:
        return measured(x)
    if x <= lift["least"]:
        return figures(lift["base"], 4)
    return measured(x) if lift["base"] == 0 else f"{figures(lift['base'], 4)} + {measured(x)}"


NO_BETTER = 0.98  # a run that ended above this share of its starting loss has got nowhere


def nowhere(point: dict[str, Any], start: float | None) -> bool:
    """Whether a setting ended no better than it started."""
    return start is not None and not point["diverged"] and point["loss"] is not None and point["loss"] > NO_BETTER * start


def too_slow(c: dict[str, Any], start: float | None) -> list[dict[str, Any]]:
    """The settings that ended where they started, with a learning rate below the good range, or below the chosen one if there is none."""
    chosen = [point["learning_rate"] for point in tried(c) if point["chosen"]]
    below = c["good_range"][0] if c.get("good_range") else chosen[0] if chosen else float("inf")
    still = [point for point in tried(c) if nowhere(point, start) and start is not None and point["loss"] < start / NO_BETTER]
    return [point for point in still if point["learning_rate"] < below]
