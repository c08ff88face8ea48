"""Descents on the plane and in space: cut at the edge of the picture, laid over the ground, with arrows, a start and an end.

A trajectory is a whole descent, step by step. What is drawn of it is cut where it leaves the picture, so that a method that runs away does
not shrink everybody else's valley; who left, and when, is a number here and a sentence in `talweg.text.surface`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from talweg.figures import layout
from talweg.figures.palette import Look, looks
from talweg.figures.surface.grid import Grid, Height, numbers
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
        seen = self.positions if self.diverged_at < 0 else self.positions[: self.diverged_at + 1]
        return np.asarray(seen[:, :2], float)


def single(trajectories: Iterable[Any]) -> list[SingleTrajectory]:
    """The descents of `talweg.trajectories`, one by one, each method in its own look."""
    trajectories = list(trajectories)
    given = looks([{"name": one.name, "method": one.method, "batch": one.batch} for one in trajectories])
    found = []
    for one in trajectories:
        rate = one.hyperparameters.get("learning_rate")
        for k in range(len(one.loss)):
            place, loss = np.asarray(one.positions[k], float), np.asarray(one.loss[k], float)
            lost = ~np.isfinite(loss)
            own = (place, loss, rate, one.tuned, int(lost.argmax()) if lost.any() else -1, k, tuple(one.hyperparameters.items()))
            found.append(SingleTrajectory(one.name, one.label, given[one.name], *own))
    return found


Many: TypeAlias = SingleTrajectory | Sequence[SingleTrajectory]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What of a trajectory can be seen: corners, their steps (2.4 lies between the second and the third) and their height in the picture.

    Where the trajectory was outside, a row is not a number.
    """

    x: np.ndarray
    y: np.ndarray
    step: np.ndarray
    height: np.ndarray

    @property
    def empty(self) -> bool:
        """Whether nothing of it is in the picture."""
        return not np.isfinite(self.x).any()


def drawn(trajectory: SingleTrajectory, grid: Grid, height: Height) -> Drawn:
    """The trajectory cut at the edge of the picture and laid over the ground."""
    corners, steps = clipped(trajectory.plane, grid.domain)
    if not len(corners):
        return Drawn(*np.empty((4, 0)))
    at = grid.ground(height, corners)
    return Drawn(corners[:, 0], corners[:, 1], steps, at + LIFT * grid.rise(height))


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
        ends = np.sort([(low - p) / d, (high - p) / d], axis=0)
    within = (low <= p) & (p <= high)
    enter = np.where(d == 0, np.where(within, -np.inf, np.inf), ends[0]).max(axis=1).clip(min=0.0)
    leave = np.where(d == 0, np.where(within, np.inf, -np.inf), ends[1]).min(axis=1).clip(max=1.0)
    seen = np.flatnonzero(enter <= leave)
    if not len(seen):
        return np.empty((0, 2)), np.empty(0)
    enter, leave = enter[seen], leave[seen]
    length = np.linalg.norm(d[seen] / (high - low), axis=1) * (leave - enter)
    piece = max(1 / PIECES, float(length.sum()) / MOST_POINTS)
    count = np.maximum(np.ceil(length / piece), 1).astype(int)
    joined = np.concatenate([[False], (np.diff(seen) == 1) & (leave[:-1] == 1.0) & (enter[1:] == 0.0)])
    # A segment that goes on from the one before adds its corners but the first; any other begins with a gap.
    first = np.where(joined, 1, -1)
    rows = np.repeat(np.arange(len(seen)), count - first + 1)
    begin = np.cumsum(count - first + 1) - (count - first + 1)
    k = np.arange(len(rows)) - begin[rows] + first[rows]
    t = enter[rows] + (leave - enter)[rows] * k / count[rows]
    steps = np.where(k < 0, np.nan, seen[rows] + t)
    corners = p[seen][rows] + t[:, None] * d[seen][rows]
    corners[k < 0] = np.nan
    return np.clip(corners, low, high)[1:], steps[1:]


def arrows(shown: Drawn, domain: tuple[tuple[float, float], tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points (arrows, 2, 2), from just before an arrow's tip to the tip, and the steps of the tips.

    They stand at equal distances along what can be seen.
    """
    (left, right), (low, high) = domain
    points = np.stack([shown.x, shown.y], axis=1)
    nothing = np.empty((0, 2, 2)), np.empty(0)
    if len(points) < 2:
        return nothing
    moves = np.linalg.norm(np.diff(points, axis=0) / [right - left, high - low], axis=1) / np.sqrt(2)
    along = np.concatenate([[0.0], np.cumsum(np.nan_to_num(moves))])
    if along[-1] < 0.4 * ARROW_GAP:
        return nothing
    gap = max(ARROW_GAP, along[-1] / ARROWS)
    wanted = np.arange(min(gap, along[-1]) / 2, along[-1], gap)
    ends = np.searchsorted(along, wanted, side="left").clip(1, len(points) - 1)
    pairs = np.stack([points[ends - 1], points[ends]], axis=1)
    good = np.isfinite(pairs).all(axis=(1, 2)) & (moves[ends - 1] > 0)
    return pairs[good], shown.step[ends][good]


def on_plane(trajectory: Many, shown: Drawn | Sequence[Drawn], grid: Grid, words: str | None = None) -> list[Any]:
    """Plotly's traces of a trajectory on the plane, or of one method's from several starts: the line, a dot at each step, arrows, the ends.

    `words` stand in the legend.
    """
    all_trajectories, parts = _listed(trajectory), _listed(shown)
    one, joined = all_trajectories[0], together(parts)
    group = {"legendgroup": one.name, "showlegend": False}
    named = {"name": layout.safe(words or one.label).replace("\n", "<br>"), "showlegend": words is not None}
    pen = {"color": one.look.colour, "dash": one.look.dash, "width": 2}
    found: list[Any] = [go.Scatter(x=numbers(joined.x), y=numbers(joined.y), mode="lines", line=pen, hoverinfo="skip", **(group | named))]
    found[0].update(opacity=faint(parts, grid))
    x: list[Any] = []
    y: list[Any] = []
    hover: list[str] = []
    for each in all_trajectories:
        here = dots(each, grid)
        x, y = x + numbers(each.plane[here, 0]), y + numbers(each.plane[here, 1])
        hover += [step_hover(layout.safe(each.label), int(k), float(each.loss[k])) for k in here]
    dot = {"size": 3.5, "color": one.look.colour}
    found.append(go.Scatter(x=x, y=y, mode="markers", marker=dot, hovertext=hover, hoverinfo="text", **group))
    pairs = np.concatenate([arrows(part, grid.domain)[0] for part in parts])
    path = np.concatenate([pairs, np.full((len(pairs), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    # Plotly turns a marker by the point before it on the screen, so that the arrow fits whatever the shape of the picture.
    head = {"symbol": "arrow", "angleref": "previous", "size": [0, 13, 0] * len(pairs), "color": one.look.colour, "line": {"width": 0}}
    found.append(go.Scatter(x=numbers(path[:, 0]), y=numbers(path[:, 1]), mode="markers", marker=head, hoverinfo="skip", **group))
    return [*found, _ends(go.Scatter, all_trajectories, parts, grid)]


def in_space(trajectory: Many, shown: Drawn | Sequence[Drawn], grid: Grid) -> list[Any]:
    """Plotly's traces of a trajectory in space, or of one method's from several starts: the line and how it ends."""
    all_trajectories, parts = _listed(trajectory), _listed(shown)
    one, joined = all_trajectories[0], together(parts)
    pen = {"color": one.look.colour, "dash": one.look.dash, "width": 6}
    axes = {"x": numbers(joined.x), "y": numbers(joined.y), "z": numbers(joined.height)}
    line = go.Scatter3d(**axes, mode="lines", line=pen, name=layout.safe(one.label), hoverinfo="name", showlegend=False)
    return [line, _ends(go.Scatter3d, all_trajectories, parts, grid)]


def busy(parts: Sequence[Drawn], grid: Grid) -> float:
    """How long the lines in the picture are, in widths of it."""
    (left, right), (low, high) = grid.domain
    joined = together(parts)
    moves = np.diff(np.stack([joined.x, joined.y]), axis=1) / [[right - left], [high - low]]
    return float(np.nansum(np.linalg.norm(moves, axis=0)))


def faint(parts: Sequence[Drawn], grid: Grid) -> float:
    """The opacity of a line: one that runs to and fro all over the picture does not hide the others."""
    return float(np.clip(round(8 / max(busy(parts, grid), 1e-9), 2), 0.45, 1.0))


def together(parts: Sequence[Drawn]) -> Drawn:
    """Several trajectories as one line with gaps."""
    gap = np.full(1, np.nan)
    columns = [[getattr(part, name) for part in parts] for name in ("x", "y", "step", "height")]
    return Drawn(*(np.concatenate([x for array in column for x in (array, gap)][:-1]) for column in columns))


def starts(all_trajectories: Sequence[SingleTrajectory], grid: Grid) -> go.Scatter:
    """A ring where the descents start."""
    (left, right), (low, high) = grid.domain
    places = {tuple(trajectory.plane[0]) for trajectory in all_trajectories}
    inside = sorted((x, y) for x, y in places if left <= x <= right and low <= y <= high)
    pen = {"size": 11, "symbol": "circle-open", "color": layout.INK, "line": {"width": 2.2, "color": layout.INK}}
    x, y = [x for x, _ in inside], [y for _, y in inside]
    return go.Scatter(x=x, y=y, mode="markers", marker=pen, name="start", hoverinfo="name", meta={"ink": True}, legendrank=1999)


def dots(trajectory: SingleTrajectory, grid: Grid) -> np.ndarray:
    """The steps whose place is in the picture: all if they are few, otherwise the first ones and every so many."""
    (left, right), (low, high) = grid.domain
    x, y = trajectory.plane.T
    inside = np.flatnonzero((left <= x) & (x <= right) & (low <= y) & (y <= high))
    if len(inside) <= 400:
        return inside
    every = -(-len(inside) // 300)
    return np.unique(np.concatenate([inside[:100], inside[::every], inside[-1:]]))


def left_at(trajectory: SingleTrajectory, grid: Grid) -> int:
    """The first step after which the trajectory was outside the picture, −1 if it always was inside."""
    outside = _outside(trajectory, grid)
    return int(outside.argmax()) if outside.any() else -1


def ends_outside(trajectory: SingleTrajectory, grid: Grid) -> bool:
    """Whether it is outside the picture after its last step."""
    return bool(_outside(trajectory, grid)[-1])


def _outside(trajectory: SingleTrajectory, grid: Grid) -> np.ndarray:
    (left, right), (low, high) = grid.domain
    x, y = trajectory.plane.T
    return ~((left <= x) & (x <= right) & (low <= y) & (y <= high))


def end_symbol(trajectory: SingleTrajectory, grid: Grid) -> str:
    """A cross where a descent that diverged was last seen, a ring where one that ends outside the picture was, otherwise a dot."""
    return "x" if trajectory.diverged_at >= 0 else "circle-open" if ends_outside(trajectory, grid) else "circle"


def _ends(kind: Any, all_trajectories: Sequence[SingleTrajectory], parts: Sequence[Drawn], grid: Grid) -> Any:
    space = kind is go.Scatter3d
    last = [(end_symbol(trajectory, grid), part) for trajectory, part in zip(all_trajectories, parts, strict=True)]

    def at(name: str) -> Any:
        return numbers([getattr(part, name)[-1] if len(part.x) else np.nan for _, part in last])

    symbols = [symbol for symbol, _ in last]
    sizes = [(5 if symbol == "x" else 6) if space else 10 for symbol in symbols]
    axes = {"x": at("x"), "y": at("y")} | ({"z": at("height")} if space else {})
    one = all_trajectories[0]
    pen = {"size": sizes, "symbol": symbols, "color": one.look.colour, "line": {"width": 1 if space else 2, "color": one.look.colour}}
    axes |= {} if space else {"cliponaxis": False}
    return kind(**axes, mode="markers", marker=pen, name=layout.safe(one.label), hoverinfo="name", legendgroup=one.name, showlegend=False)


def _listed(one: Any) -> list[Any]:
    return list(one) if isinstance(one, Sequence) else [one]
