"""What a race showed, as figures. Each takes the summary of a race (plain dictionaries, see `summary`) and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from talweg.figures import layout
from talweg.figures.lines import Line, drawn
from talweg.figures.palette import QUIET, Look, looks
from talweg.summary import Row, Summary
from talweg.text import labels, lookup
from talweg.text.format import figures, interval, loss_name, seconds, share, shortened, unit


def curves(summary: Summary) -> layout.Figure:
    """Validation loss over what is counted: mean over the final seeds, band from 10 to 90 % of them, lengths, target and landmarks."""
    summary = lookup.lifted(summary)
    bounds = loss_bounds(summary)
    if bounds is None:
        return layout.nothing(labels.NO_CURVES)
    look, winner = looks(summary["contestants"]), summary["recommendation"]["name"]
    lines, marks = [], []
    for c in summary["contestants"]:
        x, loss = lookup.passed(summary, c), c["curves"]["validation_loss"]
        # A log axis has no place for the start, which all share.
        x, mean, low, high = ([*values[1:]] for values in (x, loss["mean"], loss["low"], loss["high"]))
        hover = [layout.hover(c["label"], labels.curve(summary, at, y)) for at, y in zip(x, mean, strict=True)]
        lines.append(Line(c["label"], look[c["name"]], x, mean, low, high, hover, c["name"] == winner, cut=mean[-1:] == [None]))
        best = next((k for k, steps in enumerate(c["curves"]["steps"][1:]) if steps == c["steps"]), None)
        if best is not None and mean[best] is not None:
            marks.append((x[best], mean[best], look[c["name"]].colour, hover[best]))
    upward = layout.log_axis(*bounds, lookup.loss_axis(summary, loss_name(summary["problem"])))
    figure = drawn(lines, cost_axis(summary, lines), upward, bounds)
    for at, y, colour, hover_text in marks:
        dot = {"color": colour, "size": 9, "line": {"color": "white", "width": 1.2}}
        figure.add_scatter(x=[at], y=[y], mode="markers", marker=dot, hovertemplate=f"{hover_text}<extra></extra>", showlegend=False)
    mark_losses(figure, summary, bounds)
    return figure


def cost_axis(summary: Summary, lines: list[Line]) -> dict[str, Any]:
    """The log axis of what is counted to the target, from the first measuring point to the last."""
    low, high = layout.bounds((x for line in lines for x in line.x), room=1.0) or (1.0, 2.0)
    high = max(high, 2 * low)
    if summary["target"]["count"] != "time":
        return layout.log_axis(low, high, labels.cost_axis(summary), showgrid=False)
    across = layout.log_axis(low, high, labels.cost_axis(summary), showgrid=False)
    return across | {"ticktext": [seconds(x) for x in across["tickvals"]]}


def loss_bounds(summary: Summary) -> tuple[float, float] | None:
    """From the lowest loss to a little above the start; a run that explodes leaves the picture at its top."""
    losses = [c["curves"]["validation_loss"] for c in summary["contestants"]]
    bounds, start = layout.bounds(x for loss in losses for x in (*loss["mean"], *loss["low"])), summary["run"]["start_loss"]
    if bounds is None or start is None or start <= bounds[0]:
        return bounds
    return bounds[0], min(max(bounds[1], start * 1.15), start * 1.8)


def mark_losses(figure: layout.Figure, summary: Summary, bounds: tuple[float, float]) -> None:
    """Lines of the target, if it is a loss, and of the landmarks, where they lie in the picture."""
    wanted, base = summary["target"], summary.get("lift", {}).get("base", 0.0)
    levels = [("target", wanted["value"], "dash")] if wanted["kind"] == "loss" and wanted["value"] is not None else []
    levels += [(mark["label"], mark["validation_loss"]["mean"], "dot") for mark in summary["landmarks"]]
    shown = [(name, value, dash) for name, value, dash in levels if value is not None and bounds[0] < value < bounds[1]]
    if not shown:
        return
    below = [layout.height_of(value, *bounds) - 0.025 for _, value, _ in shown]
    for (name, value, dash), height in zip(shown, layout.apart(below, 0.04, 0.03), strict=True):
        figure.add_hline(value, line={"color": QUIET, "width": 1.4, "dash": dash})
        words = f"{layout.safe(shortened(name, 28))} {figures(value + base)}"
        figure.add_annotation(**layout.note(words, 0.008, height, font={"color": QUIET, "size": 12}))


def tuning(summary: Summary) -> layout.Figure:
    """The best validation loss to be expected after trying n settings (Dodge et al. 2019).

    Only the recommended contestant and the baseline have bands: nine would hide each other.
    """
    summary = lookup.lifted(summary)
    contestants = [c for c in summary["contestants"] if c["tuning"]["settings"]]
    bounds = layout.bounds(x for c in contestants for x in (*c["tuning"]["expected"], *c["tuning"]["low"]))
    if bounds is None:
        return layout.nothing(labels.NO_TUNING)
    start = summary["run"]["start_loss"]
    bounds = (bounds[0], min(bounds[1], start * 1.15) if start and start > bounds[0] else bounds[1])
    look, banded = looks(summary["contestants"]), (summary["recommendation"]["name"], summary["target"]["baseline"])
    lines = []
    for c in contestants:
        n, expected, low, high = (c["tuning"][key] for key in ("settings", "expected", "low", "high"))
        points = [dict(zip(("median", "low", "high"), point, strict=True)) for point in zip(expected, low, high, strict=True)]
        hover = [layout.hover(c["label"], labels.tuning(summary, k, point)) for k, point in zip(n, points, strict=True)]
        strong = c["name"] == banded[0]
        lines.append(Line(c["label"], look[c["name"]], n, expected, low, high, hover, strong, band=c["name"] in banded))
    most = max(x for line in lines for x in line.x)
    at = [2**k for k in range(20) if 2**k <= most]
    across = layout.log_axis(1, max(most, 2), "settings tried (log scale)", tickvals=at, ticktext=[f"{x:,}" for x in at], showgrid=False)
    upward = layout.log_axis(*bounds, lookup.loss_axis(summary, f"expected best {loss_name(summary['problem'])}"))
    return drawn(lines, across, upward, bounds, height=430)


def orders(summary: Summary) -> layout.Figure:
    """Who leads by validation loss at 25, 50 and 100 % of the budget; a ring marks those that are tied with the best there."""
    stages, look = summary["order"], looks(summary["contestants"])
    last = stages[-1]["ranking"]
    figure = layout.figure(84 + 40 * len(last), left=44, right=236, top=10, bottom=58)
    for entry in last:
        bump(figure, stages, entry, look[entry["name"]])
    budgets = [(share(stage["share"]), figures(stage["examples"])) for stage in stages]
    words = [f"{part} of the budget<br>{examples} {unit(summary['problem'])}s" for part, examples in budgets]
    narrow: layout.Patch = {"margin.r": 136, "margin.l": 26, "xaxis.ticktext": ["<br>".join(budget) for budget in budgets]}
    for k, entry in enumerate(last):
        narrow |= {f"annotations[{k}].text": layout.wrapped(entry["label"], 16), f"annotations[{k}].font.size": 11.5}
    return figure.update_layout(
        xaxis=layout.axis(range=[-0.12, len(stages) - 0.88], tickvals=list(range(len(stages))), ticktext=words),
        yaxis=layout.axis(range=[len(last) + 0.5, 0.5], tickvals=list(range(1, len(last) + 1)), showgrid=False),
        annotations=list(end_labels(last, look)),
        meta={"narrow": narrow},
    )


def bump(figure: layout.Figure, stages: list[Row], entry: Row, look: Look) -> None:
    """The line of one contestant through its places."""
    x = list(range(len(stages)))
    at = [next((k, e) for k, e in enumerate(stage["ranking"], 1) if e["name"] == entry["name"]) for stage in stages]
    hover = [layout.hover(entry["label"], labels.place(stage, k, e["loss"])) for stage, (k, e) in zip(stages, at, strict=True)]
    places = [None if e["loss"]["mean"] is None else k for k, e in at]
    rings = [k if e["tied"] else None for k, (_, e) in zip(places, at, strict=True)]
    show = partial(figure.add_scatter, x=x, cliponaxis=False)
    pen = {"color": look.colour, "width": 2.4, "dash": look.dash, "shape": "spline", "smoothing": 0.6}
    ring = {"symbol": "circle-open", "size": 19, "color": look.colour, "line": {"color": look.colour, "width": 1.8}}
    show(y=places, mode="lines", line=pen, hoverinfo="skip")
    show(
        y=places, mode="markers", marker={"color": look.colour, "size": 10}, customdata=hover, hovertemplate="%{customdata}<extra></extra>"
    )
    show(y=rings, mode="markers", marker=ring, hoverinfo="skip")


def end_labels(ranking: list[Row], look: dict[str, Look]) -> Iterable[dict[str, Any]]:
    """The names beside the last places, with their loss and its interval."""
    for place, entry in enumerate(ranking, 1):
        words = layout.safe(shortened(entry["label"], 28))
        name = f"<b>{words}</b>" if entry["tied"] else words
        text = f"{name}<br><span style='color:{QUIET};font-size:11px'>{interval(entry['loss'], missing='diverged')}</span>"
        font = {"color": look[entry["name"]].colour, "size": 12.5}
        yield layout.note(text, 1, place, yref="y", align="left", xshift=2, font=font)
