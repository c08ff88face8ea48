"""Functions of a vector that are easy to look at: a catalogue, and formulas typed by a user. Any of them can be noisy.

rosenbrock      rosenbrock:dimensions=10,noise=0.5      valley:condition=1000      x**2 + 10*y**2 on -3..3, -2..2
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, Scalar

from talweg import checks
from talweg.checks import InputError
from talweg.problems.base import Problem
from talweg.problems.source import Source
from talweg.problems.surfaces import critical_points, formula
from talweg.problems.surfaces.catalogue import SURFACES, Shape
from talweg.problems.surfaces.critical_points import LANDMARKS, CriticalPoint
from talweg.trees import float_type

ROWS = 256  #: of noise, from which batches are drawn
MOST_DIMENSIONS = 10_000
LONGEST = 600  #: characters of a text, with its options
FINEST = 2.0**-10  # of the noise's scale: multiples of it add up without rounding, in any order
TYPED = "critical points were searched for with Newton's method from a grid: there may be more, and kinks are not seen"
ENDLESS = "the function falls without end: a race shows who gets away first, and losses beyond the target mean nothing"
BEYOND_TWO = "beyond two dimensions only the global minimum is listed"


@dataclass(frozen=True, eq=False)
class Surface:
    """A function to be minimised, and all that is known of it.

    `function` takes a vector (d,) and works in the type of its argument. `critical` has the points with gradient zero inside the
    `domain`, from the lowest to the highest, and `critical_note` says how complete the list is. With `noise` σ the gradient of a
    batch of n is that of the function plus a random vector of standard deviation σ/√n.
    """

    name: str  #: as typed
    label: str
    function: Callable[[Array], Array]
    formula: str
    domain: tuple[tuple[float, float], ...]  #: the part that is usually looked at, lowest and highest of each coordinate
    start: tuple[float, ...]
    source: str
    description: str  #: what it teaches, one line
    lowest: float | None  #: the value of the global minimum, if it is known
    critical_note: str
    landmarks: Callable[[], Iterable[CriticalPoint]]  #: asked once, since some have to search
    noise: float = 0.0
    goal: float | None = None  #: the target of a race, where one has to be given

    @property
    def dimensions(self) -> int:
        """How many numbers the function takes."""
        return len(self.start)

    @functools.cached_property
    def critical(self) -> tuple[CriticalPoint, ...]:
        """The critical points inside the domain, from the lowest to the highest."""
        return tuple(self.landmarks())

    @property
    def best(self) -> tuple[CriticalPoint, ...]:
        """The global minima, as far as they are known."""
        return tuple(point for point in self.critical if point.best)

    def heights(self, x: Any, y: Any) -> Float[np.ndarray, "y x"]:
        """The values on a grid of the first two coordinates, in one call; the others stay as at the best minimum, or at the start."""
        rest = self.best[0].at if self.lowest is not None and self.dimensions > 2 else self.start
        across, upward = np.meshgrid(np.asarray(x, float), np.asarray(y, float))
        points = np.tile(np.asarray(rest, float), (across.size, 1))
        points[:, 0], points[:, 1] = across.ravel(), upward.ravel()
        return self.values(points).reshape(across.shape)

    def values(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """The values at many points, computed in float64 whatever JAX is told to use."""
        with jax.enable_x64(True):
            return np.asarray(_values(self.function)(np.asarray(points, float)))

    def gradient(self, at: Any) -> Float[np.ndarray, " d"]:
        """The gradient at a point, without noise, in float64."""
        with jax.enable_x64(True):
            return np.asarray(_gradient(self.function)(np.asarray(at, float)))

    def problem(self) -> Problem:
        """The surface as a problem to be raced; always the same one, so that what was compiled for it is used again."""
        return self._problem

    @functools.cached_property
    def _problem(self) -> Problem:
        facts = {"surface": self.label, "formula": self.formula, "dimensions": self.dimensions, "source": self.source}
        return Problem(
            name=self.name,
            loss=_height(self.function),
            start=Start(self.start),
            train=noise_rows(self.noise, self.dimensions).astype(float_type()) if self.noise else None,
            notes=() if self.goal is None else (ENDLESS,),
            facts={**facts, "noise": self.noise} if self.noise else facts,
            scatter=Scatter(self.domain),
            task="surface",
            optimum=self.lowest,
            goal_loss=self.goal,
            default_batch=1 if self.noise else None,
            source=Source.of("surface", self.name, noise=self.noise or None),
        )

    def __repr__(self) -> str:
        return f"Surface({self.name!r}, {self.dimensions} dimensions{f', noise {self.noise:g}' if self.noise else ''})"


class Height:
    """`(x, ξ) ->` f(x) + (mean of ξ) · x, so that a batch adds the mean of its rows of noise to the gradient; f(x) without a batch."""

    def __init__(self, function: Callable[[Array], Array]):
        self.function = function

    def __call__(self, x: Float[Array, " d"], noise: Float[Array, "n d"] | None) -> Scalar:
        value = self.function(x)
        return value if noise is None else value + noise.mean(0) @ x


class Start:
    """`key ->` the usual start, whatever the seed."""

    def __init__(self, at: tuple[float, ...]):
        self.at = at

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        del key
        return jnp.asarray(self.at, float_type())


class Scatter:
    """`key ->` a start drawn uniformly from the domain."""

    def __init__(self, domain: tuple[tuple[float, float], ...]):
        self.domain = domain

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        low, high = np.asarray(self.domain, float_type()).T
        return low + jax.random.uniform(key, low.shape, float_type()) * (high - low)


def noise_rows(noise: float, dimensions: int) -> Float[np.ndarray, "256 d"]:
    """Rows of standard deviation `noise` whose mean is exactly zero, in float32, too, and in whatever order they are added.

    Each row comes with its negative, and all numbers are multiples of a power of two.
    """
    half = np.random.default_rng(0).standard_normal((ROWS // 2, dimensions))
    half *= noise / np.sqrt(np.mean(half**2, axis=0))
    grain = FINEST * 2.0 ** math.floor(math.log2(noise))
    half = np.round(half / grain) * grain
    return np.concatenate([half, -half])


# One of each for a function, so that what was compiled for it serves all noise and every surface that has it.
once = functools.lru_cache(maxsize=256)
_typed = once(formula.parse)
_with = once(lambda function, numbers: functools.partial(function, **dict(numbers)))
_height = once(Height)
_values = once(lambda function: jax.jit(jax.vmap(function)))
_gradient = once(lambda function: jax.jit(jax.grad(function)))
_searched = once(critical_points.find)


# ---- from text to surface -----------------------------------------------------------------------------------------------------


def is_surface(text: str) -> bool:
    """Whether a text is a name of the catalogue, with or without options, or looks like a formula."""
    return text.partition(":")[0].strip().lower() in SURFACES or formula.is_formula(text)


def surface(text: str, *, noise: float | None = None) -> Surface:
    """A surface by its name in SURFACES, with options after a colon, or by a formula typed by the user (see `surfaces.formula`).

    Args:
        text: `rosenbrock`, `rosenbrock:dimensions=10,noise=0.5`, `valley:condition=1000`, `x**2 + 10*y**2`,
            `sin(x) * y on 0..6, -1..1 from 2, 0.5`, `x1**2 + x2**4 + x3**2:noise=0.1`.
        noise: standard deviation of the gradient of a single example; takes precedence over the text's.

    The same text gives the same object, so that what was compiled for it is used again.

    Raises:
        InputError: an unknown name or option, a number out of range, no formula, a formula that is not finite at its start.
    """
    if not isinstance(text, str):
        raise checks.InputTypeError(f"surface: expected a name or a formula, got {type(text).__name__}")
    if len(text) > LONGEST:
        raise InputError(f"surface: a name or a formula with its options may have {LONGEST} characters, got {len(text):,}; shorten it")
    if noise is not None:
        checks.number("surface", "noise", noise, checks.NOT_NEGATIVE)
    return _surface(text.strip(), None if noise is None else float(noise))


@once
def _surface(text: str, noise: float | None) -> Surface:
    head, _, tail = text.partition(":")
    head = head.strip()
    if head.lower() in SURFACES:
        shape = SURFACES[head.lower()]
        options = read_options(shape.name, tail, ["noise", *(["dimensions"] if shape.several else []), *shape.numbers])
        return _catalogued(text, shape, options, _noise(options, noise))
    if re.fullmatch(r"[A-Za-z][\w-]*", head) and not formula.is_formula(head):
        checks.one_of("surface", "name", head, SURFACES, "(or type a formula, such as x**2 + 10*y**2)")
    typed = _typed(head)
    chosen = _noise(read_options("a formula", tail, ["noise"]), noise)
    return Surface(
        name=text,
        label=typed.text,
        function=typed,
        formula=typed.text,
        domain=typed.domain,
        start=typed.start,
        source="typed by the user",
        description="a formula of your own",
        lowest=None,
        critical_note=TYPED,
        landmarks=functools.partial(_searched, typed, typed.domain),
        noise=chosen,
    )


def read_options(who: str, text: str, known: list[str]) -> dict[str, float]:
    """`dimensions=10,noise=0.5` as numbers. Raises InputError for an unknown option, and where no number is given."""
    options: dict[str, float] = {}
    for pair in filter(None, (part.strip() for part in re.split(r"[,:]", text))):
        key, _, value = (part.strip() for part in pair.partition("="))
        checks.one_of(who, "option", key, known)
        try:
            options[key] = float(value)
        except ValueError:
            raise InputError(f"{who}: {key} must be a number, such as {who}:{key}=2, got {pair!r}") from None
    return options


def _noise(options: Mapping[str, float], own: float | None) -> float:
    noise = options.get("noise", 0.0) if own is None else own
    checks.number("surface", "noise", noise, checks.Interval(0, 1e6))
    if 0 < noise < 1e-6:
        raise InputError(f"surface: noise must be 0 or at least 1e-06, got {noise:g}")
    return noise


def _catalogued(text: str, shape: Shape, options: Mapping[str, float], noise: float) -> Surface:
    function: Callable[..., Array] = shape.function
    formula_text = shape.formula
    if shape.numbers:
        numbers = {name: options.get(name, usual) for name, usual in shape.numbers.items()}
        for name, value in numbers.items():
            checks.number(shape.name, name, value, checks.Interval(1, 1e8))
        function = _with(shape.function, tuple(numbers.items()))
        formula_text += "".join(f", κ = {value:g}" for value in numbers.values())
    flat = Surface(
        name=text,
        label=shape.label + "".join(f", {name} {options[name]:g}" for name in shape.numbers if name in options),
        function=function,
        formula=formula_text,
        domain=tuple((float(low), float(high)) for low, high in shape.domain),
        start=shape.start,
        source=shape.source,
        description=shape.description,
        lowest=shape.lowest,
        critical_note=shape.note,
        landmarks=functools.partial(_known, shape),
        noise=noise,
        goal=shape.goal,
    )
    count = options.get("dimensions", 2.0)
    dimensions = checks.whole(shape.name, "dimensions", int(count) if count.is_integer() else count, 2, MOST_DIMENSIONS)
    return flat if dimensions == 2 else _extended(flat, shape, dimensions)


def _extended(flat: Surface, shape: Shape, dimensions: int) -> Surface:
    """A surface in more than two dimensions: one range for all that has both, and its global minimum only."""
    lowest = (shape.lowest or 0.0) * dimensions / 2
    only = CriticalPoint((shape.minima[0][0],) * dimensions, lowest, "minimum", best=True)
    return replace(
        flat,
        label=flat.label.replace(shape.label, f"{shape.label}, {dimensions} dimensions", 1),
        domain=((min(low for low, _ in flat.domain), max(high for _, high in flat.domain)),) * dimensions,
        start=tuple(shape.start[i % 2] for i in range(dimensions)),
        lowest=lowest,
        critical_note=BEYOND_TWO,
        landmarks=lambda: (only,),
    )


@once
def _known(shape: Shape) -> list[CriticalPoint]:
    """The critical points of a shape in two dimensions: from the table, or searched for and completed by the exact global minima."""
    if shape.name in LANDMARKS:
        points = LANDMARKS[shape.name]
    else:
        points = critical_points.find(shape.function, shape.domain, shape.side or critical_points.SIDE)
        points = [point for point in points if all(math.dist(point.at, at) >= 1e-6 for at in shape.minima)]
        points += [CriticalPoint(at, float(shape.lowest or 0.0), "minimum") for at in shape.minima]
    return [replace(p, best=_is_lowest(p, shape.lowest)) for p in sorted(points, key=lambda point: (point.value, point.at))]


def _is_lowest(point: CriticalPoint, lowest: float | None) -> bool:
    return lowest is not None and point.kind == "minimum" and point.value - lowest <= 1e-9 * (1 + abs(lowest))
