"""The rounds of a race for one contestant: search → (widened search) → confirm → final.

Each rung is deterministic from the rows of the rung before it, so a race that was stopped finds its way again from the store.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from talweg.contestants.contestant import Contestant
from talweg.contestants.design import cube
from talweg.methods import Range
from talweg.racing.plan import CONFIRM_SEEDS, Plan
from talweg.store import Lane
from talweg.verdict import scores
from talweg.verdict.scores import Target

UNTUNED = -1
LEADERS = 3


@dataclass(frozen=True)
class Entry:
    """A lane before it is run: the number of its setting, its numbers, its seed."""

    setting: int
    numbers: dict[str, float]
    seed: int


#: (rung, entries) -> the lanes, run or found in the store.
Runner = Callable[[str, Sequence[Entry]], list[Lane]]


def climb(contestant: Contestant, plan: Plan, target: Target, examples_per_step: int, run: Runner, *, stage: str = "") -> list[Lane]:
    """All rungs of a contestant; returns the lanes of its final.

    The baseline climbs twice: first, with a `stage` before the names of its rungs, to where it ends, which sets the target; then for
    the target, like everybody.
    """
    settings = contestant.settings(cube(plan.settings, plan.seed))
    if not contestant.space:
        return run("final", _final(contestant, plan, 0, {}))
    lanes = run("search", [Entry(i, numbers, plan.search_seed()) for i, numbers in enumerate(settings)])
    wider = widened(contestant, lanes, target, examples_per_step)
    if wider is not None:
        more = wider.settings(cube(plan.settings, plan.seed))
        settings += more
        lanes = lanes + run(f"{stage}widened", [Entry(plan.settings + i, numbers, plan.search_seed()) for i, numbers in enumerate(more)])
    ranked = scores.best_settings(lanes, target, examples_per_step)
    if plan.settings > 1:
        best = ranked[: plan.confirmed()]
        confirmed = run(f"{stage}confirm", [Entry(i, settings[i], seed) for i in best for seed in plan.confirm_seeds()])
        ranked = scores.best_settings(confirmed, target, examples_per_step)
    return run(f"{stage}final", _final(contestant, plan, ranked[0], settings[ranked[0]]))


def expected_lanes(contestant: Contestant, plan: Plan) -> dict[str, int]:
    """How many lanes each rung will have, without a widened search."""
    final = {"final": 2 * plan.seeds}
    if not contestant.space:
        return final
    confirm = {"confirm": plan.confirmed() * CONFIRM_SEEDS} if plan.settings > 1 else {}
    return {"search": plan.settings, **confirm, **final}


def widened(contestant: Contestant, lanes: Sequence[Lane], target: Target, examples_per_step: int) -> Contestant | None:
    """The contestant with a wider range of learning rates, if one of the three best settings lies at an edge of it (PROTOCOL rule 5).

    Of three, because one seed does not say which of them is the best. Only the learning rate is widened: the other numbers often
    hardly matter, and then their best lies at an edge by chance.
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


def _final(contestant: Contestant, plan: Plan, setting: int, numbers: dict[str, float]) -> list[Entry]:
    """The best setting on fresh seeds, and beside it the untuned method on the same ones."""
    seeds = plan.final_seeds()
    untuned = {name: value for name, value in contestant.defaults().items() if isinstance(value, (int, float))}
    return [Entry(setting, numbers, seed) for seed in seeds] + [Entry(UNTUNED, untuned, seed) for seed in seeds]
