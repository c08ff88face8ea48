"""The curvature of a loss at a point: extreme eigenvalues of its Hessian, its trace and spectral density, and how sure they are.

The Hessian is never formed for a network: a product H v costs about as much as two gradients, and Lanczos' method needs a few dozen.

Lanczos, "An iteration method for the solution of the eigenvalue problem", 1950; Pearlmutter, "Fast exact multiplication by the
Hessian", 1994; Ghorbani, Krishnan & Xiao, "An investigation into neural net optimization via Hessian eigenvalue density", 2019.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Scalar
from matfree import decomp

from talweg import trees
from talweg.engine import cache
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem, count

WHOLE_AT_MOST = 256  #: parameters of a problem whose whole Hessian is computed
PRODUCTS = (40, 160, 512)  #: of one Lanczos run: more of them until the extremes have settled
SETTLED = 1e-5  #: error of an extreme eigenvalue, as a share of the largest
NUMBERS_AT_MOST = 2e8  # of the Lanczos vectors: 0.8 GB
NUDGES = 6  #: copies of the point whose numbers are each moved by one rounding
PROBES = 8  #: random vectors of the trace and the spectral density
AT_ONCE = 16  # products of the whole Hessian, or examples


class Measured(NamedTuple):
    """What is measured at a point; the pairs are for the smallest and the largest eigenvalue."""

    loss: Float[Array, "*lanes"]
    size: Float[Array, "*lanes"]  #: length of the point's own vector
    gradient_norm: Float[Array, "*lanes"]  #: length of the gradient
    gradient_rounding: Float[Array, "*lanes"]  #: how far the gradient moves when the point is moved by one rounding
    gradient_sampling: Float[Array, "*lanes"]  #: standard error of the gradient, over examples
    loss_rounding: Float[Array, "*lanes"]
    loss_sampling: Float[Array, "*lanes"]
    decrement: Float[Array, "*lanes"]  #: by how much a Newton step would change the loss: ½ gᵀ |H|⁻¹ g
    extremes: Float[Array, "*lanes 2"]
    errors: Float[Array, "*lanes 2"]  #: of Lanczos' method
    rounding: Float[Array, "*lanes 2"]  #: how far they move when the point is moved by one rounding
    drift: Float[Array, "*lanes 2"]  #: how far they move over a Newton step, to where the gradient would be zero
    sampling: Float[Array, "*lanes 2"]  #: their standard errors, over examples
    vectors: Float[Array, "*lanes 2 d"]
    eigenvalues: Float[Array, "*lanes k"]  #: all of them for a small problem, Lanczos' otherwise


@dataclass(frozen=True, eq=False)
class Density:
    """The spectral density of a Hessian: eigenvalues with weights that add up to one."""

    eigenvalues: Float[np.ndarray, " nodes"]
    weights: Float[np.ndarray, " nodes"]
    trace: float
    trace_error: float  #: standard error, over random vectors; 0 where the whole Hessian is known
    rounding: float  #: what of an eigenvalue may be rounding
    exact: bool

    def below(self, tolerance: float = 0.0) -> float:
        """The share of the eigenvalues that are negative, by more than a tolerance and than rounding."""
        return float(self.weights[self.eigenvalues < -max(tolerance, self.rounding)].sum())

    @classmethod
    def of_all(cls, eigenvalues: Float[np.ndarray, " d"]) -> Density:
        """The density of a Hessian whose eigenvalues are all known."""
        values = eigenvalues.astype(float)
        return cls(values, np.full(len(values), 1 / len(values)), float(values.sum()), 0.0, _rounding(eigenvalues, len(values)), True)


def measured(problem: Problem, params: Params, data: Batch, *, key: int = 0, products: int | None = None) -> tuple[Measured, int]:
    """What is measured at one point, and after how many products with the Hessian; as many as it takes unless a number is given."""
    x, d = ravel_pytree(params)[0], trees.size(params)
    tools = _tools_for(problem, params)
    if products is None and d <= WHOLE_AT_MOST:
        return jax.tree.map(np.asarray, tools.point(x, data, key, None)), d + 2 * NUDGES + 4
    spent = 0
    affordable = [k for k in PRODUCTS if k <= d and k * d <= NUMBERS_AT_MOST] or [min(d, PRODUCTS[0])]
    for k in [min(products, d)] if products is not None else affordable:
        point = jax.tree.map(np.asarray, tools.point(x, data, key, k))
        spent += 2 * k + 2 * NUDGES + 4
        if not np.isfinite(point.errors).all() or point.errors.max() <= SETTLED * np.abs(point.extremes).max():
            break
    return point, spent


def measured_by_lane(problem: Problem, stacked: Params, data: Batch, *, products: int) -> Measured:
    """What is measured at each of stacked parameters, one after the other in one compiled program; `data` has the lane first, too."""
    points = jax.vmap(lambda params: ravel_pytree(params)[0])(stacked)
    d = points.shape[1]
    tools = _tools_for(problem, trees.take(jax.tree.map(np.asarray, stacked), 0))
    return jax.tree.map(np.asarray, tools.lanes(points, data, 0, None if d <= WHOLE_AT_MOST else min(products, d)))


def density(problem: Problem, params: Params, data: Batch, *, key: int = 0, products: int = 48) -> tuple[Density, int]:
    """The spectral density, and after how many products: exact for a small problem, otherwise by stochastic Lanczos quadrature.

        φ(λ) = mean over random v of  Σ τᵢ² δ(λ − θᵢ),    T = Σ θᵢ yᵢ yᵢᵀ from Lanczos at v,  τᵢ the first number of yᵢ
        trace ≈ mean vᵀ H v for v of ±1

    Ghorbani, Krishnan & Xiao 2019; Hutchinson 1989 for the trace.
    """
    x, d = ravel_pytree(params)[0], trees.size(params)
    if d <= WHOLE_AT_MOST:
        return Density.of_all(np.linalg.eigvalsh(hessian(problem, params, data))), d
    k = min(products, d)
    drawn = [np.asarray(out) for out in _tools_for(problem, params).quadrature(x, data, key, k)]
    rounding = _rounding(drawn[0], d)
    nodes, weights, traces = (out.astype(float) for out in drawn)
    error = float(traces.std(ddof=1) / np.sqrt(len(traces)))
    order = np.argsort(nodes.ravel())
    return Density(nodes.ravel()[order], weights.ravel()[order] / len(nodes), float(traces.mean()), error, rounding, False), k * PROBES


def _rounding(eigenvalues: np.ndarray, dimensions: int) -> float:
    return float(4 * np.finfo(eigenvalues.dtype).eps * np.sqrt(dimensions) * np.abs(eigenvalues).max())


def hessian(problem: Problem, params: Params, data: Batch) -> Float[np.ndarray, "d d"]:
    """The whole Hessian at a point, in the order of `ravel_pytree`."""
    return np.asarray(_tools_for(problem, params).hessian(ravel_pytree(params)[0], data))


def _derivatives(function: Callable[[Array], Scalar], x: Array, v: Array) -> tuple[Scalar, Array, Scalar]:
    """Value and gradient of a function at x, and its curvature vᵀ H v along a vector."""
    (value, gradient), (_, product) = jax.jvp(jax.value_and_grad(function), (x,), (v,))
    return value, gradient, v @ product


class _Tools(NamedTuple):
    point: Any
    lanes: Any
    hessian: Any
    quadrature: Any


def _tools_for(problem: Problem, params: Params) -> _Tools:
    leaves, structure = jax.tree.flatten(params)
    return _tools(problem, structure, tuple((np.shape(leaf), np.dtype(leaf.dtype)) for leaf in leaves))


@cache.by_problem
def _tools(problem: Problem, structure: Any, shapes: tuple[Any, ...]) -> _Tools:
    """The compiled functions of one problem, for parameters of one structure, all taking them as one vector."""
    example = jax.tree.unflatten(structure, [np.zeros(*shape) for shape in shapes])
    flat, unravel = ravel_pytree(example)
    d, eps = flat.size, float(jnp.finfo(flat.dtype).eps)

    def value(x: Array, data: Batch) -> Scalar:
        return batches.mean_over(problem.loss, unravel(x), data)

    def product(v: Array, x: Array, data: Batch) -> Array:
        return jax.jvp(lambda at: jax.grad(value)(at, data), (x,), (v,))[1]

    def whole(x: Array, data: Batch) -> Array:
        rows = jax.lax.map(lambda v: product(v, x, data), jnp.eye(d, dtype=x.dtype), batch_size=AT_ONCE)
        return (rows + rows.T) / 2

    def krylov(v: Array, x: Array, data: Batch, k: int) -> tuple[Array, Array, Array, Array]:
        """Ritz values, Ritz vectors, residuals and first components of Lanczos' method at v; infinite values stand for nothing."""
        basis, (diagonal, beside), residual, _ = decomp.tridiag_sym(k, materialize=False, custom_vjp=False)(product, v, x, data)
        # where the space is used up, what follows is rounding: cut it off
        scale = jnp.max(jnp.abs(jnp.nan_to_num(diagonal))) + jnp.max(jnp.abs(jnp.nan_to_num(beside)), initial=0.0)
        goes_on = jnp.concatenate([jnp.ones(1, bool), jnp.cumprod(beside > 10 * eps * scale).astype(bool)])
        diagonal = jnp.where(goes_on, diagonal, diagonal[0])
        beside = jnp.where(goes_on[1:], beside, 0.0)
        basis = jnp.where(goes_on[:, None], basis, 0.0)
        small = jnp.diag(diagonal) + jnp.diag(beside, 1) + jnp.diag(beside, -1)
        values, columns = jnp.linalg.eigh(jnp.where(jnp.isfinite(small), small, 0.0))
        real = jnp.sum(jnp.where(goes_on[:, None], columns**2, 0.0), axis=0) > 0.5
        last = jnp.where(goes_on.all(), jnp.linalg.norm(residual), 0.0)
        known = real & jnp.isfinite(small).all()
        return jnp.where(known, values, jnp.nan), columns.T @ basis, last * jnp.abs(columns[-1]), columns[0]

    def extremes(values: Array, vectors: Array, residuals: Array) -> tuple[Array, Array, Array]:
        """Smallest and largest Ritz value, their errors and vectors."""
        order = jnp.array([jnp.nanargmin(values), jnp.nanargmax(values)])
        others = jnp.arange(values.size)[None] != order[:, None]
        gap = jnp.nanmin(jnp.where(others, jnp.abs(values - values[order][:, None]), jnp.nan), axis=1)
        error = jnp.minimum(residuals[order], residuals[order] ** 2 / jnp.where(gap > 0, gap, jnp.inf))
        return values[order], jnp.where(jnp.isnan(gap), residuals[order], error), vectors[order]

    def newton(values: Array, along: Array) -> tuple[Array, Array]:
        """½ gᵀ|H|⁻¹g, and the coefficients of H⁻¹g, with eigenvalues that can't be told from zero kept away from it."""
        bend = jnp.nan_to_num(jnp.abs(values))
        least = jnp.maximum(4 * eps * jnp.sqrt(1.0 * d) * bend.max(), jnp.finfo(x_type).tiny)
        bend = jnp.maximum(bend, least)
        along = jnp.where(jnp.isfinite(values), along, 0.0)
        return 0.5 * jnp.sum(along**2 / bend), jnp.sign(jnp.nan_to_num(values)) * along / bend

    x_type = flat.dtype

    def at_point(x: Array, data: Batch, key: Any, k: int | None) -> Measured:
        key = jax.random.key(key)
        loss, gradient = jax.value_and_grad(value)(x, data)
        gradient_norm = jnp.linalg.norm(gradient)
        if k is None:
            matrix = whole(x, data)
            finite = jnp.isfinite(matrix).all()
            values, columns = jnp.linalg.eigh(jnp.where(finite, matrix, 0.0))
            values = jnp.where(finite, values, jnp.nan)
            ends, vectors, errors = values[jnp.array([0, -1])], columns.T[jnp.array([0, -1])], jnp.zeros(2, x.dtype)
            decrement, back = newton(values, columns.T @ gradient)
            to = x - columns @ back
        else:
            begins = jnp.stack([jax.random.normal(key, (d,), x.dtype), jnp.where(gradient_norm > 0, gradient, jnp.ones_like(gradient))])
            ritz, basis, residuals, first = jax.lax.map(lambda v: krylov(v, x, data, k), begins)
            values = ritz[0]
            ends, errors, vectors = extremes(values, basis[0], residuals[0])
            decrement, back = newton(ritz[1], jnp.where(gradient_norm > 0, gradient_norm * first[1], 0.0))
            to = x - basis[1].T @ back

        size = jnp.sqrt(jnp.mean(x**2))
        far = eps * jnp.maximum(jnp.abs(x), jnp.where(size > 0, size, 1.0))
        nudges = jax.random.rademacher(jax.random.fold_in(key, 1), (NUDGES, d), x.dtype) * far

        def changed(by: Array) -> tuple[Array, Array, Array]:
            values, gradients, bends = jax.lax.map(functools.partial(_derivatives, lambda at: value(at, data), x + by), vectors)
            return values[0] - loss, jnp.linalg.norm(gradients[0] - gradient), bends - ends

        # over a Newton step, and over a rounding: in one loop, so that the derivatives are compiled once
        changes = jax.lax.map(changed, jnp.concatenate([(to - x)[None], nudges]))
        loss_rounding, gradient_rounding, rounding = (jnp.sqrt(jnp.mean(change[1:] ** 2, axis=0)) for change in changes)
        loss_sampling, gradient_sampling, sampling = sampled(x, data, vectors, gradient_norm)
        return Measured(
            loss=loss,
            size=jnp.linalg.norm(x),
            gradient_norm=gradient_norm,
            gradient_rounding=gradient_rounding,
            gradient_sampling=gradient_sampling,
            loss_rounding=loss_rounding,
            loss_sampling=loss_sampling,
            decrement=decrement,
            extremes=ends,
            errors=errors,
            rounding=rounding + eps * jnp.sqrt(1.0 * d) * jnp.abs(ends).max(),
            drift=jnp.abs(changes[2][0]),
            sampling=sampling,
            vectors=vectors,
            eigenvalues=values,
        )

    def sampled(x: Array, data: Batch, vectors: Array, gradient_norm: Array) -> tuple[Array, Array, Array]:
        """Standard errors, over examples, of the loss, of the gradient (its length) and of the curvature along two vectors."""
        rows = count(data)
        if data is None or rows < 2:
            nothing = jnp.zeros((), x.dtype)
            return nothing, nothing, jnp.zeros(2, x.dtype)

        def one(example: Batch) -> tuple[Array, Array, Array]:
            def alone(at: Array) -> Scalar:
                return problem.loss(unravel(at), jax.tree.map(lambda leaf: leaf[None], example))

            values, gradients, bends = jax.vmap(functools.partial(_derivatives, alone, x))(vectors)
            return values[0], jnp.sum(gradients**2, axis=1)[0], bends

        losses, squares, bend = jax.lax.map(one, data, batch_size=AT_ONCE)
        spread = jnp.maximum(squares.mean() - gradient_norm**2, 0.0) / (rows - 1)
        return losses.std(ddof=1) / jnp.sqrt(1.0 * rows), jnp.sqrt(spread), bend.std(axis=0, ddof=1) / jnp.sqrt(1.0 * rows)

    def quadrature(x: Array, data: Batch, key: Any, k: int) -> tuple[Array, Array, Array]:
        draws = jax.random.rademacher(jax.random.key(key), (PROBES, d), x.dtype)

        def probe(v: Array) -> tuple[Array, Array, Array]:
            values, _, _, first = krylov(v, x, data, k)
            weights = jnp.where(jnp.isfinite(values), first**2, 0.0)
            return jnp.nan_to_num(values), weights, d * jnp.sum(weights * jnp.nan_to_num(values))

        return jax.lax.map(probe, draws)

    def lanes(rows: Array, data: Batch, key: Any, k: int | None) -> Measured:
        return jax.lax.map(lambda lane: at_point(lane[0], lane[1], key, k), (rows, data))

    compiled = functools.partial(jax.jit, static_argnames="k")
    return _Tools(compiled(at_point), compiled(lanes), jax.jit(whole), compiled(quadrature))
