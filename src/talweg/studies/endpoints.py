"""Where the final lanes of a race ended, looked at while their weights are there; and a closer look at the best of each contestant."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from talweg import checks
from talweg.landscape import Diagnosis, curvature, diagnose
from talweg.landscape.diagnosis import judged, loss_at_start, stable_below
from talweg.landscape.slices import chosen
from talweg.methods import Method
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened

if TYPE_CHECKING:
    from talweg.racing.result import Race

EXAMPLES = 256  #: of the training data, on which all final lanes are looked at
PRODUCTS = 16  #: with the Hessian, twice for every lane
MOST_PARAMETERS = 2_000_000  #: of a model whose lanes are looked at


def looked(problem: Problem, stacked: Params, methods: Sequence[Method]) -> list[dict[str, Any] | None]:
    """What each of stacked parameters is, as plain numbers; None where its loss is not finite, or the model is too large.

    `methods` took the lanes there; where there is a rule for them, `threshold` is the sharpness above which their steps would grow.
    """
    if problem.parameters() > MOST_PARAMETERS:
        return [None] * len(methods)
    data = chosen(problem, "train", EXAMPLES)[0]
    seen = curvature.seen_by_lane(problem, stacked, data, products=PRODUCTS)
    start = loss_at_start(problem, data)
    found: list[dict[str, Any] | None] = []
    for lane, method in enumerate(methods):
        evidence = judged(problem, jax.tree.map(lambda leaf, lane=lane: leaf[lane], seen), start)
        fine = np.isfinite(evidence.loss)
        found.append({**dataclasses.asdict(evidence), "threshold": stable_below(method)} if fine else None)
    return found


def diagnosed(
    race: Race, contestants: Sequence[str] | None = None, *, split: str = "train", problem: Problem | None = None, key: int = 0
) -> dict[str, Diagnosis]:
    """See `Race.diagnose`."""
    from talweg.racing.recall import raced_problem

    problem = raced_problem(race, problem)
    rows = {row["name"]: row for row in race.summary["contestants"]}
    names = [checks.one_of("race", "contestant", name, rows) for name in contestants] if contestants is not None else list(rows)
    found = {}
    for name in names:
        tuned, width = race.tuned(name), rows[name]["width"]
        of = problem if width == 1 else widened(problem, width)
        structure = jax.tree.structure(jax.eval_shape(of.start, jax.random.key(0)))
        params = jax.tree.unflatten(structure, jax.tree.leaves(tuned.params))
        if all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params)):
            found[rows[name]["label"]] = diagnose(of, params, method=tuned.method, split=split, key=key)
    return found
