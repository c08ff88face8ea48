"""The two directions that a slice is spanned by: random ones, filter by filter as long as the weights, or principal ones of trajectories.

Li, Xu, Taylor, Studer & Goldstein, "Visualizing the loss landscape of neural nets", 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from talweg import checks, trees
from talweg.checks import InputError, InputTypeError
from talweg.problems.base import Params, Problem

FLAT = 1e-6  #: singular values below this share of the first are rounding, not a direction


@dataclass(frozen=True, eq=False)
class Plane:
    """A centre and two directions: the points θ + x d₁ + y d₂."""

    kind: str  #: "trajectory", "random" or "given"
    centre: Params
    directions: tuple[Params, Params]
    explained: tuple[float, float] | None = None  #: share of the squared distance from the centre that each has, of a trajectory's

    def project(self, positions: Params) -> tuple[Float[np.ndarray, "points 2"], Float[np.ndarray, " points"]]:
        """Where stacked positions fall on the plane, and how far off it they lie.

            (x, y) = argmin |p − θ − x d₁ − y d₂|,    off = the distance that is left

        by least squares, since random directions need not be perpendicular.
        """
        d = np.stack([flat(direction) for direction in self.directions])
        away = rows(positions) - flat(self.centre)
        at = np.linalg.solve(d @ d.T, d @ away.T).T
        return at, np.linalg.norm(away - at @ d, axis=1)


def filter_normalised(params: Params, key: int = 0, *, axis: int = -1) -> Params:
    """A random direction in which each filter is as long as the same filter of the weights.

        d ← N(0, I),   dᵢ ← dᵢ / |dᵢ| · |θᵢ|    for each filter i

    So a step of 1 changes every filter by its own length, and networks whose weights are scaled differently can be compared. A filter
    is all that goes into one output: a slice of an array along `axis`, the last one as in talweg's own models, Flax and Keras;
    0 for equinox.nn and PyTorch. Biases and other vectors are not moved, as in the paper.

    Differs: parameters that are all vectors (a function's) are one filter each, and a filter of zeros stays where it is unless all
    are zeros, when each gets length 1.

    Li et al. 2018, section 4. Raises InputError for an axis that an array doesn't have.
    """
    generator = np.random.default_rng(checks.whole("landscape", "key", key, at_least=0))
    leaves, structure = jax.tree.flatten(params)
    matrices = any(np.ndim(leaf) > 1 for leaf in leaves)
    nothing = not any(np.any(leaf) for leaf in leaves if np.ndim(leaf) > 1 or not matrices)
    filters = []
    for leaf in leaves:
        weights = np.asarray(leaf)
        draw = generator.standard_normal(weights.shape)
        if matrices and weights.ndim < 2:
            filters.append(np.zeros_like(weights))
            continue
        if not -weights.ndim <= axis < weights.ndim and weights.ndim > 1:
            raise InputError(f"landscape: the filters' axis must be one of an array of shape {weights.shape}, got {axis}; use -1 or 0")
        others = tuple(a for a in range(weights.ndim) if a != axis % weights.ndim) if weights.ndim > 1 else None
        long = np.linalg.norm if others is None else lambda x, others=others: np.sqrt((x * x).sum(others, keepdims=True))
        wanted = 1.0 if nothing else long(weights.astype(float))
        filters.append((draw / long(draw) * wanted).astype(weights.dtype))
    return jax.tree.unflatten(structure, filters)


def principal(trajectories: Sequence[Params], centre: Params, *, key: int = 0) -> Plane:
    """The plane through `centre` that holds most of one or several trajectories.

        M = positions − θ  (one row for each),   M = U S Vᵀ,   d₁, d₂ = the first two rows of Vᵀ,   explained = S² / Σ S²

    Distances on it are distances between weights. Each direction points to where the trajectories' farthest point lies.

    Differs: the paper's code takes a principal component analysis of M, which moves the origin to the mean of the trajectory; here the
    plane holds the final weights θ, and shares are of squared distances from them.

    Li et al. 2018, section 7. Raises InputError if the trajectories do not move, or there are fewer than two parameters.
    """
    if trees.size(jax.tree.map(np.asarray, centre)) < 2:
        raise InputError("landscape: a plane needs at least two parameters, got one; draw the loss over it as a line")
    away = np.concatenate([rows(trajectory) for trajectory in trajectories]) - flat(centre)
    away = away[np.isfinite(away).all(axis=1)]
    # The rows are few and long: their scalar products have the same singular values, squared.
    squares, u = np.linalg.eigh(away @ away.T)
    squares, u = np.maximum(squares[::-1], 0.0), u[:, ::-1]
    if not len(squares) or squares[0] <= 0:
        raise InputError(
            "landscape: the trajectories never leave the weights in the centre, so they have no direction; use random directions"
        )
    share = squares / squares.sum()
    first = _towards(u[:, 0] @ away, away)
    if len(squares) > 1 and squares[1] > FLAT**2 * squares[0]:
        second = _towards(u[:, 1] @ away, away)
    else:  # a straight trajectory: across it, any direction will do
        second = flat(filter_normalised(jax.tree.map(np.asarray, centre), key))
        second -= (second @ first) * first
        second /= np.linalg.norm(second)
    explained = (float(share[0]), float(share[1]) if len(share) > 1 else 0.0)
    return Plane("trajectory", centre, (unflat(first, centre), unflat(second, centre)), explained)


def plane(params: Params, directions: Any, trajectories: Sequence[Params], key: int, axis: int) -> Plane:
    """The plane that is asked for: "random", "trajectory", or two directions of one's own."""
    if isinstance(directions, str):
        if checks.one_of("landscape", "kind of directions", directions, ("random", "trajectory")) == "trajectory":
            if not trajectories:
                raise InputError(
                    'landscape: directions="trajectory" needs trajectories; get some by tw.descend(…, positions=True), or use "random"'
                )
            return principal(trajectories, params, key=key)
        pair = (filter_normalised(params, 2 * key, axis=axis), filter_normalised(params, 2 * key + 1, axis=axis))
        return Plane("random", params, _independent(pair))
    if not isinstance(directions, (tuple, list)) or len(directions) != 2:
        raise InputTypeError(f'landscape: directions must be "random", "trajectory" or two trees like the parameters, got {directions!r}')
    for direction in directions:
        alike("a direction", direction, params)
    return Plane("given", params, _independent((directions[0], directions[1])))


def _independent(pair: tuple[Params, Params]) -> tuple[Params, Params]:
    d = np.stack([flat(direction) for direction in pair])
    gram = d @ d.T
    if not np.isfinite(gram).all() or gram[0, 0] * gram[1, 1] - gram[0, 1] ** 2 <= 1e-10 * gram[0, 0] * gram[1, 1]:
        raise InputError("landscape: the two directions must be finite and point different ways; choose others")
    return pair


def alike(who: str, tree: Params, params: Params, *, stacked: bool = False) -> None:
    """Refuse a tree that does not have the parameters' structure and shapes (behind a first axis of points, if it is stacked)."""
    cut = 1 if stacked else 0
    wanted = [np.shape(leaf) for leaf in jax.tree.leaves(params)]
    own = [np.shape(leaf) for leaf in jax.tree.leaves(tree)]
    structure: Any = jax.tree.structure(params)
    if jax.tree.structure(tree) != structure or [shape[cut:] for shape in own] != wanted:
        what = "and, first, an axis of points" if stacked else "alone"
        raise InputError(f"landscape: {who} must be a tree of the parameters' arrays {wanted} {what}, got {own}")


def shapes(problem: Problem) -> Params:
    """The shapes and types of a problem's parameters."""
    return jax.eval_shape(lambda key: jax.tree.map(trees.as_floats, problem.start(key)), jax.random.key(0))


def checked(who: str, problem: Problem, params: Params) -> Params:
    """The parameters as arrays of floats. Raises InputError if they are not like the problem's own."""
    params = jax.tree.map(lambda leaf: np.asarray(trees.as_floats(leaf)), params)
    alike(who, params, shapes(problem))
    return params


def flat(params: Params) -> Float[np.ndarray, " d"]:
    """All numbers of a tree, as one vector in double precision."""
    return np.concatenate([np.asarray(leaf, float).reshape(-1) for leaf in jax.tree.leaves(params)])


def rows(positions: Params) -> Float[np.ndarray, "points d"]:
    """Stacked trees as the rows of a matrix."""
    return np.concatenate([np.asarray(leaf, float).reshape(len(leaf), -1) for leaf in jax.tree.leaves(positions)], axis=1)


def unflat(vector: Float[np.ndarray, " d"], like: Params) -> Params:
    """A vector as a tree in the shapes and types of another."""
    leaves, structure = jax.tree.flatten(jax.tree.map(np.asarray, like))
    parts = np.split(vector, np.cumsum([leaf.size for leaf in leaves])[:-1])
    return jax.tree.unflatten(structure, [part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, leaves, strict=True)])


def _towards(direction: np.ndarray, away: np.ndarray) -> np.ndarray:
    """A direction of length 1 that points to where the farthest of the points along it lies."""
    direction = direction / np.linalg.norm(direction)
    along = away @ direction
    return direction if along[np.argmax(np.abs(along))] >= 0 else -direction
