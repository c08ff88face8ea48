"""A batch ladder as figures: steps to the target with the fit, what they cost on three kinds of machine, and the loss, by batch size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, look
from talweg.summary import Row, Summary
from talweg.text import batch as words
from talweg.text.format import batch_size, middle

HEIGHT = 420
ASIDE = 1.06  #: times as large: how far apart the points of two methods stand
LIMIT = {"color": QUIET, "width": 1.4, "dash": "dot"}
#: What a step costs on three kinds of machine, and the look of its line.
COSTS = (("here", Look("#2885eb")), ("examples", Look("#b5470f", "dash")), ("steps", Look("#057e52", "dot")))


def steps(summary: Summary) -> layout.Figure:
    """Steps to the target at each size with their intervals, and the fit; of one method its two limits, too.

    At a size that does not reach the target an arrow stands at the upper edge.
    """
    ladders = summary["ladders"]
    estimates = [one["to_target"]["steps"] for ladder in ladders for one in ladder["sizes"]]
    bounds = layout.bounds([value for each in estimates for value in each.values()], room=1.6)
    if bounds is None:
        return layout.nothing(words.BEFORE if any(each["value"] == 0 for each in estimates) else words.NOT_REACHED)
    figure = _figure(summary, layout.log_axis(*bounds, words.STEPS_AXIS))
    for k, ladder in enumerate(ladders):
        own = look(ladder["method"])
        xs, curve = [one["examples"] for one in ladder["sizes"]], ladder["fit"]["curve"]
        if ladder["fit"]["seen"] is not None:
            line = {"color": own.colour, "width": 2, "dash": own.dash}
            figure.add_scatter(x=xs, y=curve, mode="lines", line=line, name=layout.safe(ladder["label"]), hoverinfo="skip", cliponaxis=True)
            if len(ladders) == 1:
                _limits(figure, ladder, xs, bounds)
        _points(figure, ladder, own, bounds, lambda one: one["to_target"]["steps"], words.hover_steps, aside=_aside(k, ladders))
    return figure


def _limits(figure: layout.Figure, ladder: Row, xs: Sequence[float], bounds: tuple[float, float]) -> None:
    """The fewest steps, the fewest examples, and the critical batch size where they meet."""
    least, critical = ladder["fit"]["steps"]["value"], ladder["fit"]["critical"]
    at = critical["value"]
    silent: dict[str, Any] = {"mode": "lines", "line": LIMIT, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=[xs[0], xs[-1]], y=[least, least], **silent)
    figure.add_scatter(x=[xs[0], xs[-1]], y=[least * at / xs[0], least * at / xs[-1]], **silent)
    if ladder["fit"]["seen"] == "inside":
        low, high = (xs[0] if critical["low"] is None else critical["low"]), (xs[-1] if critical["high"] is None else critical["high"])
        figure.add_vrect(max(low, xs[0]), min(high, xs[-1]), fillcolor=QUIET, opacity=0.12, line_width=0, layer="below")
        figure.add_vline(at, line={"color": QUIET, "width": 1.4})
        label = layout.note(words.critical_mark(ladder), _share(at, xs), 1, xanchor="center", yanchor="bottom", yshift=2)
        figure.add_annotation(**label, font={"color": QUIET, "size": 12})


def costs(summary: Summary) -> layout.Figure:
    """The cost to the target on three kinds of machine, over the least of all sizes; of the first method that reaches it."""
    ladder = words.costly(summary)
    if ladder is None:
        return layout.nothing(words.NOT_REACHED)
    reached = [one for one in ladder["sizes"] if one["to_target"]["steps"]["value"] is not None]
    keys = {"here": "seconds", "examples": "examples", "steps": "steps"}
    ratios = {}
    for kind, key in keys.items():
        values = [one["to_target"][key]["value"] for one in reached]
        ratios[kind] = [value / (min(values) or 1.0) for value in values]  # where nothing is needed, all costs are nothing
    bounds = layout.bounds([x for values in ratios.values() for x in values], room=1.15)
    if bounds is None:
        return layout.nothing(words.BEFORE)
    figure = _figure(summary, layout.log_axis(*bounds, words.COSTS_AXIS), legend=True)
    xs = [one["examples"] for one in reached]
    for kind, own in COSTS:
        hover = [words.hover_cost(one, kind, ratio) for one, ratio in zip(reached, ratios[kind], strict=True)]
        figure.add_scatter(
            x=xs,
            y=ratios[kind],
            mode="lines+markers",
            name=words.machine(kind, summary),
            line={"color": own.colour, "dash": own.dash, "width": 2.2},
            marker={"color": own.colour, "size": 8},
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
        )
    return figure


def quality(summary: Summary) -> layout.Figure:
    """The expected validation loss at each size with its interval."""
    losses = [one["validation_loss"] for ladder in summary["ladders"] for one in ladder["sizes"]]
    values = [x for each in losses for x in each.values() if x is not None]
    if not values:
        return layout.nothing(words.NOT_REACHED)
    room = 0.06 * (max(values) - min(values) or 1.0)
    low, high = min(values) - room, max(values) + room
    figure = _figure(summary, layout.axis(words.QUALITY_AXIS, range=[low, high], tickvals=layout.linear_ticks(low, high)))
    for k, ladder in enumerate(summary["ladders"]):
        own, aside = look(ladder["method"]), _aside(k, summary["ladders"])
        _points(figure, ladder, own, (low, high), lambda one: one["validation_loss"], words.hover_quality, aside=aside, joined=True)
    return figure


def _figure(summary: Summary, y: dict[str, Any], *, legend: bool = False) -> layout.Figure:
    """An empty figure over the batch sizes, with a legend of the methods where there are several."""
    sizes = sorted({one["examples"]: one["batch"] for ladder in summary["ladders"] for one in ladder["sizes"]}.items())
    xs = [size for size, _ in sizes]
    shown = _spread(sizes)
    across = layout.log_axis(xs[0] / 1.25, xs[-1] * 1.25, words.SIZES_AXIS)
    across |= {"tickvals": [size for size, _ in shown], "ticktext": [batch_size(batch) for _, batch in shown], "showgrid": False}
    named = legend or len(summary["ladders"]) > 1
    narrow = {"margin.l": 58, "margin.r": 14, "xaxis.tickvals": across["tickvals"][::2], "xaxis.ticktext": across["ticktext"][::2]}
    figure = layout.figure(HEIGHT + 40 * named, left=72, right=30, top=30, bottom=58 + 46 * named, narrow=narrow)
    return figure.update_layout(xaxis=across, yaxis=y, showlegend=named, legend={"y": -0.2})


def _spread(sizes: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Sizes far enough apart for their labels; the last is always there."""
    shown: list[tuple[int, Any]] = []
    for each in reversed(sizes):
        if not shown or each[0] * 1.5 <= shown[-1][0]:
            shown.append(each)
    return shown[::-1]


def _points(
    figure: layout.Figure,
    ladder: Row,
    own: Look,
    bounds: tuple[float, float],
    of: Any,
    hover: Any,
    *,
    aside: float,
    joined: bool = False,
) -> None:
    """A point with its interval for each size of a ladder; an arrow at the upper edge for one without a value.

    They stand `aside` times their size to the right, so that those of several methods do not cover each other.
    """
    rows = [one for one in ladder["sizes"] if middle(of(one)) is not None]
    missed = [one for one in ladder["sizes"] if middle(of(one)) is None]
    ends = [(_inside(of(one)["low"], bounds, bounds[0]), _inside(of(one)["high"], bounds, bounds[1])) for one in rows]
    values = [float(middle(of(one)) or 0.0) for one in rows]
    figure.add_scatter(
        x=[aside * one["examples"] for one in rows],
        y=values,
        error_y={
            "symmetric": False,
            "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
            "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
            "thickness": 2,
            "width": 4,
            "color": own.colour,
        },
        mode="lines+markers" if joined else "markers",
        line={"color": own.faded(0.5), "dash": own.dash, "width": 1.6},
        marker={"size": 9, "color": own.colour},
        customdata=_words(rows, ladder, hover),
        hovertemplate="%{customdata}<extra></extra>",
        name=layout.safe(ladder["label"]),
        showlegend=joined or ladder["fit"]["seen"] is None,
        cliponaxis=False,
    )
    if missed:
        figure.add_scatter(
            x=[aside * one["examples"] for one in missed],
            y=[bounds[1] * 0.98] * len(missed),
            mode="markers",
            marker={"size": 11, "color": own.colour, "symbol": "triangle-up-open", "line": {"width": 2}},
            customdata=_words(missed, ladder, hover),
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )


def _aside(k: int, ladders: Sequence[Row]) -> float:
    return float(ASIDE ** (k - (len(ladders) - 1) / 2))


def _words(rows: Iterable[Row], ladder: Row, hover: Any) -> list[str]:
    return [layout.hover(f"{ladder['label']}, batch {batch_size(one['batch'])}", hover(one)) for one in rows]


def _inside(end: float | None, bounds: tuple[float, float], otherwise: float) -> float:
    return otherwise if end is None else min(max(end, bounds[0]), bounds[1])


def _share(at: float, xs: Sequence[float]) -> float:
    return layout.height_of(at, xs[0] / 1.25, xs[-1] * 1.25)
