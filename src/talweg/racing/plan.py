"""All lanes of a race and their budget, before anything is run; a race's identity."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from talweg import checks
from talweg._version import __version__
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine.cost import usual_epochs
from talweg.problems import batches
from talweg.problems.base import Problem
from talweg.results import attributes
from talweg.verdict.scores import Target

LANES = 32  #: of one block: the search; the confirmation (8 settings × 4 seeds); the final with the untuned method beside it (2 × 16)
CONFIRMED, CONFIRM_SEEDS = 8, 8


@dataclass(frozen=True)
class Plan:
    """What a race will do. The same plan on the same problem is the same race."""

    contestants: Sequence[Contestant]
    settings: int
    seeds: int
    epochs: float
    seed: int
    goal: Target  #: without a value: near what the baseline comes to
    budget_seconds: float | None = None

    def steps(self, problem: Problem, contestant: Contestant) -> int:
        """The steps that the budget buys a contestant: gradients of the same number of examples for all."""
        return max(1, round(self.epochs * batches.steps_per_epoch(problem.examples, contestant.size) / contestant.gradients))

    def seeds_of(self, rung: str) -> list[int]:
        """The seeds of a rung: other ones for each, and only those of the final are reported."""
        counts = {"search": 1, "confirm": CONFIRM_SEEDS, "final": self.seeds}
        return np.random.SeedSequence((self.seed, list(counts).index(rung))).generate_state(counts[rung]).tolist()

    def confirmed(self) -> int:
        """How many settings are confirmed."""
        return max(1, min(CONFIRMED, self.settings // 4))

    def lanes(self) -> int:
        """Lanes of one block."""
        return min(LANES, max(self.settings, self.confirmed() * CONFIRM_SEEDS, 2 * self.seeds))

    def describe(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            **attributes(self, "settings", "seeds", "epochs", "seed", "budget_seconds"),
            "contestants": [c.describe() for c in self.contestants],
            "goal": attributes(self.goal, "kind", "value"),
            "confirmed": self.confirmed(),
            "confirm_seeds": CONFIRM_SEEDS,
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
    goal: Target,
    budget_seconds: float | None,
) -> Plan:
    """The plan, with every number checked before anything is compiled."""
    checks.whole("race", "settings", settings)
    checks.whole("race", "seeds", seeds, at_least=2)
    checks.whole("race", "seed", seed, at_least=0)
    if epochs is not None and budget_seconds is not None:
        raise InputError("race: give either epochs or a budget in seconds, not both")
    for name, value in (("epochs", epochs), ("budget", budget_seconds)):
        if value is not None:
            checks.number("race", name, value, checks.POSITIVE)
    if goal.value is not None:
        checks.number("race", "the goal", goal.value, checks.Interval(-math.inf, math.inf, low_open=True))
        if goal.kind != "loss" and problem.metric is None:
            raise InputError(f"race: {problem.name} has no accuracy to reach; give a goal loss")
        if goal.kind == "accuracy" and problem.task != "classification":
            raise InputError(f"race: {problem.name} is a regression and has no accuracy; give a goal loss")
        if goal.kind == "accuracy" and not 0 < goal.value <= 1:
            raise InputError(f"race: the goal accuracy must lie in (0, 1], got {goal.value:g}; 95 % is 0.95")
    chosen = epochs if epochs is not None else usual_epochs(problem)
    return Plan(tuple(contestants), settings, seeds, float(chosen), seed, goal, budget_seconds)
