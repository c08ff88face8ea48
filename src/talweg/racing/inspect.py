"""What is observed of trained weights while they are there: the test data, the curvature at the end, the best; and training dynamics.

All of it is for the final's lanes with the chosen setting, when every choice has been made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
from safetensors.numpy import save

from talweg import trees
from talweg.engine import cache
from talweg.engine.block import PROBES, Block, Entry
from talweg.engine.executors.base import Finished, Observer
from talweg.engine.program import Placement
from talweg.methods import Method
from talweg.problems.base import Params, Problem
from talweg.racing.plan import Plan
from talweg.store import Lane, Store
from talweg.studies import endpoints
from talweg.verdict import quality

FINAL, PROMISE = "final", "promise"
PROBED = 8  # final seeds, at most, whose training dynamics are recorded


def tested(placement: Placement, params: Params, methods: Sequence[Method], seeds: Sequence[int]) -> list[tuple[float, float]]:
    """Loss and metric of each lane on the test data."""
    return list(zip(*(values.tolist() for values in placement.examine(params)), strict=True))


def rows(placement: Placement, params: Params, methods: Sequence[Method], seeds: Sequence[int]) -> list[float]:
    """The standard deviation of the loss over the validation rows of each lane."""
    problem, by_row = placement.problem, _by_row(placement.problem)
    lanes = [trees.take(params, i) for i in range(len(seeds))]
    return [float(np.std(by_row(lane, problem.divided(seed).validation))) for lane, seed in zip(lanes, seeds, strict=True)]


@cache.by_problem
def _by_row(problem: Problem) -> Any:
    return jax.jit(jax.vmap(lambda weights, row: problem.loss(weights, jax.tree.map(lambda leaf: leaf[None], row)), in_axes=(None, 0)))


def curvature(placement: Placement, params: Params, methods: Sequence[Method], seeds: Sequence[int]) -> list[dict[str, Any] | None]:
    """What the endpoint of each lane is, on the rows that it was trained on."""
    return endpoints.diagnosed(placement.problem, params, methods, seeds)


#: What the executor of a race can observe.
OBSERVERS: dict[str, Observer] = {"test": tested, "endpoints": curvature, "rows": rows}


def observed(problem: Problem, rung: str, entries: Sequence[Entry]) -> dict[str, tuple[Any, ...]]:
    """Whose weights are observed in a block, and what: the fields `keep` and `observe`."""
    wanted = {FINAL: ("test", "endpoints"), PROMISE: ("test", "rows")}.get(rung, ())
    able = {"test": problem.test is not None, "endpoints": True, "rows": problem.validation is not None}
    observe = tuple(name for name in wanted if able[name])
    return {"keep": tuple(range(len(entries))) if observe else (), "observe": observe}


def record(store: Store, finished: Finished, rows: Sequence[Lane]) -> None:
    """Test results go into the rows of a block, which are not stored yet; curvature and the best weights into the store."""
    block, own = finished.block, [rows[i] for i in finished.block.keep]
    if tests := finished.observed.get("test"):
        for row, test in zip(own, tests, strict=True):
            if row.diverged_at is None:
                row.test_loss, row.test_metric = test
    if deviations := finished.observed.get("rows"):
        for row, deviation in zip(own, deviations, strict=True):
            row.row_deviation = deviation if np.isfinite(deviation) else None
    if diagnoses := finished.observed.get("endpoints"):
        known = {row.seed: None if row.diverged_at is not None else one for row, one in zip(own, diagnoses, strict=True)}
        store.add_endpoints(block.race, block.contestant, known)
    if finished.best is None or block.rung != FINAL:
        return
    # by number where losses are alike, so that it does not matter which block ended first
    before = [(quality.final_loss(lane), lane.key) for lane in _final(store, block.race, block.contestant)]
    best = quality.final_loss(rows[finished.best]), (block.number, finished.best)
    if best < min(before, default=(np.inf, (block.number + 1, 0))):
        leaves = {str(i): np.ascontiguousarray(leaf) for i, leaf in enumerate(jax.tree.leaves(finished.weights))}
        store.add_weights(block.race, block.contestant, finished.best, save(leaves))


def probing(store: Store, race: str, plan: Plan) -> Iterator[Block]:
    """A few lanes of every final once more, with their training dynamics, where these are not known yet."""
    known = store.probes(race)
    for contestant in plan.contestants:
        lanes = _final(store, race, contestant.name)[:PROBED]
        if lanes and contestant.probed and contestant.name not in known:
            entries = tuple(Entry(lane.setting, lane.hyperparameters, lane.seed, lane.schedule) for lane in lanes)
            yield Block(race, contestant.name, PROBES, 0, entries, int(lanes[0].steps[-1]), observe=(PROBES,))


def _final(store: Store, race: str, contestant: str) -> list[Lane]:
    """The lanes of a contestant's final with the chosen setting, of the blocks that have ended."""
    return store.lanes(race, contestant, FINAL)
