"""The endpoints of a race's final lanes, diagnosed while their weights are there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from talweg.landscape import curvature
from talweg.landscape.diagnosis import evidence_of, loss_at_start, stable_below
from talweg.landscape.slices import chosen
from talweg.methods import Method
from talweg.problems.base import Params, Problem

EXAMPLES = 256  #: of the training data, on which all final lanes are diagnosed
PRODUCTS = 16  #: with the Hessian, twice for every lane
MOST_PARAMETERS = 2_000_000  #: of a model whose lanes are diagnosed


def diagnosed(problem: Problem, stacked: Params, methods: Sequence[Method]) -> list[dict[str, Any] | None]:
    """What each of stacked parameters is, as plain numbers; None where its loss is not finite, or the model is too large.

    `methods` took the lanes there; where there is a rule for them, `threshold` is the sharpness above which their steps would grow.
    """
    if problem.parameters() > MOST_PARAMETERS:
        return [None] * len(methods)
    data = chosen(problem, "train", EXAMPLES)[0]
    measured = curvature.measured_by_lane(problem, stacked, data, products=PRODUCTS)
    start = loss_at_start(problem, data)
    diagnoses: list[dict[str, Any] | None] = []
    for lane, method in enumerate(methods):
        evidence = evidence_of(problem, jax.tree.map(lambda leaf, lane=lane: leaf[lane], measured), start)
        finite = np.isfinite(evidence.loss)
        diagnoses.append({**dataclasses.asdict(evidence), "threshold": stable_below(method)} if finite else None)
    return diagnoses
