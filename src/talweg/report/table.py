"""The table of a race: one row for each contestant, in order of rank. Cells are HTML, and everything in them is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from talweg.figures.palette import Look, looks
from talweg.text import lookup
from talweg.text.format import NOTHING, batch_size, measured, metric, parts, seconds, setting, share, times, unit, whole

Summary = Mapping[str, Any]
Contestant = dict[str, Any]
Cell = Callable[[Contestant], str]


def stacked(main: str, below: str = "") -> str:
    """Two lines of plain text in a cell: what counts, and what belongs to it."""
    return escape(main) + (f"<small>{escape(below)}</small>" if below else "")


def ranged(d: Any, *, show: Callable[[float | None], str] = measured, missing: str = NOTHING) -> str:
    """A median with its 95 % interval below."""
    return stacked(*parts(d, show=show, missing=missing))


def to_target(key: str, show: Callable[[float | None], str] = whole) -> Cell:
    """What a contestant needed to the target; what share of the seeds reached it, if not all did."""

    def cell(c: Contestant) -> str:
        reached = c.get("reached")
        some = f"<small>by {share(reached)} of seeds</small>" if reached is not None and 0 < reached < 1 else ""
        return ranged(c.get(key), show=show, missing="not reached") + some

    return cell


def who(c: Contestant, look: Look) -> str:
    """The name with its line as in the pictures, and its other hyperparameters below."""
    others = ", ".join(f"{name} {setting(value)}" for name, value in c["hyperparameters"].items() if name != "learning_rate")
    return f'<span class="who">{swatch(look)}<span>{stacked(c["label"], others)}</span></span>'


def swatch(look: Look) -> str:
    """A short piece of the contestant's line."""
    pen = f'stroke="{look.colour}" stroke-width="3" stroke-dasharray="{look.strokes}"'
    return f'<svg class="swatch" width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" {pen}/></svg>'


def rate(c: Contestant) -> str:
    """The tuned learning rate, its good range below, and whether it stands at the edge of what was searched."""
    good = c.get("good_range")
    below = f"good {setting(good[0])} – {setting(good[1])}" if good else "no good range"
    edge = f'<small class="warn" title="{escape(c["at_edge"])}">at the edge of its range</small>' if c.get("at_edge") else ""
    return stacked(setting(c["hyperparameters"].get("learning_rate")), below) + edge


def speedup(c: Contestant, baseline: bool) -> str:
    """The speed-up over mini-batch gradient descent, which itself is named so."""
    if baseline:
        return stacked(times(1) if lookup.reached(c) else "not reached", "the baseline")
    return ranged(c.get("speedup"), show=times, missing="not reached")


def gain_from_tuning(c: Contestant) -> str:
    """How many times faster the tuned setting is than the method's default: at least that, if the default never arrives."""
    default = c.get("default") or {}
    if default.get("gain_from_tuning") is None:
        return NOTHING
    if lookup.median(default.get("examples_to_target")) is None:
        return stacked(f"≥ {times(default['gain_from_tuning'])}", "default: not reached")
    return stacked(times(default["gain_from_tuning"]), "as fast as default")


def columns(summary: Summary) -> list[tuple[str, str, Cell]]:
    """The head of each column, what its pointer says, and its cells."""
    problem, given = summary["problem"], looks(summary["contestants"])
    show = metric(bool(problem.get("metric_percent")))
    tested = f"Test {problem['metric']}" if problem.get("metric") else "Test loss"

    def test(c: Contestant) -> str:
        found = c.get("test") or {}
        return ranged(found.get("metric"), show=show) if problem.get("metric") else ranged(found.get("loss"))

    counted = unit(problem)
    return [
        ("Rank", "1 is the fastest to the target", lambda c: escape(str(c["rank"]))),
        ("Method", "its other hyperparameters are below", lambda c: who(c, given[c["name"]])),
        ("Batch", "examples per step", lambda c: escape(batch_size(c["batch"]))),
        ("Learning rate", f"tuned; below, the range that needs at most twice the {counted}s", rate),
        ("Steps to target", "median over the final seeds with its 95 % interval", to_target("steps_to_target")),
        (f"{counted.capitalize()}s to target", "median over the final seeds with its 95 % interval", to_target("examples_to_target")),
        ("Time to target", "of one training that has the machine for itself", to_target("seconds_to_target", seconds)),
        ("Speed-up", "over tuned mini-batch gradient descent", lambda c: speedup(c, c is lookup.baseline(summary))),
        ("Final validation loss", "at the end of the budget", lambda c: ranged(c.get("final_validation_loss"), missing="diverged")),
        (tested, "looked at once, after every choice", test),
        ("Diverged", "share of the settings tried that diverged", lambda c: escape(share(c.get("diverged")))),
        ("Gain from tuning", "the tuned setting against the method's default, to the target", gain_from_tuning),
    ]


def html(summary: Summary, heads: Sequence[str] | None = None) -> str:
    """The whole table, or only the columns with these heads."""
    chosen = [column for column in columns(summary) if heads is None or column[0] in heads]
    head = "".join(f'<th scope="col" title="{escape(title)}">{escape(name)}</th>' for name, title, _ in chosen)
    body = "".join(row(c, chosen) for c in summary["contestants"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def row(c: Contestant, chosen: Sequence[tuple[str, str, Cell]]) -> str:
    """One contestant; each cell knows its column's head, for a page too narrow for columns."""
    cells = []
    for name, _, cell in chosen:
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        cells.append(f'<{kind}{scope} data-head="{escape(name)}">{cell(c)}</{kind}>')
    start = '<tr class="tied">' if c.get("tied") else "<tr>"
    return f"{start}{''.join(cells)}</tr>"
