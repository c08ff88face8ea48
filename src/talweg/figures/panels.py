"""How the result depends on the learning rate: one panel for each contestant, all on one scale of loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, looks
from talweg.text import lookup
from talweg.text.format import figures, loss_name, measured, setting, shortened
from talweg.text.lookup import nowhere, too_slow, tried

Summary = Mapping[str, Any]

COLUMNS = 3
PANEL, TITLE, BELOW, FOOT = 150, 44, 26, 26  # pixels: a panel, the words above it, the ticks below it, the title below all
STRIP = 0.13  # share of a panel, at its top, where settings that diverged stand


def learning_rates(summary: Summary) -> layout.Figure:
    """Final validation loss of every setting tried over its learning rate; good range, chosen, diverged and too slow ones are marked."""
    summary = lookup.lifted(summary)
    run = [c for c in summary["contestants"] if tried(c)]
    if not run:
        return layout.nothing("No setting was tried: nothing was searched.")
    start = lookup.search_start(summary)
    bounds = loss_bounds(run, start)
    strip = bounds[1] / (bounds[1] / bounds[0]) ** (STRIP / 2)
    made = layout.figure(100, left=92, right=16, top=0, bottom=0)
    given = looks(summary["contestants"])
    for k, c in enumerate(run):
        panel(made, c, k, given[c["name"]], bounds, start, strip)
    wide, narrow = placed(run, min(COLUMNS, len(run))), placed(run, 1)
    made.update_layout(**{key.replace(".", "_"): value for key, value in wide.items() if not key.startswith("annotations")})
    notes = [*titles(run, given), *(slow(c, k, start, bounds) for k, c in enumerate(run)), *feet(summary)]
    made.update_layout(annotations=notes)
    for key, value in wide.items():
        if key.startswith("annotations"):
            at, name = key[len("annotations[") :].split("].")
            made.layout.annotations[int(at)][name] = value
    made.update_layout(meta={"narrow": narrow | {"margin.l": 70}})
    return made


def loss_bounds(run: list[dict[str, Any]], start: float | None) -> tuple[float, float]:
    """The scale that all panels share: from the best loss to the start, with a strip above for the diverged."""
    found = layout.bounds([point["loss"] for c in run for point in tried(c)], room=1.15) or (0.1, 1.0)
    top = min(found[1], 1.5 * start) if start and start > found[0] else found[1]
    top = max(top, 1.2 * start) if start and start > found[0] else top
    return found[0], found[0] * (top / found[0]) ** (1 / (1 - STRIP))


def panel(
    made: layout.Figure, c: dict[str, Any], k: int, look: Look, bounds: tuple[float, float], start: float | None, strip: float
) -> None:
    """The axes and points of one contestant."""
    x, y = f"x{k + 1 if k else ''}", f"y{k + 1 if k else ''}"
    rates = layout.bounds([point["learning_rate"] for point in tried(c)], room=1.35)
    if rates is None:
        return
    at = layout.decades(*rates, most=5)
    across = layout.log_axis(*rates, tickvals=at, ticktext=[figures(t) for t in at], anchor=y)
    made.update_layout({f"xaxis{x[1:]}": across, f"yaxis{y[1:]}": up(bounds, start, strip, anchor=x)})
    if c.get("good_range"):
        low, high = c["good_range"]
        made.add_shape(
            type="rect",
            xref=x,
            x0=low,
            x1=high,
            yref=f"{y} domain",
            y0=0,
            y1=1,
            fillcolor=look.faded(0.16),
            line={"width": 0},
            layer="below",
        )
    if start is not None and bounds[0] < start < bounds[1]:
        made.add_shape(
            type="line",
            xref=f"{x} domain",
            x0=0,
            x1=1,
            yref=y,
            y0=start,
            y1=start,
            line={"color": QUIET, "width": 1, "dash": "dot"},
            layer="below",
        )
    made.add_traces([trace.update(xaxis=x, yaxis=y) for trace in points(c, look, bounds, start, strip)])


def up(bounds: tuple[float, float], start: float | None, strip: float, **more: Any) -> dict[str, Any]:
    """The axis of loss; the start and the strip of the diverged are named like ticks."""
    top = bounds[0] * (bounds[1] / bounds[0]) ** (1 - STRIP)
    named = {strip: "diverged"} | ({start: f"start {figures(start)}"} if start is not None and bounds[0] < start < top * 1.001 else {})
    room = (bounds[1] / bounds[0]) ** 0.1
    plain = {t: figures(t) for t in layout.ticks(bounds[0], top, 5) if all(max(t / other, other / t) > room for other in named)}
    return layout.log_axis(*bounds, tickvals=[*plain, *named], ticktext=[*plain.values(), *named.values()], **more) | {
        "tickfont": {"size": layout.SMALL}
    }


def points(c: dict[str, Any], look: Look, bounds: tuple[float, float], start: float | None, strip: float) -> list[Any]:
    """The settings tried, as one trace for each thing that can happen to one."""
    kinds: dict[str, list[dict[str, Any]]] = {"ended": [], "nowhere": [], "diverged": [], "chosen": []}
    for point in tried(c):
        kinds[kind(point, start)].append(point)
    pen = {"color": look.colour, "width": 1.6}
    markers = {
        "ended": {"color": look.colour, "size": 7, "opacity": 0.75},
        "nowhere": {"symbol": "circle-open", "size": 7, "line": pen, "color": look.colour},
        "diverged": {"symbol": "x-thin", "size": 7, "line": pen},
        "chosen": {"symbol": "circle", "size": 12, "color": look.colour, "line": {"color": QUIET, "width": 2}},
    }
    ceiling = bounds[0] * (bounds[1] / bounds[0]) ** (1 - STRIP)
    found = []
    for name, of_kind in kinds.items():
        if of_kind:
            y = [strip if name == "diverged" else min(point["loss"], ceiling) for point in of_kind]
            x = [point["learning_rate"] for point in of_kind]
            hover = {"customdata": [said(c, point, start) for point in of_kind], "hovertemplate": "%{customdata}<extra></extra>"}
            found.append(go.Scatter(x=x, y=y, mode="markers", marker=markers[name], cliponaxis=False, **hover))
    return found


def kind(point: dict[str, Any], start: float | None) -> str:
    """What happened to a setting: diverged, nowhere (no better than the start), chosen or ended."""
    if point["diverged"] or point["loss"] is None or point["loss"] <= 0:
        return "diverged"
    if point["chosen"]:
        return "chosen"
    return "nowhere" if nowhere(point, start) else "ended"


def said(c: dict[str, Any], point: dict[str, Any], start: float | None) -> str:
    """What the pointer reads at a setting."""
    numbers = "<br>".join(f"{layout.safe(name)} {layout.safe(setting(value))}" for name, value in point["hyperparameters"].items())
    loss = point.get("shown") or measured(point["loss"])
    ended = {"diverged": "diverged", "nowhere": f"ended at {loss}, no better than it started"}
    words = ended.get(kind(point, start), f"final validation loss {loss}")
    return f"<b>{layout.safe(c['label'])}</b>{' – chosen' if point['chosen'] else ''}<br>{numbers}<br>{words}"


def titles(run: list[dict[str, Any]], given: dict[str, Look]) -> list[dict[str, Any]]:
    """The words above each panel: who, the learning rate chosen, and the good range."""
    notes = []
    for c in run:
        chosen = next((point["learning_rate"] for point in tried(c) if point["chosen"]), None)
        words = "none chosen" if chosen is None else f"{setting(chosen)} chosen"
        words += f", {setting(c['good_range'][0])} – {setting(c['good_range'][1])} good" if c.get("good_range") else ", no good range"
        name = f"<b>{layout.safe(shortened(c['label'], 32))}</b>"
        text = f"{name}<br><span style='color:{QUIET}'>{words}</span>"
        notes.append(layout.note(text, 0, 0, align="left", yanchor="bottom", yshift=3, font={"size": 12, "color": given[c["name"]].colour}))
    return notes


def slow(c: dict[str, Any], k: int, start: float | None, bounds: tuple[float, float]) -> dict[str, Any]:
    """The words "too slow" above the settings that were, or nothing."""
    found = too_slow(c, start)
    x, y = f"x{k + 1 if k else ''} domain", f"y{k + 1 if k else ''} domain"
    # Between the starting loss and the strip of the diverged, where no setting can stand.
    height = layout.height_of(start, *bounds) if start else 1.0
    words = layout.note("too slow", 0.01, height, xref=x, yref=y, yshift=10, font={"size": layout.SMALL, "color": QUIET})
    return words | {"visible": bool(found)}


def feet(summary: Summary) -> list[dict[str, Any]]:
    """The titles of all horizontal and all vertical axes."""
    across = layout.note("learning rate (log scale)", 0.5, 0, xanchor="center", yanchor="bottom", yshift=-FOOT - BELOW, font={"size": 13})
    words = lookup.loss_axis(summary, f"{loss_name(summary['problem'])} at the end of the budget")
    upward = layout.note(words, 0, 0.5, textangle=-90, xanchor="center", xshift=-82, font={"size": 13})
    return [across, upward | {"visible": True}]


def placed(run: list[dict[str, Any]], columns: int) -> layout.Patch:
    """Where the panels and the words above them stand in that many columns, as Plotly's `relayout` takes it."""
    lookup = -(-len(run) // columns)
    inside = lookup * (PANEL + TITLE) + (lookup - 1) * BELOW
    patch: layout.Patch = {"height": inside + BELOW + FOOT, "margin.b": BELOW + FOOT, "margin.t": 0}
    gap = 0.045 if columns > 1 else 0.0
    width = (1 - (columns - 1) * gap) / columns
    for k in range(len(run)):
        row, column = divmod(k, columns)
        top = 1 - (row * (PANEL + TITLE + BELOW) + TITLE) / inside
        left = column * (width + gap)
        number = k + 1 if k else ""
        patch[f"xaxis{number}.domain"] = [left, min(left + width, 1.0)]
        patch[f"yaxis{number}.domain"] = [max(top - PANEL / inside, 0), top]
        patch[f"yaxis{number}.showticklabels"] = column == 0
        patch[f"annotations[{k}].x"] = left
        patch[f"annotations[{k}].y"] = top
    patch[f"annotations[{2 * len(run) + 1}].visible"] = columns > 1 and lookup > 1
    return patch
