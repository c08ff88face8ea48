"""The loss landscape of a race's problem, with the ways of its contestants in it.

Each contestant descends once more with its tuned numbers, all from the start and with the order of examples of one seed of the final;
their weights are followed, and one slice through the winner's final weights shows all of them.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg import checks, report
from talweg.checks import InputError
from talweg.engine.descend import Trace, descend
from talweg.landscape import Connection, Line, Slice, connected, line, slice
from talweg.landscape.directions import flat
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.text import landscape as ways

if TYPE_CHECKING:
    from talweg.racing.result import Race
from talweg.racing.recall import raced_problem

ENDINGS = (".html", ".png", ".svg", ".pdf")
MOST = 9  #: contestants that are followed unless some are named
POINTS = 40  #: positions of each that are kept beside the start …
LEAST_POINTS = 6  #: … fewer of a large model, so that together they are at most so many numbers
NUMBERS_AT_MOST = 5e7


@dataclass(frozen=True, eq=False)
class Follower:
    """A contestant that descended once more."""

    name: str
    label: str
    method: str
    batch: int | str
    trace: Trace
    recorded: float  #: the validation loss at which the same training ended in the race


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """A slice through the winner's final weights with the ways of the contestants, and the line between the ends of the best two.

    `.slice`, `.line` and `.followers` have the arrays; `.summary` is all of it as plain numbers, `.sentences` says what there is to
    see, `.warnings` what can't be seen, and `.save(path)` draws it.
    """

    race: str
    problem: Problem
    seed: int  #: of the final: start, order of examples, noise
    slice: Slice
    followers: tuple[Follower, ...]
    line: Line | None = None
    connection: Connection | None = None  #: of the same two: straight, after matching hidden units, along a curve; not of a function
    left_out: tuple[str, ...] = ()  #: a sentence for each contestant that is not shown
    command: str | None = None  #: how the race was started

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the pictures and the page are made of: plain dictionaries, lists and numbers, None for what is not finite."""
        cut, plane = self.slice, self.slice.plane
        ends = [flat(f.trace.params) for f in self.followers]
        return {
            "race": self.race,
            "command": self.command,
            "problem": self.problem.name,
            "model": self.problem.facts.get("model"),
            "metric": self.problem.metric.name if self.problem.metric else None,
            "metric_percent": bool(self.problem.metric and self.problem.metric.percent),
            "parameters": self.problem.parameters(),
            "seed": self.seed,
            "kind": plane.kind,
            "explained": plane.explained,
            "split": cut.split,
            "examples": cut.examples,
            "of": cut.of,
            "x": _plain(cut.x),
            "y": _plain(cut.y),
            "loss": _plain(cut.loss),
            "contestants": [
                {
                    "name": follower.name,
                    "label": follower.label,
                    "method": follower.method,
                    "batch": follower.batch,
                    "steps": follower.trace.steps.tolist(),
                    "path": _plain(cut.paths[k]),
                    "off": _plain(cut.off[k]),
                    "loss": _plain(cut.path_losses[k]),
                    "apart": [float(np.linalg.norm(ends[k] - end)) for end in ends],
                    "recorded": follower.recorded if np.isfinite(follower.recorded) else None,
                    "ended": float(follower.trace.validation_loss[-1]),
                }
                for k, follower in enumerate(self.followers)
            ],
            "left_out": list(self.left_out),
            "line": None if self.line is None else _line(self.line),
            "connection": None if self.connection is None else self.connection.sentence,
        }

    @property
    def sentences(self) -> list[str]:
        """What there is to see, in words."""
        return [ways.headline(self.summary), *ways.sentences(self.summary)]

    @property
    def warnings(self) -> list[str]:
        """What a slice can't show."""
        return ways.warnings(self.summary)

    @property
    def figure(self) -> Any:
        """The slice on the plane as a Plotly figure."""
        from talweg.figures import landscape

        return landscape.plane(self.summary)

    @property
    def surface_3d(self) -> Any:
        """The slice in space as a Plotly figure."""
        from talweg.figures import landscape

        return landscape.surface_3d(self.summary)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page (.html) or the slice as a picture (.png, .svg, .pdf), and return where it is.

        Raises InputError for another ending, and for a place that can't be written.
        """
        kind = ending(path)
        to = report.place(path)
        if kind == ".html":
            from talweg.report import landscape

            return report.write_text(landscape.html(self.summary), to)
        from talweg.figures import landscape_image

        made = landscape_image.image(self.summary, kind[1:])
        return report.write_file(lambda beside: beside.write_bytes(made), to)

    def _repr_html_(self) -> str:
        from talweg.figures import landscape_image

        picture = base64.b64encode(landscape_image.image(self.summary)).decode()
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in [*self.sentences, *self.warnings])
        return f'<div class="talweg"><img alt="" style="max-width: 100%" src="data:image/png;base64,{picture}">{words}</div>'

    def __repr__(self) -> str:
        return f"Landscape({self.race}, {self.problem.name}: {' '.join(self.sentences)})"


def ending(path: str | os.PathLike[str]) -> str:
    """The ending of a file to write, in small letters. Raises InputError for one that is not known."""
    return checks.one_of("landscape", "kind of file", Path(path).suffix.lower(), ENDINGS, "(the ending of the file's name)")


def landscape(
    race: Race,
    directions: str = "path",
    *,
    split: str = "train",
    contestants: Sequence[str] | None = None,
    points: int = 41,
    between: bool = False,
    problem: Problem | None = None,
    key: int = 0,
) -> Landscape:
    """See `Race.landscape`."""
    checks.one_of("landscape", "kind of directions", directions, ("path", "random"))
    checks.whole("landscape", "points", points, at_least=3)
    problem = raced_problem(race, problem)
    chosen, left_out = _methods(race, contestants)
    if between and len(chosen) < 2:
        raise InputError("landscape: a line needs the ends of two contestants, and only one is shown; name another")
    seed = race.store.lanes(race.name, chosen[0][0]["name"], "final")[0].seed
    kept = int(min(POINTS, max(LEAST_POINTS, NUMBERS_AT_MOST / max(problem.parameters() * len(chosen), 1))))
    followers = []
    for row, method in chosen:
        lane = next(lane for lane in race.store.lanes(race.name, row["name"], "final") if lane.setting >= 0 and lane.seed == seed)
        steps, batch = int(lane.steps[-1]), _batch(problem, row["batch"])
        trace = descend(problem, method, steps=steps, batch=batch, points=kept, key=seed, positions=True)
        if trace.diverged_at is not None:
            left_out.append(f"{row['label']} is not shown: it diverged at step {trace.diverged_at:,}.")
            continue
        followers.append(Follower(row["name"], row["label"], row["method"], row["batch"], trace, float(lane.validation_loss[-1])))
    if not followers:
        raise InputError("landscape: all of the contestants diverged with this seed, so there are no final weights to look around at")
    traces = [follower.trace for follower in followers]
    cut = slice(problem, traces[0].params, directions=directions, paths=traces, points=points, split=split, key=key)
    joined = way = None
    if between and len(traces) > 1:
        ends = traces[0].params, traces[1].params
        way = None if problem.train is None else connected(problem, *ends)
        joined = line(problem, *ends) if way is None else way.line
    command = race.summary["run"].get("command")
    return Landscape(race.name, problem, seed, cut, tuple(followers), joined, way, tuple(left_out), command)


def _methods(race: Race, wanted: Sequence[str] | None) -> tuple[list[tuple[Mapping[str, Any], Method]], list[str]]:
    """Rows and methods of the contestants to show, best first, and a sentence for each that can't be."""
    rows = {row["name"]: row for row in race.summary["contestants"]}
    names = list(rows)[:MOST] if wanted is None else [name for name in rows if name in set(_known(wanted, rows))]
    left_out = (
        [] if wanted is not None or len(rows) <= MOST else [f"The {len(rows) - MOST} contestants after the first {MOST} are not shown."]
    )
    chosen = []
    for name in names:
        if why := _elsewhere(rows[name]):
            if wanted is not None:
                raise InputError(f"landscape: {name} can't be shown: {why}; leave it out")
            left_out.append(f"{rows[name]['label']} is not shown: {why}.")
            continue
        method = race.tuned(name).method
        if method is not None:
            chosen.append((rows[name], method))
        elif wanted is not None:
            raise InputError(
                f"landscape: {name} is a method of your own, which the store does not know; ask the race that tw.race gave you"
            )
        else:
            left_out.append(f"{rows[name]['label']} is not shown: the store does not know a method of one's own.")
    if not chosen:
        raise InputError("landscape: the store does not know any of these methods; ask the race that tw.race gave you")
    return chosen, left_out


def _elsewhere(row: Mapping[str, Any]) -> str:
    """Why a contestant's way is not one way through the weights of the problem's model."""
    if row["width"] > 1:
        return "its network is wider, and so has other weights"
    return "it begins again from other starts" if row["restarts"] > 1 else ""


def _known(wanted: Sequence[str], rows: Mapping[str, Any]) -> list[str]:
    if isinstance(wanted, str):
        wanted = [wanted]
    names = [checks.one_of("landscape", "contestant", name, rows) for name in wanted]
    if not names:
        raise InputError(f"landscape: contestants must name at least one of {', '.join(rows)}")
    return names


def _batch(problem: Problem, batch: int | str) -> int | str:
    return "full" if problem.train is None else batch


def _plain(values: Any) -> Any:
    """An array as lists, with None for what is not finite."""
    array = np.asarray(values, float).astype(object)
    array[~np.isfinite(np.asarray(values, float))] = None
    return array.tolist()


def _line(found: Line) -> dict[str, Any]:
    barriers = {"barrier": found.barrier, "validation_barrier": found.validation_barrier}
    curves = {name: _plain(getattr(found, name)) for name in ("at", "training_loss", "validation_loss")}
    metrics = {name: _plain(getattr(found, name)) for name in ("training_metric", "validation_metric")}
    return {
        "distance": found.distance,
        **{name: float(value) if np.isfinite(value) else None for name, value in barriers.items()},
        "endless": bool(np.isinf(found.barrier)),
        **curves,
        **metrics,
    }
