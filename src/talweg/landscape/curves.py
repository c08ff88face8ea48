"""A trained curve between two solutions along which the loss is low, and whether two solutions lie in one valley.

Garipov, Izmailov, Podoprikhin, Vetrov & Wilson, "Loss surfaces, mode connectivity, and fast ensembling of DNNs", 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Scalar
from scipy.integrate import fixed_quad

from talweg import checks, trees
from talweg.engine import cache
from talweg.engine.descend import descend
from talweg.landscape.directions import flat, unflat
from talweg.landscape.lines import Line, Profile, along, blend, both, line, spaced
from talweg.landscape.matching import can_match, distance, matched
from talweg.landscape.slices import EXAMPLES, chosen, losses_at
from talweg.methods import Adam
from talweg.problems.base import Batch, Params, Problem
from talweg.schedules import Cosine
from talweg.text import landscape as words
from talweg.trees import as_floats

STEPS = 1000
LEARNING_RATE = 0.01
NODES = 7  #: of the mean along a curve while it is trained
SHARE = 0.02  #: of the initial gap: a rise of less counts as none
STARTS = 9  #: whose median loss is a start's
ASIDE = 0.01  #: of the line's length, by which the middle is moved
ROUNDING = 1e-6  #: of the loss


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Curve(Profile):
    """What is measured at (1 − t)² θ₁ + 2 t (1 − t) θ + t² θ₂."""

    bend: Params  #: θ, the point that the curve bends towards
    length: float

    def __repr__(self) -> str:
        return f"Curve({len(self.at)} points, length {self.length:.4g}, barrier {self.barrier:.4g})"


def curve(
    problem: Problem,
    first: Params,
    second: Params,
    *,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    batch: int | str | None = None,
    examples: int | None = EXAMPLES,
    points: int = 51,
    key: int = 0,
) -> Curve:
    """A quadratic Bézier curve from one solution to another, trained so that the mean loss along it is low.

        φ(t) = (1 − t)² θ₁ + 2 t (1 − t) θ + t² θ₂,    θ ← (θ₁ + θ₂) / 2, then descends  ∫₀¹ L(φ(t)) dt

    by Adam with cosine decay. It begins as the straight line, but for a hundredth of its length in a random direction: between two
    solutions that mirror each other, the gradient at the middle would never leave the line.

    Args:
        first, second: θ₁ and θ₂, parameters such as the endpoints of two descents.
        steps, learning_rate, batch, key: of that descent, as for `tw.descend`; each step costs seven gradients.
        examples: the trained curve is measured on at most so many of each split, evenly spaced; None for all.
        points: how many places it is measured at.

    Differs: the integral is a Gauss-Legendre sum over seven fixed places; the paper draws one t at random for each step.

    Garipov et al. 2018, section 3. Raises InputError for parameters that are not the problem's, or a number out of range.
    """
    at = spaced(points)
    ends = both(problem, first, second)
    checks.whole("landscape", "steps", steps)
    checks.number("landscape", "learning_rate", learning_rate, checks.POSITIVE)
    method = Adam(Cosine(learning_rate, float(steps)))
    begin = jax.tree.map(jnp.asarray, Corners(ends[0], _middle(*ends, checks.whole("landscape", "key", key, at_least=0)), ends[1]))
    bending = Problem(
        _mean_loss(problem), lambda key: begin, problem.train, name=f"a curve in {problem.name}", default_batch=problem.default_batch
    )
    trained = descend(bending, method, steps=steps, batch=batch, points=1, key=key)
    corners = Corners(ends[0], jax.tree.map(np.asarray, trained.params.bend), ends[1])
    measured = along(problem, corners, np.stack(_bezier(at), axis=1), examples)
    return Curve(at=at, bend=corners.bend, length=_length(corners), **measured)


class Corners(NamedTuple):
    """What a Bézier curve is spanned by."""

    first: Params
    bend: Params
    second: Params


def _middle(first: Params, second: Params, key: int) -> Params:
    """The middle of the straight line, moved a little to one side."""
    start, end = flat(first), flat(second)
    aside = np.random.default_rng(key).standard_normal(start.size)
    return unflat((start + end) / 2 + ASIDE * np.linalg.norm(end - start) / np.linalg.norm(aside) * aside, first)


def _bezier(t: Any) -> tuple[Any, Any, Any]:
    return (1 - t) ** 2, 2 * t * (1 - t), t**2


@cache.by_problem
def _mean_loss(problem: Problem) -> Callable[[Corners, Batch], Scalar]:
    """The mean loss along a curve. Its ends are parameters without a gradient, so one compiled program serves all pairs of ends."""
    places, weights = np.polynomial.legendre.leggauss(NODES)

    def loss(corners: Corners, batch: Batch) -> Scalar:
        fixed = Corners(jax.lax.stop_gradient(corners.first), corners.bend, jax.lax.stop_gradient(corners.second))

        def one(t: Array) -> Scalar:
            return problem.loss(blend(fixed, _bezier(t)), batch)

        losses = jax.vmap(one)(jnp.asarray((places + 1) / 2))
        return jnp.asarray(weights / 2, losses.dtype) @ losses

    return loss


def _length(corners: Corners) -> float:
    """∫ |φ′(t)| dt, where φ′(t) / 2 = (1 − t) (θ − θ₁) + t (θ₂ − θ)."""
    first, bend, second = map(flat, corners)
    out, back = bend - first, second - bend

    def speed(t: Any) -> Any:
        square = (1 - t) ** 2 * (out @ out) + 2 * t * (1 - t) * (out @ back) + t**2 * (back @ back)
        return 2 * np.sqrt(np.maximum(square, 0))

    return float(fixed_quad(speed, 0, 1, n=101)[0])


@dataclass(frozen=True, eq=False, repr=False)
class Connection:
    """Three connections between two solutions, and what they say."""

    line: Line  #: straight, as they are
    matched_line: Line | None  #: straight, after matching hidden units; None where there are none, or none moved
    curve: Curve  #: trained, to the matched second
    matched: Params  #: the second solution, its hidden units in the order that is closest to the first's
    tolerance: float  #: a rise of the loss by less is none
    one_valley: bool | None  #: True if one has no rise; None if none was found, which proves nothing; False where there is no other
    sentence: str

    def __repr__(self) -> str:
        return f"Connection({self.sentence!r})"


def connected(
    problem: Problem,
    first: Params,
    second: Params,
    *,
    share: float = SHARE,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    batch: int | str | None = None,
    examples: int | None = EXAMPLES,
    points: int = 51,
    key: int = 0,
) -> Connection:
    """Whether two solutions lie in one valley of the training loss: whether it hardly rises on some connection between them.

    Three are measured: the straight line, the straight line after matching hidden units, and a trained curve after matching. On the
    best of them the rise is

        max L − max(L₁, L₂) ≤ share · (L₀ − max(L₁, L₂))

    for one valley, where L₀ is the median loss of nine starts. It is counted from the higher endpoint, and compared with the initial gap
    and not with the noise of examples, since the loss on these examples is known exactly.

    Args:
        first, second: parameters such as the endpoints of two descents.
        share: of the initial gap, up to which a rise counts as none.

    The others are those of `curve`. Raises InputError for what `curve` and `matched` refuse.
    """
    checks.number("landscape", "share", share, checks.FRACTION)
    start, end = both(problem, first, second)
    straight = line(problem, start, end, points, examples=examples)
    near = jax.tree.map(np.asarray, matched(end, start))
    moved = can_match(end) and distance(near, end) > 0
    matched_line = line(problem, start, near, points, examples=examples) if moved else None
    bent = curve(problem, start, near, steps=steps, learning_rate=learning_rate, batch=batch, examples=examples, points=points, key=key)
    higher = max(straight.training_loss[0], straight.training_loss[-1])
    tolerance = float(max(share * (_start_loss(problem, key, examples) - higher), ROUNDING * abs(higher)))
    rises = [None if one is None else one.rise for one in (straight, matched_line, bent)]
    separate = flat(start).size == 1 and straight.rise > tolerance
    verdict = True if any(rise is not None and rise <= tolerance for rise in rises) else False if separate else None
    return Connection(straight, matched_line, bent, near, tolerance, verdict, words.connection(rises, tolerance, share, separate=separate))


def _start_loss(problem: Problem, key: int, examples: int | None) -> float:
    """The median training loss of some starts; −∞ if it is not finite, so that there is no initial gap to compare with."""
    starts = trees.stack([jax.tree.map(as_floats, problem.start(jax.random.key(key + i))) for i in range(STARTS)])
    middle = float(np.median(losses_at(problem, starts, chosen(problem, "train", examples)[0])))
    return middle if np.isfinite(middle) else -np.inf
