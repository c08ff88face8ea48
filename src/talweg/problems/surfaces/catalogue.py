"""Functions of a vector that are easy to look at and hard to descend: what each is, where it is looked at, and what it teaches.

Unless another source is named, from Jamil & Yang, "A literature survey of benchmark functions for global optimization problems", 2013,
and Surjanovic & Bingham, "Virtual library of simulation experiments", 2013 (where the domains and minima are listed, too).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax.numpy as jnp
from jaxtyping import Array

Pair: TypeAlias = tuple[float, float]

ALL_LISTED = "all critical points of the domain are listed"
ALL_FOUND = f"{ALL_LISTED}, found by Newton's method"
TIP = f"{ALL_FOUND}; the lowest one, at the origin, is the tip of a cone, where the function has no gradient"

#: the lowest value of Branin's function, 5 / (4 π), and of others that have no short formula
BRANIN = 5 / (4 * math.pi)
CAMEL = -1.031628453489877
TANG = -39.16616570377142  # for each dimension
TANG_AT = -2.903534027771178


@dataclass(frozen=True, eq=False)
class Shape:
    """A row of the catalogue, for two dimensions; `several` says that the function has a form for more."""

    name: str
    label: str
    function: Callable[..., Array]
    formula: str
    domain: tuple[Pair, Pair]
    start: Pair
    source: str
    description: str  #: what it teaches, one line
    lowest: float | None  #: in two dimensions; None if it falls without end
    minima: tuple[Pair, ...] = ()  #: the global ones, exactly
    several: bool = False  #: in d dimensions the lowest value is d / 2 times as low, at the first minimum with all coordinates equal
    numbers: Mapping[str, float] = field(default_factory=dict)  #: parameters of the function, with their usual values
    side: int | None = None  #: starts along each side where the critical points are searched for; None: they are in LANDMARKS
    goal: float | None = None  #: the target of a race, where the function falls without end
    note: str = ALL_LISTED  #: how complete the list of critical points is


SURFACES: dict[str, Shape] = {}


def shape(label: str, domain: tuple[Pair, Pair], start: Pair, lowest: float | None, **more: Any) -> Callable[..., Callable[..., Array]]:
    """Put a function into the catalogue; its docstring has the formula, then a line of what it teaches and one of its source."""

    def listed(function: Callable[..., Array]) -> Callable[..., Array]:
        *formula, _, description, source = inspect.cleandoc(function.__doc__ or "").splitlines()
        teaches, name = description[0].lower() + description[1:-1], function.__name__.replace("_", "-")
        SURFACES[name] = Shape(name, label, function, " ".join(formula), domain, start, source[:-1], teaches, lowest, **more)
        return function

    return listed


def _box(half: float) -> tuple[Pair, Pair]:
    return (-half, half), (-half, half)


@shape("Rosenbrock", ((-2, 2), (-1, 3)), (-1.2, 1.0), 0.0, minima=((1.0, 1.0),), several=True)
def rosenbrock(v: Array) -> Array:
    """Σ (100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²)

    A bent valley with a nearly flat floor: into it is easy, along it is slow.
    Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.
    """
    x, after = v[:-1], v[1:]
    return jnp.sum(100 * (after - x**2) ** 2 + (1 - x) ** 2)


@shape("Beale", _box(4.5), (1.0, 1.5), 0.0, minima=((3.0, 0.5),))
def beale(v: Array) -> Array:
    """(1.5 − x + x y)² + (2.25 − x + x y²)² + (2.625 − x + x y³)²

    Flat around the minimum and steep at the corners: one learning rate does not fit both.
    Beale, On an iterative method for finding a local minimum of a function of more than one variable, 1958.
    """
    x, y = v[0], v[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@shape("Himmelblau", _box(5.0), (0.0, 0.0), 0.0, minima=((3.0, 2.0),))
def himmelblau(v: Array) -> Array:
    """(x² + y − 11)² + (x + y² − 7)²

    Four minima, all equally low: start and method decide which one is found.
    Himmelblau, Applied nonlinear programming, 1972.
    """
    x, y = v[0], v[1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@shape("Branin", ((-5, 10), (0, 15)), (6.0, 12.0), BRANIN, minima=((math.pi, 2.275), (-math.pi, 12.275), (3 * math.pi, 2.475)))
def branin(v: Array) -> Array:
    """(y − 5.1 x² / (4 π²) + 5 x / π − 6)² + 10 (1 − 1 / (8 π)) cos x + 10

    Three minima, all equally low, at the bottom of one curved valley.
    Branin, Widely convergent method for finding multiple solutions of simultaneous nonlinear equations, 1972.
    """
    x, y = v[0], v[1]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * jnp.cos(x) + 10


@shape("six-hump camel", ((-2, 2), (-1.1, 1.1)), (-1.2, 1.0), CAMEL)
def six_hump_camel(v: Array) -> Array:
    """(4 − 2.1 x² + x⁴ / 3) x² + x y + (4 y² − 4) y²

    Six minima at three heights: a descent ends in a poor one if it starts on the wrong side.
    Dixon & Szegő, The global optimization problem: an introduction, 1978.
    """
    x, y = v[0], v[1]
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


@shape("three-hump camel", _box(2.5), (2.2, 1.2), 0.0, minima=((0.0, 0.0),))
def three_hump_camel(v: Array) -> Array:
    """2 x² − 1.05 x⁴ + x⁶ / 6 + x y + y²

    Two poor minima beside the good one: momentum may roll over the rim between them.
    Jamil & Yang, A literature survey of benchmark functions for global optimization problems, 2013.
    """
    x, y = v[0], v[1]
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


@shape("Styblinski–Tang", _box(5.0), (0.5, -4.5), 2 * TANG, minima=((TANG_AT, TANG_AT),), several=True)
def styblinski_tang(v: Array) -> Array:
    """½ Σ (xᵢ⁴ − 16 xᵢ² + 5 xᵢ)

    Two basins along each coordinate, one of them better: 2ᵈ minima, and negative values.
    Styblinski & Tang, Experiments in nonconvex optimization, 1990.
    """
    return 0.5 * jnp.sum(v**4 - 16 * v**2 + 5 * v)


@shape("Ackley", _box(5.0), (3.4, -2.2), 0.0, minima=((0.0, 0.0),), several=True, side=71, note=TIP)
def ackley(v: Array) -> Array:
    """−20 exp(−0.2 √(mean xᵢ²)) − exp(mean cos 2π xᵢ) + 20 + e

    A funnel covered with dents: plain descent stays in the first one.
    Ackley, A connectionist machine for genetic hillclimbing, 1987 (there in ±32.768).
    """
    # at the origin it has the tip of a cone, so no gradient; what is returned there is zero, the one for a lowest point
    square = jnp.mean(v**2)
    away = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    # expm1, so that no digits are lost near the minimum: 20 (1 − e⁻ᵃ) and e (1 − eᵇ⁻¹)
    return -20 * jnp.expm1(-0.2 * away) - math.e * jnp.expm1(-2 * jnp.mean(jnp.sin(math.pi * v) ** 2))


@shape("Rastrigin", _box(5.12), (3.4, -2.2), 0.0, minima=((0.0, 0.0),), several=True, side=71, note=ALL_FOUND)
def rastrigin(v: Array) -> Array:
    """10 d + Σ (xᵢ² − 10 cos 2π xᵢ)

    A bowl with a minimum near every whole number: which of the 121 is found is a matter of the step.
    Rastrigin, Systems of extremal control, 1974.
    """
    return jnp.sum(v**2 + 20 * jnp.sin(math.pi * v) ** 2)  # 10 − 10 cos 2πx = 20 sin² πx, without losing digits at the minimum


@shape("Booth", _box(10.0), (-6.0, -4.0), 0.0, minima=((1.0, 3.0),))
def booth(v: Array) -> Array:
    """(x + 2 y − 7)² + (2 x + y − 5)²

    A plain bowl, a little longer than wide (condition number 9): every method should manage.
    Jamil & Yang, A literature survey of benchmark functions for global optimization problems, 2013.
    """
    x, y = v[0], v[1]
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@shape("Goldstein–Price", _box(2.0), (-0.3, 0.4), 3.0, minima=((0.0, -1.0),))
def goldstein_price(v: Array) -> Array:
    """(1 + (x + y + 1)² (19 − 14 x + 3 x² − 14 y + 6 x y + 3 y²)) (30 + (2 x − 3 y)² (18 − 32 x + 12 x² + 48 y − 36 x y + 27 y²))

    Values from 3 to a million on a small square: slopes that differ by orders of magnitude.
    Goldstein & Price, On descent from local minima, 1971.
    """
    x, y = v[0], v[1]
    one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    two = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return one * two


@shape("Easom", ((-1, 7), (-1, 7)), (2.1, 1.9), -1.0, minima=((math.pi, math.pi),))
def easom(v: Array) -> Array:
    """−cos x cos y exp(−(x − π)² − (y − π)²)

    A hole in a plain: outside of it there is no gradient to follow.
    Easom, A survey of global optimization techniques, 1990 (there in ±100, where all else is flat).
    """
    return -jnp.prod(jnp.cos(v)) * jnp.exp(-jnp.sum((v - math.pi) ** 2))


@shape("Matyas", _box(10.0), (8.0, -6.0), 0.0, minima=((0.0, 0.0),))
def matyas(v: Array) -> Array:
    """0.26 (x² + y²) − 0.48 x y

    A turned valley with condition number 25: no learning rate for each coordinate alone straightens it.
    Matyas, Random optimization, 1965.
    """
    x, y = v[0], v[1]
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


@shape("Lévy", _box(10.0), (-6.0, 7.0), 0.0, minima=((1.0, 1.0),), several=True, side=71, note=ALL_FOUND)
def levy(v: Array) -> Array:
    """sin² πw₁ + Σ (wᵢ − 1)² (1 + 10 sin²(πwᵢ + 1)) + (w_d − 1)² (1 + sin² 2πw_d), w = 1 + (x − 1) / 4

    Waves that grow with the distance, and other waves along the last coordinate.
    Surjanovic & Bingham, Virtual library of simulation experiments, 2013.
    """
    w = 1 + (v - 1) / 4
    rest = jnp.sum((w[:-1] - 1) ** 2 * (1 + 10 * jnp.sin(math.pi * w[:-1] + 1) ** 2))
    return jnp.sin(math.pi * w[0]) ** 2 + rest + (w[-1] - 1) ** 2 * (1 + jnp.sin(2 * math.pi * w[-1]) ** 2)


@shape("Lévy 13", ((-1, 3), (-1, 3)), (2.6, -0.4), 0.0, minima=((1.0, 1.0),), side=71, note=ALL_FOUND)
def levy13(v: Array) -> Array:
    """sin² 3πx + (x − 1)² (1 + sin² 3πy) + (y − 1)² (1 + sin² 2πy)

    Fine waves on a bowl: a step of the right length does not see them, a short one is caught.
    Surjanovic & Bingham, Virtual library of simulation experiments, 2013 (there in ±10).
    """
    x, y = v[0], v[1]
    wave = jnp.sin(3 * math.pi * x) ** 2
    return wave + (x - 1) ** 2 * (1 + jnp.sin(3 * math.pi * y) ** 2) + (y - 1) ** 2 * (1 + jnp.sin(2 * math.pi * y) ** 2)


@shape("valley", ((-5, 5), (-2, 2)), (-4.0, 1.5), 0.0, minima=((0.0, 0.0),), several=True, numbers={"condition": 100.0})
def valley(v: Array, condition: float) -> Array:
    """½ Σ κ^((i − 1) / (d − 1)) xᵢ²

    The condition number κ alone: plain descent needs about κ steps, with momentum about √κ.
    talweg.
    """
    power = jnp.arange(v.size, dtype=v.dtype) / (v.size - 1)
    return 0.5 * jnp.sum(condition**power * v**2)


@shape("plateau", _box(8.0), (6.0, 4.0), 0.0, minima=((0.0, 0.0),), several=True)
def plateau(v: Array) -> Array:
    """‖x‖² / (1 + ‖x‖²)

    Far from a narrow minimum almost flat: who scales the step by the gradient's length crosses the plain.
    talweg; the shape of Geman & McClure's robust loss, 1985.
    """
    square = jnp.sum(v**2)
    return square / (1 + square)


@shape("saddle", _box(2.0), (-1.5, 0.01), None, goal=-1.0)
def saddle(v: Array) -> Array:
    """x² − y²

    A saddle beside the way: how soon does a method leave it? There is no lowest value.
    talweg.
    """
    return v[0] ** 2 - v[1] ** 2


@shape("monkey saddle", _box(2.0), (1.5, 0.01), None, goal=-1.0)
def monkey_saddle(v: Array) -> Array:
    """x³ − 3 x y²

    A saddle with three ways down whose Hessian is zero: no second derivative says what it is. There is no lowest value.
    Hilbert & Cohn-Vossen, Anschauliche Geometrie, 1932.
    """
    return v[0] ** 3 - 3 * v[0] * v[1] ** 2
