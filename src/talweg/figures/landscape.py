"""A slice of the loss landscape with the trajectories on it, on the plane and in space, and the line between two endpoints.

Each takes the summary of `talweg.studies.landscape` (plain dictionaries) and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, looks
from talweg.figures.surface import grid, trajectories
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.trajectories import SingleTrajectory
from talweg.summary import Summary
from talweg.text import landscape as words
from talweg.text.format import figures, metric
from talweg.text.surface import height_title

DECADES = 30.0  #: a slice whose losses are so many times apart is drawn on a log scale
TRAINING, VALIDATION = Look("#2885eb"), Look("#b5470f", "dash")
EYE, WIDE, DEEP = (-0.95, -1.65, 1.4), 1.2, 0.55  #: of the picture in space: where the eye is, how wide and deep the ground
SIDE, ENTRY = 560, 21  # pixels: the height of a picture, and of an entry of the legend on a narrow page


def plane(summary: Summary) -> layout.Figure:
    """Contour lines of the loss, the trajectories on them, and the lowest point of the slice."""
    ground = ground_of(summary)
    descents = trajectories_of(summary)
    traces: list[Any] = []
    for rank, (c, one) in reversed(list(enumerate(zip(summary["contestants"], descents, strict=True), 1))):  # the best on top
        entry = words.legend(one.label, one.loss[-1])
        line, steps, *others = trajectories.on_plane([one], [trajectories.drawn(one, ground)], ground, entry)
        line.legendrank = rank
        steps.hovertext = [words.hover(layout.safe(c["label"]), c, k) for k in trajectories.dots(one, ground)]
        traces += [line, steps, *others]
    made = grid.contour_figure(ground, [*traces, trajectories.starts(descents, ground)], height=SIDE)
    first, second = words.axes(summary)
    below = 62 + ENTRY * (len(descents) + 2)
    narrow = {"height": 330 + below, "margin.b": below, "margin.r": 4, "margin.l": 42, "legend.y": -56 / 318}
    made.update_layout(
        xaxis={"title": {"text": first}, "zeroline": False},
        yaxis={"title": {"text": second}},
        margin={"b": 130},
        meta={"narrow": made.layout.meta["narrow"] | narrow},
    )
    made.data[0].colorbar.title.text = loss_title(summary, ground)
    return made


def surface_3d(summary: Summary) -> layout.Figure:
    """The same in space: each trajectory lies on the surface, not at its actual loss."""
    ground = ground_of(summary)
    descents = trajectories_of(summary)
    parts = [trajectories.drawn(one, ground) for one in descents]
    traces = [trace for one, part in zip(descents, parts, strict=True) for trace in trajectories.in_space([one], [part], ground)]
    made = grid.surface_3d_figure(ground, traces, height=SIDE)
    titles = {f"{axis}axis": {"title": {"text": text}} for axis, text in (("x", "first"), ("y", "second"), ("z", ""))}
    camera = {"eye": eye(ground, descents), "center": {"x": 0, "y": 0, "z": -0.3}}
    return made.update_layout(scene={**titles, "camera": camera})


def line_loss(summary: Summary) -> layout.Figure:
    """Training and validation loss along the straight line between two endpoints, and the barrier."""
    line = summary["line"]
    made = along(summary, "loss", "loss", figures)
    at, loss = np.array(line["at"], float), np.array(line["training_loss"], float)
    if line["barrier"] is None or not np.isfinite(loss).all():
        return made
    chord = (1 - at) * loss[0] + at * loss[-1]
    top = int(np.argmax(loss - chord))
    dotted = {"color": QUIET, "width": 1.2, "dash": "dot"}
    made.add_shape(type="line", x0=0, x1=1, y0=loss[0], y1=loss[-1], line=dotted, layer="below")
    if line["barrier"] > 0.04 * np.ptp(loss):
        made.add_shape(type="line", x0=at[top], x1=at[top], y0=chord[top], y1=loss[top], line={"color": QUIET, "width": 2})
        side = {"xanchor": "left", "xshift": 7} if at[top] < 0.6 else {"xanchor": "right", "xshift": -7}
        middle = float(chord[top] + 0.25 * (loss[top] - chord[top]))
        font = {"color": QUIET, "size": 12}
        made.add_annotation(**layout.note(words.barrier(line), at[top], middle, xref="x", yref="y", font=font, **side))
    return made


def line_metric(summary: Summary) -> layout.Figure:
    """The same line with the problem's metric."""
    return along(summary, "metric", str(summary["metric"]), metric(summary["metric_percent"]))


def along(summary: Summary, key: str, title: str, show: Callable[[float | None], str]) -> layout.Figure:
    """The training and the validation curve of a key over the line from one endpoint to the other."""
    line, endpoints = summary["line"], summary["contestants"][:2]
    curves = [("training", line[f"training_{key}"], TRAINING), ("validation", line[f"validation_{key}"], VALIDATION)]
    curves = [(name, values, look) for name, values, look in curves if any(value is not None for value in values)]
    made = layout.figure(360, left=62, right=20, top=12, bottom=88, narrow={"height": 330})
    for name, values, look in curves:
        hover = [words.line_hover(name, show(value), x) for x, value in zip(line["at"], values, strict=True)]
        pen = {"color": look.colour, "dash": look.dash, "width": 2.6}
        made.add_scatter(x=line["at"], y=values, mode="lines", line=pen, name=name, hovertext=hover, hoverinfo="text")
    contestant_looks = looks(summary["contestants"])
    for c, x, k in zip(endpoints, (0, 1), (0, -1), strict=True):
        y = [values[k] for _, values, _ in curves]
        dot = {"size": 10, "color": contestant_looks[c["name"]].colour}
        made.add_scatter(x=[x] * len(y), y=y, mode="markers", marker=dot, hoverinfo="skip", showlegend=False, cliponaxis=False)
    low, high = grid.extent(np.array([value for _, values, _ in curves for value in values], float))
    room = 0.06 * (high - low or 1)
    ticks = layout.linear_ticks(low, high)
    names = [layout.wrapped(c["label"], 14) for c in endpoints]
    return made.update_layout(
        xaxis=layout.axis(range=[-0.08, 1.08], tickvals=[0, 0.5, 1], ticktext=[names[0], "half way", names[1]], showgrid=False),
        yaxis=layout.axis(title, range=[low - room, high + room], tickvals=ticks, ticktext=[show(value) for value in ticks]),
        showlegend=True,
        legend={"y": -0.22},
    )


def eye(ground: Grid, descents: list[SingleTrajectory]) -> dict[str, float]:
    """Where the eye stands: of sixteen sides the one from which the ground hides least, and of these the lowest."""
    z = ground.height(ground.z)
    known = np.isfinite(z)
    if not known.any():
        return dict(zip("xyz", EYE, strict=True))
    low, high = grid.extent(z)
    level = np.where(known, (z - low) / (high - low or 1.0) - 0.5, 0.5) * DEEP
    sides = [np.linspace(-0.5, 0.5, n) * WIDE for n in z.shape]
    surface = RegularGridInterpolator(sides, level, bounds_error=False, fill_value=-1.0)
    middle, width = np.mean(ground.domain, axis=1), np.ptp(ground.domain, axis=1)
    places = np.concatenate([(one.plane - middle) / width * WIDE for one in descents])
    feet = np.column_stack([places, surface(places[:, ::-1]) + 0.02])
    views = []
    for turn in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        at = np.array([EYE[0] * np.cos(turn) - EYE[1] * np.sin(turn), EYE[0] * np.sin(turn) + EYE[1] * np.cos(turn), EYE[2]])
        sight = feet[:, None] + np.linspace(0.02, 1, 60)[:, None] * (at - feet[:, None])
        hidden = (surface(sight[..., 1::-1]) > sight[..., 2]).any(axis=1).mean()
        edge = surface(at[1::-1] / np.linalg.norm(at[:2]) * 0.5)[0]
        views.append((round(float(hidden), 2), float(edge), at.tolist()))
    return dict(zip("xyz", min(views, key=lambda view: view[:2])[2], strict=True))


def ground_of(summary: Summary) -> Grid:
    """The slice as a surface grid; its lowest point is marked. Its scale is log where the losses are far apart."""
    x, y, z = (np.array(summary[name], float) for name in ("x", "y", "loss"))
    if not np.isfinite(z).any():
        return Grid(x, y, z, [], summary["problem"])
    low, high = grid.extent(z)
    row, column = np.unravel_index(int(np.nanargmin(z)), z.shape)
    critical = [((float(x[column]), float(y[row])), low, "minimum", True)]
    scale = "log" if low > 0 and high > DECADES * low else "auto"
    return Grid(x, y, z, critical, summary["problem"], 0.0 if low >= 0 else None, scale=scale)


def trajectories_of(summary: Summary) -> list[SingleTrajectory]:
    """The trajectories on the slice, with the losses at their actual weights."""
    look = looks(summary["contestants"])
    return [
        SingleTrajectory(c["name"], c["label"], look[c["name"]], np.array(c["trajectory"], float), np.array(c["loss"], float))
        for c in summary["contestants"]
    ]


def loss_title(summary: Summary, ground: Grid) -> str:
    """What the height is."""
    return height_title(ground.height.kind, ground.height.lowest, words.loss(summary))
