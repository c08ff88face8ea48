"""Where the gradient of a function is zero, and what is there: a minimum, a saddle, a maximum, or undecided."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Function: TypeAlias = Callable[[Array], Array]  #: a vector (d,) to a number
Domain: TypeAlias = tuple[tuple[float, float], ...]  #: lowest and highest of each coordinate

SIDE = 41  #: starts along each side of a function of two numbers
STARTS = 1024  #: of a function of more numbers
MOST_DIMENSIONS = 8  #: beyond them no search is made
ITERATIONS = 80
LONGEST_STEP = 0.05  # of the domain
SETTLED = 1e-6  # the last step of Newton's method, as a share of the domain
LEVEL = 1e-8  # the gradient there, as a share of its median over the domain
SAME = 1e-4  # two points nearer than this share of the domain are one
FLAT = 1e-7  # an eigenvalue of the Hessian below this share of its median over the domain is none
ISOLATED_AT_MOST = 12  # undecided points: more of them are a line or a plain of critical points

KINDS = ("minimum", "saddle", "maximum", "undecided")


@dataclass(frozen=True)
class CriticalPoint:
    """A point with gradient zero. `kind` is one of KINDS; `best` says that it is a global minimum."""

    at: tuple[float, ...]
    value: float
    kind: str
    best: bool = False


def find(function: Function, domain: Domain, side: int = SIDE) -> list[CriticalPoint]:
    """Critical points of a smooth function, by Newton's method in float64 from a grid of starts, from the lowest to the highest.

        x ← x − H(x)⁺ g(x),   no step longer than 5 % of the domain

    Complete only as far as the grid is fine enough: a point that no start leads to is missed. Points where the function is not
    differentiable are no zeros of the gradient and are not found. Critical points that are not isolated (the floor of `x**2`) are
    left out. None are looked for in more than 8 dimensions.
    """
    if len(domain) > MOST_DIMENSIONS:
        return []
    low, high = np.array(domain, float).T
    starts = low + _grid(len(domain), side) * (high - low)
    with jax.enable_x64(True):
        at, step, value, gradient, curvature, typical = (np.asarray(out) for out in _newton(function, starts, high - low))
    converged = np.isfinite(at).all(axis=1) & np.isfinite(value) & np.isfinite(curvature).all(axis=1)
    converged &= (step <= SETTLED) & (gradient <= LEVEL * typical[0])
    edge = 1e-9 * (high - low)
    converged &= ((at >= low - edge) & (at <= high + edge)).all(axis=1)
    points: list[CriticalPoint] = []
    shares: list[np.ndarray] = []
    for i in np.flatnonzero(converged)[np.argsort(gradient[converged], kind="stable")]:
        share = (at[i] - low) / (high - low)
        if not shares or np.min(np.linalg.norm(np.array(shares) - share, axis=1)) > SAME:
            shares.append(share)
            place = np.where(np.abs(at[i]) < edge, 0.0, at[i])
            points.append(CriticalPoint(tuple(place.tolist()), float(value[i]), kind(curvature[i], float(typical[1]))))
    if sum(point.kind == "undecided" for point in points) > ISOLATED_AT_MOST:
        points = [point for point in points if point.kind != "undecided"]
    return sorted(points, key=lambda point: (point.value, point.at))


def kind(curvature: Sequence[float] | np.ndarray, typical: float = 1.0) -> str:
    """What a critical point is, from the eigenvalues of the Hessian there; one of them near zero leaves it undecided."""
    eigenvalues = np.asarray(curvature, float)
    if (np.abs(eigenvalues) <= FLAT * typical).any():
        return "undecided"
    return "minimum" if (eigenvalues > 0).all() else "maximum" if (eigenvalues < 0).all() else "saddle"


def _grid(dimensions: int, side: int) -> Float[np.ndarray, "starts d"]:
    """Starts in the unit cube; the grid does not pass through the middle, where many functions have a kink or a symmetry."""
    if dimensions > 2:
        from scipy.stats import qmc  # here, so that importing talweg.problems stays light

        return qmc.Halton(d=dimensions, scramble=False).random(STARTS)
    line = (np.arange(side) + 0.4759) / side
    return np.stack(np.meshgrid(*[line] * dimensions), axis=-1).reshape(-1, dimensions)


def _newton(function: Function, starts: Float[np.ndarray, "starts d"], span: Float[np.ndarray, " d"]) -> tuple[Array, ...]:
    """Where each start leads, the length of the last step, and there the value, the norm of the gradient and the Hessian's eigenvalues.

    With them the median norm and the median largest eigenvalue at the starts; all but the value in shares of the domain.
    """

    def derivatives(x: Array) -> tuple[Array, Array, Array]:
        gradient = jax.grad(function)(x) * span  # in shares of the domain, so that no coordinate's unit matters
        hessian = jax.hessian(function)(x) * span[:, None] * span[None, :]
        safe = jnp.where(jnp.isfinite(hessian), hessian, 0.0)  # LAPACK does not return from infinite numbers
        values, vectors = jnp.linalg.eigh(safe)
        along = vectors.T @ gradient
        there = jnp.abs(values) > 1e-13 * jnp.abs(values).max()
        step = -vectors @ jnp.where(there, along / jnp.where(there, values, 1.0), 0.0)
        return gradient, jnp.where(jnp.isfinite(hessian).all(), values, jnp.nan), step

    def lane(start: Array) -> tuple[Array, ...]:
        def go(i: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
            at, *_, first_norm, first_curvature = state
            gradient, eigenvalues, step = derivatives(at)
            length, norm, curvature = jnp.linalg.norm(step), jnp.linalg.norm(gradient), jnp.abs(eigenvalues).max()
            after = at + step * jnp.minimum(1.0, LONGEST_STEP / jnp.maximum(length, 1e-300)) * span
            first = jnp.where(i > 0, first_norm, norm), jnp.where(i > 0, first_curvature, curvature)
            return (after, at, length, norm, eigenvalues, *first)

        zero = jnp.zeros(())
        begin = (start, start, zero, zero, jnp.zeros_like(start), zero, zero)
        # one loop for all, so that the derivatives are compiled once
        return jax.lax.fori_loop(0, ITERATIONS, go, begin)[1:]

    @jax.jit
    def everything(starts: Array) -> tuple[Array, ...]:
        at, length, norm, eigenvalues, first_norm, first_curvature = jax.vmap(lane)(starts)
        typical = jnp.stack([jnp.nanmedian(first_norm), jnp.nanmedian(first_curvature)])
        return at, length, jax.vmap(function)(at), norm, eigenvalues, typical

    return everything(jnp.asarray(starts))


def _landmarks() -> dict[str, list[CriticalPoint]]:
    """The critical points of the surfaces that have few, from the lowest to the highest.

    Computed by `find` in float64 and checked by the tests: gradient, Hessian, and the winding number of the gradient around the domain,
    which must be minima + maxima − saddles (Poincaré and Hopf).
    """
    listed: dict[str, list[CriticalPoint]] = {}
    with Path(__file__).with_name("landmarks.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            point = CriticalPoint((float(row["x"]), float(row["y"])), float(row["value"]), row["kind"])
            listed.setdefault(row["surface"], []).append(point)
    return listed


LANDMARKS = _landmarks()
