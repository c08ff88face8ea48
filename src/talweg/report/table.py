"""The table of a race: one row for each contestant, in order of rank. Cells are HTML, and everything in them is escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from talweg.figures.palette import Look, looks
from talweg.summary import Row, Summary
from talweg.text import lookup, timing
from talweg.text.format import NOTHING, batch_size, count, epochs, joined, measured, metric, parts, setting, share, times, unit
from talweg.text.report import columns
from talweg.text.wording import hyperparameters

Cell = Callable[[Row], str]


def stacked(main: str, below: str = "") -> str:
    """Two lines of plain text in a cell: what counts, and what belongs to it."""
    return escape(main) + (f"<small>{escape(below)}</small>" if below else "")


def swatch(look: Look) -> str:
    """A short piece of the contestant's line."""
    pen = f'stroke="{look.colour}" stroke-width="3" stroke-dasharray="{look.strokes}"'
    return f'<svg class="swatch" width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" {pen}/></svg>'


def _ranged(d: Any, *, show: Callable[[float | None], str] = measured, missing: str = NOTHING) -> str:
    """An estimate with its 95 % interval below."""
    return stacked(*parts(d, show=show, missing=missing))


def _rank(c: Row, recommended: bool) -> str:
    """The rank, and a star for what is recommended."""
    return f'{c["rank"]}<span class="star" title="recommended"> ★</span>' if recommended else str(c["rank"])


def _method(c: Row, look: Look) -> str:
    """The name with its line as in the figures, and its other hyperparameters and schedule below."""
    others = hyperparameters(c, [name for name in c["hyperparameters"] if name != "learning_rate"])
    schedule = "" if c["schedule"] == "constant" else f"{c['schedule']} schedule"
    return f'<span class="who">{swatch(look)}<span>{stacked(c["label"], joined([others, schedule]))}</span></span>'


def _learning_rate(c: Row) -> str:
    """The tuned learning rate, its good range below, and whether it stands at the edge of what was searched."""
    good = " – ".join(map(setting, c["good_range"])) if c["good_range"] else ""
    edge = f'<small class="warn" title="{escape(c["at_edge"])}">at the edge of its range</small>' if c["at_edge"] else ""
    return stacked(setting(c["hyperparameters"].get("learning_rate")), good) + edge


def _length(c: Row, data: bool) -> str:
    """How long it is trained: epochs with steps below, or steps where there are no data."""
    if lookup.failed(c):
        return NOTHING
    steps = count(c["steps"], "step")
    return stacked(epochs(c["epochs"]), steps) if data else stacked(steps)


def _loss(c: Row) -> str:
    """The loss, and on how many seeds it failed, if on any."""
    if lookup.failed(c):
        return stacked("diverged")
    return _ranged(c["validation_loss"]) + (f'<small class="warn">{share(c["failed"])} of seeds fail</small>' if c["failed"] else "")


def _target(c: Row, summary: Summary) -> str:
    """How soon it is at the target, and how many times as soon as the baseline; a bound where that does not reach it."""
    baseline, (value, ends) = lookup.baseline(summary), parts(c["to_target"]["speedup"], show=times)
    over = f"{'' if lookup.reached(baseline) else '≥ '}{value} the baseline" if ends else ""
    over = "the baseline" if c is baseline else over
    below = [*([over] if over else []), *timing.examples(summary, c)]
    return stacked(*timing.to_target_parts(summary, c)) + "".join(f"<small>{escape(words)}</small>" for words in below)


def _training(c: Row) -> str:
    """The time of a training, with the range of one that is unsteady."""
    return NOTHING if lookup.failed(c) else stacked(*timing.training_parts(c["training_seconds"], c["seconds_per_step"]))


def _gain(c: Row) -> str:
    """What tuning gains in loss."""
    return NOTHING if c["default"] is None else _ranged(c["default"]["gain"])


def _cells(summary: Summary) -> dict[str, Cell]:
    """What shows a contestant in each column of `talweg.text.report.columns`."""
    problem, look, best = summary["problem"], looks(summary["contestants"]), lookup.recommended(summary)
    score, data = metric(problem["metric_percent"]), unit(summary["problem"]) == "example"
    return {
        "rank": lambda c: _rank(c, c is best),
        "method": lambda c: _method(c, look[c["name"]]),
        "batch": lambda c: escape(batch_size(c["batch"])),
        "learning_rate": _learning_rate,
        "length": lambda c: _length(c, data),
        "loss": _loss,
        "metric": lambda c: _ranged(c["validation_metric"], show=score),
        "target": lambda c: _target(c, summary),
        "training": lambda c: (
            NOTHING if lookup.failed(c) else stacked(*timing.training_parts(c["training_seconds"], c["seconds_per_step"]))
        ),
        "test": lambda c: _ranged(c["test"]["metric"], show=score) if problem["metric"] else _ranged(c["test"]["loss"]),
        "gain": _gain,
        "why": lambda c: f'<span class="why">{escape(c["why"] or "")}</span>',
    }


def html(summary: Summary, shown: Sequence[str] | None = None) -> str:
    """The table, with all columns or only those shown."""
    heads, cells = columns(summary), _cells(summary)
    chosen = [(*heads[key], cells[key]) for key in shown or heads if key in heads]
    head = "".join(f'<th scope="col" title="{escape(meaning)}">{escape(name)}</th>' for name, meaning, _ in chosen)
    body = "".join(_row(c, chosen) for c in summary["contestants"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(c: Row, chosen: Sequence[tuple[str, str, Cell]]) -> str:
    """One contestant; each cell knows its column's head, for a page too narrow for columns."""
    cells = []
    for name, _, cell in chosen:
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        cells.append(f'<{kind}{scope} data-head="{escape(name)}">{cell(c)}</{kind}>')
    start = '<tr class="tied">' if c["tied"] and not lookup.failed(c) else "<tr>"
    return f"{start}{''.join(cells)}</tr>"
