"""Who runs next, from what came back: search → (widened search) → confirm → final, for one contestant and for several at once.

Pure: no JAX, no store, no machine. A tournament is a generator, which yields what to run and is sent its lanes. It decides nothing but
from them, so a race that was stopped is replayed from the lanes of its finished blocks and finds its way again.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from talweg.contestants.design import cube
from talweg.engine.block import Entry
from talweg.store import Lane
from talweg.verdict import scores
from talweg.verdict.scores import Target

if TYPE_CHECKING:
    from talweg.contestants.contestant import Contestant
    from talweg.methods import Range
    from talweg.racing.plan import Plan

RUNGS = ("search", "confirm", "final")
UNTUNED = -1  #: the number of the setting that the untuned method has
LEADERS = 3


class Request(NamedTuple):
    """Lanes that a contestant wants to be run, all at once."""

    contestant: str
    rung: str
    entries: Sequence[Entry]


Outcome = Sequence[Lane]  #: the lanes of the final
Tournament = Generator[Request, Sequence[Lane], Outcome]


def rungs(contestant: Contestant, plan: Plan, target: Target, examples_per_step: int, *, stage: str = "") -> Tournament:
    """All rungs of a contestant: yields the request of each, is sent its lanes in the order of its entries, and returns those of the final.

    The baseline goes through them twice: first, with a `stage` before the names of its rungs, to the end of the budget, which sets
    the target; then for the target, like everybody.
    """
    name = contestant.name
    if not contestant.space:
        return (yield Request(name, "final", _final(contestant, plan, 0, {})))
    settings = contestant.settings(cube(plan.settings, plan.seed))
    (seed,) = plan.seeds_of("search")
    lanes = yield Request(name, "search", [Entry(i, setting, seed) for i, setting in enumerate(settings)])
    wider = widened(contestant, lanes, target, examples_per_step)
    if wider is not None:
        more = wider.settings(cube(plan.settings, plan.seed))
        entries = [Entry(plan.settings + i, setting, seed) for i, setting in enumerate(more)]
        lanes = [*lanes, *(yield Request(name, f"{stage}widened", entries))]
        settings += more
    ranked = scores.best_settings(lanes, target, examples_per_step)
    if plan.settings > 1:
        entries = [Entry(i, settings[i], seed) for i in ranked[: plan.confirmed()] for seed in plan.seeds_of("confirm")]
        confirmed = yield Request(name, f"{stage}confirm", entries)
        ranked = scores.best_settings(confirmed, target, examples_per_step)
    return (yield Request(name, f"{stage}final", _final(contestant, plan, ranked[0], settings[ranked[0]])))


class Tournaments:
    """The tournaments of several contestants at once: each has one request open, until its final has been run."""

    def __init__(self, tournaments: Mapping[str, Tournament]):
        self._tournaments = dict(tournaments)
        self.open = {name: next(tournament) for name, tournament in self._tournaments.items()}  #: by contestant
        self.outcomes: dict[str, Outcome] = {}  #: by contestant, of those whose final has been run

    def send(self, name: str, lanes: Sequence[Lane]) -> Request | None:
        """Hand over the lanes of a contestant's open request; its next one, or None where that was its final."""
        try:
            self.open[name] = self._tournaments[name].send(lanes)
        except StopIteration as end:
            del self.open[name]
            self.outcomes[name] = end.value
        return self.open.get(name)


def expected_lanes(contestant: Contestant, plan: Plan) -> dict[str, int]:
    """How many lanes each rung will have, without a widened search."""
    final = {"final": 2 * plan.seeds}
    if not contestant.space:
        return final
    confirm = {"confirm": plan.confirmed() * len(plan.seeds_of("confirm"))} if plan.settings > 1 else {}
    return {"search": plan.settings, **confirm, **final}


def widened(contestant: Contestant, lanes: Sequence[Lane], target: Target, examples_per_step: int) -> Contestant | None:
    """The contestant with a wider range of learning rates, if one of the three best settings lies at an edge of it (PROTOCOL rule 5).

    Of three, because one seed does not say which of them is the best. Only the learning rate is widened: the other hyperparameters
    often hardly matter, and then their best lies at an edge by chance.
    """
    reach: Range | None = contestant.space.get("learning_rate")
    if reach is None:
        return None
    best = {lane.setting: lane for lane in lanes}
    leaders = [best[setting] for setting in scores.best_settings(lanes, target, examples_per_step)[:LEADERS]]
    if scores.final_loss(leaders[0]) == math.inf:  # all have diverged
        return contestant.with_range("learning_rate", reach.widened(-1))
    edges = [edge for lane in leaders if (edge := reach.edge(lane.hyperparameters["learning_rate"]))]
    return contestant.with_range("learning_rate", reach.widened(edges[0])) if edges else None


def _final(contestant: Contestant, plan: Plan, setting: int, hyperparameters: dict[str, float]) -> list[Entry]:
    """The best setting on fresh seeds, and beside it the untuned method on the same ones."""
    seeds = plan.seeds_of("final")
    untuned = {name: value for name, value in contestant.defaults().items() if isinstance(value, (int, float))}
    return [Entry(setting, hyperparameters, seed) for seed in seeds] + [Entry(UNTUNED, untuned, seed) for seed in seeds]
