"""The loss along the straight line between two solutions, and the barrier between them.

Goodfellow, Vinyals & Saxe, "Qualitatively characterizing neural network optimization problems", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from talweg import checks, trees
from talweg.engine import cache
from talweg.engine.loop import evaluate
from talweg.landscape.directions import checked, flat
from talweg.landscape.slices import EXAMPLES, MOST_POINTS, chosen
from talweg.problems.base import Params, Problem


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Profile:
    """What is measured along a curve from one solution to another; NaN where there are no such data, or the problem has no metric."""

    at: Float[np.ndarray, " points"]  #: from 0, the first, to 1, the second
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    training_metric: Float[np.ndarray, " points"]
    validation_metric: Float[np.ndarray, " points"]

    @property
    def barrier(self) -> float:
        """The height of the barrier in the training loss."""
        return barrier(self.at, self.training_loss)

    @property
    def validation_barrier(self) -> float:
        """The height of the barrier in the validation loss."""
        return barrier(self.at, self.validation_loss)

    @property
    def rise(self) -> float:
        """How far the training loss rises above the higher of its ends: as the barrier, whatever the curve's parametrisation."""
        return _highest(self.training_loss, max(self.training_loss[0], self.training_loss[-1]))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Line(Profile):
    """What is measured at (1 − a) θ₁ + a θ₂."""

    distance: float  #: |θ₂ − θ₁|

    def __repr__(self) -> str:
        return f"Line({len(self.at)} points, distance {self.distance:.4g}, barrier {self.barrier:.4g})"


def barrier(at: Float[np.ndarray, " points"], loss: Float[np.ndarray, " points"]) -> float:
    """How far the loss rises above the straight line between the losses of the two ends; 0 if it never does.

        max over a of  L(a) − [(1 − a) L(0) + a L(1)]

    Frankle, Dziugaite, Roy & Carbin, "Linear mode connectivity and the lottery ticket hypothesis", 2020, with the interpolated ends
    of Entezari, Sedghi, Saukh & Neyshabur, "The role of permutation invariance in linear mode connectivity", 2022. NaN if the loss
    is not known at an end, infinite if the loss is not finite between them.
    """
    return _highest(loss, (1 - at) * loss[0] + at * loss[-1])


def _highest(loss: Float[np.ndarray, " points"], reference: Any) -> float:
    """How far the loss rises above a reference at most."""
    if not (np.isfinite(loss[0]) and np.isfinite(loss[-1])):
        return float("nan")
    above = loss - reference
    return float(np.max(np.where(np.isfinite(above), above, np.inf)))


def line(problem: Problem, first: Params, second: Params, points: int = 51, *, examples: int | None = EXAMPLES) -> Line:
    """Loss and metric along the straight line from one solution to another, on training and validation data.

        θ(a) = (1 − a) θ₁ + a θ₂,    a from 0 to 1 in `points` steps

    Args:
        first, second: θ₁ and θ₂, parameters such as the ends of two descents.
        examples: at most so many of each split, evenly spaced; None for all.

    Goodfellow, Vinyals & Saxe 2015. Raises InputError for parameters that are not the problem's, or fewer than 3 points.
    """
    ends = both(problem, first, second)
    at = spaced(points)
    return Line(
        at=at,
        distance=float(np.linalg.norm(flat(ends[1]) - flat(ends[0]))),
        **along(problem, ends, np.stack([1 - at, at], axis=1), examples),
    )


def spaced(points: int) -> Float[np.ndarray, " points"]:
    """Where a curve is measured: from 0 to 1, evenly."""
    return np.linspace(0, 1, checks.whole("landscape", "points", points, at_least=3, at_most=MOST_POINTS**2))


def both(problem: Problem, first: Params, second: Params) -> tuple[Params, Params]:
    """The two ends of a curve as arrays, which must be the problem's parameters."""
    return checked("first", problem, first), checked("second", problem, second)


def along(
    problem: Problem, corners: Sequence[Params], shares: Float[np.ndarray, "points corners"], examples: int | None
) -> dict[str, Float[np.ndarray, " points"]]:
    """Loss and metric, on training and validation data, at Σ sₖ θₖ for each row of `shares`: the fields of a `Profile`."""
    go, unknown = _compiled(problem), np.full(len(shares), np.nan)
    shares = shares.astype(trees.float_type())
    curves: dict[str, np.ndarray] = {}
    for split, name in (("train", "training"), ("validation", "validation")):
        loss, metric = unknown, unknown
        if getattr(problem, split) is not None or (split == "train" and problem.train is None):
            used = chosen(problem, split, examples)[0]
            loss, metric = (np.asarray(x, float) for x in go(tuple(corners), shares, used))
        curves |= {f"{name}_loss": loss, f"{name}_metric": metric}
    return curves


def blend(corners: Sequence[Params], shares: Sequence[Any] | Array) -> Params:
    """Σ sₖ θₖ, in the types of the parameters."""

    def mixed(*leaves: Array) -> Array:
        rest = (share * leaf for share, leaf in zip(shares[1:], leaves[1:], strict=True))
        return sum(rest, start=shares[0] * leaves[0]).astype(leaves[0].dtype)

    return jax.tree.map(mixed, *corners)


@cache.by_problem
def _compiled(problem: Problem) -> Any:
    return jax.jit(lambda corners, shares, data: jax.lax.map(lambda row: evaluate(problem, blend(corners, row), data), shares))
