"""What is observed of trained weights while they are there: the test data, the curvature at the end, the best; and training dynamics.

All of it is for the final's lanes with the chosen setting, when every choice has been made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
from safetensors.numpy import save

from talweg.engine.block import PROBES, Block, Entry
from talweg.engine.executors.base import Finished, Observer
from talweg.engine.program import Placement
from talweg.methods import Method
from talweg.problems.base import Params, Problem
from talweg.racing.plan import Plan
from talweg.racing.tournament import UNTUNED
from talweg.store import Lane, Store
from talweg.studies import endpoints
from talweg.verdict import scores

FINAL = "final"
PROBED = 8  # final seeds, at most, whose training dynamics are recorded


def tested(placement: Placement, params: Params, methods: Sequence[Method]) -> list[tuple[float, float]]:
    """Loss and metric of each lane on the test data."""
    return list(zip(*(values.tolist() for values in placement.examine(params)), strict=True))


def curvature(placement: Placement, params: Params, methods: Sequence[Method]) -> list[dict[str, Any] | None]:
    """What the endpoint of each lane is."""
    return endpoints.diagnosed(placement.problem, params, methods)


#: What the executor of a race can observe.
OBSERVERS: dict[str, Observer] = {"test": tested, "endpoints": curvature}


def observed(problem: Problem, rung: str, entries: Sequence[Entry]) -> dict[str, tuple[Any, ...]]:
    """Whose weights are observed in a block, and what: the fields `keep` and `observe`."""
    keep = tuple(i for i, entry in enumerate(entries) if rung == FINAL and entry.setting != UNTUNED)
    return {"keep": keep, "observe": tuple(name for name in OBSERVERS if keep and (name != "test" or problem.test is not None))}


def record(store: Store, finished: Finished, rows: Sequence[Lane]) -> None:
    """Test results go into the rows of a block, which are not stored yet; curvature and the best weights into the store."""
    block, own = finished.block, [rows[i] for i in finished.block.keep]
    if tests := finished.observed.get("test"):
        for row, test in zip(own, tests, strict=True):
            if row.diverged_at is None:
                row.test_loss, row.test_metric = test
    if diagnoses := finished.observed.get("endpoints"):
        known = {row.seed: None if row.diverged_at is not None else one for row, one in zip(own, diagnoses, strict=True)}
        store.add_endpoints(block.race, block.contestant, known)
    if finished.best is None:
        return
    # by number where losses are alike, so that it does not matter which block ended first
    before = [(scores.final_loss(lane), lane.key) for lane in _final(store, block.race, block.contestant)]
    best = scores.final_loss(rows[finished.best]), (block.number, finished.best)
    if best < min(before, default=(np.inf, (block.number + 1, 0))):
        leaves = {str(i): np.ascontiguousarray(leaf) for i, leaf in enumerate(jax.tree.leaves(finished.weights))}
        store.add_weights(block.race, block.contestant, finished.best, save(leaves))


def probing(store: Store, race: str, problem: Problem, plan: Plan) -> Iterator[Block]:
    """A few lanes of every final once more, with their training dynamics, where these are not known yet."""
    known = store.probes(race)
    for contestant in plan.contestants:
        lanes = _final(store, race, contestant.name)[:PROBED]
        if lanes and contestant.probed and contestant.name not in known:
            entries = tuple(Entry(lane.setting, lane.hyperparameters, lane.seed) for lane in lanes)
            yield Block(race, contestant.name, PROBES, 0, entries, plan.steps(problem, contestant), observe=(PROBES,))


def _final(store: Store, race: str, contestant: str) -> list[Lane]:
    """The lanes of a contestant's final with the chosen setting, of the blocks that have ended."""
    return [lane for lane in store.lanes(race, contestant, FINAL) if lane.setting != UNTUNED]
