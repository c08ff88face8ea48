"""A race's rows, as the verdict reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from talweg.checks import InputError
from talweg.store import Landmark, Lane, RaceRow, Speed, Store
from talweg.verdict import quality
from talweg.verdict.quality import Constants, Quality

PROTOCOL = 2  #: of the races whose rows are understood here
SEARCHES = ("search", "widened", "widened-again")
ON_FRESH_SEEDS = ("final", "promise")
UNTUNED = -1  #: the number of the setting that the untuned method has


class Goal(NamedTuple):
    """What is to be reached: a validation loss of at most `value`, or an accuracy of at least `value`; None: as good as the best."""

    kind: str = "loss"
    value: float | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """A contestant's rows."""

    facts: dict[str, Any]  #: as the plan describes it
    search: list[Lane]
    trained: list[Lane]  #: of the confirmation and of the lengths, all on the same few seeds
    choice: list[Lane]
    final: list[Lane]  #: of one variant, each as long as was best for it
    speed: list[Lane]  #: on the seeds of the final, of the settings that were fastest; empty where that is the final's
    examples_per_step: int
    step: Speed
    endpoints: list[dict[str, Any] | None] = field(default_factory=list)  #: of the final lanes, if they were diagnosed
    probes: tuple[np.ndarray, dict[str, np.ndarray]] | None = None  #: steps, and by probe lanes × steps

    @property
    def name(self) -> str:
        return self.facts["name"]

    @property
    def label(self) -> str:
        return self.facts["label"]

    @property
    def schedule(self) -> str:
        """Of the final."""
        return self.final[0].schedule

    @property
    def steps(self) -> int:
        """The length of the final."""
        return int(self.final[0].steps[-1])

    @property
    def chosen(self) -> int:
        """The number of the setting that the final ran."""
        return self.final[0].setting

    @property
    def gradients(self) -> int:
        """Gradients of one example each that a step asks for."""
        return self.examples_per_step * self.step.gradients


@dataclass(frozen=True, eq=False)
class Record:
    """A race's rows."""

    race: RaceRow
    entries: list[Entry]
    landmarks: dict[str, dict[int, Landmark]]
    promise: tuple[str, list[Lane]] | None  #: the name of what is recommended, and its lanes on seeds that no choice has seen
    lanes: int
    lane_steps: int

    @property
    def baseline(self) -> Entry:
        return self.entries[0]

    @property
    def goal(self) -> Goal:
        return Goal(**self.race.plan["goal"])

    @property
    def constants(self) -> Constants:
        """The constant predictor's validation loss by seed."""
        return {seed: one.validation_loss for seed, one in self.landmarks.get("constant", {}).items()}

    @property
    def stopped(self) -> bool:
        """Whether this is what ran of a race that was stopped."""
        return self.race.finished is None

    def quality(self, lanes: Sequence[Lane]) -> Quality:
        """Of lanes at their end: the length of a final was chosen before it."""
        return quality.at_end(lanes, self.constants)

    def nothing(self) -> float:
        """The mean loss over the final seeds of having learned nothing."""
        return float(np.mean([quality.reference(entry.final, self.constants).mean() for entry in self.entries]))

    def named(self, name: str) -> Entry:
        """A contestant by its name."""
        return next(entry for entry in self.entries if entry.name == name)


def read(store: Store, race: RaceRow) -> Record:
    """The rows of a race, or of what ran of it.

    Raises InputError for a race of another protocol, and for one that was stopped before all contestants had been confirmed.
    """
    if race.plan.get("protocol") != PROTOCOL:
        raise InputError(
            f"race: {race.race} was run by an older talweg, whose rows mean something else; run it again"
            + (f" ({race.run['command']})" if race.run.get("command") else "")
        )
    speeds, landmarks = store.speeds(race.race), store.landmarks(race.race)
    probes, endpoints = store.probes(race.race), store.endpoints(race.race)
    constants = {seed: one.validation_loss for seed, one in landmarks.get("constant", {}).items()}
    rungs, entries = store.rungs(race.race), []
    for facts in race.plan["contestants"]:
        facts = {"restarts": 1, "width": 1, **facts}
        name = facts["name"]
        of = {rung: store.lanes(race.race, name, rung) for rung in rungs.get(name, ())}
        trained = [
            lane
            for rung, lanes in of.items()
            if rung not in (*SEARCHES, *ON_FRESH_SEEDS) and not _of(rung, "choice", "speed")
            for lane in lanes
        ]
        if name not in speeds or not trained:
            raise InputError(f"race: {race.race} was stopped before anything can be said of it; run the same command again to go on")
        choice = [lane for rung, lanes in of.items() if _of(rung, "choice") for lane in lanes]
        entries.append(
            Entry(
                facts,
                [lane for rung in SEARCHES for lane in of.get(rung, ())],
                trained,
                choice,
                of.get("final") or best_so_far(choice or trained, constants),
                [lane for rung, lanes in of.items() if _of(rung, "speed") for lane in lanes],
                race.problem["examples"] if facts["batch"] == "full" else facts["batch"],
                speeds[name],
                endpoints.get(name, []),
                probes.get(name),
            )
        )
    if race.finished is None and len({tuple(lane.seed for lane in entry.final) for entry in entries}) > 1:  # some have run on other seeds
        entries = [replace(entry, final=best_so_far(entry.trained, constants), speed=[]) for entry in entries]
    promised = next(((name, store.lanes(race.race, name, "promise")) for name, of in rungs.items() if "promise" in of), None)
    return Record(race, entries, landmarks, promised, *store.work(race.race))


def _of(rung: str, *stages: str) -> bool:
    """Whether a rung belongs to one of some stages: `speed`, and `speed-1` to speed."""
    return rung.partition("-")[0] in stages


def best_so_far(lanes: Sequence[Lane], constants: Constants) -> list[Lane]:
    """The lanes of the best variant, cut off at its best length: the final of a race that was stopped, and of a batch size."""
    best = min(quality.by_variant(lanes), key=lambda group: quality.quality(group, constants).mean)
    last = 1 + int(np.searchsorted(best[0].steps, quality.quality(best, constants).steps))
    curves = ("steps", "training_loss", "validation_loss", "metric")
    return [replace(lane, **{name: getattr(lane, name)[:last] for name in curves}) for lane in best]
