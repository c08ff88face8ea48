"""The descents of one open page: what changed is computed, and only that is sent.

No user interface in here: a state goes in, a message for the browser comes out.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
from dataclasses import replace
from typing import Any

import numpy as np

from talweg.app.state import Entry, SurfaceState
from talweg.checks import InputError
from talweg.figures.surface import grid, outcomes, trajectories
from talweg.problems import Problem, Surface, surface
from talweg.studies import surface as view
from talweg.studies.trajectories import Descents, Trajectory, descents
from talweg.text import surface as words

GRID = 81  #: points along each side of a picture's grid
POINTS = 400  #: of a trajectory, at most, that are sent
CACHED = 256  #: trajectories that are remembered for all pages
DEEPEST = 1e-12  #: a loss is shown on a log scale from here on, as a share of the picture's height


@functools.lru_cache(maxsize=16)
def painted(text: str) -> grid.Grid:
    """The heights of a surface over the picture that is drawn of it."""
    return view.grid(two_dimensional(text), GRID)


@functools.lru_cache(maxsize=16)
def pictures(text: str, scale: str) -> dict[str, Any]:
    """What the browser draws once for each surface: the plane and the 3-D surface."""
    made = replace(painted(text), scale=scale)
    names = {"contour": grid.contour_figure(made), "space": grid.surface_3d_figure(made)}
    figures = {name: figure.to_plotly_json() for name, figure in names.items()}
    for figure in figures.values():
        figure["layout"].pop("template", None)  # the browser has its own
    return {**figures, "domain": made.domain}


@functools.lru_cache(maxsize=32)
def two_dimensional(text: str) -> Surface:
    """A surface that can be drawn whole; raises InputError for one of more dimensions."""
    function = surface(text)
    if function.dimensions != 2:
        raise InputError(f"{function.name}: the page draws surfaces of two numbers, got {function.dimensions}; leave out dimensions=")
    return function


def lowest_of(text: str) -> float | None:
    """What the losses of a surface are counted from on a log scale: its lowest value, or the lowest minimum that is known, if any."""
    made = painted(text)
    return made.lowest if made.lowest is not None else min((value for _, value, _, best in made.critical if best), default=None)


@functools.lru_cache(maxsize=64)
def _problem(text: str, noise: float, batch: int) -> Problem:
    """The surface, its examples tilted by that much noise. The program is the same for every noise but none."""
    if noise == 0:
        return two_dimensional(text).problem()
    unit = surface(text, noise=1.0).problem()
    return dataclasses.replace(unit, train=np.asarray(unit.train) * np.float32(noise), default_batch=batch)


@functools.lru_cache(maxsize=512)
def _descents(text: str, noise: float, batch: int, name: str) -> Descents:
    return descents(_problem(text, noise, batch), name)[0]


def descents_of(state: SurfaceState, entry: Entry) -> Descents:
    """What computes the trajectories of one ticked method."""
    name = f"noisy+{entry.name}" if state.shake > 0 else entry.name
    return _descents(state.surface, state.noise, state.batch, name)


def starting_place(state: SurfaceState) -> tuple[float, float]:
    """Where the descents start: as chosen, otherwise the surface's usual start."""
    first, second, *_ = state.start or two_dimensional(state.surface).start
    return float(first), float(second)


def hyperparameters_of(state: SurfaceState, entry: Entry) -> dict[str, float]:
    """Those that were chosen for a ticked method, with the noise that is added for all."""
    return entry.hyperparameters | ({"noise": state.shake} if state.shake > 0 else {})


def tuned(state: SurfaceState) -> SurfaceState:
    """The same with the best of 32 learning rates for all methods that have none yet.

    Where no lowest value is known there is nothing to tune for, and all take a small share of the picture's width.
    """
    start = np.array([starting_place(state)])
    ground = painted(state.surface)
    for entry in state.methods:
        if "learning_rate" in entry.defaults() and "learning_rate" not in entry.hyperparameters:
            rate = float(f"{view.SHARE * np.ptp(ground.x):.2g}")
            if ground.has_lowest:
                rate = descents_of(state, entry).tune(start, state.steps, hyperparameters=hyperparameters_of(state, entry))
            state = state.with_entry(entry.with_number("learning_rate", rate))
    return state


def adopted(now: SurfaceState, chosen: SurfaceState) -> SurfaceState:
    """The state as it is now with the learning rates that were chosen for it a moment ago, where it still has none.

    What was dragged in the meantime stays, and rates of another surface are of no use.
    """
    if now.surface != chosen.surface:
        return now
    for entry in now.methods:
        other = chosen.entry(entry.name)
        rate = other.hyperparameters.get("learning_rate") if other else None
        if "learning_rate" not in entry.hyperparameters and rate is not None:
            now = now.with_entry(entry.with_number("learning_rate", rate))
    return now


def _alike(state: SurfaceState) -> SurfaceState:
    """The same for all states that have the same trajectories."""
    batch = state.batch if state.noise else 1
    return SurfaceState(
        surface=state.surface, methods=(), start=starting_place(state), steps=state.steps, noise=state.noise, batch=batch, shake=state.shake
    )


@functools.lru_cache(maxsize=CACHED)
def _trajectory(state: SurfaceState, entry: Entry) -> Trajectory:
    start = np.array([starting_place(state)])
    return descents_of(state, entry).trajectory(start, state.steps, hyperparameters=hyperparameters_of(state, entry))


class PageTrajectories:
    """The trajectories of one page; remembers which of them the browser has."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[Any, ...]] = {}

    def trajectories(self, state: SurfaceState) -> dict[str, Trajectory]:
        """That of each ticked method, by its name. Raises InputError for numbers out of range."""
        return {entry.name: _trajectory(_alike(state), entry) for entry in state.methods}

    def outcomes(self, state: SurfaceState) -> dict[str, outcomes.Outcome]:
        """What became of each descent, by the name of its method."""
        drawn = trajectories.single(self.trajectories(state).values())
        by_entry = zip(state.methods, outcomes.outcomes(drawn, painted(state.surface)), strict=True)
        return {entry.name: one for entry, one in by_entry}

    def message(self, state: SurfaceState, *, whole: bool = False) -> dict[str, Any]:
        """What the browser must know: trajectories that it has not, what became of all, the start. `whole` sends everything again."""
        computed = self.trajectories(state)
        if whole:
            self._sent.clear()
        pens, lowest = state.pens(), lowest_of(state.surface)
        news = []
        for entry in state.methods:
            key = (_alike(state), entry, *pens[entry.name].values())
            if self._sent.get(entry.name) != key:
                self._sent[entry.name] = key
                news.append(_drawn(entry, computed[entry.name], pens[entry.name], lowest))
        has_lowest = painted(state.surface).has_lowest
        sentences = [
            {"name": entry.name, "words": words.commented(entry.label, one, has_lowest=has_lowest), **pens[entry.name]}
            for entry, one in zip(state.methods, self.outcomes(state).values(), strict=True)
        ]
        return {
            "trajectories": news,
            "sentences": sentences,
            "order": [entry.name for entry in state.methods],
            "start": starting_place(state),
            "steps": state.steps,
            "at": state.at,
            "title": f"loss above {lowest:.5g}, the lowest".replace("-", "−") if lowest else "loss",
            "log": lowest is not None,
        }


def _drawn(entry: Entry, trajectory: Trajectory, pen: dict[str, str], lowest: float | None) -> dict[str, Any]:
    """A trajectory as the browser takes it: at most `POINTS` of its points, as 32-bit numbers."""
    stride = -(-trajectory.steps // POINTS)
    at = np.unique(np.append(np.arange(0, trajectory.steps + 1, stride), trajectory.steps))
    left = trajectory.loss[0, at]
    if lowest is not None:
        left = left - lowest
        spread = max(float(np.nanmax(left)), 0.0) if np.isfinite(left).any() else 0.0
        left = np.where(np.isfinite(left), np.maximum(left, DEEPEST * spread), np.nan)
    return {
        "name": entry.name,
        "label": entry.label,
        **pen,
        "stride": int(stride),
        "xy": _coded(trajectory.positions[0, at, :2]),
        "loss": _coded(left),
        "rate": _coded(trajectory.rates[0, at[at < trajectory.steps]]),
        "diverged": int(trajectory.diverged_at[0]),
    }


def _coded(values: np.ndarray) -> str:
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
