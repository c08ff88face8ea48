"""One line for each contestant, with a band, named where it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from talweg.figures import layout
from talweg.figures.palette import Look
from talweg.text.format import figures, shortened, unit

LABELS = 232  # pixels to the right of the plot, where the lines are named
LINE = 17  # pixels from one label to the next
NARROW_ENTRY = 21  # pixels of one entry of the legend on a narrow page


@dataclass(frozen=True)
class Line:
    """What is drawn for a contestant: x, and y with the band's low and high (None where it has no value any more)."""

    label: str
    look: Look
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    hover: Sequence[str]
    strong: bool = False
    band: bool = True  #: whether the band is drawn
    cut: bool = False  #: ended before the others: it diverged
    signed: bool = False  #: has negative values, too, and an axis for them


def examples_seen(lines: Sequence[Line], problem: Mapping[str, Any]) -> dict[str, Any]:
    """The axis of examples (of gradients, where there are no data), from none to the most that a line has."""
    at = layout.linear_ticks(0, most := max(x for line in lines for x in line.x))
    title = "examples seen" if unit(problem) == "example" else "gradients"
    return layout.axis(title, range=[0, most], tickvals=at, ticktext=[figures(x) for x in at], showgrid=False)


def drawn(
    lines: Sequence[Line],
    x: dict[str, Any],
    y: dict[str, Any],
    bounds: tuple[float, float],
    *,
    height: int = 470,
    place: Callable[[float], float] | None = None,
) -> layout.Figure:
    """A figure of `lines` over the axes `x` and `y`; `bounds` are those of y, on a log scale unless `place` says where a y stands.

    On a narrow page a legend under the plot takes the place of the labels.
    """
    figure = layout.figure(height, right=LABELS)
    for rank, line in sorted(enumerate(lines), key=lambda ranked: ranked[1].strong):
        figure.add_traces([trace.update(legendrank=rank + 1) for trace in traces(line, bounds)])
    plot = height - 12 - 52
    notes, shapes = labels(lines, place or (lambda y: layout.height_of(y, *bounds)), LINE / plot)
    figure.update_layout(xaxis=x, yaxis=y, annotations=notes, shapes=shapes)
    taller = height - 80 + NARROW_ENTRY * len(lines)
    hidden = {f"{kind}[{k}].visible": False for kind in ("annotations", "shapes") for k in range(len(notes))}
    narrow = {"height": taller, "showlegend": True, "margin.r": 14, "margin.l": 58, "margin.b": 62 + NARROW_ENTRY * len(lines)}
    return figure.update_layout(legend={"y": -52 / (plot - 90)}, meta={"narrow": hidden | narrow})


def traces(line: Line, bounds: tuple[float, float]) -> list[go.Scatter]:
    """The band, the line, and a cross where it was cut off."""
    parts, colour, silent = [], line.look.colour, {"hoverinfo": "skip", "showlegend": False}
    # Where the upper end diverged, the band leaves the picture at its top.
    band = [
        (x, low, bounds[1] * 10 if high is None else high)
        for x, low, high in zip(line.x, line.low, line.high, strict=True)
        if low is not None and low > 0 and (high is None or high > 0)
    ]
    if band and line.band:
        x, low, high = zip(*band, strict=True)
        outline = {"x": [*x, *reversed(x)], "y": [*high, *reversed(low)], "mode": "lines", "line": {"width": 0}}
        parts.append(go.Scatter(**outline, fill="toself", fillcolor=line.look.faded(0.2 if line.strong else 0.08), **silent))
    pen = {"color": colour, "dash": line.look.dash, "width": 3.2 if line.strong else 1.9}
    hover = {"customdata": list(line.hover), "hovertemplate": "%{customdata}<extra></extra>"}
    name = layout.safe(shortened(line.label, 34))
    parts.append(go.Scatter(x=list(line.x), y=list(line.y), mode="lines", line=pen, name=name, **hover))
    end = last(line)
    if line.cut and end is not None:
        cross = {"symbol": "x-thin", "size": 9, "line": {"color": colour, "width": 2.2}}
        height = min(max(end[1], bounds[0]), bounds[1])
        parts.append(go.Scatter(x=[end[0]], y=[height], mode="markers", marker=cross, cliponaxis=False, **silent))
    return parts


def labels(lines: Sequence[Line], place: Callable[[float], float], gap: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The name of each line beside its end, and the strokes that join the two."""
    named = [(line, point) for line in lines if (point := last(line)) is not None]
    wanted = [place(point[1]) for _, point in named]
    notes, shapes = [], []
    for (line, _), end, spot in zip(named, wanted, layout.apart(wanted, gap, 0.0, 1.0), strict=True):
        words = layout.safe(shortened(line.label, 17 if line.cut else 28)) + (" – diverged" if line.cut else "")
        text = f"<b>{words}</b>" if line.strong else words
        notes.append(layout.note(text, 1, spot, xshift=24, font={"color": line.look.colour, "size": 12.5}))
        pen = {"color": line.look.colour, "width": 1, "dash": "dot" if line.cut else "solid"}
        # The stroke is 20 pixels wide however wide the page is: its ends are pixels from an anchor at the plot's right edge.
        ends = {"xsizemode": "pixel", "xanchor": 1, "x0": 3, "x1": 22, "y0": end, "y1": spot}
        shapes.append({"type": "line", "xref": "paper", "yref": "paper", **ends, "line": pen, "opacity": 0.7})
    return notes, shapes


def last(line: Line) -> tuple[float, float] | None:
    """The last point of a line that its axis shows, None if it has none."""
    shown = ((x, y) for x, y in zip(reversed(line.x), reversed(line.y), strict=True) if y is not None and (line.signed or y > 0))
    return next(shown, None)
