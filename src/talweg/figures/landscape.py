"""A slice of the loss landscape with the trajectories on it, on the plane and in space, and the line between two endpoints.

Each takes the summary of `talweg.studies.landscape` (plain dictionaries) and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from talweg.figures import layout
from talweg.figures.palette import QUIET, Look, looks
from talweg.figures.surface import grid, trajectories
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.trajectories import SingleTrajectory
from talweg.text import landscape as words
from talweg.text.format import figures, shortened

Summary = Mapping[str, Any]

DECADES = 30.0  #: a slice whose losses are so many times apart is drawn on a log scale
TRAINING, VALIDATION = Look("#2885eb"), Look("#b5470f", "dash")
EYE, WIDE, DEEP = (-0.95, -1.65, 1.4), 1.2, 0.55  #: of the picture in space: where the eye is, how wide and deep the ground
SIDE, ENTRY = 560, 21  # pixels: the height of a picture, and of an entry of the legend on a narrow page


def plane(summary: Summary) -> layout.Figure:
    """Contour lines of the loss, the descents on them, and the lowest point of the slice."""
    ground = ground_of(summary)
    height = grid.scaled(ground.z, ground.lowest, scale(ground))
    drawn = descents(summary)
    traces: list[Any] = []
    for rank, (c, trajectory) in reversed(list(enumerate(zip(summary["contestants"], drawn, strict=True), 1))):  # the best on top
        entry = f"{shortened(trajectory.label, 32)} {figures(trajectory.loss[-1])}"
        found = trajectories.on_plane(trajectory, trajectories.drawn(trajectory, ground, height), ground, entry)
        found[0].legendrank = rank
        found[1].hovertext = [words.hover(layout.safe(c["label"]), c, k) for k in trajectories.dots(trajectory, ground)]
        traces += found
    made = grid.contour_figure(ground, [*traces, trajectories.starts(drawn, ground)], scale(ground), height=SIDE)
    first, second = words.axes(summary)
    entries = len(drawn) + 2
    below = 62 + ENTRY * entries
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
    height = grid.scaled(ground.z, ground.lowest, scale(ground))
    drawn = descents(summary)
    traces = [
        trace for trajectory in drawn for trace in trajectories.in_space(trajectory, trajectories.drawn(trajectory, ground, height), ground)
    ]
    made = grid.surface_3d_figure(ground, traces, scale(ground), height=SIDE)
    made.update_layout(scene={"xaxis": {"title": {"text": "first"}}, "yaxis": {"title": {"text": "second"}}})
    camera = {"eye": eye(ground, height, drawn), "center": {"x": 0, "y": 0, "z": -0.3}}
    made.update_layout(scene={"zaxis": {"title": {"text": ""}}, "camera": camera})
    return made


def line_loss(summary: Summary) -> layout.Figure:
    """Training and validation loss along the straight line between two endpoints, and the barrier."""
    found = summary["line"]
    curves = [("training", found["training_loss"], TRAINING), ("validation", found["validation_loss"], VALIDATION)]
    made = along(summary, curves, "loss", figures)
    at, loss = np.array(found["at"], float), np.array(found["training_loss"], float)
    if found["barrier"] is not None and np.isfinite(loss).all():
        chord = (1 - at) * loss[0] + at * loss[-1]
        top = int(np.argmax(loss - chord))
        pen = {"color": QUIET, "width": 1.2, "dash": "dot"}
        made.add_shape(type="line", x0=0, x1=1, y0=loss[0], y1=loss[-1], line=pen, layer="below")
        if found["barrier"] > 0.04 * np.ptp(loss):
            made.add_shape(type="line", x0=at[top], x1=at[top], y0=chord[top], y1=loss[top], line={"color": QUIET, "width": 2})
            side = {"xanchor": "left", "xshift": 7} if at[top] < 0.6 else {"xanchor": "right", "xshift": -7}
            barrier = f"barrier {figures(found['barrier'])}"
            middle = float(chord[top] + 0.25 * (loss[top] - chord[top]))
            made.add_annotation(**layout.note(barrier, at[top], middle, xref="x", yref="y", font={"color": QUIET, "size": 12}, **side))
    return made


def line_metric(summary: Summary) -> layout.Figure:
    """The same line with the problem's metric."""
    found = summary["line"]
    show = percent if summary["metric_percent"] else figures
    curves = [("training", found["training_metric"], TRAINING), ("validation", found["validation_metric"], VALIDATION)]
    return along(summary, curves, str(summary["metric"]), show)


def along(summary: Summary, curves: list[tuple[str, list[float | None], Look]], title: str, show: Any) -> layout.Figure:
    """Curves over the line from one endpoint to the other."""
    first, second = summary["contestants"][:2]
    made = layout.figure(360, left=62, right=20, top=12, bottom=88, narrow={"height": 330})
    at = summary["line"]["at"]
    known = [(name, values, look) for name, values, look in curves if any(value is not None for value in values)]
    for name, values, look in known:
        said = [words.line_hover(name, show(value), x) for x, value in zip(at, values, strict=True)]
        pen = {"color": look.colour, "dash": look.dash, "width": 2.6}
        made.add_scatter(x=at, y=values, mode="lines", line=pen, name=name, hovertext=said, hoverinfo="text")
    given = looks(summary["contestants"])
    for x, c, k in ((0, first, 0), (1, second, -1)):
        y = [values[k] for _, values, _ in known]
        dot = {"size": 10, "color": given[c["name"]].colour}
        made.add_scatter(x=[x] * len(y), y=y, mode="markers", marker=dot, hoverinfo="skip", showlegend=False, cliponaxis=False)
    seen = [value for _, some, _ in known for value in some if value is not None]
    low, high = (min(seen), max(seen)) if seen else (0.0, 1.0)
    room = 0.06 * (high - low or 1)
    at_ticks = grid.rounded(low, high, 6)
    names = [layout.wrapped(c["label"], 14) for c in (first, second)]
    made.update_layout(
        xaxis=layout.axis(range=[-0.08, 1.08], tickvals=[0, 0.5, 1], ticktext=[names[0], "half way", names[1]], showgrid=False),
        yaxis=layout.axis(title, range=[low - room, high + room], tickvals=at_ticks, ticktext=[show(value) for value in at_ticks]),
        showlegend=True,
        legend={"y": -0.22},
    )
    return made


def percent(x: float | None) -> str:
    """A share as a percentage with one decimal where it has one: 93.7 %."""
    return figures(None if x is None else 100 * x, 3) + " %"


def eye(ground: Grid, height: grid.Height, drawn: list[SingleTrajectory]) -> dict[str, float]:
    """Where the eye stands: of sixteen sides the one from which the ground hides least, and of these the lowest."""
    z = height(ground.z)
    known = np.isfinite(z)
    if not known.any():
        return dict(zip("xyz", EYE, strict=True))
    low, high = float(z[known].min()), float(z[known].max())
    level = np.where(known, (z - low) / (high - low or 1.0) - 0.5, 0.5) * DEEP
    sides = [np.linspace(-0.5, 0.5, n) * WIDE for n in z.shape]
    on = RegularGridInterpolator(sides, level, bounds_error=False, fill_value=-1.0)
    ends = np.array(ground.domain, float)
    places = np.concatenate([(trajectory.plane - ends.mean(axis=1)) / np.diff(ends, axis=1).T * WIDE for trajectory in drawn])
    feet = np.column_stack([places, on(places[:, ::-1]) + 0.02])
    found = []
    for turn in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        at = np.array([EYE[0] * np.cos(turn) - EYE[1] * np.sin(turn), EYE[0] * np.sin(turn) + EYE[1] * np.cos(turn), EYE[2]])
        sight = feet[:, None] + np.linspace(0.02, 1, 60)[:, None] * (at - feet[:, None])
        hidden = (on(sight[..., 1::-1]) > sight[..., 2]).any(axis=1).mean()
        before = float(on(at[1::-1] / np.linalg.norm(at[:2]) * 0.5)[0])
        found.append((round(float(hidden), 2), before, at))
    best = min(found, key=lambda one: one[:2])[2]
    return dict(zip("xyz", map(float, best), strict=True))


def ground_of(summary: Summary) -> Grid:
    """The slice as a surface grid; its lowest point is marked."""
    x, y, z = (np.array(summary[name], float) for name in ("x", "y", "loss"))
    finite = np.where(np.isfinite(z), z, np.inf)
    row, column = np.unravel_index(int(np.argmin(finite)), z.shape)
    lowest = [((float(x[column]), float(y[row])), float(z[row, column]), "minimum", True)] if np.isfinite(finite).any() else []
    base = 0.0 if np.isfinite(finite).any() and finite.min() >= 0 else None
    return Grid(x, y, z, lowest, summary["problem"], base)


def scale(ground: Grid) -> str:
    """Log where the losses are far apart, otherwise what shows the valley."""
    finite = ground.z[np.isfinite(ground.z)]
    far = finite.size and finite.min() > 0 and finite.max() > DECADES * finite.min()
    return "log" if far else "auto"


def descents(summary: Summary) -> list[SingleTrajectory]:
    """The descents on the slice, with the losses at their actual weights."""
    given = looks(summary["contestants"])
    return [
        SingleTrajectory(c["name"], c["label"], given[c["name"]], np.array(c["trajectory"], float), np.array(c["loss"], float))
        for c in summary["contestants"]
    ]


def loss_title(summary: Summary, ground: Grid) -> str:
    """What the height is."""
    height = grid.scaled(ground.z, ground.lowest, scale(ground))
    return words.height_title(summary, height.kind, height.lowest)
