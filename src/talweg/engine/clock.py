"""How long things take: one step alone, for the result table, and a block, to say beforehand what a race will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import nnls

from talweg import trees
from talweg.engine import loop
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem

LONG_ENOUGH = 0.01  # seconds, for a clock to be trusted
REPEATS = 5


@dataclass(frozen=True)
class Pace:
    """Seconds of a block: for each step, for each measuring point, and for handing it over."""

    step: float
    point: float
    block: float = 0.0

    def of(self, steps: int) -> float:
        """Seconds of a block of so many steps."""
        return self.block + self.step * steps + self.point * len(loop.measuring_points(steps))


def pace(seconds: Callable[[int], float], examples: int) -> Pace:
    """The three parts of a block's seconds, from blocks of three lengths: `seconds(steps)` runs one, whose steps have so many examples."""
    seconds(1)  # compiles
    many = max(2, min(256, 8192 // examples))
    lengths = sorted({1, max(2, many // 6), many})
    parts = np.array([[steps, len(loop.measuring_points(steps)), 1] for steps in lengths], float)
    step, point, block = nnls(parts, np.array([min(seconds(steps) for _ in range(2)) for steps in lengths]))[0]
    return Pace(max(step, 1e-9), point, block)


def seconds_per_step(problem: Problem, method: Method, params: Params, size: int | None) -> float:
    """Seconds of one step of one lane with the machine to itself: the median of five measurements of at least 10 ms."""
    few = 1 if size is None else min(problem.examples // size, 4096 // size + 1)  # batches to go round in
    order = None if size is None else jnp.asarray(batches.order(problem.examples, size, [0], 0, few)[0]).reshape(few, size)

    def go(method: Method, params: Params, order: Any, train: Batch, steps: Any) -> Any:
        def step(t: Any, run: loop.Run) -> loop.Run:
            batch = train if order is None else trees.take(train, order[t % few])
            return loop.take_step(problem, method, run, batch, t, jax.random.key(0))[0]

        return jax.lax.fori_loop(0, steps, step, loop.begin(method, params)).loss_sum

    args = (jax.tree.map(jnp.asarray, method), params, order, jax.device_put(problem.train))
    compiled = jax.jit(go).lower(*args, jnp.int32(1)).compile()

    def once(steps: int) -> float:
        began = time.perf_counter()
        compiled(*args, jnp.int32(steps)).block_until_ready()
        return time.perf_counter() - began

    steps = 1
    while (seconds := once(steps)) < LONG_ENOUGH and steps < 10**7:
        steps *= max(2, min(100, math.ceil(1.2 * LONG_ENOUGH / seconds)))
    return float(np.median([once(steps) for _ in range(REPEATS)])) / steps
