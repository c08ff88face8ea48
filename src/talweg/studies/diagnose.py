"""Where does a descent on a problem end, and what lies there: `tw.diagnose`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from talweg import checks, landscape
from talweg.checks import InputError
from talweg.contestants.notation import listed
from talweg.engine.cost import usual_epochs
from talweg.landscape import Diagnosis
from talweg.problems.base import Problem
from talweg.studies import training
from talweg.studies.training import Training
from talweg.studies.trajectories import Descents, Trajectory, starting_places
from talweg.text.format import bare

STEPS = 1000


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
    """What the endpoint of a descent is: a minimum, a saddle, not converged, … (see `tw.landscape.diagnose`, for a point of yours).

    Args:
        method: who descends, one as `tw.race` takes it; its sharpness rule is compared, too.
        at: the point of a function, instead of a descent.
        learning_rate: without it, the best of 32 on a function, of 12 on data.
        steps: of a descent on a function.
        epochs: passes over the data of a descent on data; by default the usual budget of a race.
        split: the data that the loss is a mean over, "train" or "validation".
        seed: of the start, the order of examples, the method's noise, the rows that are drawn from a pool, and the random vectors of the
            diagnosis.

    Raises:
        InputError: more than one method, a descent that diverges, `at` for a network, a number out of range.
    """
    checks.instance("diagnose", "problem", problem, Problem, "tw.problems.load('rosenbrock')")
    checks.whole("diagnose", "steps", steps)
    if at is not None:
        if problem.train is not None and problem.task != "surface":
            raise InputError(f"diagnose: at is a point of a function, and {problem.name} is no function of a few numbers; leave it out")
        point = np.asarray(at, float)
        diagnosis = landscape.diagnose(problem, point, learning_rate=learning_rate, split=split, key=seed)
        return replace(diagnosis, of=f"{problem.name} at {','.join(f'{x:g}' for x in point.ravel())}")
    contestants = listed(problem, method, settings=1)
    if len(contestants) != 1:
        raise InputError(f"diagnose: one method descends, got {len(contestants)}; name one, such as adam")
    (contestant,) = contestants
    setting = {} if learning_rate is None else {"learning_rate": learning_rate}
    problem = problem.divided(seed)
    run: Trajectory | Training
    if _is_function(problem):
        run = one = Descents(problem, contestant).trajectory(starting_places(problem), steps, hyperparameters=setting, seed=seed)
        end, diverged_at, length = one.positions[0, -1], int(one.diverged_at[0]), f"{steps:,} steps"
    else:
        passes = usual_epochs(problem) if epochs is None else epochs
        budget, length = (steps, f"{steps:,} steps") if problem.train is None else (passes, f"{passes:g} epochs")
        run = training.train(problem, contestant, budget, hyperparameters=setting, points=1, seed=seed)
        end, diverged_at = run.trace.params, -1 if run.trace.diverged_at is None else run.trace.diverged_at
    if diverged_at >= 0:
        raise InputError(f"diagnose: the descent diverged at step {diverged_at:,}; give a smaller learning rate")
    diagnosis = landscape.diagnose(problem, end, method=contestant.method(run.hyperparameters, steps), split=split, key=seed)
    rate = run.hyperparameters.get("learning_rate")
    numbers = "" if rate is None else f" (learning rate {rate:.3g}{', tuned' if run.tuned else ''})"
    label = contestant.label if rate is None else bare(contestant.label, {"learning_rate": rate})
    return replace(diagnosis, of=f"{problem.name} after {length} of {label}{numbers}")


def _is_function(problem: Problem) -> bool:
    """Whether its parameters are one vector, and its loss is cheap enough to be taken at every step."""
    if problem.train is not None:
        return problem.task == "surface"
    leaves = jax.tree.leaves(jax.eval_shape(problem.start, jax.random.key(0)))
    return len(leaves) == 1 and leaves[0].ndim == 1
