"""Drives a race: asks its tournaments what to run, has it run by an executor, and stores what comes back.

Every finished block is in the store, and what is there is not run again: the tournaments are replayed from it.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from talweg.contestants.contestant import Contestant
from talweg.engine.block import PROBES, Block, Entry
from talweg.engine.clock import Clock, CompiledClock, Pace
from talweg.engine.executors.base import Executor, Finished
from talweg.engine.program import Traces
from talweg.problems.base import Problem
from talweg.racing import inspect, tournament
from talweg.racing.budget import Budget
from talweg.racing.events import Expected, Listener, Prepared, Probed
from talweg.racing.plan import Plan
from talweg.racing.progress import Progress
from talweg.racing.tournament import RUNGS, Request, Tournament, Tournaments
from talweg.store import Lane, Store
from talweg.verdict import scores
from talweg.verdict.record import AIM_STAGE
from talweg.verdict.scores import Target


class Runner:
    """Runs one race, or what is left of it: `prepare`, `fit` if its budget is in seconds, `go`; and `probe` if that is asked for."""

    def __init__(self, problem: Problem, plan: Plan, store: Store, race: str, listener: Listener, executor: Executor):
        self.problem, self.plan, self.store, self.race = problem, plan, store, race
        self.listener, self.executor = listener, executor
        self.contestants = {contestant.name: contestant for contestant in plan.contestants}
        self.clock: Clock = CompiledClock()
        self.paces: dict[str, Pace] = {}
        self.progress: Progress | None = None  #: known when the budget is
        seeds = [seed for rung in RUNGS for seed in plan.seeds_of(rung)]
        executor.start(problem, plan.contestants, lanes=plan.lanes(), seeds=seeds, progress=self._under_way)

    def prepare(self) -> None:
        """Have every contestant compiled and measured that has blocks left to run."""
        known = self.store.speeds(self.race)
        for name in self.contestants:
            if name not in known or not self._final_is_there(name):
                began = time.perf_counter()
                self.paces[name] = self.executor.pace(name)
                self.listener(Prepared(name, time.perf_counter() - began))
        untimed = [contestant for name, contestant in self.contestants.items() if name not in known]
        for name, timing in self.clock.measure(self.problem, untimed).items():
            self.store.add_speed(self.race, name, timing.seconds, self.contestants[name].gradients)

    def fit(self, seconds: float, spent: float) -> Plan:
        """The plan with as many epochs as fit into a budget of seconds, of which some are spent. Raises InputError if there are too few."""
        self.plan = replace(self.plan, epochs=Budget(self.problem, self.plan, self.paces).epochs(seconds, spent))
        return self.plan

    def go(self) -> None:
        """Run all that is left."""
        budget = Budget(self.problem, self.plan, self.paces)
        there = sum(self.store.has_block(self.race, name, rung, 0) for name in self.contestants for rung in RUNGS)
        self.progress = Progress(budget, self.listener)
        self.listener(Expected(budget.total(), self.plan.epochs, there))
        target = self._target()
        self._play(Tournaments({name: self._rungs(contestant, target) for name, contestant in self.contestants.items()}))

    def probe(self) -> None:
        """Run a few lanes of every final once more, for their training dynamics; the results stay as they are."""
        for block in inspect.probing(self.store, self.race, self.problem, self.plan):
            self.executor.submit(block)
        for finished in self.executor.finished():
            name = finished.block.contestant
            self.store.add_probes(self.race, name, finished.traces.steps, finished.traces.dynamics or {})
            self.listener(Probed(name))

    def _target(self) -> Target:
        """What was asked for; or what the baseline comes near, which has to run first, and then is tuned for it like everybody."""
        if self.plan.goal.value is not None:
            return self.plan.goal
        baseline = self.plan.contestants[0]
        aim = Tournaments({baseline.name: self._rungs(baseline, Target(), AIM_STAGE)})
        self._play(aim)
        return scores.own_target([lane for lane in aim.outcomes[baseline.name] if lane.setting != tournament.UNTUNED])

    def _rungs(self, contestant: Contestant, target: Target, stage: str = "") -> Tournament:
        return tournament.rungs(contestant, self.plan, target, contestant.examples_per_step(self.problem.examples), stage=stage)

    def _play(self, tournaments: Tournaments) -> None:
        """Go through tournaments side by side, until all have their outcomes."""
        missing = {name: self._submit(tournaments, request) for name, request in list(tournaments.open.items())}
        for finished in self.executor.finished():
            self._store(finished)
            name = finished.block.contestant
            missing[name] -= 1
            if not missing[name]:
                missing[name] = self._submit(tournaments, self._answer(tournaments, tournaments.open[name]))

    def _submit(self, tournaments: Tournaments, request: Request | None) -> int:
        """Submit the blocks of a request that the store lacks; of the first one after it, where it lacks none. Says how many."""
        while request is not None:
            blocks = [block for block in self._blocks(request) if not self.store.has_block(self.race, *block.key)]
            for block in blocks:
                self.executor.submit(block)
            if blocks:
                return len(blocks)
            request = self._answer(tournaments, request)
        return 0

    def _answer(self, tournaments: Tournaments, request: Request) -> Request | None:
        """Hand over a request's lanes, all of which are in the store; the contestant's next request."""
        return tournaments.send(request.contestant, self.store.lanes(self.race, request.contestant, request.rung))

    def _blocks(self, request: Request) -> list[Block]:
        name, rung, steps = request.contestant, request.rung, self.plan.steps(self.problem, self.contestants[request.contestant])
        lanes = self.plan.lanes()
        parts = [tuple(request.entries[first : first + lanes]) for first in range(0, len(request.entries), lanes)]
        return [Block(self.race, name, rung, i, part, steps, **inspect.observed(self.problem, rung, part)) for i, part in enumerate(parts)]

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

    def _final_is_there(self, name: str) -> bool:
        blocks = -(-2 * self.plan.seeds // self.plan.lanes())
        return all(self.store.has_block(self.race, name, "final", number) for number in range(blocks))


def _lane(entry: Entry, traces: Traces, i: int) -> Lane:
    """The row of a lane."""
    diverged = int(traces.diverged_at[i])
    curves = traces.training_loss[i], traces.validation_loss[i], traces.metric[i]
    return Lane(entry.setting, entry.seed, entry.hyperparameters, None if diverged < 0 else diverged, traces.steps, *curves)
