"""How long things take: one step alone, for the result table, and a block, to say beforehand what a race will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import nnls

from talweg import trees
from talweg.engine import cache, loop
from talweg.engine.entrant import Entrant
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Batch, Problem
from talweg.problems.supervised import widened

LONG_ENOUGH = 0.01  # seconds, for a clock to be trusted
REPEATS = 3  #: of a round of measurements
AGREE = 1.25  #: two rounds agree up to this ratio


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
    many = max(2, min(256, 8192 // examples))
    lengths = sorted({1, max(2, many // 6), many})
    parts = np.array([[steps, len(loop.measuring_points(steps)), 1] for steps in lengths], float)
    step, point, block = nnls(parts, np.array([min(seconds(steps) for _ in range(2)) for steps in lengths]))[0]
    return Pace(max(step, 1e-9), point, block)


class Timing(NamedTuple):
    """Seconds of one step of one lane that has the machine to itself."""

    seconds: float  #: the least that was measured: whatever else the machine does can only add to it
    low: float  #: the least of the better of two rounds …
    high: float  #: … and of the other
    steady: bool  #: whether the two agree


class Clock(Protocol):
    """Times the steps of contestants, in whatever library takes them. Asked once for a race; the store keeps what it says."""

    def measure(self, problem: Problem, contestants: Sequence[Entrant]) -> Mapping[str, Timing]:
        """The time of a step of each contestant, by its name; all are measured in turn, so that a busy moment meets them alike."""


class CompiledClock:
    """The clock of JAX: a compiled step, called in a loop as everybody's training calls it, from the start of seed 0.

    A call has its price, which all batches pay alike. A race itself does not: its loops are compiled as a whole.
    """

    def measure(self, problem: Problem, contestants: Sequence[Entrant]) -> dict[str, Timing]:
        """The time of a step of each contestant, by its name."""
        train = jax.device_put(problem.train)
        return interleaved({contestant.name: _steps(problem, contestant, train) for contestant in contestants})


def interleaved(runs: Mapping[str, Callable[[int], float]]) -> dict[str, Timing]:
    """The time of a step of each, where `runs[name](steps)` takes so many steps and gives the seconds of all.

    In a round everyone is measured three times in turn, and the least counts. Those whose two rounds disagree get a third one, and are
    steady if two of the three agree.
    """
    steps = {name: _long_enough(run) for name, run in runs.items()}
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(3):
        names = [name for name in runs if number < 2 or not _timing(rounds[name]).steady]
        measured = [{name: runs[name](steps[name]) / steps[name] for name in names} for _ in range(REPEATS)]
        for name in names:
            rounds[name].append(min(seconds[name] for seconds in measured))
    return {name: _timing(least) for name, least in rounds.items()}


def _timing(rounds: Sequence[float]) -> Timing:
    low, high = sorted(rounds)[:2]
    return Timing(low, low, high, steady=high <= AGREE * low)


def _long_enough(run: Callable[[int], float]) -> int:
    """So many steps that a clock can be trusted."""
    steps = 1
    while (seconds := run(steps)) < LONG_ENOUGH and steps < 10**7:
        steps *= max(2, min(100, math.ceil(1.2 * LONG_ENOUGH / seconds)))
    return steps


def _steps(problem: Problem, contestant: Entrant, train: Batch) -> Callable[[int], float]:
    """What takes so many steps of a contestant by default, and gives their seconds; compiled here."""
    if contestant.width != 1:
        problem = widened(problem, contestant.width)
    size, method = contestant.size, jax.tree.map(jnp.asarray, contestant.method(contestant.defaults(), 1))
    params = jax.tree.map(trees.as_floats, problem.start(jax.random.key(0)))
    order = None if size is None else jnp.asarray(batches.order(problem.examples, size, [0], 0, 1)[0])
    begin, t = loop.begin(method, params), jnp.int32(0)
    compiled = _step(problem).lower(method, begin, t, order, train).compile()

    def seconds(steps: int) -> float:
        run, began = begin, time.perf_counter()
        for _ in range(steps):
            run = compiled(method, run, t, order, train)
        jax.block_until_ready(run)
        return time.perf_counter() - began

    return seconds


@cache.by_problem
def _step(problem: Problem) -> Any:
    def step(method: Method, run: loop.Run, t: Any, order: Any, train: Batch) -> loop.Run:
        batch = train if order is None else trees.take(train, order)
        return loop.take_step(problem, method, run, batch, t, jax.random.key(0))[0]

    return jax.jit(step)
