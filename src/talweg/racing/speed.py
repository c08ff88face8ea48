"""How long things take: one step alone, for the result table, and a block, to say beforehand what a race will take."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from talweg import descent
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Params, Problem

LONG_ENOUGH = 0.02  # seconds, for a clock to be trusted


def seconds_alone(problem: Problem, method: Method, params: Params, size: int | None) -> float:
    """Seconds of one step of one lane with the machine to itself: the median of five measurements of at least 20 ms."""
    train = jax.device_put(problem.train)

    def go(method: Method, params: Params, order: Any, steps: Any) -> Any:
        slots = jnp.stack([jnp.zeros_like(steps), steps, jnp.zeros_like(steps)])[None]
        run = descent.begin(method, params)
        return descent.advance(problem, size, method, run, jax.random.key(0), order, slots, train, train)[0].loss_sum

    numbers = jax.tree.map(jnp.asarray, method)
    enough = 4096 // (size or 4096) + 1
    order = None if size is None else jnp.asarray(batches.order(problem.examples, size, [0], 0, enough)[0])
    compiled = jax.jit(go).lower(numbers, params, order, jnp.int32(1)).compile()

    def once(steps: int) -> float:
        began = time.perf_counter()
        compiled(numbers, params, order, jnp.int32(steps)).block_until_ready()
        return time.perf_counter() - began

    once(1)
    steps = 1
    while once(steps) < LONG_ENOUGH and steps < 10**7:
        steps *= 4  # the order of examples is read over again from its end, which costs the same
    return float(np.median([once(steps) for _ in range(5)])) / steps
