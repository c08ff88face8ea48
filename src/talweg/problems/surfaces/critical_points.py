"""Where the gradient of a function is zero, and what is there: a minimum, a saddle, a maximum, or nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
        first, step, value, slope, curvature, typical = (np.asarray(out) for out in _newton(function, starts, high - low))
    settled = np.isfinite(first).all(axis=1) & np.isfinite(value) & np.isfinite(curvature).all(axis=1)
    settled &= (step <= SETTLED) & (slope <= LEVEL * typical[0])
    edge = 1e-9 * (high - low)
    settled &= ((first >= low - edge) & (first <= high + edge)).all(axis=1)
    found: list[CriticalPoint] = []
    kept: list[np.ndarray] = []
    for i in np.flatnonzero(settled)[np.argsort(slope[settled], kind="stable")]:
        share = (first[i] - low) / (high - low)
        if not kept or np.min(np.linalg.norm(np.array(kept) - share, axis=1)) > SAME:
            kept.append(share)
            place = np.where(np.abs(first[i]) < 1e-9 * (high - low), 0.0, first[i])
            found.append(CriticalPoint(tuple(place.tolist()), float(value[i]), kind(curvature[i], float(typical[1]))))
    if sum(point.kind == "undecided" for point in found) > ISOLATED_AT_MOST:
        found = [point for point in found if point.kind != "undecided"]
    return sorted(found, key=lambda point: (point.value, point.at))


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
    """Where each start leads, the last step, and value, slope and curvature there; typical slope and curvature of the domain."""

    def look(x: Array) -> tuple[Array, Array, Array]:
        slope = jax.grad(function)(x) * span  # in shares of the domain, so that no coordinate's unit matters
        curvature = jax.hessian(function)(x) * span[:, None] * span[None, :]
        safe = jnp.where(jnp.isfinite(curvature), curvature, 0.0)  # LAPACK does not return from infinite numbers
        values, vectors = jnp.linalg.eigh(safe)
        along = vectors.T @ slope
        there = jnp.abs(values) > 1e-13 * jnp.abs(values).max()
        step = -vectors @ jnp.where(there, along / jnp.where(there, values, 1.0), 0.0)
        return slope, jnp.where(jnp.isfinite(curvature).all(), values, jnp.nan), step

    def lane(start: Array) -> tuple[Array, ...]:
        def go(i: Array, seen: tuple[Array, ...]) -> tuple[Array, ...]:
            after, *_, first_slope, first_curvature = seen
            slope, curvature, step = look(after)
            length, steepness, bend = jnp.linalg.norm(step), jnp.linalg.norm(slope), jnp.abs(curvature).max()
            moved = after + step * jnp.minimum(1.0, LONGEST_STEP / jnp.maximum(length, 1e-300)) * span
            begun = i > 0
            first = jnp.where(begun, first_slope, steepness), jnp.where(begun, first_curvature, bend)
            return (moved, after, length, steepness, curvature, *first)

        nothing = jnp.zeros(())
        begin = (start, start, nothing, nothing, jnp.zeros_like(start), nothing, nothing)
        # one loop for all, so that the derivatives are compiled once
        return jax.lax.fori_loop(0, ITERATIONS, go, begin)[1:]

    @jax.jit
    def everything(starts: Array) -> tuple[Array, ...]:
        at, length, slope, curvature, first_slope, first_curvature = jax.vmap(lane)(starts)
        typical = jnp.stack([jnp.nanmedian(first_slope), jnp.nanmedian(first_curvature)])
        return at, length, jax.vmap(function)(at), slope, curvature, typical

    return everything(jnp.asarray(starts))


# ---- of the catalogue ----------------------------------------------------------------------------------------------------------

#: The critical points of the surfaces that have few: (x, y, value, kind), from the lowest to the highest. Computed by `find` in float64
#: and checked by the tests: gradient, Hessian, and the winding number of the gradient around the domain, which must be
#: minima + maxima − saddles (Poincaré and Hopf).
LANDMARKS: dict[str, tuple[tuple[float, float, float, str], ...]] = {
    "beale": (
        (3.0, 0.5, 0.0, "minimum"),
        (0.10053793732415828, -2.644513585023126, 9.864512284755559, "saddle"),
        (0.0, 1.0, 14.203125, "saddle"),
    ),
    "himmelblau": (
        (-2.805118086952745, 3.131312518250573, 0.0, "minimum"),
        (3.0, 2.0, 0.0, "minimum"),
        (3.5844283403304917, -1.8481265269644036, 0.0, "minimum"),
        (-3.779310253377747, -3.2831859912861696, 0.0, "minimum"),
        (3.3851541836070207, 0.0738518798377493, 13.31192627040559, "saddle"),
        (0.08667750455539634, 2.8842547011747763, 67.71915008752613, "saddle"),
        (-3.0730257507643897, -0.08135304428796751, 104.01516291755811, "saddle"),
        (-0.12796134673068005, -1.9537149802445766, 178.33723920192745, "saddle"),
        (-0.2708445906673476, -0.9230385564799815, 181.6165215225827, "maximum"),
    ),
    "branin": (
        (-3.141592653589793, 12.275, 0.39788735772973816, "minimum"),
        (3.141592653589793, 2.275, 0.39788735772973816, "minimum"),
        (9.42477796076938, 2.475, 0.39788735772973816, "minimum"),
        (0.0, 6.0, 19.602112642270264, "saddle"),
        (6.283185307179586, 1.1, 19.602112642270264, "saddle"),
    ),
    "six-hump-camel": (
        (-0.08984201310031806, 0.7126564030207396, -1.0316284534898774, "minimum"),
        (0.08984201310031806, -0.7126564030207396, -1.0316284534898774, "minimum"),
        (-1.7036067149699807, 0.7960835686726251, -0.21546382438371905, "minimum"),
        (1.7036067149699807, -0.7960835686726251, -0.21546382438371905, "minimum"),
        (0.0, 0.0, 0.0, "saddle"),
        (-1.1092053368047865, 0.7682680925095399, 0.5437186009781853, "saddle"),
        (1.1092053368047865, -0.7682680925095399, 0.5437186009781853, "saddle"),
        (-1.6071047529201974, -0.5686514548841314, 2.1042503103112575, "minimum"),
        (1.6071047529201974, 0.5686514548841314, 2.1042503103112575, "minimum"),
        (-1.6380679841897787, -0.22867406904439408, 2.2293571975307134, "saddle"),
        (1.6380679841897787, 0.22867406904439408, 2.2293571975307134, "saddle"),
        (-1.2960702671671092, -0.6050843880386585, 2.2294708180298595, "saddle"),
        (1.2960702671671092, 0.6050843880386585, 2.2294708180298595, "saddle"),
        (-1.2302298765166524, -0.16233458445899493, 2.496295351023577, "maximum"),
        (1.2302298765166524, 0.16233458445899493, 2.496295351023577, "maximum"),
    ),
    "three-hump-camel": (
        (0.0, 0.0, 0.0, "minimum"),
        (-1.7475523458302888, 0.8737761729151444, 0.29863844223685904, "minimum"),
        (1.7475523458302888, -0.8737761729151444, 0.29863844223685904, "minimum"),
        (1.07054229182366, -0.53527114591183, 0.87736155776314, "saddle"),
        (-1.0705422918236598, 0.5352711459118299, 0.8773615577631402, "saddle"),
    ),
    "styblinski-tang": (
        (-2.903534027771177, -2.903534027771177, -78.33233140754284, "minimum"),
        (-2.903534027771177, 2.746802770990837, -64.19561235905536, "minimum"),
        (2.746802770990837, -2.903534027771177, -64.19561235905536, "minimum"),
        (2.746802770990837, 2.746802770990837, -50.05889331056789, "minimum"),
        (-2.903534027771177, 0.1567312567803401, -38.97055334471606, "saddle"),
        (0.1567312567803401, -2.903534027771177, -38.97055334471606, "saddle"),
        (0.1567312567803401, 2.746802770990837, -24.833834296228588, "saddle"),
        (2.746802770990837, 0.1567312567803401, -24.833834296228588, "saddle"),
        (0.1567312567803401, 0.1567312567803401, 0.39122471811071613, "maximum"),
    ),
    "goldstein-price": (
        (0.0, -1.0, 3.0, "minimum"),
        (-0.6, -0.4, 30.0, "minimum"),
        (-0.4, -0.6, 35.0, "saddle"),
        (1.8, 0.2, 84.0, "minimum"),
        (1.2, -0.2, 99.0, "saddle"),
        (1.2, 0.8, 840.0, "minimum"),
        (1.4, 0.6, 980.0, "saddle"),
        (0.6, 0.4, 990.0, "saddle"),
        (0.8, 0.2, 1155.0, "maximum"),
    ),
    "easom": (
        (3.141592653589793, 3.141592653589793, -1.0, "minimum"),
        (1.3049954504376675, 1.3049954504376675, -8.110223891570075e-05, "minimum"),
        (1.3049954504376675, 4.978189856741919, -8.110223891570068e-05, "minimum"),
        (4.978189856741919, 1.3049954504376675, -8.110223891570068e-05, "minimum"),
        (4.978189856741919, 4.978189856741919, -8.11022389157006e-05, "minimum"),
        (4.71238898038469, 4.71238898038469, 0.0, "saddle"),
        (1.5707963267948966, 1.5707963267948966, 0.0, "saddle"),
        (1.5707963267948966, 4.71238898038469, 0.0, "saddle"),
        (4.71238898038469, 1.5707963267948966, 0.0, "saddle"),
        (3.141592653589793, 4.978189856741919, 0.009005678148573854, "maximum"),
        (4.978189856741919, 3.141592653589793, 0.009005678148573854, "maximum"),
        (1.3049954504376675, 3.141592653589793, 0.009005678148573861, "maximum"),
        (3.141592653589793, 1.3049954504376675, 0.009005678148573861, "maximum"),
    ),
    "rosenbrock": ((1.0, 1.0, 0.0, "minimum"),),
    "booth": ((1.0, 3.0, 0.0, "minimum"),),
    "matyas": ((0.0, 0.0, 0.0, "minimum"),),
    "valley": ((0.0, 0.0, 0.0, "minimum"),),
    "plateau": ((0.0, 0.0, 0.0, "minimum"),),
    "saddle": ((0.0, 0.0, 0.0, "saddle"),),
    "monkey-saddle": ((0.0, 0.0, 0.0, "undecided"),),
}
