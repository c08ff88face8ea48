"""Endpoints taken to convergence: the last steps to the minimum of a function, and which points are the same."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from talweg.engine import cache
from talweg.problems.base import Problem

MOST_DIMENSIONS = 64
STEPS = 60
LONGEST = 0.01  #: step, as a share of the domain
FARTHEST = 1e6  #: times that long is the longest step before it is cut
SETTLED = 1e-7  #: the last step, as a share of the domain
HALVINGS = 36  #: of a step that does not go down
AROUND, DIRECTIONS = 1e-5, 64  #: how far around a kink the function is tried, as a share of the domain, and in how many random directions


def settled(
    problem: Problem, points: Float[np.ndarray, "n d"], span: float
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """The minimum of a function that each point lies near: where it is, its value, and whether it converged there (1) or not (0).

        x ← x − |H|⁻¹ g,    |H| with the absolute values of the eigenvalues of the Hessian, in float64

    Newton's method that leaves saddles and maxima instead of being drawn to them; no step is longer than 1 % of the `span` of the
    domain, and none is taken that does not go down, so a point that a descent has brought close stays in its basin.

    In the tip of a kink, where the gradient is never zero, a point has converged if no step goes down however short it is, neither along
    the axes nor in 64 random directions.

    Dauphin, Pascanu, Gulcehre, Cho, Ganguli & Bengio, "Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization", 2014.
    """
    with jax.enable_x64(True):
        at, value, last = _compiled(problem)(np.asarray(points, float), float(span))
    return np.asarray(at), np.asarray(value), (np.asarray(last) <= SETTLED * span).astype(int)


@cache.by_problem
def _compiled(problem: Problem) -> Any:
    def function(x: Array) -> Array:
        return problem.loss(x, None)

    def lane(x: Array, span: Array) -> tuple[Array, Array, Array]:
        def newton(i: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            x, *_ = state
            gradient, matrix = jax.grad(function)(x), jax.hessian(function)(x)
            gradient = jnp.where(jnp.isfinite(gradient), gradient, 0.0)
            values, vectors = jnp.linalg.eigh(jnp.where(jnp.isfinite(matrix), matrix, 0.0))
            least = jnp.linalg.norm(gradient) / (FARTHEST * LONGEST * span)  # where the function is straight, a step is long, not endless
            curvature = jnp.maximum(jnp.abs(values), jnp.maximum(1e-12 * jnp.abs(values).max() + 1e-300, least))
            step = -vectors @ ((vectors.T @ gradient) / curvature)
            step = step * jnp.minimum(1.0, LONGEST * span / jnp.maximum(jnp.linalg.norm(step), 1e-300))
            shares = 0.5 ** jnp.arange(HALVINGS)  # halved until it goes down
            down = jax.vmap(lambda share: function(x + share * step))(shares) <= function(x)
            share = jnp.where(down.any(), shares[jnp.argmax(down)], 0.0)
            return x + share * step, jnp.linalg.norm(step), share * jnp.linalg.norm(step)

        endless = jnp.asarray(jnp.inf, x.dtype)
        x, wanted, taken = jax.lax.fori_loop(0, STEPS, newton, (x, endless, endless))
        random = jax.random.normal(jax.random.key(0), (DIRECTIONS, len(x)), x.dtype)
        directions = jnp.concatenate([jnp.eye(len(x), dtype=x.dtype), random / jnp.linalg.norm(random, axis=1, keepdims=True)])
        around = jax.vmap(lambda d: function(x + AROUND * span * d))(jnp.concatenate([directions, -directions]))
        return x, function(x), jnp.where((around > function(x)).all(), jnp.minimum(wanted, taken), wanted)

    return jax.jit(lambda points, span: jax.lax.map(lambda x: lane(x, span), points, batch_size=256))


def same(points: Float[np.ndarray, "n k"], within: float) -> Int[np.ndarray, " n"]:
    """A number for each point, the same for those that are connected by points no farther than `within` from each other."""
    pairs = cKDTree(points).query_pairs(within, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    return connected_components(links, directed=False)[1]
