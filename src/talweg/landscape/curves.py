"""A bent way between two solutions, trained so that the loss along it is low; and whether two solutions lie in one valley.

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
from talweg.trees import as_floats

STEPS = 1000
LEARNING_RATE = 0.01
NODES = 7  #: of the mean along a curve while it is trained
SHARE = 0.02  #: of the way down from a start: a rise of less is none to speak of, in pictures of lines as well
STARTS = 9  #: whose median loss is a start's
ASIDE = 0.01  #: of the line's length, by which the middle is moved
ROUNDING = 1e-6  #: of the loss
WAYS = ("on the straight line", "on the straight line after matching hidden units", "along the trained curve")


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

    by Adam, its learning rate falling to 0 along half a cosine. It begins as the straight line, but for a hundredth of its length
    in a random direction: between two ends that mirror each other, the gradient at the middle would never leave the line.

    Args:
        first, second: θ₁ and θ₂, parameters such as the ends of two descents; they stay where they are.
        steps, learning_rate, batch, key: of that descent, as for `tw.descend`; each step costs seven gradients.
        examples: the finished curve is measured on at most so many of each split, evenly spaced; None for all.
        points: how many places it is measured at.

    Differs: the integral is Gauss and Legendre's sum over seven fixed places; the paper draws one t at random for each step. So steps
    are less noisy, and a curve is one problem like any other.

    Garipov et al. 2018, section 3. Raises InputError for parameters that are not the problem's, or a number out of range.
    """
    at = spaced(points)
    ends = both(problem, first, second)
    checks.whole("landscape", "steps", steps)
    checks.number("landscape", "learning_rate", learning_rate, checks.POSITIVE)
    method = Adam(Cosine(learning_rate, float(steps)))
    begin = jax.tree.map(jnp.asarray, Corners(ends[0], _middle(*ends, checks.whole("landscape", "key", key, at_least=0)), ends[1]))
    bending = Problem(
        _bending(problem), lambda key: begin, problem.train, name=f"a curve in {problem.name}", default_batch=problem.default_batch
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
def _bending(problem: Problem) -> Callable[[Corners, Batch], Scalar]:
    """The loss of a bend. The ends are parameters without a gradient, so one compiled program serves all pairs of ends."""
    places, weights = np.polynomial.legendre.leggauss(NODES)

    def loss(corners: Corners, batch: Batch) -> Scalar:
        fixed = Corners(jax.lax.stop_gradient(corners.first), corners.bend, jax.lax.stop_gradient(corners.second))

        def one(t: Array) -> Scalar:
            return problem.loss(blend(fixed, _bezier(t)), batch)

        losses = jax.vmap(one)(jnp.asarray((places + 1) / 2))
        return jnp.asarray(weights / 2, losses.dtype) @ losses

    return loss


def _length(corners: Corners) -> float:
    """∫ |φ′(t)| dt, where φ′(t) / 2 = (1 − t) (θ − θ₁) + t (θ₂ − θ), by Gauss and Legendre's sum over many places."""
    first, bend, second = map(flat, corners)
    out, back = bend - first, second - bend
    places, weights = np.polynomial.legendre.leggauss(101)
    t = (places + 1) / 2
    squares = (1 - t) ** 2 * (out @ out) + 2 * t * (1 - t) * (out @ back) + t**2 * (back @ back)
    return float(weights @ np.sqrt(np.maximum(squares, 0)))


@dataclass(frozen=True, eq=False, repr=False)
class Connection:
    """Three ways between two solutions, and what they say."""

    line: Line  #: straight, as they are
    matched_line: Line | None  #: straight, after matching hidden units; None where there are none, or none moved
    curve: Curve  #: trained, to the matched second
    matched: Params  #: the second solution, its hidden units in the order that is closest to the first's
    tolerance: float  #: a rise of the loss by less is none
    one_valley: bool | None  #: True if a way without a rise was found; None if not, which proves nothing; False where no other way exists
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
    """Whether two solutions lie in one valley of the training loss: whether a way leads from one to the other on which it hardly rises.

    Three ways are measured: the straight line, the straight line after matching hidden units, and a trained curve after matching. On
    the best of them the rise is

        max L − max(L₁, L₂) ≤ share · (L₀ − max(L₁, L₂))

    for one valley, where L₀ is the median loss of nine starts. The rise is counted from the higher end, so that a way that only leads
    down from the worse solution is free. It is compared with the way down and not with the noise of examples, since the loss on these
    examples is an exactly known function: the question is whether the rise is large, not whether it is there.

    Args:
        first, second: parameters such as the ends of two descents.
        share: of the way down from a start, up to which a rise is none to speak of.

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
    tolerance = max(share * (_start_loss(problem, key, examples) - higher), ROUNDING * abs(higher))
    rises = {name: way.rise for name, way in zip(WAYS, (straight, matched_line, bent), strict=True) if way is not None}
    free = [name for name, rise in rises.items() if rise <= tolerance]
    only = flat(start).size == 1 and straight.rise > tolerance
    verdict = True if free else False if only else None
    counts = f"a rise up to {tolerance:.2g} counts as none ({100 * share:g} % of the way down from a start)"
    return Connection(straight, matched_line, bent, near, float(tolerance), verdict, f"{_said(rises, free, only)}; {counts}")


def _start_loss(problem: Problem, key: int, examples: int | None) -> float:
    """The median training loss of some starts; −∞ if it is not finite, so that there is no way down to compare with."""
    starts = trees.stack([jax.tree.map(as_floats, problem.start(jax.random.key(key + i))) for i in range(STARTS)])
    losses = losses_at(problem, starts, chosen(problem, "train", examples)[0])
    middle = float(np.median(losses))
    return middle if np.isfinite(middle) else -np.inf


def _said(rises: dict[str, float], free: list[str], only: bool) -> str:
    """What the ways say, in words: the simplest way that is free, and how far the loss rises on those that are not."""
    walls = {name: f"{rise:.2g}" for name, rise in rises.items() if name not in free}
    straight, after, bent = (walls.get(name) for name in WAYS)
    line = f"{WAYS[0]} it rises by {straight}" + (f" ({after} after matching hidden units)" if after else "") if straight else ""
    if free:
        height = rises[free[0]]
        never = f"the loss never rises more than {height:.2g} above its ends" if height > 0 else "the loss never rises above its ends"
        return f"one valley: {free[0]} {never}" + (f"; {line}" if line else "")
    if any(np.isnan(rise) for rise in rises.values()):
        return "not known: the loss is not finite at both ends"
    if only:
        return f"two valleys: {line.replace(' it ', ' the loss ')}, and with one parameter there is no other way"
    return f"no way without a wall was found: {WAYS[2]} the loss rises by {bent} above its ends; {line}; another curve may find one"
