"""What a race showed, as figures. Each takes the summary of a race (plain dictionaries, see `verdict`) and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from talweg.figures import layout
from talweg.figures.lines import Line, drawn, examples_seen
from talweg.figures.palette import QUIET, Look, looks
from talweg.summary import Row, Summary
from talweg.text import labels, lookup
from talweg.text.format import figures, interval, loss_name, share, shortened, times, unit


def curves(summary: Summary) -> layout.Figure:
    """Validation loss over examples seen: median over the final seeds, band from 10 to 90 % of them, and the target."""
    summary = lookup.lifted(summary)
    bounds = loss_bounds(summary)
    if bounds is None:
        return layout.nothing(labels.NO_CURVES)
    look, winner = looks(summary["contestants"]), summary["verdict"]["winner"]
    lines = []
    for c in summary["contestants"]:
        x, loss = c["curves"]["examples"], c["curves"]["validation_loss"]
        hover = [layout.hover(c["label"], labels.curve(summary, at, y)) for at, y in zip(x, loss["median"], strict=True)]
        diverged = loss["median"][-1] is None
        lines.append(
            Line(c["label"], look[c["name"]], x, loss["median"], loss["low"], loss["high"], hover, c["name"] == winner, cut=diverged)
        )
    upward = layout.log_axis(*bounds, lookup.loss_axis(summary, loss_name(summary["problem"])))
    figure = drawn(lines, examples_seen(lines, summary["problem"]), upward, bounds)
    mark_target(figure, summary, bounds)
    return figure


def loss_bounds(summary: Summary) -> tuple[float, float] | None:
    """From the lowest loss to a little above the start; a run that explodes leaves the picture at its top."""
    losses = [c["curves"]["validation_loss"] for c in summary["contestants"]]
    bounds, start = layout.bounds(x for loss in losses for x in (*loss["median"], *loss["low"])), summary["run"]["start_loss"]
    if bounds is None or start is None or start <= bounds[0]:
        return bounds
    return bounds[0], min(max(bounds[1], start * 1.15), start * 1.8)


def mark_target(figure: layout.Figure, summary: Summary, bounds: tuple[float, float]) -> None:
    """The line that was to be reached, if it is a loss and lies in the picture."""
    value = summary["target"]["value"]
    if summary["target"]["kind"] != "loss" or value is None or not bounds[0] < value < bounds[1]:
        return
    pen, words = {"color": QUIET, "width": 1.4, "dash": "dash"}, f"target {figures(value + summary.get('lift', {}).get('base', 0.0))}"
    figure.add_hline(value, line=pen)
    place = (0.008, layout.height_of(value, *bounds))
    figure.add_annotation(**layout.note(words, *place, yshift=-10, font={"color": QUIET, "size": 12}))


def tuning(summary: Summary) -> layout.Figure:
    """The best validation loss to be expected after trying n settings (Dodge et al. 2019).

    Only the winner and the baseline have bands: nine would hide each other.
    """
    summary = lookup.lifted(summary)
    contestants = [c for c in summary["contestants"] if c["tuning"]["settings"]]
    bounds = layout.bounds(x for c in contestants for x in (*c["tuning"]["expected"], *c["tuning"]["low"]))
    if bounds is None:
        return layout.nothing(labels.NO_TUNING)
    start = summary["run"]["start_loss"]
    bounds = (bounds[0], min(bounds[1], start * 1.15) if start and start > bounds[0] else bounds[1])
    look, banded = looks(summary["contestants"]), (summary["verdict"]["winner"], summary["target"]["baseline"])
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


def speedups(summary: Summary) -> layout.Figure:
    """How many times fewer examples each needs to the target than tuned mini-batch gradient descent, with 95 % intervals."""
    contestants, baseline = summary["contestants"], lookup.baseline(summary)
    bounds = layout.bounds(c["speedup"][end] for c in contestants for end in ("median", "low", "high"))
    low, high = (min(bounds[0], 0.8), max(bounds[1], 1.25)) if bounds else (0.5, 2.0)
    narrow = {"margin.l": 128, "margin.r": 56, "xaxis.title.text": "speed-up (log scale)"}
    figure = layout.figure(70 + 36 * len(contestants), left=226, right=150, top=8, bottom=58, narrow=narrow)
    for row, c in enumerate(contestants):
        forest_row(figure, c, len(contestants) - 1 - row, looks(contestants)[c["name"]], (low, high), c is baseline)
    title = f"speed-up over tuned {layout.safe(shortened(baseline['label'], 32))}, in {unit(summary['problem'])}s to target (log scale)"
    heights: layout.Patch = {"range": [-0.6, len(contestants) - 0.4], "tickvals": list(range(len(contestants)))[::-1]}
    figure.update_layout(
        xaxis=layout.log_axis(low, high, title),
        yaxis=layout.axis(**heights, ticktext=[wrapped_label(c, 27) for c in contestants], showgrid=False),
        meta={"narrow": narrow | {"yaxis.ticktext": [wrapped_label(c, 16) for c in contestants]}},
    )
    return figure.add_vline(1, line={"color": QUIET, "width": 1.4, "dash": "dash"}, layer="below")


def wrapped_label(c: Row, most: int) -> str:
    """A contestant's name beside its row, bold in the winner's group."""
    words = layout.wrapped(c["label"], most)
    return f"<b>{words}</b>" if c["tied"] else words


def forest_row(figure: layout.Figure, c: Row, y: int, look: Look, scale: tuple[float, float], diamond: bool) -> None:
    """A point with its interval; the winner's group has a tinted row, and a contestant without a number is said to have none."""
    if c["tied"]:
        tint = {"fillcolor": look.faded(0.12), "line": {"width": 0}, "layer": "below"}
        figure.add_shape(type="rect", xref="paper", x0=0, x1=1, y0=y - 0.44, y1=y + 0.44, **tint)
    median, low, high = (c["speedup"][key] for key in ("median", "low", "high"))
    if median is None:
        # The words stand beside the line at 1 (an annotation on a log axis is placed by the logarithm), on the side that has room.
        side = {"xanchor": "left", "xshift": 10} if layout.height_of(1, *scale) < 0.6 else {"xanchor": "right", "xshift": -10}
        figure.add_annotation(**layout.note(labels.MISSED, 0, y, xref="x", yref="y", font={"color": QUIET, "size": 12}, **side))
        return
    line = {"color": look.colour, "width": 2.4}
    figure.add_scatter(x=[low or scale[0], high or median], y=[y, y], mode="lines", line=line, hoverinfo="skip", cliponaxis=False)
    marker = {"color": look.colour, "size": 11 if c["tied"] else 9, "symbol": "diamond" if diamond else "circle"}
    hover = f"{layout.hover(c['label'], *labels.speedup(c))}<extra></extra>"
    figure.add_scatter(x=[median], y=[y], mode="markers", marker=marker, hovertemplate=hover, cliponaxis=False)
    number, ends = (times(median), "the baseline") if diamond else interval(c["speedup"], show=times).partition(" ")[::2]
    figure.add_annotation(**layout.note(f"<b>{number}</b>", 1, y, yref="y", xshift=10, font={"size": 12.5}))
    figure.layout.meta["narrow"][f"annotations[{len(figure.layout.annotations)}].visible"] = False
    figure.add_annotation(**layout.note(ends, 1, y, yref="y", xshift=62, font={"size": 12, "color": QUIET}))


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
    places = [None if e["loss"]["median"] is None else k for k, e in at]
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
