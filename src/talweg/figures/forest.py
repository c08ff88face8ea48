"""One row for each contestant: a point with its interval, for the quality of a contestant and for its speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, looks
from talweg.summary import Row, Summary
from talweg.text import labels, lookup, timing
from talweg.text.format import figures, loss_name, measured, middle, parts, seconds, shortened

Estimate = Mapping[str, float | None]
FAR = 1.5  # times the lowest loss: so far the picture goes at least, where there is something to show


def quality(summary: Summary) -> layout.Figure:
    """The validation loss of each contestant with its interval, the margin as a band, and the landmarks as lines."""
    lifted = lookup.lifted(summary)
    rows = [c for c in lifted["contestants"] if not lookup.failed(c)]
    bounds = _loss_bounds(lifted, rows)
    if bounds is None:
        return layout.nothing(labels.FAILED_ALL)
    title = lookup.loss_axis(lifted, loss_name(summary["problem"]))
    figure = _figure(summary["contestants"], layout.log_axis(*bounds, title), title, [c["tied"] for c in summary["contestants"]], top=42)
    margin, lowest = summary["target"]["margin"], rows[0]["validation_loss"]["mean"]
    if margin is not None:
        band = {"fillcolor": "rgba(128, 136, 147, 0.16)", "line": {"width": 0}, "layer": "below"}
        figure.add_shape(type="rect", yref="paper", y0=0, y1=1, x0=max(lowest, bounds[0]), x1=lowest + margin, **band)
    for mark in sorted(lifted["landmarks"], key=lambda mark: mark["validation_loss"]["mean"] or 0.0):
        _landmark(figure, mark, bounds)
    for k, (c, shown) in enumerate(zip(summary["contestants"], lifted["contestants"], strict=True)):
        lost = lookup.failed(c)
        estimate = {"mean": None, "low": None, "high": None} if lost else shown["validation_loss"]
        words = parts(None if lost else c["validation_loss"], show=measured, missing=labels.FAILED)
        hover = layout.hover(c["label"], *labels.quality(c, summary["problem"]))
        _row(figure, summary["contestants"], k, estimate, words, hover, bounds, "circle", c["tied"])
    return figure


def _loss_bounds(summary: Summary, rows: Sequence[Row]) -> tuple[float, float] | None:
    """From the lowest loss to the highest; of data, not much further than most contestants: who is further off stands at the edge."""
    bounds = layout.bounds((c["validation_loss"][end] for c in rows for end in ("mean", "low", "high")), room=1.04)
    if bounds is None or not summary["landmarks"]:
        return bounds
    low, high = bounds
    middle_one = sorted(c["validation_loss"]["mean"] for c in rows)[len(rows) // 2]
    high = min(high, max(FAR * low, 1.2 * middle_one))
    marks = [mark["validation_loss"]["mean"] for mark in summary["landmarks"]]
    near = [x for x in marks if x is not None and 0 < x <= 1.5 * high]
    return min([low, *(x / 1.06 for x in near)]), max([high, *(1.06 * x for x in near)])


def _landmark(figure: layout.Figure, mark: Row, bounds: tuple[float, float]) -> None:
    """A line with its name above the rows, each on a line of its own; one that is too far off has its name and an arrow at the edge."""
    value = mark["validation_loss"]["mean"]
    if value is None:
        return
    name, number = layout.safe(shortened(mark["label"], 24)), len(figure.layout.annotations)  # the landmarks are the first of them
    place: dict[str, Any] = {"yanchor": "bottom", "yshift": 15 * number, "font": {"color": QUIET, "size": 11.5}}
    narrow = figure.layout.meta["narrow"]
    if bounds[0] < value < bounds[1]:
        figure.add_vline(value, line={"color": QUIET, "width": 1.4, "dash": "dot"}, layer="below")
        at = layout.height_of(value, *bounds)
        narrow[f"annotations[{number}].text"] = mark["name"]
        figure.add_annotation(**layout.note(name, at, 1, xanchor="center" if 0.1 < at < 0.9 else "right", **place))
    elif value >= bounds[1]:
        narrow[f"annotations[{number}].text"] = f"{mark['name']} {figures(value)} →"
        figure.add_annotation(**layout.note(f"{name} {figures(value)} →", 1, 1, xanchor="right", **place))


def speed(summary: Summary) -> layout.Figure:
    """What each contestant needs to be as good as the best, with its interval, on a log scale; who never is has words instead.

    A ring is what it needs to the looser target.
    """
    key = lookup.COUNTED[summary["target"]["count"]]
    rows = [(c, c["to_target"][key]) for c in summary["contestants"] if lookup.reached(c)]
    looser = {c["name"]: lookup.to_looser(summary, c) for c in summary["contestants"]}
    estimates = (x for _, estimate in rows for x in (estimate["value"], estimate["low"], estimate["high"]))
    bounds = layout.bounds([*estimates, *looser.values()], room=1.15)
    low, high = bounds or (1.0, 10.0)
    title, baseline = labels.target_axis(summary), lookup.baseline(summary)
    across = layout.log_axis(low, high, title)
    if summary["target"]["count"] == "time":
        across["ticktext"] = [seconds(x) for x in across["tickvals"]]
    missed = [c for c in summary["contestants"] if not lookup.reached(c)]
    order = [*lookup.by_speed(summary), *sorted(missed, key=lambda c: looser[c["name"]] or math.inf)]
    tied = [c["to_target"]["tied"] and lookup.reached(c) for c in order]
    slim_title = f"{summary['target']['count']} to target (log scale)"
    figure = _figure(order, across, title, tied, slim_title=slim_title)
    for k, c in enumerate(order):
        estimate = c["to_target"][key] if lookup.reached(c) else {"value": None, "low": None, "high": None}
        hover = layout.hover(c["label"], *labels.speed(summary, c))
        words = timing.to_target_parts(summary, c, missing=labels.MISSED)
        ring = looser[c["name"]]
        if ring is not None:
            colour = looks(summary["contestants"])[c["name"]].colour
            marker = {"symbol": "circle-open", "size": 9, "color": colour, "line": {"color": colour, "width": 1.8}}
            text = f"{layout.hover(c['label'], labels.looser(summary, ring))}<extra></extra>"
            figure.add_scatter(x=[ring], y=[len(order) - 1 - k], mode="markers", marker=marker, hovertemplate=text, cliponaxis=False)
        _row(figure, order, k, estimate, words, hover, (low, high), "diamond" if c is baseline else "circle", tied[k])
    return figure


def _figure(
    contestants: Sequence[Row], across: dict[str, Any], title: str, strong: Sequence[bool], *, top: int = 8, slim_title: str = ""
) -> layout.Figure:
    """An empty figure with a row for each contestant, the first on top."""
    narrow: layout.Patch = {"margin.l": 128, "margin.r": 96, "xaxis.title.text": slim_title or title}
    if len(across["tickvals"]) > 2:  # half of them have room
        narrow |= {f"xaxis.{key}": list(across[key])[::2] for key in ("tickvals", "ticktext")}
    narrow |= {"xaxis.tickangle": 0}
    figure = layout.figure(62 + top + 36 * len(contestants), left=226, right=224, top=top, bottom=58, narrow=narrow)
    heights: layout.Patch = {"range": [-0.6, len(contestants) - 0.4], "tickvals": list(range(len(contestants)))[::-1]}
    wide, slim = ([_label(c, most, bold) for c, bold in zip(contestants, strong, strict=True)] for most in (27, 16))
    figure.update_layout(
        xaxis=across,
        yaxis=layout.axis(**heights, ticktext=wide, showgrid=False),
        meta={"narrow": narrow | {"yaxis.ticktext": slim}},
    )
    return figure


def _label(c: Row, most: int, bold: bool) -> str:
    """A contestant's name beside its row, bold in the group of the best."""
    words = layout.wrapped(c["label"], most)
    return f"<b>{words}</b>" if bold else words


def _row(
    figure: layout.Figure,
    contestants: Sequence[Row],
    k: int,
    estimate: Estimate,
    words: tuple[str, str],
    hover: str,
    scale: tuple[float, float],
    symbol: str,
    strong: bool,
) -> None:
    """A point with its interval, and both in figures at the right; a row without a point has the words alone."""
    y, look = len(contestants) - 1 - k, looks(sorted(contestants, key=lambda c: c["rank"]))[contestants[k]["name"]]
    if strong:
        tint = {"fillcolor": look.faded(0.12), "line": {"width": 0}, "layer": "below"}
        figure.add_shape(type="rect", xref="paper", x0=0, x1=1, y0=y - 0.44, y1=y + 0.44, **tint)
    value = middle(estimate)
    if value is not None:
        _point(figure, look, y, (value, estimate["low"], estimate["high"]), scale, hover, symbol, 11 if strong else 9)
    quiet = {"color": QUIET, "size": 12}
    main = words[0] if value is None else f"<b>{words[0]}</b>"
    figure.add_annotation(**layout.note(main, 1, y, yref="y", xshift=10, font=quiet if value is None else {"size": 12.5}))
    figure.layout.meta["narrow"][f"annotations[{len(figure.layout.annotations)}].visible"] = False
    figure.add_annotation(**layout.note(words[1], 1, y, yref="y", xshift=96, font=quiet))


def _point(
    figure: layout.Figure,
    look: Look,
    y: float,
    at: tuple[float, float | None, float | None],
    scale: tuple[float, float],
    hover: str,
    symbol: str,
    size: float,
) -> None:
    """The point and its interval; an end that is not known, or lies outside, is the edge of the picture."""
    inward: Callable[[float], float] = lambda x: min(max(x, 1.0001 * scale[0]), 0.9999 * scale[1])  # noqa: E731
    ends = [inward(scale[0] if at[1] is None else at[1]), inward(scale[1] if at[2] is None else at[2])]
    line, marker = {"color": look.colour, "width": 2.4}, {"color": look.colour, "size": size, "symbol": symbol}
    figure.add_scatter(x=ends, y=[y, y], mode="lines", line=line, hoverinfo="skip", cliponaxis=False)
    text = f"{hover}<extra></extra>"
    if at[0] > scale[1]:
        marker |= {"symbol": "triangle-right"}
    figure.add_scatter(x=[inward(at[0])], y=[y], mode="markers", marker=marker, hovertemplate=text, cliponaxis=False)
