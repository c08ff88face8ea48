"""The table of a race: one row for each contestant, in order of rank. Cells are HTML, and everything in them is escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from talweg.figures.palette import Look, looks
from talweg.summary import Row, Summary
from talweg.text import lookup
from talweg.text.format import NOTHING, batch_size, measured, metric, parts, seconds, setting, share, times, whole
from talweg.text.report import columns

Cell = Callable[[Row], str]


def stacked(main: str, below: str = "") -> str:
    """Two lines of plain text in a cell: what counts, and what belongs to it."""
    return escape(main) + (f"<small>{escape(below)}</small>" if below else "")


def swatch(look: Look) -> str:
    """A short piece of the contestant's line."""
    pen = f'stroke="{look.colour}" stroke-width="3" stroke-dasharray="{look.strokes}"'
    return f'<svg class="swatch" width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" {pen}/></svg>'


def _ranged(d: Any, *, show: Callable[[float | None], str] = measured, missing: str = NOTHING) -> str:
    """A median with its 95 % interval below."""
    return stacked(*parts(d, show=show, missing=missing))


def _to_target(key: str, show: Callable[[float | None], str] = whole) -> Cell:
    """What a contestant needed to the target; what share of the seeds reached it, if not all did."""

    def cell(c: Row) -> str:
        some = f"<small>by {share(c['reached'])} of seeds</small>" if 0 < c["reached"] < 1 else ""
        return _ranged(c[key], show=show, missing="not reached") + some

    return cell


def _method(c: Row, look: Look) -> str:
    """The name with its line as in the figures, and its other hyperparameters below."""
    others = ", ".join(
        f"{name.replace('_', ' ')} {setting(value)}" for name, value in c["hyperparameters"].items() if name != "learning_rate"
    )
    return f'<span class="who">{swatch(look)}<span>{stacked(c["label"], others)}</span></span>'


def _learning_rate(c: Row) -> str:
    """The tuned learning rate, its good range below, and whether it stands at the edge of what was searched."""
    good = " – ".join(map(setting, c["good_range"])) if c["good_range"] else "no good range"
    edge = f'<small class="warn" title="{escape(c["at_edge"])}">at the edge of its range</small>' if c["at_edge"] else ""
    return stacked(setting(c["hyperparameters"].get("learning_rate")), good) + edge


def _speedup(c: Row, baseline: bool) -> str:
    """The speed-up over the baseline, which itself is named so."""
    if baseline and lookup.reached(c):
        return stacked(times(1), "the baseline")
    return _ranged(c["speedup"], show=times, missing="not reached")


def _gain_from_tuning(c: Row) -> str:
    """How many times as fast as the default it is: at least that, if the default misses the target."""
    gain, missed = c["default"]["gain_from_tuning"], c["default"]["examples_to_target"]["median"] is None
    return f"{'≥ ' * (gain is not None and missed)}{times(gain)}"


def _cells(summary: Summary) -> dict[str, Cell]:
    """What shows a contestant in each column of `talweg.text.report.columns`."""
    problem, look, baseline = summary["problem"], looks(summary["contestants"]), lookup.baseline(summary)
    show = metric(problem["metric_percent"])
    return {
        "rank": lambda c: str(c["rank"]),
        "method": lambda c: _method(c, look[c["name"]]),
        "batch": lambda c: escape(batch_size(c["batch"])),
        "learning_rate": _learning_rate,
        "steps": _to_target("steps_to_target"),
        "examples": _to_target("examples_to_target"),
        "seconds": _to_target("seconds_to_target", seconds),
        "speedup": lambda c: _speedup(c, c is baseline),
        "loss": lambda c: _ranged(c["final_validation_loss"], missing="diverged"),
        "test": lambda c: _ranged(c["test"]["metric"], show=show) if problem["metric"] else _ranged(c["test"]["loss"]),
        "diverged": lambda c: escape(share(c["diverged"])),
        "gain_from_tuning": _gain_from_tuning,
    }


def html(summary: Summary, shown: Sequence[str] | None = None) -> str:
    """The table, with all columns or only those shown."""
    heads, cells = columns(summary["problem"]), _cells(summary)
    chosen = [(*heads[key], cells[key]) for key in shown or heads]
    head = "".join(f'<th scope="col" title="{escape(meaning)}">{escape(name)}</th>' for name, meaning, _ in chosen)
    body = "".join(_row(c, chosen) for c in summary["contestants"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(c: Row, chosen: Sequence[tuple[str, str, Cell]]) -> str:
    """One contestant; each cell knows its column's head, for a page too narrow for columns."""
    cells = []
    for name, _, cell in chosen:
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        cells.append(f'<{kind}{scope} data-head="{escape(name)}">{cell(c)}</{kind}>')
    start = '<tr class="tied">' if c["tied"] else "<tr>"
    return f"{start}{''.join(cells)}</tr>"
