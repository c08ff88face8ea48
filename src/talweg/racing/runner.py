"""The engine on this machine: lanes in blocks, blocks in rungs, rungs in a race; every finished block is in the store."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from safetensors.numpy import save
from scipy.optimize import nnls

from talweg import trees
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine import loop, restarts
from talweg.engine.clock import seconds_alone
from talweg.engine.program import Placement, Program, Traces
from talweg.problems import batches
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened
from talweg.racing import tournament
from talweg.racing.events import Expected, Going, Listener, Prepared, Probed
from talweg.racing.plan import Plan
from talweg.racing.tournament import Entry
from talweg.store import Lane, Store
from talweg.studies import endpoints
from talweg.verdict import scores
from talweg.verdict.record import AIM_STAGE
from talweg.verdict.scores import Target

PROBED = 8  # final seeds, at most, on which the inside of a method is looked at
BUDGET_MARGIN = 1.15  # widened searches are not planned, but happen


@dataclass
class Pace:
    """Seconds of a block: for each step, for each measuring point, and for handing it over."""

    step: float
    point: float
    block: float = 0.0

    def of(self, steps: int) -> float:
        """Seconds of a block of so many steps."""
        return self.block + self.step * steps + self.point * len(loop.measuring_points(steps))


class Engine:
    """Runs one race, or what is left of it."""

    def __init__(self, problem: Problem, plan: Plan, store: Store, race: str, listener: Listener):
        self.problem, self.plan, self.store, self.race, self.listener = problem, plan, store, race, listener
        self.placement = Placement(problem)
        self.placements = {1: self.placement}  #: by the width of the model
        self.programs: dict[str, Program] = {}
        self.paces: dict[str, Pace] = {}
        self.compile_seconds = 0.0
        self.best: dict[str, float] = {}
        self.diverged: dict[str, int] = {}
        self.lanes: dict[str, int] = {}
        self.spent = 0.0

    def prepare(self) -> None:
        """Compile and measure every contestant that has blocks left to run."""
        self._starts()
        for contestant in self.plan.contestants:
            if self._finished(contestant):
                continue
            began = time.perf_counter()
            method, again = contestant.method(contestant.defaults(), 1), contestant.restarts > 1
            program = Program(self._placement(contestant), method, contestant.size, self.plan.lanes(), best=again)
            self.programs[contestant.name] = program
            self.paces[contestant.name] = self._pace(contestant, program)
            self._alone(contestant)
            self.compile_seconds += program.compile_seconds
            self.listener(Prepared(contestant.name, time.perf_counter() - began))

    def fit_budget(self, seconds: float, spent: float) -> Plan:
        """The plan with as many epochs as fit into a budget of seconds, of which some are spent on compiling and measuring.

        Raises InputError if somebody would not even take a step.
        """
        fixed = slope = 0.0
        for contestant in self.plan.contestants:
            blocks, pace = self._blocks(contestant), self.paces[contestant.name]
            fixed += blocks * contestant.restarts * (pace.block + pace.point * (loop.POINTS + 1))
            slope += blocks * pace.step * self._steps_per_epoch(contestant)
        epochs = ((seconds - spent) / BUDGET_MARGIN - fixed) / max(slope, 1e-12)
        least = max(0.5 / self._steps_per_epoch(contestant) for contestant in self.plan.contestants)
        if epochs < least:
            needed = math.ceil((slope * least + fixed) * BUDGET_MARGIN + spent)
            why = f"compiling and measuring alone took {spent:.1f} s"
            raise InputError(f"race: a budget of {seconds:g} s is too short ({why}); give at least {needed} s, or fewer methods")
        self.plan = replace(self.plan, epochs=float(f"{epochs:.3g}"))
        return self.plan

    def _steps_per_epoch(self, contestant: Contestant) -> float:
        return batches.steps_per_epoch(self.problem.examples, contestant.size) / contestant.gradients

    def _seconds(self, contestant: Contestant) -> float:
        """What a block takes."""
        steps = self.plan.steps(self.problem, contestant)
        return sum(self.paces[contestant.name].of(share) for share in restarts.shares(steps, contestant.restarts))

    def expect(self) -> None:
        """Say what the race will take."""
        found = sum(
            self.store.has_block(self.race, c.name, rung, 0) for c in self.plan.contestants for rung in ("search", "confirm", "final")
        )
        self.total = sum(self._blocks(c) * self._seconds(c) for c in self.plan.contestants if c.name in self.paces)
        self.listener(Expected(self.total, self.plan.epochs, found))

    def go(self) -> None:
        """Run all that is left, the baseline first: it sets the target, and then is tuned for it like everybody."""
        goal = self.plan.goal
        target = Target("loss", None) if goal.value is None else Target(goal.kind, goal.value)
        if goal.value is None:
            aim = self._climb(self.plan.contestants[0], target, AIM_STAGE)
            target = scores.own_target([lane for lane in aim if lane.setting != tournament.UNTUNED])
        for contestant in self.plan.contestants:
            self._climb(contestant, target)

    def probe(self) -> None:
        """Look inside the methods: a few lanes of every final once more, with what they do in their steps; the results stay as they are."""
        known = self.store.probes(self.race)
        for contestant in self.plan.contestants:
            final = [lane for lane in self.store.lanes(self.race, contestant.name, "final") if lane.setting != tournament.UNTUNED][:PROBED]
            if contestant.name in known or not final or not contestant.probed:
                continue
            steps = self.plan.steps(self.problem, contestant)
            methods = [contestant.method(lane.hyperparameters, steps) for lane in final]
            program = Program(self._placement(contestant), methods[0], contestant.size, len(final), probed=True)
            traces = program.run(methods, [lane.seed for lane in final], steps)
            self.compile_seconds += program.compile_seconds
            self.store.add_probes(self.race, contestant.name, traces.steps, traces.inside or {})
            self.listener(Probed(contestant.name))

    def _climb(self, contestant: Contestant, target: Target, stage: str = "") -> list[Lane]:
        per_step = contestant.examples_per_step(self.problem.examples)
        return tournament.climb(contestant, self.plan, target, per_step, functools.partial(self._rung, contestant), stage=stage)

    def _placement(self, contestant: Contestant) -> Placement:
        """Where a contestant runs: the problem, or the same with a wider model."""
        if contestant.width not in self.placements:
            self.placements[contestant.width] = self.placement.of(widened(self.problem, contestant.width))
        return self.placements[contestant.width]

    def _starts(self) -> None:
        """All starting parameters of the race, in one call for each width."""
        seeds = [self.plan.search_seed(), *self.plan.confirm_seeds(), *self.plan.final_seeds()]
        trainings: dict[int, int] = {}
        for contestant in self.plan.contestants:
            trainings[contestant.width] = max(contestant.restarts, trainings.get(contestant.width, 1))
            self._placement(contestant)
        for width, most in trainings.items():
            self.placements[width].starts([restarts.seed_of(seed, training) for training in range(most) for seed in seeds])

    def _finished(self, contestant: Contestant) -> bool:
        blocks = -(-2 * self.plan.seeds // self.plan.lanes())
        known = contestant.name in self.store.speeds(self.race)
        return known and all(self.store.has_block(self.race, contestant.name, "final", i) for i in range(blocks))

    def _blocks(self, contestant: Contestant) -> int:
        """Blocks of a contestant, without a widened search."""
        rows = tournament.expected_lanes(contestant, self.plan)
        twice = self.plan.goal.value is None and contestant is self.plan.contestants[0]
        again = [lanes for rung, lanes in rows.items() if twice and rung != "search"]
        return sum(-(-lanes // self.plan.lanes()) for lanes in [*rows.values(), *again])

    def _pace(self, contestant: Contestant, program: Program) -> Pace:
        """The seconds of a block in their three parts, from blocks of three lengths."""
        method = contestant.method(contestant.defaults(), 1)
        lanes = self.plan.lanes()
        seeds = [self.plan.search_seed()] * lanes
        program.run([method] * lanes, seeds, 1)  # compiles
        many = max(2, min(256, 8192 // (contestant.size or self.problem.examples)))
        lengths = sorted({1, max(2, many // 6), many})
        seconds = [min(program.run([method] * lanes, seeds, steps).seconds for _ in range(2)) for steps in lengths]
        parts = np.array([[steps, len(loop.measuring_points(steps)), 1] for steps in lengths], float)
        step, point, block = nnls(parts, np.array(seconds))[0]
        return Pace(max(step, 1e-9), point, block)

    def _alone(self, contestant: Contestant) -> None:
        """Measure one step alone, unless an earlier run of this race has."""
        if contestant.name in self.store.speeds(self.race):
            return
        method = contestant.method(contestant.defaults(), 1)
        placement = self._placement(contestant)
        params = jax.tree.map(lambda leaf: leaf[0], placement.starts([self.plan.search_seed()]))
        seconds = seconds_alone(placement.problem, method, params, contestant.size)
        self.store.add_speed(self.race, contestant.name, seconds, contestant.gradients)

    def _rung(self, contestant: Contestant, rung: str, entries: Sequence[Entry]) -> list[Lane]:
        """The lanes of a rung: those of finished blocks from the store, the others run."""
        lanes = self.plan.lanes()
        for block, first in enumerate(range(0, len(entries), lanes)):
            if not self.store.has_block(self.race, contestant.name, rung, block):
                self._block(contestant, rung, block, entries[first : first + lanes])
        return self.store.lanes(self.race, contestant.name, rung)

    def _block(self, contestant: Contestant, rung: str, block: int, entries: Sequence[Entry]) -> None:
        steps = self.plan.steps(self.problem, contestant)
        traces = restarts.trained(
            self.programs[contestant.name],
            lambda share: [contestant.method(entry.numbers, share) for entry in entries],
            [entry.seed for entry in entries],
            steps,
            contestant.restarts,
            progress=lambda step, losses: self._going(contestant, rung, len(entries), step / steps, losses),
        )
        self.spent += self._seconds(contestant)
        name = contestant.name
        self.diverged[name] = self.diverged.get(name, 0) + int((traces.diverged_at >= 0).sum())
        self.lanes[name] = self.lanes.get(name, 0) + len(entries)
        rows = [_lane(entry, traces, i) for i, entry in enumerate(entries)]
        if rung == "final":
            self._examine(contestant, rows, traces.params)
            self._where(contestant, rows, traces.params)
        self.store.add_block(self.race, contestant.name, rung, block, steps, traces.seconds, rows)

    def _going(self, contestant: Contestant, rung: str, lanes: int, done: float, losses: np.ndarray) -> None:
        name = contestant.name
        finite = losses[np.isfinite(losses)]
        self.best[name] = min(self.best.get(name, math.inf), *finite.tolist(), math.inf)
        all_lanes = sum(tournament.expected_lanes(contestant, self.plan).values())
        before = self.lanes.get(name, 0)
        self.listener(
            Going(
                name,
                rung,
                min(1.0, (self.spent + done * self._seconds(contestant)) / max(self.total, 1e-9)),
                min(1.0, (before + done * lanes) / all_lanes),
                self.best[name],
                self.diverged.get(name, 0) + int(np.isnan(losses).sum()),
                before + lanes,
            )
        )

    def _where(self, contestant: Contestant, rows: Sequence[Lane], params: Params) -> None:
        """Where the final lanes ended: it takes their weights, which are gone afterwards."""
        tuned = [i for i, row in enumerate(rows) if row.setting != tournament.UNTUNED]
        if not tuned:
            return
        steps = self.plan.steps(self.problem, contestant)
        methods = [contestant.method(rows[i].hyperparameters, steps) for i in tuned]
        found = endpoints.looked(self._placement(contestant).problem, trees.take(params, np.array(tuned)), methods)
        kept = {rows[i].seed: None if rows[i].diverged_at is not None else one for i, one in zip(tuned, found, strict=True)}
        self.store.add_endpoints(self.race, contestant.name, kept)

    def _examine(self, contestant: Contestant, rows: Sequence[Lane], params: Params) -> None:
        """The test data, once, for the final lanes, when every choice is made; and the best lane's parameters are kept."""
        tuned = [i for i, row in enumerate(rows) if row.setting != tournament.UNTUNED]
        if not tuned:
            return
        if self.problem.test is not None:
            losses, metrics = self._placement(contestant).examine(params)
            for i in tuned:
                if rows[i].diverged_at is None:
                    rows[i].test_loss, rows[i].test_metric = float(losses[i]), float(metrics[i])
        best = min(tuned, key=lambda i: scores.final_loss(rows[i]))
        before = [lane for lane in self.store.lanes(self.race, contestant.name, "final") if lane.setting != tournament.UNTUNED]
        if before and min(map(scores.final_loss, before)) <= scores.final_loss(rows[best]):
            return  # an earlier block of this final has a better one
        leaves = jax.tree.leaves(jax.tree.map(lambda leaf: np.ascontiguousarray(leaf[best]), params))
        self.store.add_weights(self.race, contestant.name, best, save({str(i): leaf for i, leaf in enumerate(leaves)}))


def _lane(entry: Entry, traces: Traces, i: int) -> Lane:
    diverged = int(traces.diverged_at[i])
    return Lane(
        entry.setting,
        entry.seed,
        entry.numbers,
        None if diverged < 0 else diverged,
        traces.steps,
        traces.training_loss[i],
        traces.validation_loss[i],
        traces.metric[i],
    )
