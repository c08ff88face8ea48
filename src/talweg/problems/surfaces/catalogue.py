"""The catalogue of surfaces: what each is called, where it is looked at, and what it teaches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from jaxtyping import Array

from talweg.problems.surfaces import functions

Pair: TypeAlias = tuple[float, float]

JAMIL = "Jamil & Yang, A literature survey of benchmark functions for global optimization problems, 2013"
LIBRARY = "Surjanovic & Bingham, Virtual library of simulation experiments, 2013"
ALL_LISTED = "all critical points of the domain are listed"


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


def _square(half: float) -> tuple[Pair, Pair]:
    return (-half, half), (-half, half)


SURFACES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape(
            "rosenbrock",
            "Rosenbrock",
            functions.rosenbrock,
            "Σ (100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²)",
            ((-2, 2), (-1, 3)),
            (-1.2, 1.0),
            "Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960",
            "a bent valley with a nearly flat floor: into it is easy, along it is slow",
            0.0,
            ((1.0, 1.0),),
            several=True,
        ),
        Shape(
            "beale",
            "Beale",
            functions.beale,
            "(1.5 − x + x y)² + (2.25 − x + x y²)² + (2.625 − x + x y³)²",
            _square(4.5),
            (1.0, 1.5),
            "Beale, On an iterative method for finding a local minimum of a function of more than one variable, 1958",
            "flat around the minimum and steep at the corners: one learning rate does not fit both",
            0.0,
            ((3.0, 0.5),),
        ),
        Shape(
            "himmelblau",
            "Himmelblau",
            functions.himmelblau,
            "(x² + y − 11)² + (x + y² − 7)²",
            _square(5.0),
            (0.0, 0.0),
            "Himmelblau, Applied nonlinear programming, 1972",
            "four minima, all equally low: start and method decide which one is found",
            0.0,
            ((3.0, 2.0),),
        ),
        Shape(
            "branin",
            "Branin",
            functions.branin,
            "(y − 5.1 x² / (4 π²) + 5 x / π − 6)² + 10 (1 − 1 / (8 π)) cos x + 10",
            ((-5, 10), (0, 15)),
            (6.0, 12.0),
            "Branin, Widely convergent method for finding multiple solutions of simultaneous nonlinear equations, 1972",
            "three minima, all equally low, at the bottom of one curved valley",
            functions.BRANIN,
            ((math.pi, 2.275), (-math.pi, 12.275), (3 * math.pi, 2.475)),
        ),
        Shape(
            "six-hump-camel",
            "six-hump camel",
            functions.six_hump_camel,
            "(4 − 2.1 x² + x⁴ / 3) x² + x y + (4 y² − 4) y²",
            ((-2, 2), (-1.1, 1.1)),
            (-1.2, 1.0),
            "Dixon & Szegő, The global optimization problem: an introduction, 1978",
            "six minima at three heights: a descent ends in a poor one if it starts on the wrong side",
            functions.CAMEL,
        ),
        Shape(
            "three-hump-camel",
            "three-hump camel",
            functions.three_hump_camel,
            "2 x² − 1.05 x⁴ + x⁶ / 6 + x y + y²",
            _square(2.5),
            (2.2, 1.2),
            JAMIL,
            "two poor minima beside the good one: momentum may roll over the rim between them",
            0.0,
            ((0.0, 0.0),),
        ),
        Shape(
            "styblinski-tang",
            "Styblinski–Tang",
            functions.styblinski_tang,
            "½ Σ (xᵢ⁴ − 16 xᵢ² + 5 xᵢ)",
            _square(5.0),
            (0.5, -4.5),
            "Styblinski & Tang, Experiments in nonconvex optimization, 1990",
            "two basins along each coordinate, one of them better: 2ᵈ minima, and negative values",
            2 * functions.TANG,
            ((functions.TANG_AT, functions.TANG_AT),),
            several=True,
        ),
        Shape(
            "ackley",
            "Ackley",
            functions.ackley,
            "−20 exp(−0.2 √(mean xᵢ²)) − exp(mean cos 2π xᵢ) + 20 + e",
            _square(5.0),
            (3.4, -2.2),
            "Ackley, A connectionist machine for genetic hillclimbing, 1987 (there in ±32.768)",
            "a funnel covered with dents: plain descent stays in the first one",
            0.0,
            ((0.0, 0.0),),
            several=True,
            side=71,
            note="all critical points of the domain are listed, found by Newton's method; the lowest one, at the origin, is the tip of a "
            "cone, where the function has no gradient",
        ),
        Shape(
            "rastrigin",
            "Rastrigin",
            functions.rastrigin,
            "10 d + Σ (xᵢ² − 10 cos 2π xᵢ)",
            _square(5.12),
            (3.4, -2.2),
            "Rastrigin, Systems of extremal control, 1974",
            "a bowl with a minimum near every whole number: which of the 121 is found is a matter of the step",
            0.0,
            ((0.0, 0.0),),
            several=True,
            side=71,
            note="all critical points of the domain are listed, found by Newton's method",
        ),
        Shape(
            "booth",
            "Booth",
            functions.booth,
            "(x + 2 y − 7)² + (2 x + y − 5)²",
            _square(10.0),
            (-6.0, -4.0),
            JAMIL,
            "a plain bowl, a little longer than wide (condition number 9): every method should manage",
            0.0,
            ((1.0, 3.0),),
        ),
        Shape(
            "goldstein-price",
            "Goldstein–Price",
            functions.goldstein_price,
            "(1 + (x + y + 1)² (19 − 14 x + 3 x² − 14 y + 6 x y + 3 y²)) (30 + (2 x − 3 y)² (18 − 32 x + 12 x² + 48 y − 36 x y + 27 y²))",
            _square(2.0),
            (-0.3, 0.4),
            "Goldstein & Price, On descent from local minima, 1971",
            "values from 3 to a million on a small square: slopes that differ by orders of magnitude",
            3.0,
            ((0.0, -1.0),),
        ),
        Shape(
            "easom",
            "Easom",
            functions.easom,
            "−cos x cos y exp(−(x − π)² − (y − π)²)",
            ((-1, 7), (-1, 7)),
            (2.1, 1.9),
            "Easom, A survey of global optimization techniques, 1990 (there in ±100, where all else is flat)",
            "a hole in a plain: outside of it there is no gradient to follow",
            -1.0,
            ((math.pi, math.pi),),
        ),
        Shape(
            "matyas",
            "Matyas",
            functions.matyas,
            "0.26 (x² + y²) − 0.48 x y",
            _square(10.0),
            (8.0, -6.0),
            "Matyas, Random optimization, 1965",
            "a turned valley with condition number 25: no learning rate for each coordinate alone straightens it",
            0.0,
            ((0.0, 0.0),),
        ),
        Shape(
            "levy",
            "Lévy",
            functions.levy,
            "sin² πw₁ + Σ (wᵢ − 1)² (1 + 10 sin²(πwᵢ + 1)) + (w_d − 1)² (1 + sin² 2πw_d), w = 1 + (x − 1) / 4",
            _square(10.0),
            (-6.0, 7.0),
            LIBRARY,
            "waves that grow with the distance, and other waves along the last coordinate",
            0.0,
            ((1.0, 1.0),),
            several=True,
            side=71,
            note="all critical points of the domain are listed, found by Newton's method",
        ),
        Shape(
            "levy13",
            "Lévy 13",
            functions.levy13,
            "sin² 3πx + (x − 1)² (1 + sin² 3πy) + (y − 1)² (1 + sin² 2πy)",
            ((-1, 3), (-1, 3)),
            (2.6, -0.4),
            f"{LIBRARY} (there in ±10)",
            "fine waves on a bowl: a step of the right length does not see them, a short one is caught",
            0.0,
            ((1.0, 1.0),),
            side=71,
            note="all critical points of the domain are listed, found by Newton's method",
        ),
        Shape(
            "valley",
            "valley",
            functions.valley,
            "½ Σ κ^((i − 1) / (d − 1)) xᵢ²",
            ((-5, 5), (-2, 2)),
            (-4.0, 1.5),
            "talweg",
            "the condition number κ alone: plain descent needs about κ steps, with momentum about √κ",
            0.0,
            ((0.0, 0.0),),
            several=True,
            numbers={"condition": 100.0},
        ),
        Shape(
            "plateau",
            "plateau",
            functions.plateau,
            "‖x‖² / (1 + ‖x‖²)",
            _square(8.0),
            (6.0, 4.0),
            "talweg; the shape of Geman & McClure's robust loss, 1985",
            "far from a narrow minimum almost flat: who scales the step by the gradient's length crosses the plain",
            0.0,
            ((0.0, 0.0),),
            several=True,
        ),
        Shape(
            "saddle",
            "saddle",
            functions.saddle,
            "x² − y²",
            _square(2.0),
            (-1.5, 0.01),
            "talweg",
            "a saddle beside the way: how soon does a method leave it? There is no lowest value",
            None,
            goal=-1.0,
        ),
        Shape(
            "monkey-saddle",
            "monkey saddle",
            functions.monkey_saddle,
            "x³ − 3 x y²",
            _square(2.0),
            (1.5, 0.01),
            "Hilbert & Cohn-Vossen, Anschauliche Geometrie, 1932",
            "a saddle with three ways down whose Hessian is zero: no second derivative says what it is. There is no lowest value",
            None,
            goal=-1.0,
        ),
    )
}
