"""Drives a race: asks its tournaments what to run, has it run by an executor, and stores what comes back.

Every finished block is in the store, and what is there is not run again: the tournaments are replayed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from talweg.engine.block import PROBES, Block, Entry
from talweg.engine.clock import Clock, Pace
from talweg.engine.executors.base import Executor, Finished
from talweg.engine.program import Traces
from talweg.problems import landmarks
from talweg.problems.base import Problem
from talweg.racing import inspect
from talweg.racing.budget import Budget
from talweg.racing.events import Expected, Listener, Prepared, Probed
from talweg.racing.plan import Plan
from talweg.racing.progress import Progress
from talweg.racing.tournament import Request, Tournament
from talweg.store import Landmark, Lane, Speed, Store
from talweg.verdict.choosing import Seconds


class Runner:
    """Runs one race, or what is left of it: `prepare`, `fit` if its budget is in seconds, `go`; and `probe` if that is asked for."""

    def __init__(self, problem: Problem, plan: Plan, store: Store, race: str, listener: Listener, executor: Executor, clock: Clock):
        self.problem, self.plan, self.store, self.race = problem, plan, store, race
        self.listener, self.executor, self.clock = listener, executor, clock
        self.contestants = {contestant.name: contestant for contestant in plan.contestants}
        self.paces: dict[str, Pace] = {}
        self.progress: Progress | None = None  #: known when the budget is
        executor.start(problem, plan.contestants, lanes=plan.lanes(), seeds=plan.all_seeds(), progress=self._under_way)

    def prepare(self) -> None:
        """Have every contestant compiled and measured that has blocks left to run, and the constant predictor of every seed."""
        known = self.store.speeds(self.race)
        left = [name for name in self.contestants if name not in known or not self.store.has_block(self.race, name, "final", 0)]
        for name, seconds in zip(left, self.executor.compile(left), strict=True):
            self.listener(Prepared(name, seconds))
        self.paces = {name: self.executor.pace(name) for name in left}
        untimed = [contestant for name, contestant in self.contestants.items() if name not in known]
        for name, (seconds, low, high, steady) in self.clock.measure(self.problem, untimed).items():
            self.store.add_speed(self.race, name, Speed(seconds, self.contestants[name].gradients, low, high, steady))
        if landmarks.has(self.problem):
            self._landmark("constant", landmarks.constant, self.plan.all_seeds())

    def fit(self, seconds: float, spent: float) -> Plan:
        """The plan with as many epochs as fit into a budget of seconds, of which some are spent. Raises InputError if there are too few."""
        self.plan = replace(self.plan, epochs=Budget(self.problem, self.plan, self.paces).epochs(seconds, spent))
        return self.plan

    def go(self) -> None:
        """Run all that is left."""
        budget = Budget(self.problem, self.plan, self.paces)
        there = sum(map(len, self.store.rungs(self.race).values()))
        self.progress = Progress(budget, self.listener)
        self.listener(Expected(budget.total(), self.plan.epochs, there))
        constants = {seed: one.validation_loss for seed, one in self.store.landmarks(self.race).get("constant", {}).items()}
        seconds = {name: Seconds(speed.low, speed.high) for name, speed in self.store.speeds(self.race).items()}
        self._play(self.plan.course(self.problem.examples, constants, seconds).run())
        if landmarks.has(self.problem) and self.plan.observes:
            self._landmark("linear", landmarks.linear, self.plan.seeds_of("promise"))

    def probe(self) -> None:
        """Run a few lanes of every final once more, for their training dynamics; the results stay as they are."""
        for block in inspect.probing(self.store, self.race, self.plan):
            self.executor.submit(block)
        for finished in self.executor.finished():
            name = finished.block.contestant
            self.store.add_probes(self.race, name, finished.traces.steps, finished.traces.dynamics or {})
            self.listener(Probed(name))

    def _landmark(self, name: str, fit: Callable[..., Iterable[tuple[int, Any]]], seeds: Sequence[int]) -> None:
        """Fit a landmark for the seeds where it is not known."""
        known = self.store.landmarks(self.race).get(name, {})
        if missing := [seed for seed in seeds if seed not in known]:
            self.store.add_landmarks(self.race, name, {seed: Landmark(*one) for seed, one in fit(self.problem, missing)})

    def _play(self, course: Tournament) -> None:
        """Go through the rungs: have what the store lacks of a rung run, then hand over its lanes."""
        requests = next(course)
        while True:
            for request in requests:
                for block in self._blocks(request):
                    if not self.store.has_block(self.race, *block.key):
                        self.executor.submit(block)
            for finished in self.executor.finished():
                self._store(finished)
            try:
                requests = course.send([self.store.lanes(self.race, request.contestant, request.rung) for request in requests])
            except StopIteration:
                return

    def _blocks(self, request: Request) -> list[Block]:
        lanes = self.plan.lanes()
        parts = [tuple(request.entries[first : first + lanes]) for first in range(0, len(request.entries), lanes)]
        name, rung = request.contestant, request.rung
        seen = [inspect.observed(self.problem, rung, part) if self.plan.observes else {} for part in parts]
        return [
            Block(self.race, name, rung, i, part, request.steps, **more) for i, (part, more) in enumerate(zip(parts, seen, strict=True))
        ]

    def _store(self, finished: Finished) -> None:
        block, traces = finished.block, finished.traces
        if self.progress is not None:
            self.progress.ended(block, traces)
        rows = [_lane(entry, traces, i) for i, entry in enumerate(block.entries)]
        inspect.record(self.store, finished, rows)
        self.store.add_block(self.race, *block.key, block.steps, traces.seconds, rows)

    def _under_way(self, block: Block, done: float, losses: np.ndarray) -> None:
        if self.progress is not None and block.rung != PROBES:
            self.progress.under_way(block, done, losses)


def _lane(entry: Entry, traces: Traces, i: int) -> Lane:
    """The row of a lane."""
    diverged = int(traces.diverged_at[i])
    curves = traces.training_loss[i], traces.validation_loss[i], traces.metric[i]
    step = None if diverged < 0 else diverged
    return Lane(entry.setting, entry.seed, entry.hyperparameters, step, traces.steps, *curves, schedule=entry.schedule)
