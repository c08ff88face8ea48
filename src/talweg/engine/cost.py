"""What a step costs: the examples of its batch, and the gradients that its method asks for."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from talweg import checks, schedules, trees
from talweg.checks import InputError
from talweg.methods import Method
from talweg.oracle import Oracle
from talweg.problems import batches
from talweg.problems.base import Params, Problem

WORK_AT_MOST = 2.5e10  #: floating-point operations of one lane, so that a large model gets fewer epochs
EXAMPLES_AT_MOST = 300_000  # of one lane, so that a million rows are a matter of minutes
STEPS_WITHOUT_DATA = 1000


def batch_size(problem: Problem, batch: int | str | None) -> int | None:
    """Examples per step; None for the whole training set. Raises InputError when there are not so many examples."""
    if problem.train is None or batch == "full":
        return None
    if batch is None:
        usual = problem.default_batch or min(batches.usual_size(problem.examples), problem.examples)
        return usual if usual < problem.examples else None  # all of a handful of examples: nothing to shuffle
    size = checks.whole(problem.name, "the batch size", batch) if not isinstance(batch, str) else None
    if size is None:
        raise InputError(f'{problem.name}: the batch size must be a whole number or "full", got {batch!r}')
    if size > problem.examples:
        raise InputError(
            f"{problem.name}: a batch of {size} needs as many training examples, got {problem.examples}; use a smaller one or full"
        )
    return size


def gradients_per_step(problem: Problem, method: Method, params: Params, size: int | None) -> int:
    """How many gradients the method's step asks for, found by tracing it."""
    return traced_step(problem, method, params, size)[1].gradients


def traced_step(problem: Problem, method: Method, params: Params, size: int | None) -> tuple[Any, Oracle]:
    """The method's first step as JAX sees it (a jaxpr), and the oracle that it asked."""
    oracles: list[Oracle] = []

    def one(params: Params) -> Any:
        batch = problem.train if size is None else jax.tree.map(lambda leaf: jnp.asarray(leaf)[:size], problem.train)
        oracles.append(Oracle(lambda at: problem.loss(at, batch)))
        now = jnp.zeros((), trees.float_type())
        return schedules.at(method, now).step(oracles[-1], params, method.init(params), now, jax.random.key(0))

    jaxpr = jax.make_jaxpr(one)(params)
    return jaxpr, oracles[-1]


def length(who: str, problem: Problem, size: int | None, steps: int | None, epochs: float | None, gradients: int = 1) -> int:
    """The steps of a run: as many as are given, or as so many passes over the data have; by default the usual budget of a race.

    `gradients` is how many a step asks for. Raises InputError if both are given, or one is out of range.
    """
    check_length(who, steps, epochs)
    if steps is not None:
        return steps
    passes = usual_epochs(problem) if epochs is None else float(epochs)
    return max(1, round(passes * batches.steps_per_epoch(problem.examples, size) / gradients))


def check_length(who: str, steps: int | None, epochs: float | None) -> None:
    """Raise InputError if both are given, or one is out of range."""
    if steps is not None and epochs is not None:
        raise InputError(f"{who}: give either steps or epochs, not both")
    if steps is not None:
        checks.whole(who, "steps", steps)
    if epochs is not None:
        checks.number(who, "epochs", epochs, checks.POSITIVE)


def usual_epochs(problem: Problem) -> float:
    """The budget without `--epochs`: 512 / √n passes over n training examples, at most 100 of them and at most 300,000 examples.

    So 100 examples are seen 51 times, 1,000 16 times, 100,000 one and a half times, and of a million a third. A large model gets
    fewer: no lane does more than 2.5e10 floating-point operations (6 for each parameter and example). A problem may know better
    (`Problem.default_epochs`).
    """
    if problem.train is None:
        return STEPS_WITHOUT_DATA
    if problem.default_epochs is not None:
        return float(problem.default_epochs)
    n = problem.examples
    affordable = WORK_AT_MOST / (6 * max(problem.parameters(), 1) * n)
    return float(f"{min(100.0, 512 / math.sqrt(n), EXAMPLES_AT_MOST / n, affordable):.3g}")
