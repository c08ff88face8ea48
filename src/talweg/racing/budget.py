"""What a race costs in seconds, from the paces of its contestants, and how many epochs a number of seconds buys."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine import loop, restarts
from talweg.engine.clock import Pace
from talweg.problems import batches
from talweg.problems.base import Problem
from talweg.racing.plan import Plan
from talweg.racing.tournament import expected_lanes

MARGIN = 1.15  # widened searches are not planned, but happen


@dataclass(frozen=True)
class Budget:
    """The seconds of a plan. Only contestants with something left to run have a pace."""

    problem: Problem
    plan: Plan
    paces: Mapping[str, Pace]

    def of_block(self, contestant: Contestant) -> float:
        """What a block of a contestant takes."""
        steps = self.plan.steps(self.problem, contestant)
        return sum(self.paces[contestant.name].of(share) for share in restarts.shares(steps, contestant.restarts))

    def total(self) -> float:
        """What all blocks take of those that have something left to run, without widened searches."""
        return sum(self._blocks(c) * self.of_block(c) for c in self.plan.contestants if c.name in self.paces)

    def epochs(self, seconds: float, spent: float) -> float:
        """How many epochs fit into so many seconds, of which some are `spent` on compiling and measuring.

        Raises InputError if somebody would not even take a step.
        """
        fixed = per_epoch = 0.0
        for contestant in self.plan.contestants:
            blocks, pace = self._blocks(contestant), self.paces[contestant.name]
            fixed += blocks * contestant.restarts * (pace.block + pace.point * (loop.POINTS + 1))
            per_epoch += blocks * pace.step * self._steps_per_epoch(contestant)
        epochs = ((seconds - spent) / MARGIN - fixed) / max(per_epoch, 1e-12)
        least = max(0.5 / self._steps_per_epoch(contestant) for contestant in self.plan.contestants)
        if epochs < least:
            needed = math.ceil((per_epoch * least + fixed) * MARGIN + spent)
            why = f"compiling and measuring alone took {spent:.1f} s"
            raise InputError(f"race: a budget of {seconds:g} s is too short ({why}); give at least {needed} s, or fewer methods")
        return float(f"{epochs:.3g}")

    def _steps_per_epoch(self, contestant: Contestant) -> float:
        return batches.steps_per_epoch(self.problem.examples, contestant.size) / contestant.gradients

    def _blocks(self, contestant: Contestant) -> int:
        """Blocks of a contestant, without a widened search."""
        rows = expected_lanes(contestant, self.plan)
        twice = self.plan.goal.value is None and contestant is self.plan.contestants[0]
        again = [lanes for rung, lanes in rows.items() if twice and rung != "search"]
        return sum(-(-lanes // self.plan.lanes()) for lanes in [*rows.values(), *again])
