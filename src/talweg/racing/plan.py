"""All lanes of a race and their budget, before anything is run; a race's identity."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from talweg import checks
from talweg._version import __version__
from talweg.bridges.clocks import CLOCKS, USUAL
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine.cost import usual_epochs
from talweg.problems import batches
from talweg.problems.base import Problem
from talweg.racing.tournament import Course, expected
from talweg.results import attributes
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Constants
from talweg.verdict.record import Goal

LANES = 32  #: of one block: the search; the confirmation (8 settings × 4 seeds); the final; the promise
PROTOCOL = 2
CONFIRMED = 7  #: settings, beside the untuned method
SEEDS = {"search": 1, "confirm": 4}
LEADERS = 4  #: contestants whose length and schedule are raced
LONGER = 16  #: times the usual epochs is the longest training


@dataclass(frozen=True)
class Plan:
    """What a race will do. The same plan on the same problem is the same race."""

    #: Whether what is trained is looked at, too: on the test part, its endpoint, and beside a linear model.
    observes: ClassVar[bool] = True
    confirmation: ClassVar[int] = SEEDS["confirm"]  #: seeds of it

    contestants: Sequence[Contestant]
    settings: int
    seeds: int
    epochs: float  #: of the longest training
    seed: int
    goal: Goal  #: without a value: as good as the best
    budget_seconds: float | None = None
    clock: str = USUAL  #: whose steps are timed

    def steps(self, examples: int, contestant: Contestant, share: float = 1.0) -> int:
        """The steps of a share of the longest training: gradients of the same number of examples for all."""
        return max(1, round(share * self.epochs * batches.steps_per_epoch(examples, contestant.size) / contestant.gradients))

    def seeds_of(self, rung: str) -> list[int]:
        """The seeds of a rung: other ones for each, and only those of the final and the promise are reported."""
        counts = {**SEEDS, "confirm": self.confirmation, "choice": max(2, 3 * self.seeds // 4), "final": self.seeds, "promise": self.seeds}
        return np.random.SeedSequence((self.seed, list(counts).index(rung))).generate_state(counts[rung]).tolist()

    def all_seeds(self) -> list[int]:
        """Those of all rungs."""
        return [seed for rung in (*SEEDS, "choice", "final", "promise") for seed in self.seeds_of(rung)]

    def course(self, examples: int, constants: Constants, seconds: Mapping[str, Seconds]) -> Course:
        """Who decides what is run next; of so many training examples, with the constant predictor's losses and the times of a step."""
        return Course(self, examples, constants, seconds)

    def expected(self, contestant: Contestant) -> list[tuple[float, float]]:
        """What a contestant will about run, as numbers of lanes and the share of the longest training that each takes."""
        return expected(self, contestant)

    def confirmed(self) -> int:
        """How many settings are confirmed."""
        return max(1, min(CONFIRMED, self.settings // 4))

    def rate_alone(self) -> int:
        """In how many settings of a search nothing but the learning rate is tuned."""
        return self.settings // 4

    def leaders(self) -> int:
        """Of how many contestants length and schedule are raced."""
        return LEADERS

    def lanes(self) -> int:
        """Lanes of one block."""
        return min(LANES, max(self.settings, (1 + self.confirmed()) * self.confirmation, self.seeds))

    def describe(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            **attributes(self, "settings", "seeds", "epochs", "seed", "budget_seconds", "clock"),
            "contestants": [c.describe() for c in self.contestants],
            "goal": self.goal._asdict(),
            "protocol": PROTOCOL,
        }


def identity(fingerprint: str, description: Mapping[str, Any]) -> str:
    """The name of a race in the store: a hash of problem, plan and version; where the budget is in seconds, epochs are its result."""
    plan = {k: v for k, v in description.items() if k != "epochs" or description["budget_seconds"] is None}
    text = json.dumps([fingerprint, plan, __version__], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def checked(
    problem: Problem,
    contestants: Sequence[Contestant],
    settings: int,
    seeds: int,
    epochs: float | None,
    seed: int,
    goal: Goal,
    budget_seconds: float | None,
    clock: str = USUAL,
) -> Plan:
    """The plan, with every number checked before anything is compiled."""
    check_numbers(settings, seeds, epochs, seed, goal, budget_seconds)
    if goal.value is not None:
        if goal.kind != "loss" and problem.metric is None:
            raise InputError(f"race: {problem.name} has no accuracy to reach; give a goal loss")
        if goal.kind == "accuracy" and problem.task != "classification":
            raise InputError(f"race: {problem.name} is a regression and has no accuracy; give a goal loss")
    checks.one_of("race", "clock", clock, [*CLOCKS, USUAL])
    chosen = epochs if epochs is not None else LONGER * usual_epochs(problem)
    return Plan(tuple(contestants), settings, seeds, float(chosen), seed, goal, budget_seconds, clock)


def check_numbers(
    settings: int, seeds: int, epochs: float | None, seed: int, goal: Goal, budget_seconds: float | None, who: str = "race"
) -> None:
    """Refuse what is wrong on every problem, so that nothing needs to be read to find it. Raises InputError."""
    checks.whole(who, "settings", settings)
    checks.whole(who, "seeds", seeds, at_least=2)
    checks.whole(who, "seed", seed, at_least=0)
    if epochs is not None and budget_seconds is not None:
        raise InputError(f"{who}: give either epochs or a budget in seconds, not both")
    for name, value in (("epochs", epochs), ("budget", budget_seconds)):
        if value is not None:
            checks.number(who, name, value, checks.POSITIVE)
    if goal.value is not None:
        checks.number(who, "the goal", goal.value, checks.Interval(-math.inf, math.inf, low_open=True))
        if goal.kind == "accuracy" and not 0 < goal.value <= 1:
            raise InputError(f"{who}: the goal accuracy must lie in (0, 1], got {goal.value:g}; 95 % is 0.95")


def wanted(goal_loss: float | None, goal_accuracy: float | None) -> Goal:
    """The goal that was asked for; one without a value where none was. Raises InputError for two."""
    if goal_loss is not None and goal_accuracy is not None:
        raise InputError("race: give either a goal loss or a goal accuracy, not both")
    kind, value = ("loss", goal_loss) if goal_accuracy is None else ("accuracy", goal_accuracy)
    return Goal(kind, float(value) if isinstance(value, np.floating) else value)  # JSON knows no numbers of NumPy
