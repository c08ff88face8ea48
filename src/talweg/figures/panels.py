"""How the result depends on the learning rate: one panel for each contestant, all on one scale of loss."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, looks
from talweg.summary import Row, Summary
from talweg.text import labels, lookup
from talweg.text.format import figures, loss_name, shortened
from talweg.text.lookup import too_slow, tried, unimproved

COLUMNS = 3
PANEL, TITLE, BELOW, FOOT = 150, 44, 26, 26  # pixels: a panel, the words above it, the ticks below it, the title below all
STRIP = 0.13  # share of a panel, at its top, where settings that diverged stand


def learning_rates(summary: Summary) -> layout.Figure:
    """Lowest validation loss of every setting tried over its learning rate; good range, chosen, diverged and too slow ones are marked."""
    summary = lookup.lifted(summary)
    contestants = [c for c in summary["contestants"] if tried(c)]
    if not contestants:
        return layout.nothing(labels.NO_SEARCH)
    start = summary["run"]["search_start_loss"]
    bounds = loss_bounds(contestants, start)
    strip = bounds[1] / (bounds[1] / bounds[0]) ** (STRIP / 2)
    figure = layout.figure(100, left=92, right=16, top=0, bottom=0)
    look = looks(summary["contestants"])
    for k, c in enumerate(contestants):
        panel(figure, c, k, look[c["name"]], bounds, start, strip)
    notes = [
        *(title(c, look[c["name"]]) for c in contestants),
        *(too_slow_note(c, k, start, bounds) for k, c in enumerate(contestants)),
        *axis_titles(summary),
    ]
    figure.update_layout(annotations=notes, meta={"narrow": placed(contestants, 1) | {"margin.l": 70}})
    for path, value in placed(contestants, min(COLUMNS, len(contestants))).items():
        figure.layout[path] = value
    return figure


def loss_bounds(contestants: list[Row], start: float | None) -> tuple[float, float]:
    """The scale that all panels share: from the best loss to the start, with a strip above for the diverged."""
    low, top = layout.bounds([point["loss"] for c in contestants for point in tried(c)], room=1.15) or (0.1, 1.0)
    if start and start > low:
        top = min(max(top, 1.2 * start), 1.5 * start)
    return low, low * (top / low) ** (1 / (1 - STRIP))


def panel(figure: layout.Figure, c: Row, k: int, look: Look, bounds: tuple[float, float], start: float | None, strip: float) -> None:
    """The axes and points of one contestant."""
    x, y = f"x{k + 1 if k else ''}", f"y{k + 1 if k else ''}"
    rates = layout.bounds([point["learning_rate"] for point in tried(c)], room=1.35)
    if rates is None:
        return
    across = layout.log_axis(*rates, most=5, anchor=y)
    figure.update_layout({f"xaxis{x[1:]}": across, f"yaxis{y[1:]}": loss_axis(bounds, start, strip, anchor=x)})
    if c["good_range"]:
        low, high = c["good_range"]
        tint = {"fillcolor": look.faded(0.16), "line": {"width": 0}, "layer": "below"}
        figure.add_shape(type="rect", xref=x, x0=low, x1=high, yref=f"{y} domain", y0=0, y1=1, **tint)
    if start is not None and bounds[0] < start < bounds[1]:
        pen = {"color": QUIET, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", xref=f"{x} domain", x0=0, x1=1, yref=y, y0=start, y1=start, line=pen, layer="below")
    figure.add_traces([trace.update(xaxis=x, yaxis=y) for trace in points(c, look, bounds, start, strip)])


def loss_axis(bounds: tuple[float, float], start: float | None, strip: float, **more: Any) -> dict[str, Any]:
    """The axis of loss; the start and the strip of the diverged are named like ticks."""
    top = bounds[0] * (bounds[1] / bounds[0]) ** (1 - STRIP)
    named = {strip: "diverged"} | ({start: f"start {figures(start)}"} if start is not None and bounds[0] < start < top * 1.001 else {})
    room = (bounds[1] / bounds[0]) ** 0.1
    plain = {t: figures(t) for t in layout.ticks(bounds[0], top, 5) if all(max(t / other, other / t) > room for other in named)}
    ticks: layout.Patch = {"tickvals": [*plain, *named], "ticktext": [*plain.values(), *named.values()], "tickfont": {"size": layout.SMALL}}
    return layout.log_axis(*bounds, **(ticks | more))


def points(c: Row, look: Look, bounds: tuple[float, float], start: float | None, strip: float) -> list[go.Scatter]:
    """The settings tried, as one trace for each outcome."""
    pen = {"color": look.colour, "width": 1.6}
    markers = {
        "improved": {"color": look.colour, "size": 7, "opacity": 0.75},
        "unimproved": {"symbol": "circle-open", "size": 7, "line": pen, "color": look.colour},
        "diverged": {"symbol": "x-thin", "size": 7, "line": pen},
        "chosen": {"symbol": "circle", "size": 12, "color": look.colour, "line": {"color": QUIET, "width": 2}},
    }
    ceiling = bounds[0] * (bounds[1] / bounds[0]) ** (1 - STRIP)
    traces = []
    for name, marker in markers.items():
        settings = [point for point in tried(c) if outcome(point, start) == name]
        y = [strip if name == "diverged" else min(point["loss"], ceiling) for point in settings]
        label = f"{c['label']}{' – chosen' if name == 'chosen' else ''}"
        hover = [layout.hover(label, *labels.point(point, name)) for point in settings]
        shown = {"x": [point["learning_rate"] for point in settings], "y": y, "customdata": hover}
        if settings:
            traces.append(
                go.Scatter(**shown, mode="markers", marker=marker, cliponaxis=False, hovertemplate="%{customdata}<extra></extra>")
            )
    return traces


def outcome(point: Row, start: float | None) -> str:
    """What came of a setting: diverged, chosen, unimproved (no better than the start) or improved."""
    if point["diverged"] or point["loss"] is None or point["loss"] <= 0:
        return "diverged"
    if point["chosen"]:
        return "chosen"
    return "unimproved" if unimproved(point, start) else "improved"


def title(c: Row, look: Look) -> dict[str, Any]:
    """The words above a panel: who, the learning rate chosen, and the good range."""
    text = f"<b>{layout.safe(shortened(c['label'], 32))}</b><br><span style='color:{QUIET}'>{labels.panel(c)}</span>"
    return layout.note(text, 0, 0, align="left", yanchor="bottom", yshift=3, font={"size": 12, "color": look.colour})


def too_slow_note(c: Row, k: int, start: float | None, bounds: tuple[float, float]) -> dict[str, Any]:
    """The words "too slow" above the settings that were, or nothing."""
    x, y = f"x{k + 1 if k else ''} domain", f"y{k + 1 if k else ''} domain"
    # Between the starting loss and the strip of the diverged, where no setting can stand.
    height = layout.height_of(start, *bounds) if start else 1.0
    words = layout.note("too slow", 0.01, height, xref=x, yref=y, yshift=10, font={"size": layout.SMALL, "color": QUIET})
    return words | {"visible": bool(too_slow(c, start))}


def axis_titles(summary: Summary) -> list[dict[str, Any]]:
    """The titles of all horizontal and all vertical axes."""
    across = layout.note("learning rate (log scale)", 0.5, 0, xanchor="center", yanchor="bottom", yshift=-FOOT - BELOW, font={"size": 13})
    words = lookup.loss_axis(summary, f"lowest {loss_name(summary['problem'])}")
    upward = layout.note(words, 0, 0.5, textangle=-90, xanchor="center", xshift=-82, font={"size": 13})
    return [across, upward | {"visible": True}]


def placed(contestants: list[Row], columns: int) -> layout.Patch:
    """Where the panels and the words above them stand in that many columns, as Plotly's `relayout` takes it."""
    rows = -(-len(contestants) // columns)
    plot = rows * (PANEL + TITLE) + (rows - 1) * BELOW
    patch: layout.Patch = {"height": plot + BELOW + FOOT, "margin.b": BELOW + FOOT, "margin.t": 0}
    gap = 0.045 if columns > 1 else 0.0
    width = (1 - (columns - 1) * gap) / columns
    for k in range(len(contestants)):
        row, column = divmod(k, columns)
        top = 1 - (row * (PANEL + TITLE + BELOW) + TITLE) / plot
        left = column * (width + gap)
        number = k + 1 if k else ""
        patch[f"xaxis{number}.domain"] = [left, min(left + width, 1.0)]
        patch[f"yaxis{number}.domain"] = [max(top - PANEL / plot, 0), top]
        patch[f"yaxis{number}.showticklabels"] = column == 0
        patch[f"annotations[{k}].x"] = left
        patch[f"annotations[{k}].y"] = top
    patch[f"annotations[{2 * len(contestants) + 1}].visible"] = columns > 1 and rows > 1
    return patch
