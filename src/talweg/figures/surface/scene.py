"""A landscape with descents on it, as one thing: its figures, its legend, its sentences, and what an animation needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from talweg.figures import layout
from talweg.figures.lines import Line
from talweg.figures.lines import drawn as lines_drawn
from talweg.figures.surface import outcomes, trajectories
from talweg.figures.surface.grid import KINDS, Height, Relief, contour_figure, mountain_figure, numbers, place, scaled, unmarked
from talweg.figures.surface.outcomes import Goal, Outcome
from talweg.figures.surface.trajectories import Drawn, Trail
from talweg.text.format import count, figures, listed, sentence

MOST = 400  #: points of a loss curve


@dataclass(frozen=True, eq=False)
class Scene:
    """A relief, the trails on it, and what is known of the function."""

    relief: Relief
    trajectories: Sequence[Trail] = ()
    scale: str = "auto"
    label: str = "surface"
    formula: str = ""
    source: str = ""
    notes: Sequence[str] = field(default=())  #: what else must be said: noise, dimensions that are not drawn
    points_note: str = ""  #: how complete the known points of slope zero are

    @cached_property
    def height(self) -> Height:
        """How high a value is drawn."""
        return scaled(self.relief.z, self.relief.lowest, self.scale)

    @cached_property
    def judged(self) -> tuple[Goal, list[Outcome]]:
        """What was to be reached, and what became of each trail."""
        return outcomes.outcomes(self.trajectories, self.relief)

    @cached_property
    def groups(self) -> list[list[Outcome]]:
        """The outcomes by method, the first to arrive first."""
        return outcomes.by_method(self.judged[1])

    @cached_property
    def shown(self) -> dict[str, list[Drawn]]:
        """What of each method's trails can be seen, by the method's name, in the order of its trails."""
        return {group[0].trail.name: [trajectories.drawn(one.trail, self.relief, self.height) for one in group] for group in self.groups}

    @cached_property
    def layers(self) -> list[list[Outcome]]:
        """The same from the ground up: who runs all over the picture lies below the others."""
        return sorted(self.groups, key=lambda group: -trajectories.busy(self.shown[group[0].trail.name], self.relief))

    @property
    def steps(self) -> int:
        """How many steps the longest trail has."""
        return max((trail.steps for trail in self.trajectories), default=0)

    @cached_property
    def headline(self) -> str:
        """The first thing to say."""
        aim, _ = self.judged
        came = [group for group in self.groups if any(one.kind == "reached" for one in group)]
        if not self.trajectories:
            return self.label
        if came:
            name = sentence(came[0][0].trail.label)
            return f"{name} reaches the lowest point {'first' if len(self.groups) > 1 else ''}".strip()
        if all(one.kind == "diverged" for one in self.judged[1]):
            return "It diverges" if len(self.groups) == 1 else "All diverge"
        return "There is no lowest point to reach" if aim.within is None else "Nobody reaches the lowest point"

    @cached_property
    def sentences(self) -> list[str]:
        """What there is to see, computed from the trails, then what must be known to read the picture."""
        return [*outcomes.sentences(self.judged[1], self.judged[0], self.relief), *self.reading]

    @cached_property
    def reading(self) -> list[str]:
        """What must be known to read the picture."""
        said = [sentence(note) for note in self.notes]
        tuned = [group[0].trail for group in self.groups if group[0].trail.tuned]
        if tuned:
            all_of_them = len(tuned) == len(self.groups)
            who = "each method" if all_of_them and len(tuned) > 1 else listed([trail.label for trail in tuned])
            said.append(
                f"The learning rate of {who} is the one of 32 that goes down soonest and deepest here without climbing above its start."
            )
        if self.height.kind == "log":
            base = "the lowest value" if self.relief.lowest is not None else "the lowest value in the picture"
            said.append(f"Height is drawn on a log scale above {base}, so that the valley can be seen; numbers are true values.")
        outside = {trail.start for trail in self.trajectories if trajectories.left_at(trail, self.relief) == 0}
        if outside:
            said.append(f"{count(len(outside), 'start')} {'lies' if len(outside) == 1 else 'lie'} outside the picture.")
        hidden = unmarked(self.relief)
        if hidden:
            said.append(f"Not marked, since they would hide the ground: {listed(hidden)}.")
        return said

    def contour(self, *, words: bool = True) -> layout.Figure:
        """The plane with all trails; with `words`, the legend says of each method how it went."""
        aim, traces = self.judged[0], []
        for group in self.layers:
            text = _broken(outcomes.legend(group, aim)) if words else None
            traces += trajectories.on_plane([one.trail for one in group], self.shown[group[0].trail.name], self.relief, text)
        ranks = {group[0].trail.name: rank for rank, group in enumerate(self.groups)}
        for trace in traces:
            trace.update(legendrank=1 + ranks[trace.legendgroup])
        if self.trajectories:
            traces.append(trajectories.starts(self.trajectories, self.relief))
        made = contour_figure(self.relief, traces, self.scale)
        if words:
            made.update_layout(height=560 + 40 * len(self.groups), margin={"b": 110 + 40 * len(self.groups)})
            made.update_layout(legend={"orientation": "v", "y": -0.12})
        return made

    def mountain(self) -> layout.Figure:
        """The landscape in space with all trails."""
        traces = []
        for group in self.layers:
            traces += trajectories.in_space([one.trail for one in group], self.shown[group[0].trail.name], self.relief)
        return mountain_figure(self.relief, traces, self.scale)

    def losses(self) -> layout.Figure:
        """The loss after each step, above the lowest value on a log scale if that is known; the last shape is the cursor."""
        aim = self.judged[0]
        lines = [_line(group, aim) for group in self.groups]
        at = layout.linear_ticks(self.steps)
        x = layout.axis("step", range=[0, self.steps], tickvals=at, ticktext=[figures(k) for k in at], showgrid=False)
        values = [y for line in lines for y in line.y if y is not None]
        if not values:
            return layout.nothing("Every descent diverged at once.")
        if aim.within is None:
            # Not much further down than the picture: what falls for ever would make all others flat.
            ground = self.relief.z[np.isfinite(self.relief.z)]
            spread = float(np.ptp(ground)) or 1.0
            first = max((y for line in lines for y in line.y[:1] if y is not None), default=0.0)
            low, high = max(min(values), float(ground.min()) - 0.3 * spread), max(first, min(max(values), float(ground.max())))
            low, high = low - 0.04 * (high - low or 1.0), high + 0.04 * (high - low or 1.0)
            y = layout.axis("loss", range=[low, high])
            made = lines_drawn(lines, x, y, (low, high), height=360, place=lambda v: min(max((v - low) / (high - low), 0.0), 1.0))
        else:
            top = max(line.y[0] or 0.0 for line in lines)
            bounds = (aim.within * 1e-3, max(10 * top, aim.within * 100))
            title = "loss" if aim.base == 0 else f"loss above {aim.name}, {figures(aim.base, 5)}".replace("-", "−")
            made = lines_drawn(lines, x, layout.log_axis(*bounds, f"{title} (log scale)"), bounds, height=360)
            pen = {"color": "#808893", "width": 1, "dash": "dot"}
            made.add_shape(type="line", xref="paper", x0=0, x1=1, y0=aim.within, y1=aim.within, line=pen)
        cursor = {"color": "#808893", "width": 1.5}
        made.add_shape(type="line", yref="paper", x0=self.steps, x1=self.steps, y0=0, y1=1, line=cursor)
        return made

    def animation(self) -> dict[str, Any]:
        """What a script needs to draw the trails up to a step: the traces of each method, and the step of each of their points."""
        ground, space = len(contour_figure(self.relief, (), self.scale).data), len(mountain_figure(self.relief, (), self.scale).data)
        methods = []
        for k, group in enumerate(self.layers):
            parts = self.shown[group[0].trail.name]
            ends = np.cumsum([len(part.x) + 1 for part in parts])
            dots = np.concatenate([trajectories.dots(one.trail, self.relief) for one in group])
            tips = np.concatenate([trajectories.arrows(part, self.relief.domain)[1] for part in parts])
            methods.append(
                {
                    "plane": ground + 4 * k,
                    "space": space + 2 * k,
                    "line": numbers(trajectories.together(parts).step),
                    "dots": [int(step) for step in dots],
                    "arrows": numbers(np.repeat(tips, 3)),
                    "spans": [[int(end - len(part.x) - 1), int(end - 1)] for end, part in zip(ends, parts, strict=True)],
                }
            )
        return {"steps": self.steps, "methods": methods}

    def points(self) -> list[tuple[str, str, str]]:
        """The known points of slope zero: what it is, where, and the value; the lowest first."""
        order = list(KINDS)
        kinds = [("best" if kind == "minimum" and best else kind, at, value) for at, value, kind, best in self.relief.critical]
        kinds.sort(key=lambda point: (order.index(point[0]), point[2]))
        return [(KINDS[kind][0], place(at), figures(value, 5).replace("-", "−")) for kind, at, value in kinds]


def _line(group: Sequence[Outcome], aim: Goal) -> Line:
    """The loss curve of a method: its descents' median, with a band from the best to the worst."""
    one = group[0].trail
    k = np.unique(np.round(np.linspace(0, one.steps, min(one.steps + 1, MOST))).astype(int))
    losses = np.stack([outcome.trail.loss for outcome in group])[:, k] - (aim.base if aim.within is not None else 0.0)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    if aim.within is not None:
        losses = np.maximum(losses, aim.within * 1e-3)
    with np.errstate(invalid="ignore"):
        rows = [np.quantile(losses, q, axis=0, method="nearest") for q in (0.5, 0.0, 1.0)]
    middle, low, high = ([float(v) if math.isfinite(v) else None for v in row] for row in rows)
    hover = [
        f"<b>{layout.safe(one.label)}</b><br>step {s}: {'diverged' if v is None else figures(v)}" for s, v in zip(k, middle, strict=True)
    ]
    steps = [float(s) for s in k]
    return Line(
        one.label, one.look, steps, middle, low, high, hover, band=len(group) > 1, cut=middle[-1] is None, signed=aim.within is None
    )


def _broken(text: str, most: int = 58) -> str:
    """A legend's entry on as many lines as it needs."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
