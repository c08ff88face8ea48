"""A surface with descents on it, as one thing: its figures, what became of the descents, and what an animation needs."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from talweg.figures import layout
from talweg.figures.lines import Line
from talweg.figures.lines import drawn as lines_drawn
from talweg.figures.palette import QUIET
from talweg.figures.surface import outcomes, trajectories
from talweg.figures.surface.grid import KINDS, Grid, contour_figure, extent, kind_of, marked, numbers, surface_3d_figure, unmarked
from talweg.figures.surface.outcomes import Goal, Outcome
from talweg.figures.surface.trajectories import Drawn, SingleTrajectory
from talweg.text import surface as words
from talweg.text.format import figures, signed

MOST = 400  #: points of a loss curve
ENTRY = 59  #: letters of a line in the legend


@dataclass(frozen=True, eq=False)
class Scene:
    """A surface grid, the trajectories on it, and what is known of the function."""

    grid: Grid
    trajectories: Sequence[SingleTrajectory] = ()
    label: str = "surface"
    formula: str = ""
    source: str = ""
    notes: Sequence[str] = field(default=())  #: what else must be said: noise, dimensions that are not drawn
    points_note: str = ""  #: how complete the known critical points are

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What became of each descent."""
        return outcomes.outcomes(self.trajectories, self.grid)

    @property
    def goal(self) -> Goal:
        """What was to be reached."""
        return outcomes.goal(self.trajectories, self.grid)

    @cached_property
    def groups(self) -> list[list[Outcome]]:
        """The outcomes by method, the first to arrive first."""
        return outcomes.by_method(self.outcomes)

    @cached_property
    def drawn(self) -> dict[str, list[Drawn]]:
        """What is drawn of the trajectories of each method, by its name."""
        return {group[0].trajectory.name: [trajectories.drawn(one.trajectory, self.grid) for one in group] for group in self.groups}

    def parts(self, group: Sequence[Outcome]) -> list[Drawn]:
        """What is drawn of one group."""
        return self.drawn[group[0].trajectory.name]

    @cached_property
    def layers(self) -> list[list[Outcome]]:
        """The groups from the ground up: a method that runs all over the picture lies below the others."""
        return sorted(self.groups, key=lambda group: -trajectories.busy(self.parts(group), self.grid))

    @property
    def steps(self) -> int:
        """How many steps the longest descent has."""
        return max((trajectory.steps for trajectory in self.trajectories), default=0)

    @property
    def headline(self) -> str:
        """The first thing to say."""
        return words.headline(self.label, self.groups)

    @property
    def sentences(self) -> list[str]:
        """What there is to see, then what must be known to read the plot."""
        outside = {one.start for one in self.trajectories if trajectories.left_at(one, self.grid) == 0}
        known = self.grid.lowest is not None
        read = words.reading(self.groups, self.notes, log=self.grid.height.kind == "log", known=known, outside=len(outside))
        return [*words.sentences(self.groups), *read, *filter(None, [words.unmarked(unmarked(self.grid))])]

    def contour(self, *, legend: bool = True) -> layout.Figure:
        """The plane with all trajectories; with `legend`, it says what became of each method."""
        traces = []
        for group in self.layers:
            text = "\n".join(textwrap.wrap(words.legend(group), ENTRY, break_on_hyphens=False)) if legend else None
            traces += trajectories.on_plane([one.trajectory for one in group], self.parts(group), self.grid, text)
        ranks = {group[0].trajectory.name: rank for rank, group in enumerate(self.groups)}
        for trace in traces:
            trace.update(legendrank=1 + ranks[trace.legendgroup])
        if self.trajectories:
            traces.append(trajectories.starts(self.trajectories, self.grid))
        made = contour_figure(self.grid, traces)
        if legend:
            made.update_layout(height=560 + 40 * len(self.groups), margin={"b": 110 + 40 * len(self.groups)})
            made.update_layout(legend={"orientation": "v", "y": -0.12})
        return made

    def surface_3d(self) -> layout.Figure:
        """The surface in space with all trajectories."""
        spatial = [trajectories.in_space([one.trajectory for one in group], self.parts(group), self.grid) for group in self.layers]
        return surface_3d_figure(self.grid, [trace for traces in spatial for trace in traces])

    def losses(self) -> layout.Figure:
        """The loss after each step, above the lowest value on a log scale if that is known; the last shape is the cursor."""
        aim = self.goal
        lines = [_line(group, aim) for group in self.groups]
        at = layout.linear_ticks(0, self.steps)
        x = layout.axis("step", range=[0, self.steps], tickvals=at, ticktext=[figures(k) for k in at], showgrid=False)
        values = [y for line in lines for y in line.y if y is not None]
        if not values:
            return layout.nothing(words.EMPTY)
        if aim.within is None:
            # Not much further down than the picture: what falls for ever would make all others flat.
            bottom, top = extent(self.grid.z)
            first = max((y for line in lines for y in line.y[:1] if y is not None), default=0.0)
            low, high = max(min(values), bottom - 0.3 * ((top - bottom) or 1.0)), max(first, min(max(values), top))
            low, high = low - 0.04 * (high - low or 1.0), high + 0.04 * (high - low or 1.0)
            y = layout.axis(words.loss_title(aim), range=[low, high])
            made = lines_drawn(lines, x, y, (low, high), height=360, place=lambda v: min(max((v - low) / (high - low), 0.0), 1.0))
        else:
            top = max(line.y[0] or 0.0 for line in lines)
            bounds = (aim.within * 1e-3, max(10 * top, aim.within * 100))
            made = lines_drawn(lines, x, layout.log_axis(*bounds, words.loss_title(aim)), bounds, height=360)
            made.add_hline(aim.within, line={"color": QUIET, "width": 1, "dash": "dot"})
        return made.add_vline(self.steps, line={"color": QUIET, "width": 1.5})

    def animation(self) -> dict[str, Any]:
        """What a script needs to draw the trajectories up to a step: each method's traces, and the step of each of their points."""
        first = 1 + len(marked(self.grid))  # after the ground and the critical points
        methods = []
        for k, group in enumerate(self.layers):
            parts = self.parts(group)
            ends = np.cumsum([len(part.x) + 1 for part in parts])
            dots = np.concatenate([trajectories.dots(one.trajectory, self.grid) for one in group])
            tips = np.concatenate([trajectories.arrows(part, self.grid.domain)[1] for part in parts])
            methods.append(
                {
                    "plane": first + 4 * k,
                    "space": first + 2 * k,
                    "line": numbers(trajectories.together(parts).step),
                    "dots": [int(step) for step in dots],
                    "arrows": numbers(np.repeat(tips, 3)),
                    "spans": [[int(end - len(part.x) - 1), int(end - 1)] for end, part in zip(ends, parts, strict=True)],
                }
            )
        return {"steps": self.steps, "methods": methods}

    def points(self) -> list[tuple[str, str, str]]:
        """The known critical points: the kind, where, and the value; the lowest first."""
        order = list(KINDS)
        points = sorted(self.grid.critical, key=lambda point: (order.index(kind_of(point)), point[1]))
        return [(kind_of(point), words.place(point[0]), signed(point[1], 5)) for point in points]


def _line(group: Sequence[Outcome], aim: Goal) -> Line:
    """The loss curve of a method: its descents' median, with a band from the best to the worst."""
    one = group[0].trajectory
    k = np.unique(np.round(np.linspace(0, one.steps, min(one.steps + 1, MOST))).astype(int))
    losses = np.stack([outcome.trajectory.loss for outcome in group])[:, k] - (aim.base if aim.within is not None else 0.0)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    if aim.within is not None:
        losses = np.maximum(losses, aim.within * 1e-3)
    with np.errstate(invalid="ignore"):
        rows = [np.quantile(losses, q, axis=0, method="nearest") for q in (0.5, 0.0, 1.0)]
    middle, low, high = ([float(v) if math.isfinite(v) else None for v in row] for row in rows)
    hover = [words.step_hover(layout.safe(one.label), s, v) for s, v in zip(k, middle, strict=True)]
    steps = [float(s) for s in k]
    return Line(
        one.label, one.look, steps, middle, low, high, hover, band=len(group) > 1, cut=middle[-1] is None, signed=aim.within is None
    )
