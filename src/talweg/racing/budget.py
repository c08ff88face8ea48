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

MARGIN = 1.15  # widened searches are not planned, but happen


@dataclass(frozen=True)
class Budget:
    """The seconds of a plan. Only contestants with something left to run have a pace."""

    problem: Problem
    plan: Plan
    paces: Mapping[str, Pace]

    def of_block(self, contestant: str, steps: int) -> float:
        """What a block of a contestant takes whose lanes have so many steps; nothing where its pace is not known."""
        pace, trainings = self.paces.get(contestant), self._contestant(contestant).restarts
        return 0.0 if pace is None else sum(pace.of(share) for share in restarts.shares(steps, trainings))

    def total(self) -> float:
        """About what all blocks take of those that have something left to run."""
        return sum(
            blocks * self.of_block(contestant.name, self.plan.steps(self.problem.examples, contestant, share))
            for contestant in self.plan.contestants
            for blocks, share in self._blocks(contestant)
        )

    def epochs(self, seconds: float, spent: float) -> float:
        """How many epochs fit into so many seconds, of which some are `spent` on compiling and measuring.

        Raises InputError if somebody would not even take a step.
        """
        fixed = per_epoch = 0.0
        for contestant in self.plan.contestants:
            pace = self.paces[contestant.name]
            for blocks, share in self._blocks(contestant):
                fixed += blocks * contestant.restarts * (pace.block + pace.point * (loop.POINTS + 1))
                per_epoch += blocks * share * pace.step * self._steps_per_epoch(contestant)
        epochs = ((seconds - spent) / MARGIN - fixed) / max(per_epoch, 1e-12)
        least = max(0.5 / self._steps_per_epoch(contestant) for contestant in self.plan.contestants)
        if epochs < least:
            needed = math.ceil((per_epoch * least + fixed) * MARGIN + spent)
            why = f"compiling and measuring alone took {spent:.1f} s"
            raise InputError(f"race: a budget of {seconds:g} s is too short ({why}); give at least {needed} s, or fewer methods")
        return float(f"{epochs:.3g}")

    def _steps_per_epoch(self, contestant: Contestant) -> float:
        return batches.steps_per_epoch(self.problem.examples, contestant.size) / contestant.gradients

    def _contestant(self, name: str) -> Contestant:
        return next(one for one in self.plan.contestants if one.name == name)

    def _blocks(self, contestant: Contestant) -> list[tuple[float, float]]:
        """About how many blocks of which share of the longest training; a block that is not full takes as long as its part."""
        return [(lanes / self.plan.lanes(), share) for lanes, share in self.plan.expected(contestant)]
