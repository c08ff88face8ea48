"""The executor of this process: its devices, one block after the other."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from talweg import trees
from talweg.engine import clock, restarts
from talweg.engine.block import PROBES, Block
from talweg.engine.clock import Pace
from talweg.engine.entrant import Entrant
from talweg.engine.executors.base import Finished, Observer, Progress
from talweg.engine.program import Placement, Program, Traces
from talweg.methods import Method
from talweg.problems.base import Problem


class Local:
    """Runs blocks here. Of those submitted, the first entrant's run first: so a race that is stopped has some entrants as a whole."""

    def __init__(self, observers: Mapping[str, Observer]):
        self.observers = observers
        self._programs: dict[tuple[str, int, bool], Program] = {}
        self._waiting: list[tuple[int, int, Block]] = []  # a heap, in the order of entrants, then of submission
        self._submitted = 0

    @property
    def compile_seconds(self) -> float:
        """Seconds that compiling has taken so far."""
        return sum(program.compile_seconds for program in self._programs.values())

    def start(self, problem: Problem, entrants: Sequence[Entrant], *, lanes: int, seeds: Sequence[int], progress: Progress) -> None:
        """Put the problem's data on the devices and make all starting parameters."""
        self._entrants = {entrant.name: entrant for entrant in entrants}
        self._order = {name: number for number, name in enumerate(self._entrants)}
        self._lanes, self._seed, self._progress = lanes, seeds[0], progress
        self._placement = Placement(problem)
        for width in sorted({entrant.width for entrant in entrants}):  # the starts of all seeds and restarts in one call for each
            trainings = max(entrant.restarts for entrant in entrants if entrant.width == width)
            self._placement.wider(width).starts([restarts.seed_of(seed, training) for training in range(trainings) for seed in seeds])

    def compile(self, entrants: Sequence[str]) -> Iterator[float]:
        """Compile programs in as many threads as there are cores: tracing takes turns, but XLA does not."""
        for entrant in entrants:
            self._program(entrant, self._lanes)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(self._compiled, entrants)

    def _compiled(self, entrant: str) -> float:
        self._steps(entrant, 1)
        return self._program(entrant, self._lanes).compile_seconds

    def pace(self, entrant: str) -> Pace:
        """Measure blocks of an entrant."""
        program = self._program(entrant, self._lanes)
        return clock.pace(lambda steps: self._steps(entrant, steps), program.size or program.placement.problem.examples)

    def _steps(self, entrant: str, steps: int) -> float:
        """The seconds of a block of so many steps with the untuned method."""
        lanes = self._lanes
        return self._program(entrant, lanes).run([self._untuned(entrant)] * lanes, [self._seed] * lanes, steps).seconds

    def submit(self, block: Block) -> None:
        """Put a block into the queue."""
        heapq.heappush(self._waiting, (self._order[block.contestant], self._submitted, block))
        self._submitted += 1

    def finished(self) -> Iterator[Finished]:
        """Run what is in the queue, each block when it is asked for."""
        while self._waiting:
            yield self.run(heapq.heappop(self._waiting)[-1])

    def run(self, block: Block) -> Finished:
        """Run one block, and observe its lanes while their weights are there."""
        entrant, probed = self._entrants[block.contestant], PROBES in block.observe
        # a probing program is for few lanes, and compiled for just these
        program = self._program(block.contestant, len(block.entries) if probed else self._lanes, probed=probed)
        traces = restarts.trained(
            program,
            lambda steps: [entrant.lane(entry.hyperparameters, steps, entry.schedule) for entry in block.entries],
            [entry.seed for entry in block.entries],
            block.steps,
            entrant.restarts,
            progress=lambda step, losses: self._progress(block, step / block.steps, losses),
        )
        finished = Finished(block, replace(traces, params=None))
        if not block.keep:
            return finished
        best = _best(traces, block.keep)
        return replace(finished, observed=self._observed(block, traces), best=best, weights=trees.take(traces.params, best))

    def _observed(self, block: Block, traces: Traces) -> dict[str, Sequence[Any]]:
        entrant, params = self._entrants[block.contestant], trees.take(traces.params, np.array(block.keep))
        kept = [block.entries[i] for i in block.keep]
        methods = [entrant.lane(entry.hyperparameters, block.steps, entry.schedule) for entry in kept]
        placement, seeds = self._placement.wider(entrant.width), [entry.seed for entry in kept]
        return {name: self.observers[name](placement, params, methods, seeds) for name in block.observe if name != PROBES}

    def _untuned(self, entrant: str) -> Method:
        return self._entrants[entrant].lane(self._entrants[entrant].defaults(), 1, "constant")

    def _program(self, name: str, lanes: int, *, probed: bool = False) -> Program:
        key = (name, lanes, probed)
        if key not in self._programs:
            entrant, method = self._entrants[name], self._untuned(name)
            placement, best = self._placement.wider(entrant.width), entrant.restarts > 1
            self._programs[key] = Program(placement, method, entrant.size, lanes, probed=probed, best=best)
        return self._programs[key]


def _best(traces: Traces, lanes: Sequence[int]) -> int:
    """The lane of these with the lowest last validation loss; one that diverged has none."""
    last = traces.validation_loss[:, -1]
    losses = np.where((traces.diverged_at < 0) & np.isfinite(last), last, np.inf)
    return min(lanes, key=lambda lane: losses[lane])
