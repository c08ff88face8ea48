"""Trajectories on the plane and in space: cut at the edge of the picture, laid over the ground, with arrows, a start and an end.

A trajectory is cut where it leaves the picture, so that a method that runs away does not shrink everybody else's valley.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from talweg.figures import layout
from talweg.figures.palette import Look, looks
from talweg.figures.surface.grid import Grid, numbers
from talweg.text.surface import step_hover

PIECES = 70  #: a long step is laid over the ground in pieces of this part of the picture
MOST_POINTS = 4000  #: of one trajectory
ARROWS = 8  #: of one trajectory, at most
ARROW_GAP = 0.11  #: between two arrows, at least, in shares of the picture's diagonal
LIFT = 0.02  #: how far above the ground a trajectory lies, in shares of the height


@dataclass(frozen=True, eq=False)
class SingleTrajectory:
    """One descent of one method: where it was after each step, and the true loss there (not a number once it has diverged)."""

    name: str
    label: str
    look: Look
    positions: np.ndarray  #: (steps + 1, d)
    loss: np.ndarray  #: (steps + 1,)
    learning_rate: float | None = None
    tuned: bool = False  #: the learning rate is the best of those tried
    diverged_at: int = -1  #: the step after which the loss was beyond reason, −1 if it never was
    start: int = 0  #: which of the starts
    hyperparameters: tuple[tuple[str, float], ...] = ()

    @property
    def steps(self) -> int:
        """How many steps were asked for."""
        return len(self.loss) - 1

    @property
    def plane(self) -> np.ndarray:
        """The two coordinates that a picture shows, up to the step at which it diverged."""
        return np.asarray(self.finite[:, :2], float)

    @property
    def finite(self) -> np.ndarray:
        """The positions up to the step at which it diverged."""
        return self.positions if self.diverged_at < 0 else self.positions[: self.diverged_at + 1]


def single(trajectories: Iterable[Any]) -> list[SingleTrajectory]:
    """The descents of `talweg.trajectories`, one by one, each method in its own look."""
    trajectories = list(trajectories)
    look = looks([{"name": one.name, "method": one.method, "batch": one.batch} for one in trajectories])
    descents = []
    for one in trajectories:
        rate, hyperparameters = one.hyperparameters.get("learning_rate"), tuple(one.hyperparameters.items())
        for k, (positions, loss) in enumerate(zip(np.asarray(one.positions, float), np.asarray(one.loss, float), strict=True)):
            diverged_at = int(next(iter(np.flatnonzero(~np.isfinite(loss))), -1))
            fields = (look[one.name], positions, loss, rate, one.tuned, diverged_at, k, hyperparameters)
            descents.append(SingleTrajectory(one.name, one.label, *fields))
    return descents


class Drawn(NamedTuple):
    """The visible part of a trajectory: corners, their steps (2.4 lies between the second and the third) and their height.

    Where the trajectory was outside, a row is not a number.
    """

    x: np.ndarray
    y: np.ndarray
    step: np.ndarray
    height: np.ndarray


def drawn(trajectory: SingleTrajectory, grid: Grid) -> Drawn:
    """The trajectory cut at the edge of the picture and laid over the ground."""
    corners, steps = clipped(trajectory.plane, grid.domain)
    if not len(corners):
        return Drawn(*np.empty((4, 0)))
    return Drawn(corners[:, 0], corners[:, 1], steps, grid.ground(corners) + LIFT * grid.rise)


def clipped(plane: np.ndarray, domain: tuple[tuple[float, float], tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """The corners (n, 2) of a line within a rectangle, and the step of each, with a row that is not a number in every gap.

    Liang & Barsky, "A new concept and method for line clipping", 1984: for each segment p + t (q − p) the part of 0 ≤ t ≤ 1 that lies
    inside. Long segments have corners in between.
    """
    low, high = np.array(domain, float).T
    plane = plane[np.isfinite(plane).all(axis=1)]
    if len(plane) == 1:
        plane = np.repeat(plane, 2, axis=0)
    p, d = plane[:-1], np.diff(plane, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sides = np.sort([(low - p) / d, (high - p) / d], axis=0)
    within = (low <= p) & (p <= high)
    enter = np.where(d == 0, np.where(within, -np.inf, np.inf), sides[0]).max(axis=1).clip(min=0.0)
    leave = np.where(d == 0, np.where(within, np.inf, -np.inf), sides[1]).min(axis=1).clip(max=1.0)
    visible = np.flatnonzero(enter <= leave)
    if not len(visible):
        return np.empty((0, 2)), np.empty(0)
    enter, leave = enter[visible], leave[visible]
    length = np.linalg.norm(d[visible] / (high - low), axis=1) * (leave - enter)
    piece = max(1 / PIECES, float(length.sum()) / MOST_POINTS)
    count = np.maximum(np.ceil(length / piece), 1).astype(int)
    joined = np.concatenate([[False], (np.diff(visible) == 1) & (leave[:-1] == 1.0) & (enter[1:] == 0.0)])
    # A segment that goes on from the one before adds its corners but the first; any other begins with a gap.
    first = np.where(joined, 1, -1)
    rows = np.repeat(np.arange(len(visible)), count - first + 1)
    begin = np.cumsum(count - first + 1) - (count - first + 1)
    k = np.arange(len(rows)) - begin[rows] + first[rows]
    t = enter[rows] + (leave - enter)[rows] * k / count[rows]
    steps = np.where(k < 0, np.nan, visible[rows] + t)
    corners = p[visible][rows] + t[:, None] * d[visible][rows]
    corners[k < 0] = np.nan
    return np.clip(corners, low, high)[1:], steps[1:]


def arrows(shown: Drawn, domain: tuple[tuple[float, float], tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points (arrows, 2, 2), from just before an arrow's tip to the tip, and the steps of the tips.

    They stand at equal distances along what can be seen.
    """
    points = np.stack([shown.x, shown.y], axis=1)
    nothing = np.empty((0, 2, 2)), np.empty(0)
    if len(points) < 2:
        return nothing
    moves = np.linalg.norm(np.diff(points, axis=0) / np.ptp(domain, axis=1), axis=1) / np.sqrt(2)
    along = np.concatenate([[0.0], np.cumsum(np.nan_to_num(moves))])
    if along[-1] < 0.4 * ARROW_GAP:
        return nothing
    gap = max(ARROW_GAP, along[-1] / ARROWS)
    wanted = np.arange(min(gap, along[-1]) / 2, along[-1], gap)
    tips = np.searchsorted(along, wanted, side="left").clip(1, len(points) - 1)
    pairs = np.stack([points[tips - 1], points[tips]], axis=1)
    good = np.isfinite(pairs).all(axis=(1, 2)) & (moves[tips - 1] > 0)
    return pairs[good], shown.step[tips][good]


def on_plane(group: Sequence[SingleTrajectory], parts: Sequence[Drawn], grid: Grid, entry: str | None = None) -> list[Any]:
    """Plotly's traces of one method's trajectories on the plane: the line, a dot at each step, arrows, the endpoints.

    `entry` stands in the legend.
    """
    one, joined = group[0], together(parts)
    quiet = {"legendgroup": one.name, "showlegend": False}
    named = {"name": layout.safe(entry or one.label).replace("\n", "<br>"), "showlegend": entry is not None}
    pen = {"color": one.look.colour, "dash": one.look.dash, "width": 2}
    line = go.Scatter(x=numbers(joined.x), y=numbers(joined.y), mode="lines", line=pen, hoverinfo="skip", **(quiet | named))
    line.update(opacity=faint(parts, grid))
    at = [(each, k) for each in group for k in dots(each, grid)]
    x, y = (numbers([each.plane[k, axis] for each, k in at]) for axis in (0, 1))
    hover = [step_hover(layout.safe(each.label), int(k), float(each.loss[k])) for each, k in at]
    dot = {"size": 3.5, "color": one.look.colour}
    steps = go.Scatter(x=x, y=y, mode="markers", marker=dot, hovertext=hover, hoverinfo="text", **quiet)
    pairs = np.concatenate([arrows(part, grid.domain)[0] for part in parts])
    tips = np.concatenate([pairs, np.full((len(pairs), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    # Plotly turns a marker by the point before it on the screen, so that the arrow fits whatever the shape of the picture.
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 13, 0] * len(pairs), "color": one.look.colour, "line": {"width": 0}}
    pointed = go.Scatter(x=numbers(tips[:, 0]), y=numbers(tips[:, 1]), mode="markers", marker=head, hoverinfo="skip", **quiet)
    return [line, steps, pointed, _endpoints(go.Scatter, group, parts, grid)]


def in_space(group: Sequence[SingleTrajectory], parts: Sequence[Drawn], grid: Grid) -> list[Any]:
    """Plotly's traces of one method's trajectories in space: the line and the endpoints."""
    one, joined = group[0], together(parts)
    pen = {"color": one.look.colour, "dash": one.look.dash, "width": 6}
    axes = {"x": numbers(joined.x), "y": numbers(joined.y), "z": numbers(joined.height)}
    line = go.Scatter3d(**axes, mode="lines", line=pen, name=layout.safe(one.label), hoverinfo="name", showlegend=False)
    return [line, _endpoints(go.Scatter3d, group, parts, grid)]


def busy(parts: Sequence[Drawn], grid: Grid) -> float:
    """How long the lines in the picture are, in widths of it."""
    joined = together(parts)
    moves = np.diff(np.stack([joined.x, joined.y]), axis=1) / np.ptp(grid.domain, axis=1)[:, None]
    return float(np.nansum(np.linalg.norm(moves, axis=0)))


def faint(parts: Sequence[Drawn], grid: Grid) -> float:
    """The opacity of a line: one that runs to and fro all over the picture does not hide the others."""
    return float(np.clip(round(8 / max(busy(parts, grid), 1e-9), 2), 0.45, 1.0))


def together(parts: Sequence[Drawn]) -> Drawn:
    """Several trajectories as one line with gaps."""
    gap = np.full((4, 1), np.nan)
    return Drawn(*np.concatenate([rows for part in parts for rows in (np.stack(part), gap)][:-1], axis=1))


def starts(descents: Sequence[SingleTrajectory], grid: Grid) -> go.Scatter:
    """A ring where the descents start."""
    places = sorted({tuple(one.plane[0]) for one in descents if grid.contains(one.plane[0])})
    pen = {"size": 11, "symbol": "circle-open", "color": layout.INK, "line": {"width": 2.2, "color": layout.INK}}
    x, y = ([place[axis] for place in places] for axis in (0, 1))
    return go.Scatter(x=x, y=y, mode="markers", marker=pen, name="start", hoverinfo="name", meta={"ink": True}, legendrank=1999)


def dots(trajectory: SingleTrajectory, grid: Grid) -> np.ndarray:
    """The steps whose place is in the picture: all if they are few, otherwise the first ones and every so many."""
    steps = np.flatnonzero(grid.contains(trajectory.plane))
    if len(steps) <= 400:
        return steps
    every = -(-len(steps) // 300)
    return np.unique(np.concatenate([steps[:100], steps[::every], steps[-1:]]))


def left_at(trajectory: SingleTrajectory, grid: Grid) -> int:
    """The first step after which the trajectory was outside the picture, −1 if it never was."""
    return int(next(iter(np.flatnonzero(~grid.contains(trajectory.plane))), -1))


def end_symbol(trajectory: SingleTrajectory, grid: Grid) -> str:
    """A cross at the last place of a descent that diverged, a ring if it ended outside the picture, otherwise a dot."""
    return "x" if trajectory.diverged_at >= 0 else "circle" if grid.contains(trajectory.plane[-1]) else "circle-open"


def _endpoints(trace: Any, group: Sequence[SingleTrajectory], parts: Sequence[Drawn], grid: Grid) -> Any:
    space, one = trace is go.Scatter3d, group[0]
    symbols = [end_symbol(each, grid) for each in group]
    sizes = [(5 if symbol == "x" else 6) if space else 10 for symbol in symbols]
    last = [[column[-1] if len(column) else np.nan for column in (part.x, part.y, part.height)] for part in parts]
    axes = dict(zip("xyz" if space else "xy", numbers(np.transpose(last)), strict=False))
    pen = {"size": sizes, "symbol": symbols, "color": one.look.colour, "line": {"width": 1 if space else 2, "color": one.look.colour}}
    axes |= {} if space else {"cliponaxis": False}
    return trace(**axes, mode="markers", marker=pen, name=layout.safe(one.label), hoverinfo="name", legendgroup=one.name, showlegend=False)
