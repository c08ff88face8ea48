"""Trajectories of several methods on a function of a few numbers, which the pictures and the live page draw: `tw.trajectories`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from talweg import checks
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.engine import trajectory
from talweg.engine.trajectory import Positions
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.studies import tuning

LONGEST = 2**17  #: steps, since every position is in memory
MOST_STARTS = 1024


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The runs of one method from each start. One that diverged stays where it was, and its losses are NaN from there on."""

    name: str  #: as typed
    label: str
    method: str  #: of the catalogue
    batch: int | str | None  #: None where there are no data
    hyperparameters: Mapping[str, float]
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


@dataclass(frozen=True, eq=False)
class Descents:
    """A contestant on a problem, whose trajectories can be computed again and again, with other hyperparameters."""

    problem: Problem
    contestant: Contestant

    def trajectory(
        self, starts: Float[np.ndarray, "starts d"], steps: int, *, hyperparameters: Mapping[str, float] | None = None, seed: int = 0
    ) -> Trajectory:
        """With these numbers in place of the defaults; the learning rate is tuned if it is in neither.

        Raises InputError for a number out of range.
        """
        contestant, setting = self.contestant, dict(hyperparameters or {})
        for name in setting:
            checks.one_of(contestant.label, "number", name, contestant.defaults())
        tuned = "learning_rate" not in setting and tuning.has_free_rate(contestant)
        if tuned:
            setting["learning_rate"] = self.tune(starts, steps, hyperparameters=setting, seed=seed)
        runs = self._runs([contestant.method(setting, steps)] * len(starts), starts, range(seed, seed + len(starts)), steps)
        return Trajectory(
            contestant.name,
            contestant.label,
            contestant.method_name,
            None if self.problem.train is None else contestant.batch,
            {**contestant.defaults(), **setting},
            *runs,
            contestant.gradients,
            tuned,
            contestant.schedule,
        )

    def tune(
        self, starts: Float[np.ndarray, "starts d"], steps: int, *, hyperparameters: Mapping[str, float] | None = None, seed: int = 0
    ) -> float:
        """The learning rate of 32 that goes down soonest and deepest from these starts: `tuning.gap_left`."""
        methods = [self.contestant.method({**(hyperparameters or {}), "learning_rate": rate}, steps) for rate in tuning.RATES.tolist()]
        rates = len(methods)
        losses = [
            self._runs(methods, np.repeat(start[None], rates, axis=0), [seed + k] * rates, steps).loss for k, start in enumerate(starts)
        ]
        chosen = tuning.best(tuning.gap_left(np.stack(losses, axis=1), self.problem.optimum))
        return tuning.rounded(tuning.RATES[chosen])

    def _runs(self, methods: Sequence[Method], starts: np.ndarray, seeds: Sequence[int], steps: int) -> Positions:
        return trajectory.trajectories(self.problem, self.contestant.size, methods, starts, seeds, steps)


def trajectories(
    problem: Problem,
    methods: Any = None,
    starts: Any = None,
    steps: int = 200,
    *,
    learning_rate: float | None = None,
    schedule: str = "constant",
    seed: int = 0,
) -> list[Trajectory]:
    """The trajectories of several methods on a function of a vector: every position, and the loss there.

    Args:
        problem: whose parameters are one vector: `tw.problems.surface("rosenbrock").problem()`, or a `tw.Problem` of one's own.
        methods: as `tw.race` takes them; by default the article's.
        starts: one vector (d,), or several (starts, d); by default the problem's own start.
        steps: how many.
        learning_rate: of all methods that have none of their own; without it each gets the best of 32, as its
            trajectory's `tuned` says.
        schedule: how the learning rate changes, a name of `tw.schedules.CATALOGUE`.
        seed: of the order of examples and the methods' noise; each start has the next one.

    Raises:
        InputError: parameters that are no vector, starts of another size or not finite, unknown methods, numbers out of range.
    """
    steps = checks.whole("trajectories", "steps", steps, at_most=LONGEST)
    if learning_rate is not None:
        checks.number("trajectories", "learning_rate", learning_rate, checks.POSITIVE)
    places = starting_places(problem, starts)
    setting = {} if learning_rate is None else {"learning_rate": learning_rate}
    return [
        one.trajectory(places, steps, hyperparameters=setting if tuning.has_free_rate(one.contestant) else {}, seed=seed)
        for one in descents(problem, methods, schedule)
    ]


def descents(problem: Problem, methods: Any = None, schedule: str = "constant") -> list[Descents]:
    """What computes the trajectories of each method."""
    return [Descents(problem, contestant) for contestant in listed(problem, methods, settings=1, schedule=schedule)]


def starting_places(problem: Problem, starts: Any = None) -> Float[np.ndarray, "starts d"]:
    """The starts as rows; raises InputError if they are no finite vectors of the problem's size."""
    own = jax.eval_shape(problem.start, jax.random.key(0))
    if len(jax.tree.leaves(own)) != 1 or getattr(own, "ndim", 0) != 1:
        raise InputError(f"{problem.name}: trajectories need a problem whose parameters are one vector; use tw.landscape for a network")
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
