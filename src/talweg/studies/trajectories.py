"""Whole descents with every position kept: what the pictures and the live page draw. For functions of a few numbers.

All descents of a method, and all learning rates that are tried for it, are lanes of one compiled program whose length is a power of
two. So another learning rate, start or number of steps is computed again in milliseconds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Scalar

from talweg import checks, trees
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.engine import loop, probes
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem

LANES = 32  #: of one call: so many starts, or so many learning rates of one start
RATES = np.geomspace(1e-7, 30.0, LANES)  #: that are tried where none is given
SHORTEST = 64  #: steps that a program is compiled for, at least
LONGEST = 2**17
MOST_STARTS = 1024
CLIMB = 0.01  #: of the height of the start above the lowest value; a loss that is higher than that has climbed above its start
DEPTH = 1e-8  #: the share of the way down to the lowest value beyond which no more is asked of a learning rate


@dataclass(frozen=True, eq=False)
class Path:
    """The descents of one method from each start. A descent that diverged stays where it was, and its losses are NaN from there on."""

    name: str  #: as typed
    label: str
    method: str  #: of the catalogue
    batch: int | str | None  #: None where there are no data
    numbers: Mapping[str, float]
    positions: Float[np.ndarray, "starts steps+1 d"]
    loss: Float[np.ndarray, "starts steps+1"]  #: on all data, so without the noise of a batch
    rates: Float[np.ndarray, "starts steps"]  #: effective learning rate: the length of the move over that of the gradient it followed
    diverged_at: Int[np.ndarray, " starts"]  #: the step, −1 if it did not
    gradients: int = 1  #: asked for in each step
    tuned: bool = False  #: whether the learning rate was chosen here, for these starts
    schedule: str = "constant"

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return self.rates.shape[1]

    def reached(self, target: float) -> Int[np.ndarray, " starts"]:
        """The first step at which the loss is at most `target`, −1 where it never is."""
        there = self.loss <= target
        return np.where(there.any(axis=1), there.argmax(axis=1), -1)


@dataclass(frozen=True, eq=False)
class Walker:
    """A contestant whose descents on a problem can be computed again and again, with other numbers."""

    problem: Problem
    contestant: Contestant

    def walk(self, starts: Float[np.ndarray, "starts d"], steps: int, *, numbers: Mapping[str, float] | None = None, seed: int = 0) -> Path:
        """The descents with these numbers in place of the defaults; the learning rate is tuned if it is in neither.

        Raises InputError for a number out of range.
        """
        contestant, given = self.contestant, dict(numbers or {})
        for name in given:
            checks.one_of(contestant.label, "number", name, contestant.defaults())
        tuned = "learning_rate" in contestant.defaults() and "learning_rate" not in {*given, *contestant.fixed}
        if tuned:
            given["learning_rate"] = self.tune(starts, steps, numbers=given, seed=seed)
        method = contestant.method(given, steps)
        parts = [
            self._lanes([method] * len(part), part, steps, [seed + first + k for k in range(len(part))]) for first, part in _parted(starts)
        ]
        positions, loss, rates, diverged = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Path(
            contestant.name,
            contestant.label,
            contestant.kind.name or contestant.kind.__name__,
            None if self.problem.train is None else "full" if contestant.size is None else contestant.size,
            {**contestant.defaults(), **given},
            positions,
            loss,
            rates,
            diverged,
            contestant.gradients,
            tuned,
            contestant.schedule,
        )

    def tune(
        self, starts: Float[np.ndarray, "starts d"], steps: int, *, numbers: Mapping[str, float] | None = None, seed: int = 0
    ) -> float:
        """The learning rate that goes down soonest and deepest, of those whose loss never climbs above where it started, if there are any.

        That is the least mean, over steps and starts, of the logarithm of what is left, counted from the problem's lowest value if it
        is known, otherwise from the lowest that any rate has seen. Without the condition a single wild leap that happens to land well
        would be the best.
        """
        methods = [self.contestant.method({**(numbers or {}), "learning_rate": float(rate)}, steps) for rate in RATES]
        losses = np.stack(
            [self._lanes(methods, np.repeat(start[None], LANES, axis=0), steps, [seed + k] * LANES)[1] for k, start in enumerate(starts)]
        )
        seen = losses[np.isfinite(losses)]
        lowest = self.problem.optimum
        lowest = (seen.min() if seen.size else 0.0) if lowest is None else lowest
        left = np.log(np.maximum(losses - lowest, DEPTH * np.maximum(losses[..., :1] - lowest, DEPTH)))
        score = np.where(np.isfinite(losses), left, np.inf).mean(axis=(0, 2))
        if not np.isfinite(score).any():  # every one of them diverges: the gentlest
            return float(RATES[0])
        climbs = (losses > losses[..., :1] + CLIMB * np.abs(losses[..., :1] - lowest)).any(axis=(0, 2))
        if not climbs.all():
            score = np.where(climbs, np.inf, score)
        return float(f"{RATES[int(np.argmin(score))]:.3g}")

    def _lanes(self, methods: Sequence[Method], starts: np.ndarray, steps: int, seeds: Sequence[int]) -> tuple[np.ndarray, ...]:
        """Positions, losses, effective rates and where it diverged, of at most `LANES` descents."""
        lanes, size = len(methods), self.contestant.size
        capacity = max(SHORTEST, 1 << (steps - 1).bit_length())

        def fill(rows: list[Any]) -> list[Any]:  # with lanes of the same program that nobody looks at
            return [*rows, *[rows[0]] * (LANES - lanes)]

        kind = jax.dtypes.canonicalize_dtype(np.float64)
        seeds = fill(list(seeds))
        order = None
        if size is not None and self.problem.train is not None:
            order = np.zeros((LANES, capacity * size), np.int32)
            order[:, : steps * size] = batches.order(self.problem.examples, size, seeds, 0, steps)
        go = _compiled(self.problem.loss, size, capacity, order is not None)
        stacked = trees.stack(fill(list(methods)), kind)
        out = go(stacked, np.asarray(fill(list(starts)), kind), np.asarray(seeds, np.uint32), order, np.int32(steps), self.problem.train)
        positions, loss, rates, diverged = (np.asarray(x)[:lanes] for x in out)
        return positions[:, : steps + 1].astype(float), loss[:, : steps + 1].astype(float), rates[:, :steps].astype(float), diverged


def paths(
    problem: Problem,
    methods: Any = None,
    starts: Any = None,
    steps: int = 200,
    *,
    learning_rate: float | None = None,
    schedule: str = "constant",
    seed: int = 0,
) -> list[Path]:
    """The descents of several methods on a function of a vector, with every position.

    Args:
        problem: whose parameters are one vector: `tw.problems.surface("rosenbrock").problem()`, or a `tw.Problem` of one's own.
        methods: as `tw.race` takes them; by default the article's.
        starts: one vector (d,), or several (starts, d); by default the problem's own start.
        steps: how many.
        learning_rate: of all methods that have none of their own; without it each gets the best of 32, which is said in the path
            (`tuned`).
        schedule: how the learning rate changes, a name of `tw.schedules.CATALOGUE`.
        seed: of the order of examples and the methods' noise; each start has the next one.

    Raises:
        InputError: parameters that are no vector, starts of another size or not finite, unknown methods, numbers out of range.
    """
    steps = checks.whole("paths", "steps", steps)
    if steps > LONGEST:
        raise InputError(f"paths: steps must be at most {LONGEST:,}, since every position is kept, got {steps:,}")
    if learning_rate is not None:
        checks.number("paths", "learning_rate", learning_rate, checks.POSITIVE)
    places = starting_places(problem, starts)
    numbers = {} if learning_rate is None else {"learning_rate": learning_rate}
    found = []
    for walker in walkers(problem, methods, schedule):
        own = {
            name: value for name, value in numbers.items() if name in walker.contestant.defaults() and name not in walker.contestant.fixed
        }
        found.append(walker.walk(places, steps, numbers=own, seed=seed))
    return found


def walkers(problem: Problem, methods: Any = None, schedule: str = "constant") -> list[Walker]:
    """What computes the descents of each method."""
    return [Walker(problem, contestant) for contestant in listed(problem, methods, settings=1, schedule=schedule)]


def starting_places(problem: Problem, starts: Any = None) -> Float[np.ndarray, "starts d"]:
    """The starts as rows; raises InputError if they are no finite vectors of the problem's size."""
    own = jax.eval_shape(problem.start, jax.random.key(0))
    if len(jax.tree.leaves(own)) != 1 or getattr(own, "ndim", 0) != 1:
        raise InputError(f"{problem.name}: paths need a problem whose parameters are one vector; use tw.landscape for a network")
    if starts is None:
        return np.asarray(problem.start(jax.random.key(0)), float)[None]
    try:
        places = np.atleast_2d(np.asarray(starts, float))
    except (TypeError, ValueError):
        raise InputError(f"{problem.name}: a start must be {own.shape[0]} numbers, got {starts!r}") from None
    if places.ndim != 2 or places.shape[1] != own.shape[0] or not 1 <= len(places) <= MOST_STARTS:
        raise InputError(
            f"{problem.name}: a start must be {own.shape[0]} numbers, and there may be 1 to {MOST_STARTS:,}, "
            f"got an array of shape {np.shape(starts)}"
        )
    if not np.isfinite(places).all():
        raise InputError(f"{problem.name}: a start must be finite, got {places[~np.isfinite(places).all(axis=1)][0].tolist()}")
    return places


def _parted(starts: np.ndarray) -> list[tuple[int, np.ndarray]]:
    return [(first, starts[first : first + LANES]) for first in range(0, len(starts), LANES)]


@functools.lru_cache(maxsize=64)
def _compiled(loss: Callable[[Params, Batch], Scalar], size: int | None, capacity: int, ordered: bool) -> Callable[..., tuple[Array, ...]]:
    """The program of one loss, batch size and length; JAX compiles it once for each structure of method. Data are an argument."""
    problem = Problem(loss, start=lambda key: None)

    def lane(method: Method, start: Array, seed: Array, order: Array | None, steps: Array, train: Batch) -> tuple[Array, ...]:
        key = jax.random.key(seed)

        def value(at: Array) -> Scalar:
            return batches.mean_over(loss, at, train)

        run = loop.begin(method, start)
        run = replace(run, ceiling=loop.BEYOND_REASON * (1 + jnp.abs(value(start))))

        def step(carry: tuple[loop.Run, probes.Last | None], t: Array) -> tuple[Any, tuple[Array, Array, Array]]:
            run, last = carry
            batch = train
            if size is not None and order is not None:
                batch = trees.take(train, jax.lax.dynamic_slice(order, (t * size,), (size,)))
            run, last = loop.take_step(problem, method, run, batch, t, key, last)
            rate = trees.norm(last.move) / trees.norm(last.gradient) if last is not None else jnp.nan
            return (run, last), (run.params, jnp.where(run.alive, rate, jnp.nan), run.alive)

        (run, _), (places, rates, alive) = jax.lax.scan(step, (run, probes.begin(start)), jnp.arange(capacity))
        positions = jnp.concatenate([start[None], places])
        losses = jax.vmap(value)(positions)
        known = jnp.concatenate([jnp.ones(1, bool), alive]) & (losses <= run.ceiling)
        last_finite = jax.lax.cummax(jnp.where(jnp.isfinite(positions).all(axis=1), jnp.arange(capacity + 1), 0))
        diverged = jnp.where((run.diverged_at >= 0) & (run.diverged_at < steps), run.diverged_at, -1)
        return positions[last_finite], jnp.where(known, losses, jnp.nan), rates, diverged

    return jax.jit(jax.vmap(lane, in_axes=(0, 0, 0, 0 if ordered else None, None, None)))
