"""The endpoints of a race's final lanes, diagnosed while their weights are there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from talweg import trees
from talweg.landscape import curvature
from talweg.landscape.diagnosis import evidence_of, loss_at_start, stable_below
from talweg.landscape.slices import chosen
from talweg.methods import Method
from talweg.problems.base import Params, Problem

EXAMPLES = 256  #: of the training data, on which all final lanes are diagnosed
PRODUCTS = 16  #: with the Hessian, twice for every lane
MOST_PARAMETERS = 2_000_000  #: of a model whose lanes are diagnosed


def diagnosed(problem: Problem, stacked: Params, methods: Sequence[Method], seeds: Sequence[int]) -> list[dict[str, Any] | None]:
    """What each of stacked parameters is, as plain numbers; None where its loss is not finite, or the model is too large.

    `methods` took the lanes there; where there is a rule for them, `threshold` is the sharpness above which their steps would grow. Each
    is looked at on training data of its seed.
    """
    if problem.parameters() > MOST_PARAMETERS:
        return [None] * len(methods)
    data = [chosen(problem.divided(seed), "train", EXAMPLES)[0] for seed in seeds]
    measured = curvature.measured_by_lane(problem, stacked, trees.stack(data), products=PRODUCTS)
    diagnoses: list[dict[str, Any] | None] = []
    for lane, method in enumerate(methods):
        start = loss_at_start(problem, data[lane])
        evidence = evidence_of(problem, jax.tree.map(lambda leaf, lane=lane: leaf[lane], measured), start)
        finite = np.isfinite(evidence.loss)
        diagnoses.append({**dataclasses.asdict(evidence), "threshold": stable_below(method)} if finite else None)
    return diagnoses
