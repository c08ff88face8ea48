"""The loss along the straight line between two solutions, and the barrier between them.

Goodfellow, Vinyals & Saxe, "Qualitatively characterizing neural network optimization problems", 2015.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from talweg import checks
from talweg.checks import InputError
from talweg.descent import as_floats
from talweg.landscape.directions import alike, flat
from talweg.landscape.slices import EXAMPLES, MOST_POINTS, chosen
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem


@dataclass(frozen=True, eq=False, repr=False)
class Line:
    """What is measured at (1 − a) θ₁ + a θ₂; NaN where there are no such data, or the problem has no measure."""

    at: Float[np.ndarray, " points"]  #: a, from 0 to 1
    distance: float  #: |θ₂ − θ₁|
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    training_measure: Float[np.ndarray, " points"]
    validation_measure: Float[np.ndarray, " points"]

    @property
    def barrier(self) -> float:
        """The height of the barrier in the training loss."""
        return barrier(self.at, self.training_loss)

    @property
    def validation_barrier(self) -> float:
        """The height of the barrier in the validation loss."""
        return barrier(self.at, self.validation_loss)

    def __repr__(self) -> str:
        return f"Line({len(self.at)} points, distance {self.distance:.4g}, barrier {self.barrier:.4g})"


def barrier(at: Float[np.ndarray, " points"], loss: Float[np.ndarray, " points"]) -> float:
    """How far the loss rises above the straight line between the losses of the two ends; 0 if it never does.

        max over a of  L(a) − [(1 − a) L(0) + a L(1)]

    Frankle, Dziugaite, Roy & Carbin, "Linear mode connectivity and the lottery ticket hypothesis", 2020, with the interpolated ends
    of Entezari, Sedghi, Saukh & Neyshabur, "The role of permutation invariance in linear mode connectivity", 2022. NaN if the loss
    is not known at an end, infinite if the loss is not finite on the way.
    """
    if not (np.isfinite(loss[0]) and np.isfinite(loss[-1])):
        return float("nan")
    above = loss - ((1 - at) * loss[0] + at * loss[-1])
    return float(np.max(np.where(np.isfinite(above), above, np.inf)))


def line(problem: Problem, first: Params, second: Params, points: int = 51, *, examples: int | None = EXAMPLES) -> Line:
    """Loss and measure along the straight line from one solution to another, on training and validation data.

        θ(a) = (1 − a) θ₁ + a θ₂,    a from 0 to 1 in `points` steps

    Args:
        first, second: θ₁ and θ₂, parameters such as the ends of two descents.
        examples: at most so many of each split, evenly spaced; None for all.

    Goodfellow, Vinyals & Saxe 2015. Raises InputError for parameters that are not the problem's, or fewer than 3 points.
    """
    checks.whole("landscape", "points", points, at_least=3)
    if points > MOST_POINTS**2:
        raise InputError(f"landscape: points must be at most {MOST_POINTS**2:,}, got {points:,}")
    wanted = jax.eval_shape(lambda key: jax.tree.map(as_floats, problem.start(key)), jax.random.key(0))
    ends = []
    for name, params in (("first", first), ("second", second)):
        alike(name, params, wanted)
        ends.append(jax.tree.map(lambda leaf: np.asarray(as_floats(leaf)), params))
    at = np.linspace(0, 1, points)
    unknown = np.full(points, np.nan)
    go = _compiled(problem)
    found: dict[str, tuple[np.ndarray, ...]] = {}
    for split in ("train", "validation"):
        data = getattr(problem, split)
        if data is None and (split == "validation" or problem.train is not None):
            found[split] = (unknown, unknown)
            continue
        used = chosen(problem, split, examples)[0]
        found[split] = tuple(np.asarray(x, float) for x in go(*ends, at.astype(jax.dtypes.canonicalize_dtype(np.float64)), used))
    distance = float(np.linalg.norm(flat(ends[1]) - flat(ends[0])))
    return Line(at, distance, found["train"][0], found["validation"][0], found["train"][1], found["validation"][1])


@functools.lru_cache(maxsize=16)
def _compiled(problem: Problem) -> Any:
    def measured(first: Params, second: Params, at: Array, data: Batch) -> tuple[Array, Array]:
        def one(a: Array) -> tuple[Array, Array]:
            params = jax.tree.map(lambda x, y: ((1 - a) * x + a * y).astype(x.dtype), first, second)
            other = batches.mean_over(problem.measure.function, params, data) if problem.measure else jnp.nan
            return batches.mean_over(problem.loss, params, data), jnp.asarray(other)

        return jax.lax.map(one, at)

    return jax.jit(measured)
