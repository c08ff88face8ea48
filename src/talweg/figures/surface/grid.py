"""A function of two numbers on a grid: contour lines, a 3-D surface, and its critical points, where the gradient is zero.

The height may be drawn on a log scale, counted from the lowest value: without it the valley of a function such as Rosenbrock's is a
flat floor between high walls. What is written beside it is always the true value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from plotly.colors import make_colorscale
from scipy.interpolate import RegularGridInterpolator

from talweg import checks
from talweg.figures import layout
from talweg.text import surface as words
from talweg.text.format import figures, signed

SCALES = ("auto", "linear", "log")
LINES = 20  #: contour lines, about
SKEWED = 0.15  #: with half of the picture in the lowest 15 % of the height, a linear scale would not show the valley
FLOOR = 1e-4  #: the share of the height from which on a log scale is linear, so that the lowest point is no bottomless well

#: The ground is tinted, the valley most; what is under it shines through, so that one palette serves light and dark pages.
TINT, DEEP, HIGH = (46, 112, 158), 0.42, 0.02
#: A surface in space cannot be transparent: from the valley to the top.
SLOPES = ("#5b87a8", "#82a5bd", "#a9c0cf", "#c9d6de", "#e3e8ea")

NIGHT = ("#4a86b0", "#3b6a8c", "#32526b", "#2d414f", "#2b353d")  #: the same on a dark page
SIDE = 100  #: corners of the 3-D surface along each side, about
MOST_MARKS = 60  #: of one kind, but for the lowest points; more of them would hide the ground
RAISED = 0.04  #: how far points stand above the ground, in shares of the height
MESH = "#9aa2ad"  #: of the axes in space, where nothing can be transparent either

#: Plotly's symbols of critical points, on the plane and in space.
KINDS = {
    "best": ("star", "circle"),
    "minimum": ("star-open", "circle-open"),
    "saddle": ("diamond-open", "diamond-open"),
    "maximum": ("triangle-up-open", "square-open"),
    "undecided": ("square-open", "cross"),
}

Critical: TypeAlias = tuple[Sequence[float], float, str, bool]  #: at, value, kind, best: of a critical point


@dataclass(frozen=True, eq=False)
class Grid:
    """The heights z (len(y), len(x)) over the corners x, y of a grid; not finite where the function is not defined.

    Of a critical point the kind is minimum, saddle, maximum or undecided, and best says that no lower value is known. `lowest` is the
    lowest value of the function, None if it is not known.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    critical: Sequence[Critical] = ()
    label: str = ""
    lowest: float | None = None
    names: tuple[str, str] = ("x", "y")  #: of the axes
    scale: str = "auto"  #: of the heights: one of SCALES

    @property
    def has_lowest(self) -> bool:
        """Whether there is something to arrive at: a lowest value, or a minimum that is the lowest known."""
        return self.lowest is not None or any(kind == "minimum" and best for _, _, kind, best in self.critical)

    @cached_property
    def height(self) -> Height:
        """How high a value is drawn."""
        return scaled(self.z, self.lowest, self.scale)

    @cached_property
    def coarse(self) -> Grid:
        """The same with fewer corners, as the 3-D surface is drawn."""
        every = max(1, (len(self.x) - 1) // SIDE)
        return replace(self, x=self.x[::every], y=self.y[::every], z=self.z[::every, ::every])

    def ground(self, places: Any) -> np.ndarray:
        """How high the drawn ground stands at each (x, y); not a number outside of it."""
        part = self.coarse
        return RegularGridInterpolator((part.y, part.x), self.height(part.z), bounds_error=False)(np.asarray(places, float)[..., ::-1])

    def contains(self, places: Any) -> np.ndarray:
        """Which of the places, whose first two coordinates are x and y, the picture shows."""
        (left, right), (low, high) = self.domain
        x, y = np.asarray(places, float)[..., :2].T
        return (left <= x) & (x <= right) & (low <= y) & (y <= high)

    @cached_property
    def rise(self) -> float:
        """From the lowest to the highest place of the drawn ground."""
        low, high = extent(self.height(self.z))
        return high - low

    @property
    def domain(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What the picture shows: its ends along x, and along y."""
        return (float(self.x[0]), float(self.x[-1])), (float(self.y[0]), float(self.y[-1]))


@dataclass(frozen=True)
class Height:
    """How high a value is drawn: as it is, or as log₁₀(value − lowest + floor)."""

    kind: str
    lowest: float
    floor: float

    def __call__(self, values: Any) -> np.ndarray:
        """The height of each value; one below the lowest stands with the lowest."""
        values = np.asarray(values, float)
        if self.kind == "linear":
            return values
        with np.errstate(invalid="ignore"):
            return np.log10(np.maximum(values - self.lowest, 0.0) + self.floor)

    @property
    def title(self) -> str:
        """What the numbers beside the scale are."""
        return words.height_title(self.kind, self.lowest)

    def ticks(self, z: np.ndarray, most: int = 7) -> tuple[list[float], list[str]]:
        """Where the numbers beside the scale of these values stand, and what they say."""
        low, high = extent(z)
        if self.kind == "linear":
            values = layout.linear_ticks(low, high, most)
            return values, [signed(value) for value in values]
        first, top = max(low - self.lowest, self.floor), max(high - self.lowest, 2 * self.floor)
        powers = range(math.ceil(math.log10(first)), math.floor(math.log10(top)) + 1)
        values = [10.0**power for power in powers][:: max(1, -(-len(powers) // most))]
        return [float(x) for x in self(self.lowest + np.array(values))], [figures(value) for value in values]


def scaled(z: np.ndarray, lowest: float | None = None, scale: str = "auto") -> Height:
    """How the heights z are drawn: "linear", "log", or what shows the valley ("auto").

    A log scale needs something to count from: the lowest value, otherwise the lowest that is in z. "auto" takes it where half of
    the picture would lie in the lowest part of a linear one. Raises InputError for another word.
    """
    checks.one_of("surface", "height", scale, SCALES)
    finite = np.asarray(z, float)[np.isfinite(z)]
    if not finite.size:
        return Height("linear", 0.0, 1.0)
    base = float(finite.min()) if lowest is None else min(float(lowest), float(finite.min()))
    above = np.maximum(finite - base, 0.0)
    spread = float(above.max())
    if scale == "auto":
        scale = "log" if np.median(above) < SKEWED * spread else "linear"
    return Height(scale, base, max(FLOOR * spread, 1e-300))


def extent(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest of the finite values; 0 and 1 without any."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def levels(grid: Grid) -> dict[str, float]:
    """Where the contour lines lie, as Plotly's start, end and size."""
    low, high = extent(grid.height(grid.z))
    size = (high - low or 1.0) / LINES
    return {"start": low + size / 2, "end": high, "size": size}


def contours(grid: Grid) -> list[Any]:
    """Plotly's traces of the plane: tinted ground with about 20 lines, then the critical points, each kind once in the legend."""
    at, labels = grid.height.ticks(grid.z)
    title = {"text": grid.height.title, "side": "right", "font": {"size": 12}}
    bar = {"tickvals": at, "ticktext": labels, "thickness": 10, "outlinewidth": 0, "title": title, "tickfont": {"size": 11}, "len": 0.9}
    ground = go.Contour(
        **_heights(grid, grid),
        colorscale=[[at, f"rgba{(*TINT, depth)}"] for at, depth in enumerate((DEEP, HIGH))],
        contours={**levels(grid), "coloring": "heatmap"},
        line={"color": "rgba(96, 116, 138, 0.55)", "width": 0.8, "smoothing": 1},
        colorbar=bar,
    )
    return [ground, *marks(grid)]


def surface_3d(grid: Grid) -> Any:
    """Plotly's trace of the surface in space; hovering says the true values."""
    lines = {**levels(grid), "show": True, "color": "rgba(32, 36, 43, 0.35)", "width": 1, "usecolormap": False}
    return go.Surface(
        **_heights(grid, grid.coarse),
        colorscale=make_colorscale(SLOPES),
        meta={"night": make_colorscale(NIGHT)},
        contours={"z": lines, "x": {"highlight": False}, "y": {"highlight": False}},
        lighting={"ambient": 0.72, "diffuse": 0.55, "specular": 0.05, "roughness": 0.9},
        showscale=False,
    )


def _heights(grid: Grid, part: Grid) -> dict[str, Any]:
    """What both traces of a surface have: the corners of a part of it, their heights, and the true values for the pointer."""
    corners = {"x": numbers(part.x), "y": numbers(part.y), "z": numbers(grid.height(part.z)), "customdata": numbers(part.z)}
    return {**corners, "hovertemplate": words.surface_hover(grid.names), "name": layout.safe(grid.label), "showlegend": False}


def marks(grid: Grid) -> list[Any]:
    """The critical points on the plane: one trace, and one entry of the legend, for each kind."""
    traces = []
    for kind, points in marked(grid).items():
        line = {"color": layout.INK, "width": 1.6}
        pen = {"size": 14 if kind in ("best", "minimum") else 9, "symbol": KINDS[kind][0], "color": layout.INK, "line": line}
        x, y = ([float(at[axis]) for at, *_ in points] for axis in (0, 1))
        hover = [words.point_hover(kind, at, value) for at, value, *_ in points]
        base = {"x": x, "y": y, "mode": "markers", "marker": pen, "name": words.POINTS[kind], "hovertext": hover, "hoverinfo": "text"}
        traces.append(go.Scatter(**base, legendgroup="critical points", legendrank=2000, meta={"ink": True}, cliponaxis=False))
    return traces


def peaks(grid: Grid) -> list[Any]:
    """The critical points in space, one trace for each kind."""
    traces = []
    for kind, points in marked(grid).items():
        places = np.array([at[:2] for at, *_ in points], float)
        z = numbers(grid.ground(places) + RAISED * grid.rise)
        pen = {"size": 6 if kind == "best" else 4, "symbol": KINDS[kind][1], "color": layout.INK}
        base = {"x": places[:, 0].tolist(), "y": places[:, 1].tolist(), "z": z, "mode": "markers", "marker": pen}
        traces.append(go.Scatter3d(**base, name=words.POINTS[kind], hoverinfo="name", showlegend=False, meta={"ink": True}))
    return traces


def by_kind(grid: Grid) -> dict[str, list[Critical]]:
    """The critical points within the plot by kind, the lowest ones first."""
    inside = [point for point in grid.critical if grid.contains(point[0])]
    return {kind: [point for point in inside if kind_of(point) == kind] for kind in KINDS}


def kind_of(point: Critical) -> str:
    """The kind of a critical point; that of the lowest minima is best."""
    _, _, kind, best = point
    return "best" if kind == "minimum" and best else kind


def marked(grid: Grid) -> dict[str, list[Critical]]:
    """The critical points that a picture marks, by kind."""
    return {kind: points for kind, points in by_kind(grid).items() if points and (kind == "best" or len(points) <= MOST_MARKS)}


def unmarked(grid: Grid) -> dict[str, int]:
    """How many critical points of a kind are not marked because there are too many."""
    shown = marked(grid)
    return {kind: len(points) for kind, points in by_kind(grid).items() if kind not in shown}


def contour_figure(grid: Grid, traces: Sequence[Any] = (), *, height: int = 520) -> layout.Figure:
    """The plane with its axes, which are those of the domain whatever is drawn on it."""
    made = layout.figure(height, left=54, right=16, top=12, bottom=92, narrow={"height": min(height, 440)})
    made.add_traces([*contours(grid), *traces])
    return made.update_layout(
        xaxis=layout.axis(grid.names[0], range=grid.domain[0], showgrid=False, nticks=7),
        yaxis=layout.axis(grid.names[1], range=grid.domain[1], showgrid=False, nticks=7),
        showlegend=True,
        legend={"y": -0.13, "itemsizing": "constant"},
    )


def surface_3d_figure(grid: Grid, traces: Sequence[Any] = (), *, height: int = 520) -> layout.Figure:
    """The surface in space, to be turned by hand."""
    at, labels = grid.height.ticks(grid.z, 5)
    made = layout.figure(height, left=0, right=0, top=0, bottom=0, narrow={"height": min(height, 380)})
    made.add_traces([surface_3d(grid), *peaks(grid), *traces])
    quiet = {"showbackground": False, "gridcolor": MESH, "showline": True, "linecolor": MESH, "zeroline": False, "showspikes": False}
    quiet |= {"nticks": 5, "tickfont": {"size": 11}}
    return made.update_layout(
        dragmode="turntable",
        scene={
            "bgcolor": "white",
            "xaxis": {**quiet, "title": grid.names[0], "range": grid.domain[0]},
            "yaxis": {**quiet, "title": grid.names[1], "range": grid.domain[1]},
            "zaxis": {**quiet, "title": grid.height.title, "tickvals": at, "ticktext": labels},
            "aspectmode": "manual",
            "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.55},
            "camera": {"eye": {"x": -0.86, "y": -1.62, "z": 1.38}, "center": {"x": 0, "y": 0, "z": -0.2}},
        },
    )


def numbers(values: Any, digits: int = 5) -> Any:
    """An array as lists that JSON can hold: so many significant digits, None where it is not finite."""
    if isinstance(values, (list, tuple, np.ndarray)):
        return [numbers(value, digits) for value in values]
    return float(f"{values:.{digits}g}") if math.isfinite(values) else None
