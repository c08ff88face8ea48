"""The loss landscape around where contestants ended, with their trajectories in it.

Each contestant descends once more with its tuned hyperparameters, all from the start and with the order of examples of one seed; their
weights are followed, and one slice through the final weights of the first shows all of them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from talweg import checks
from talweg.checks import InputError
from talweg.engine.descend import Trace, descend
from talweg.landscape import Connection, Line, Slice, connected, line, slice
from talweg.landscape.directions import flat
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.results import Figures, Result, attributes
from talweg.summary import LandscapeSummary, plain
from talweg.text import landscape as words

POINTS = 40  #: positions of each that are kept beside the start …
LEAST_POINTS = 6  #: … fewer of a large model, so that together they are at most so many numbers
NUMBERS_AT_MOST = 5e7


@dataclass(frozen=True, eq=False)
class Rerun:
    """A training that is to be repeated: of whom, how long, and where it ended before."""

    name: str
    label: str
    batch: int | str
    method: Method  #: with its tuned hyperparameters and its schedule
    factory: str  #: the method's name in the catalogue
    steps: int
    recorded: float  #: the validation loss at which the same training ended before


@dataclass(frozen=True, eq=False, repr=False)
class Landscape(Result):
    """A slice through the winner's final weights with the contestants' trajectories, and the line between the endpoints of the best two.

    `.slice`, `.line` and `.traces` (of the `.reruns`) have the arrays; `.save(path)` writes the page, or the slice as a picture.
    """

    kind: ClassVar[str] = "landscape"
    suffixes: ClassVar[tuple[str, ...]] = (".html", ".png", ".svg", ".pdf")
    race: str
    problem: Problem
    seed: int  #: of start, order of examples, noise
    slice: Slice
    reruns: tuple[Rerun, ...]
    traces: tuple[Trace, ...]  #: of each
    line: Line | None = None
    connection: Connection | None = None  #: of the same two: straight, after matching hidden units, along a curve; not of a function
    left_out: tuple[str, ...] = ()  #: a sentence for each contestant that is not shown
    command: str | None = None  #: how the race was started

    @cached_property
    def summary(self) -> LandscapeSummary:
        """What the figures and the page are made of: plain dictionaries, lists and numbers, None for what is not finite."""
        cut = self.slice
        numbers = {
            **attributes(self, "kind", "race", "command", "seed", "left_out"),
            **attributes(cut, "explained", "split", "examples", "of", "x", "y", "loss"),
            "directions": cut.kind,
            "problem": self.problem.name,
            "model": self.problem.model,
            "metric": self.problem.metric.name if self.problem.metric else None,
            "metric_percent": bool(self.problem.metric and self.problem.metric.percent),
            "parameters": self.problem.parameters(),
            "contestants": [self._contestant(k) for k in range(len(self.reruns))],
            "line": None if self.line is None else _line(self.line),
            "connection": None if self.connection is None else self.connection.sentence,
        }
        return plain(numbers)

    def _contestant(self, k: int) -> dict[str, Any]:
        """The trajectory of one contestant, for the summary."""
        cut, one, trace = self.slice, self.reruns[k], self.traces[k]
        here = flat(trace.params)
        return {
            **attributes(one, "name", "label", "batch"),
            "method": one.factory,
            "steps": trace.steps,
            "trajectory": cut.trajectories[k],
            "off": cut.off[k],
            "loss": cut.trajectory_losses[k],
            "distances": [np.linalg.norm(here - flat(other.params)) for other in self.traces],
            "recorded_validation_loss": one.recorded,
            "validation_loss": trace.validation_loss[-1],
        }

    @property
    def sentences(self) -> list[str]:
        """What there is to see, in words."""
        return [words.headline(self.summary), *words.sentences(self.summary)]

    @property
    def warnings(self) -> list[str]:
        """What a slice can't show."""
        return words.warnings(self.summary)

    @property
    def figures(self) -> Figures:
        """The slice on the plane ("contour") and in space ("surface"); the loss and the metric along the line between the best two."""
        from talweg.figures import landscape

        makers = {"contour": landscape.plane, "surface": landscape.surface_3d}
        if self.line is not None:
            makers["line_loss"] = landscape.line_loss
        if self.line is not None and self.problem.metric is not None:
            makers["line_metric"] = landscape.line_metric
        return Figures({name: partial(make, self.summary) for name, make in makers.items()})

    def _page(self) -> str:
        from talweg.report import landscape

        return landscape.html(self.summary)

    def _write(self, to: Path, suffix: str) -> None:
        from talweg.figures import landscape_image

        to.write_bytes(landscape_image.image(self.summary, suffix[1:]))

    def _repr_html_(self) -> str:
        from talweg.figures import landscape_image

        picture = base64.b64encode(landscape_image.image(self.summary)).decode()
        sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in [*self.sentences, *self.warnings])
        return f'<div class="talweg"><img alt="" style="max-width: 100%" src="data:image/png;base64,{picture}">{sentences}</div>'

    def _name(self) -> str:
        return f"{self.race}, {self.problem.name}"


def landscape(
    problem: Problem,
    contestants: Sequence[Rerun],
    directions: str = "trajectory",
    *,
    seed: int,
    split: str = "train",
    points: int = 41,
    between: bool = False,
    key: int = 0,
    race: str = "",
    left_out: Iterable[str] = (),
    command: str | None = None,
) -> Landscape:
    """The landscape around where contestants end on a problem, the first of them in the centre.

    Args:
        problem: what they descend on, and what is looked at: of a pool the rows of the seed.
        contestants: who descends, the best first.
        directions: "trajectory": the two principal directions of all trajectories together; "random": filter-normalised ones.
        seed: of their start, their order of examples and their noise.
        split: the data that the loss is a mean over, "train" or "validation".
        points: of the slice, on each side.
        between: whether to look along the straight line between the endpoints of the first two, too.
        key: of random directions.
        race, left_out, command: the race that they come from, a sentence for each contestant that is not among them, how it was started.

    Raises InputError for an unknown word, a number out of range, and if all of them diverge.
    """
    checks.one_of("landscape", "kind of directions", directions, ("trajectory", "random"))
    checks.whole("landscape", "points", points, at_least=3)
    if between and len(contestants) < 2:
        raise InputError("landscape: a line needs the ends of two contestants, and only one is shown; name another")
    problem = problem.divided(seed)
    reruns, traces, lost = _descents(problem, contestants, seed)
    if not reruns:
        raise InputError("landscape: all of the contestants diverged with this seed, so there are no final weights to look around at")
    cut = slice(problem, traces[0].params, directions=directions, trajectories=traces, points=points, split=split, key=key)
    between_ends = connection = None
    if between and len(traces) > 1:
        ends = traces[0].params, traces[1].params
        connection = None if problem.train is None else connected(problem, *ends)
        between_ends = line(problem, *ends) if connection is None else connection.line
    return Landscape(race, problem, seed, cut, tuple(reruns), tuple(traces), between_ends, connection, (*left_out, *lost), command)


def _descents(problem: Problem, contestants: Sequence[Rerun], seed: int) -> tuple[list[Rerun], list[Trace], list[str]]:
    """Those that descended once more, their traces, and a sentence for each that diverged."""
    positions = int(min(POINTS, max(LEAST_POINTS, NUMBERS_AT_MOST / max(problem.parameters() * len(contestants), 1))))
    reruns, traces, lost = [], [], []
    for one in contestants:
        batch = "full" if problem.train is None else one.batch
        trace = descend(problem, one.method, steps=one.steps, batch=batch, points=positions, key=seed, positions=True)
        if trace.diverged_at is None:
            reruns.append(one)
            traces.append(trace)
        else:
            lost.append(f"{one.label} is not shown: it diverged at step {trace.diverged_at:,}.")
    return reruns, traces, lost


def _line(measured: Line) -> dict[str, Any]:
    """The line between two endpoints, for the summary."""
    names = ("distance", "barrier", "validation_barrier", "at", "training_loss", "validation_loss", "training_metric", "validation_metric")
    return {**attributes(measured, *names), "endless": bool(np.isinf(measured.barrier))}
