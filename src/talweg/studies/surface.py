"""A function of a few numbers and the descents of several methods on it, computed and put into a picture: `tw.surface`."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from talweg import checks, problems, report
from talweg.checks import InputError
from talweg.figures.surface import outcomes
from talweg.figures.surface.grid import SCALES, Grid
from talweg.figures.surface.scene import Scene
from talweg.figures.surface.trajectories import SingleTrajectory, single
from talweg.problems import CriticalPoint, Surface
from talweg.results import Figures, Result, attributes
from talweg.studies.trajectories import Trajectory, trajectories
from talweg.summary import SurfaceSummary, plain
from talweg.text import surface as words

GRID = 201  #: corners of the ground along each side
MOST_STEPS, MOST_STARTS = 20_000, 32  #: no more can be told apart in a picture
SHARE = 0.02  #: of the picture's width is the learning rate where there is nothing to tune for
#: The article's methods where every example has its own noise: with one example for each step, or with all of them.
WITH_NOISE = ("sgd@full", "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam")


@dataclass(frozen=True, eq=False, repr=False)
class View(Result):
    """A picture of a function with the descents on it. `.save` writes a page with an animation, a picture or a video."""

    kind: ClassVar[str] = "surface"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".png", ".svg", ".pdf", ".gif", ".mp4")

    scene: Scene
    trajectories: tuple[Trajectory, ...]  #: with every position, as `tw.trajectories` gives them
    command: str = ""

    @cached_property
    def summary(self) -> SurfaceSummary:
        """All of it as plain numbers, but for the descents' positions, which `.trajectories` has."""
        goal, grid = self.scene.goal, self.scene.grid
        numbers = {
            "kind": self.kind,
            **attributes(self.scene, "formula", "source", "steps"),
            "problem": self.scene.label,
            "command": self.command or None,
            "domain": grid.domain,
            "height": grid.height.kind,
            "optimum": grid.lowest,
            "goal": None if goal.within is None else goal.base + goal.within,
            "critical_points": [{"at": at, "value": value, "kind": kind, "best": best} for at, value, kind, best in grid.critical],
            "descents": [_descent(one) for one in self.scene.outcomes],
        }
        return plain(numbers)

    @property
    def sentences(self) -> list[str]:
        """What there is to see, computed from the descents."""
        return self.scene.sentences

    def report(self) -> str:
        """What became of each method and what there is to see, as plain text: the legend, then the sentences."""
        return "\n".join([self.scene.headline, *(f"  {words.legend(group)}" for group in self.scene.groups), "", *self.sentences])

    @property
    def figures(self) -> Figures:
        """The map with its legend ("contour"), the same in three dimensions ("surface"), and the losses of the descents ("losses")."""
        return Figures({"contour": self.scene.contour, "surface": self.scene.surface_3d, "losses": self.scene.losses})

    def _page(self) -> str:
        from talweg.report import surface

        return surface.html(self.scene, self.command)

    def _write(self, to: Path, suffix: str) -> None:
        from talweg.figures.surface import image

        if suffix == ".mp4":
            image.mp4(self.scene, to)
        else:
            to.write_bytes(image.gif(self.scene) if suffix == ".gif" else image.image(self.scene, suffix[1:]))

    def _repr_html_(self) -> str:
        from talweg.figures.surface import image
        from talweg.report import surface

        return surface.fragment(self.scene, base64.b64encode(image.image(self.scene, dots=110)).decode())

    def _name(self) -> str:
        return self.scene.label


def _descent(outcome: outcomes.Outcome) -> dict[str, Any]:
    """What became of one descent, for the summary."""
    one = outcome.trajectory
    return {
        **attributes(one, "name", "label", "tuned"),
        "hyperparameters": dict(one.hyperparameters),
        "start": one.positions[0],
        "outcome": outcome.kind,
        "why": outcome.why,
        "step": outcome.step,
        "loss": outcome.final_loss,
        "endpoint": one.plane[-1] if one.diverged_at >= 0 else one.positions[-1],
    }


def surface(
    surface: Any,
    methods: Any = None,
    start: Any = None,
    starts: Any = None,
    steps: int = 200,
    learning_rate: float | None = None,
    noise: float | None = None,
    height: str = "auto",
    path: str | os.PathLike[str] | None = None,
    *,
    schedule: str = "constant",
    seed: int = 0,
    command: str = "",
) -> View:
    """A function as a landscape, with the descents of several methods on it.

    Args:
        surface: a name or formula, as `tw.problems.surface` takes it, or what that gives.
        methods: as `tw.race` takes them; by default the article's.
        start: where they start; by default where the literature does.
        starts: instead, how many random places of the domain they start from.
        steps: how many.
        learning_rate: of all methods; without it, each gets the best of 32.
        noise: standard deviation of noise added to the gradients, in place of the surface's own.
        height: "linear", "log", or what shows the valley ("auto").
        path: where to save it, too; see `View.save`.
        schedule: how the learning rate changes.
        seed: of the random starts, the noise and the methods' own randomness.
        command: what was typed, to be shown on the page.

    Raises:
        InputError: an unknown surface, formula, method or height, a bad start, too many steps or starts, a place that can't be written.
    """
    checks.one_of("surface", "height", height, SCALES)
    if path is not None:  # a mistake is found before the work, not after it
        View.checked_suffix(path)
        report.place(path)
    checks.whole("surface", "steps", steps, at_most=MOST_STEPS)
    chosen = resolved(surface, noise)
    places, ground = starting_places(chosen, start, starts, seed), grid(chosen)
    common = learning_rate is None and not ground.has_lowest  # there is nothing to tune for
    rate = float(f"{SHARE * np.ptp(ground.x):.2g}") if common else learning_rate
    methods = WITH_NOISE if methods is None and chosen.noise else methods
    runs = trajectories(chosen.problem(), methods, places, steps, learning_rate=rate, schedule=schedule, seed=seed)
    notes = [words.RATE_NOTE.format(rate)] if rate is not None and common else []
    made = View(scene(chosen, ground, single(runs), height, notes), tuple(runs), command)
    if path is not None:
        made.save(path)
    return made


def resolved(surface: Any, noise: float | None = None) -> Surface:
    """The surface of a name, a formula or a surface, with this noise. Raises InputError for anything else."""
    if isinstance(surface, Surface):
        return surface if noise is None else problems.surface(surface.name, noise=noise)
    if not isinstance(surface, str):
        raise InputError(f"surface: expected a name, a formula or a tw.problems.surface, got {type(surface).__name__}")
    return problems.surface(surface, noise=noise)


def grid(chosen: Surface, size: int = GRID) -> Grid:
    """The values of a surface over its first two coordinates, on a grid of so many corners along each side.

    Where no lowest value is known, the lowest minimum is the best one, if nothing in the picture lies below it.
    """
    if chosen.dimensions < 2:
        raise InputError(f"surface: a landscape needs a function of at least two numbers, got {chosen.formula}; add + 0*y to it")
    x, y = (np.linspace(low, high, size) for low, high in chosen.domain[:2])
    z = np.asarray(chosen.heights(x, y), float)
    finite = z[np.isfinite(z)]
    if not finite.size:
        raise InputError(
            f"surface: {chosen.label} is not finite anywhere in its domain {chosen.domain}; give it another, as in ... on 0..6, -1..1"
        )
    least = min((point.value for point in chosen.critical if point.kind == "minimum"), default=math.inf)
    near = 1e-6 * (float(np.ptp(finite)) or 1.0)
    deepest = chosen.lowest is None and chosen.dimensions == 2 and least <= finite.min() + near

    def best(point: CriticalPoint) -> bool:
        return point.best or (deepest and point.kind == "minimum" and point.value <= least + near)

    points = [(point.at, point.value, point.kind, best(point)) for point in chosen.critical]
    return Grid(x, y, z, points, chosen.label, chosen.lowest)


def scene(chosen: Surface, ground: Grid, descents: list[SingleTrajectory], height: str = "auto", notes: Iterable[str] = ()) -> Scene:
    """The surface with the descents on it, and the notes beside it."""
    notes = list(notes)
    if chosen.noise:
        notes.append(words.noise_note(chosen.noise, full_batch=any("@full" in one.name for one in descents)))
    if chosen.dimensions > 2:
        notes.append(words.DIMENSIONS_NOTE.format(chosen.dimensions))
    return Scene(replace(ground, scale=height), descents, chosen.label, chosen.formula, chosen.source, notes, chosen.critical_note)


def starting_places(chosen: Surface, start: Any, starts: Any, seed: int) -> Any:
    """Where the descents begin: one place, several, or that many random ones in the domain."""
    if start is not None and starts is not None:
        raise InputError("surface: give either start, a place, or starts, how many random places; got both")
    if start is not None:
        return start
    if starts is None:
        return chosen.start
    if not isinstance(starts, (int, np.integer)) or isinstance(starts, bool):
        return starts
    checks.whole("surface", "starts", starts, at_most=MOST_STARTS)
    low, high = np.array(chosen.domain, float).T
    return np.random.default_rng(seed).uniform(low, high, (int(starts), len(low)))
