"""All rows of a race, as the verdict needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from talweg.store import Lane, RaceRow, Store
from talweg.verdict import scores
from talweg.verdict.scores import Scores, Target

AIM_STAGE = "aim-"  #: before the names of the rungs in which the baseline finds out where the target is


@dataclass(frozen=True, eq=False)
class Entry:
    """A contestant's rows."""

    facts: dict[str, Any]  #: as the plan describes it
    search: list[Lane]
    confirm: list[Lane]
    final: list[Lane]  #: of the chosen setting
    default: list[Lane]  #: of the untuned method, with the seeds of the final
    examples_per_step: int  #: an example counts once for every gradient that is asked of it
    seconds_per_step: float
    gradients_per_step: int
    endpoints: list[dict[str, Any] | None] = field(default_factory=list)  #: of the final lanes, if they were diagnosed
    probes: tuple[np.ndarray, dict[str, np.ndarray]] | None = None  #: steps, and by probe lanes × steps

    @property
    def name(self) -> str:
        return self.facts["name"]

    @property
    def label(self) -> str:
        return self.facts["label"]

    @property
    def chosen(self) -> int:
        """The number of the setting that the final ran."""
        return self.final[0].setting


@dataclass(frozen=True, eq=False)
class Record:
    """A race's rows."""

    race: RaceRow
    entries: list[Entry]
    target: Target
    lanes: int
    lane_steps: int

    @property
    def baseline(self) -> Entry:
        return self.entries[0]

    def scored(self, entry: Entry, lanes: Sequence[Lane]) -> Scores:
        """What these lanes of an entry achieved."""
        return scores.scores(lanes, self.target, entry.examples_per_step)


def read(store: Store, race: RaceRow) -> Record:
    """The rows of a finished race."""
    speeds, probes, endpoints = store.speeds(race.race), store.probes(race.race), store.endpoints(race.race)
    entries = []
    for facts in ({"restarts": 1, "width": 1, "gradients": 1, **facts} for facts in race.plan["contestants"]):
        name = facts["name"]
        final = store.lanes(race.race, name, "final")
        per_step = (race.problem["examples"] if facts["batch"] == "full" else facts["batch"]) * facts["gradients"]
        entries.append(
            Entry(
                facts,
                store.lanes(race.race, name, "search") + store.lanes(race.race, name, "widened"),
                store.lanes(race.race, name, "confirm"),
                [lane for lane in final if lane.setting >= 0],
                [lane for lane in final if lane.setting < 0],
                per_step,
                *speeds[name],
                endpoints.get(name, []),
                probes.get(name),
            )
        )
    lanes, steps = store.work(race.race)
    aim = [lane for lane in store.lanes(race.race, entries[0].name, f"{AIM_STAGE}final") if lane.setting >= 0]
    return Record(race, entries, target(race.plan["goal"], aim), lanes, steps)


def target(goal: dict[str, Any], baseline: list[Lane]) -> Target:
    """The goal that was given, or what the baseline comes near."""
    return scores.own_target(baseline) if goal["value"] is None else Target(**goal)
