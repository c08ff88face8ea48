"""Many trainings from random starts, judged by how low the loss on all training data gets: what searches for better minima stands on.

Each is a lane; a tile of them is as large as the problem is small, so that a thousand starts on a function are one loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine import restarts
from talweg.engine.program import Placement, Program, Traces
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.results import attributes

SMALL = 2**14  #: parameters times examples of a step: below it the machine is busy handing over, not computing
TILE = 512  #: of such a problem, at most


@dataclass(frozen=True, eq=False)
class Endpoints:
    """How trainings ended; the first axis of every array is the training."""

    params: Any  #: stacked
    loss: Float[np.ndarray, " n"]  #: at the end; infinite for those that diverged
    best: Float[np.ndarray, " n"]  #: the lowest at any measuring point
    start: Float[np.ndarray, " n"]
    diverged: Int[np.ndarray, " n"]  #: the step, −1 where it did not
    seconds: float


class Multistart:
    """Trainings of a problem by several methods, in blocks of `lanes`; for one seed all have the same start and order of examples.

    They start all over the problem's domain, and are measured on its training data alone: one function for all starts, so of a pool the
    rows of seed 0, whatever the seed of a start.
    """

    def __init__(self, problem: Problem, lanes: int):
        self.problem = replace(problem.divided(0), start=problem.scatter or problem.start, validation=None, test=None)
        self.lanes = lanes
        self.placement = Placement(self.problem)
        self._programs: dict[Any, Program] = {}

    def run(self, contestant: Contestant, settings: Sequence[Mapping[str, float]], seeds: Sequence[int], steps: int) -> Endpoints:
        """Training i with settings[i] and seeds[i]."""
        parts = []
        for first in range(0, len(seeds), self.lanes):
            block, own = settings[first : first + self.lanes], seeds[first : first + self.lanes]
            program = self._program(contestant)
            for training in range(contestant.restarts):  # drawn here, so that this is not timed
                program.placement.starts([restarts.seed_of(seed, training) for seed in own])

            def methods(steps: int, block: Sequence[Mapping[str, float]] = block) -> list[Method]:
                return [contestant.method(hyperparameters, steps) for hyperparameters in block]

            parts.append(restarts.trained(program, methods, own, steps, contestant.restarts))
        return _ends(parts)

    def each(self, contestant: Contestant, settings: Sequence[Mapping[str, float]], seeds: Sequence[int], steps: int) -> Endpoints:
        """Every setting with every seed: setting after setting, so that a loss has the shape (settings, seeds) in one row."""
        return self.run(contestant, [one for one in settings for _ in seeds], [*seeds] * len(settings), steps)

    def work(self, contestant: Contestant) -> int:
        """What one step costs: its examples, times the gradients that it asks for, times the parameters of its model."""
        return contestant.examples_per_step(self.problem.examples) * self.placement.wider(contestant.width).problem.parameters()

    def refuse_one_place(self, who: str) -> None:
        """Raise InputError if every start is the same one."""
        if self.problem.begins_at_one_place():
            raise InputError(
                f"{who}: {self.problem.name} always begins at the same place, so many starts are one; give tw.Problem a scatter(key) that "
                "draws them from all over its domain"
            )

    def _program(self, contestant: Contestant) -> Program:
        again = contestant.restarts > 1
        key = (contestant.factory, contestant.size, contestant.schedule, contestant.width, tuple(sorted(contestant.fixed)), again)
        if key not in self._programs:
            placement = self.placement.wider(contestant.width)
            small = placement.problem.parameters() * (self.problem.examples if contestant.size is None else contestant.size) <= SMALL
            tile = min(TILE, -(-self.lanes // len(placement.devices))) if small else None
            method = contestant.method(contestant.defaults(), 1)
            self._programs[key] = Program(placement, method, contestant.size, self.lanes, best=again, tile=tile)
        return self._programs[key]


def seeds(count: int, seed: int, purpose: int) -> list[int]:
    """As many seeds, other ones for every purpose."""
    return np.random.SeedSequence((seed, purpose, 7)).generate_state(count).astype(int).tolist()


def described(contestant: Contestant, hyperparameters: Mapping[str, float]) -> dict[str, Any]:
    """The contestant in a summary, and the hyperparameters that it ran with."""
    own = attributes(contestant, "name", "label", "batch")
    return {**own, "method": contestant.method_name, "hyperparameters": {**contestant.defaults(), **hyperparameters}}


def _ends(parts: Sequence[Traces]) -> Endpoints:
    params = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(part.params for part in parts))
    curves = [np.where(np.isfinite(part.validation_loss), part.validation_loss, np.inf) for part in parts]
    diverged = np.concatenate([part.diverged_at for part in parts])
    last = np.concatenate([curve[:, -1] for curve in curves])
    return Endpoints(
        params,
        np.where(diverged >= 0, np.inf, last),
        np.concatenate([curve.min(axis=1) for curve in curves]),
        np.concatenate([curve[:, 0] for curve in curves]),
        diverged,
        sum(part.seconds for part in parts),
    )
