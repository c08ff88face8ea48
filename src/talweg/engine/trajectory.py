"""Trajectories: whole runs with every position, the true loss there and the effective learning rate of each step.

All runs are lanes of one compiled program whose length is a power of two, so another learning rate, start or number of steps is
computed again in milliseconds. For functions of a few numbers, since every position is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Scalar

from talweg import trees
from talweg.engine import cache, loop, probes
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Batch, Problem

LANES = 32  #: of one call
SHORTEST = 64  #: steps that a program is compiled for, at least


class Positions(NamedTuple):
    """Runs step by step. One that diverged stays where it was, and its losses are NaN from there on."""

    positions: Float[np.ndarray, "runs steps+1 d"]
    loss: Float[np.ndarray, "runs steps+1"]  #: on all data, so without the noise of a batch
    rates: Float[np.ndarray, "runs steps"]  #: effective learning rate: the length of the move over that of the gradient it followed
    diverged_at: Int[np.ndarray, " runs"]  #: the step, −1 if it did not


def trajectories(
    problem: Problem,
    size: int | None,
    methods: Sequence[Method],
    starts: Float[np.ndarray, "runs d"],
    seeds: Sequence[int],
    steps: int,
) -> Positions:
    """Run i goes from starts[i] by methods[i], all of one structure, in the order of examples and with the noise of seeds[i].

    Args:
        size: examples per step; None for the whole training set.
    """
    parts = [
        _lanes(problem, size, methods[first : first + LANES], starts[first : first + LANES], seeds[first : first + LANES], steps)
        for first in range(0, len(starts), LANES)
    ]
    return Positions(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _lanes(
    problem: Problem, size: int | None, methods: Sequence[Method], starts: np.ndarray, seeds: Sequence[int], steps: int
) -> tuple[np.ndarray, ...]:
    lanes, kind = len(methods), trees.float_type()
    capacity = max(SHORTEST, 1 << (steps - 1).bit_length())

    def filled(rows: Any) -> list[Any]:  # with lanes of the same program whose results are not read
        return [*rows, *[rows[0]] * (LANES - lanes)]

    order = None
    if size is not None and problem.train is not None:
        order = np.zeros((LANES, capacity * size), np.int32)
        order[:, : steps * size] = batches.order(problem.examples, size, filled(seeds), 0, steps)
    go = _compiled(problem, size, capacity, order is not None)
    stacked, places, drawn = trees.stack(filled(methods), kind), np.asarray(filled(starts), kind), np.asarray(filled(seeds), np.uint32)
    out = go(stacked, places, drawn, order, np.int32(steps), problem.train)
    positions, loss, rates, diverged = (np.asarray(x)[:lanes] for x in out)
    return positions[:, : steps + 1].astype(float), loss[:, : steps + 1].astype(float), rates[:, :steps].astype(float), diverged


@cache.by_problem
def _compiled(problem: Problem, size: int | None, capacity: int, ordered: bool) -> Callable[..., tuple[Array, ...]]:
    """The program of one loss, batch size and length; JAX compiles it once for each structure of method."""

    def lane(method: Method, start: Array, seed: Array, order: Array | None, steps: Array, train: Batch) -> tuple[Array, ...]:
        key = jax.random.key(seed)

        def value(at: Array) -> Scalar:
            return batches.mean_over(problem.loss, at, train)

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
