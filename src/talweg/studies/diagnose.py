"""Where does a descent on a problem end, and what lies there: `tw.diagnose`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np

from talweg import checks, landscape
from talweg.checks import InputError, InputTypeError
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.engine.cost import usual_epochs
from talweg.landscape import Diagnosis
from talweg.problems.base import Params, Problem
from talweg.studies import training
from talweg.studies.trajectories import Descents, starting_places

STEPS = 1000


class _End(NamedTuple):
    """Where a descent stopped."""

    params: Params
    hyperparameters: Mapping[str, float]
    tuned: bool
    diverged_at: int | None
    length: str


def diagnose(
    problem: Problem,
    method: Any = "sgd",
    *,
    at: Sequence[float] | None = None,
    learning_rate: float | None = None,
    steps: int = STEPS,
    epochs: float | None = None,
    split: str = "train",
    seed: int = 0,
) -> Diagnosis:
    """What the point is at which a descent stops: a minimum, a saddle, a slope, … (see `tw.landscape.diagnose`, for a point of yours).

    Args:
        method: who descends, one as `tw.race` takes it; its sharpness rule is compared, too.
        at: the point of a function, instead of a descent.
        learning_rate: without it, the best of 32 on a function, of 12 on data.
        steps: of a descent on a function.
        epochs: passes over the data of a descent on data; by default the usual budget of a race.
        split: the data that the loss is a mean over, "train" or "validation".
        seed: of the start, the order of examples, the method's noise, and the random vectors of the diagnosis.

    Raises:
        InputError: more than one method, a descent that diverges, `at` for a network, a number out of range.
    """
    if not isinstance(problem, Problem):
        raise InputTypeError(f"diagnose: problem must be a Problem such as tw.problems.load('rosenbrock'), got {problem!r}")
    checks.whole("diagnose", "steps", steps)
    if at is not None:
        if problem.train is not None and problem.task != "surface":
            raise InputError(f"diagnose: at is a point of a function, and {problem.name} is no function of a few numbers; leave it out")
        point = np.asarray(at, float)
        found = landscape.diagnose(problem, point, learning_rate=learning_rate, split=split, key=seed)
        return replace(found, of=f"{problem.name} at {','.join(f'{x:g}' for x in point.ravel())}")
    contestants = listed(problem, method, settings=1)
    if len(contestants) != 1:
        raise InputError(f"diagnose: one method descends, got {len(contestants)}; name one, such as adam")
    (contestant,) = contestants
    given = {} if learning_rate is None else {"learning_rate": learning_rate}
    if _is_function(problem):
        stopped = _of_function(problem, contestant, given, steps, seed)
    else:
        stopped = _of_network(problem, contestant, given, steps, epochs, seed)
    if stopped.diverged_at is not None:
        raise InputError(f"diagnose: the descent diverged at step {stopped.diverged_at:,}; give a smaller learning rate")
    last = contestant.method(stopped.hyperparameters, steps)
    found = landscape.diagnose(problem, stopped.params, method=last, split=split, key=seed)
    return replace(found, of=f"{problem.name} after {stopped.length} of {contestant.label}{_rate(stopped)}")


def _rate(end: _End) -> str:
    rate = end.hyperparameters.get("learning_rate")
    return "" if rate is None else f" (learning rate {rate:.3g}{', tuned' if end.tuned else ''})"


def _is_function(problem: Problem) -> bool:
    """Whether its parameters are one vector, and its loss is cheap enough to be taken at every step."""
    if problem.train is not None:
        return problem.task == "surface"
    leaves = jax.tree.leaves(jax.eval_shape(problem.start, jax.random.key(0)))
    return len(leaves) == 1 and leaves[0].ndim == 1


def _of_function(problem: Problem, contestant: Contestant, given: Mapping[str, float], steps: int, seed: int) -> _End:
    found = Descents(problem, contestant).trajectory(starting_places(problem), steps, hyperparameters=given, seed=seed)
    diverged = int(found.diverged_at[0])
    return _End(found.positions[0, -1], found.hyperparameters, found.tuned, None if diverged < 0 else diverged, f"{steps:,} steps")


def _of_network(problem: Problem, contestant: Contestant, given: Mapping[str, float], steps: int, epochs: float | None, seed: int) -> _End:
    passes = usual_epochs(problem) if epochs is None else epochs
    budget, length = (steps, f"{steps:,} steps") if problem.train is None else (passes, f"{passes:g} epochs")
    found = training.train(problem, contestant, budget, hyperparameters=given, points=1, seed=seed)
    return _End(found.trace.params, found.hyperparameters, found.tuned, found.trace.diverged_at, length)
