"""`race(problem)`: from a problem to a verdict."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talweg import checks
from talweg.checks import InputError, InputTypeError
from talweg.contestants.remedies import line_up
from talweg.engine.environment import machine, versions
from talweg.engine.executors import EXECUTORS
from talweg.engine.executors.base import Executor, ExecutorFactory
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.racing import events, own_code, recall
from talweg.racing.inspect import OBSERVERS
from talweg.racing.plan import Plan, checked, identity
from talweg.racing.result import Race
from talweg.racing.runner import Runner
from talweg.store import RaceRow, Store
from talweg.verdict.scores import Target


def race(
    problem: Problem,
    methods: str | Sequence[str | Method | type[Method]] | Mapping[str, Any] | None = None,
    *,
    epochs: float | None = None,
    budget: float | None = None,
    settings: int = 64,
    seeds: int = 16,
    goal_loss: float | None = None,
    goal_accuracy: float | None = None,
    schedule: str = "constant",
    seed: int = 0,
    store: str | os.PathLike[str] | None = None,
    listener: events.Listener = events.silent,
    command: str | None = None,
    probes: bool = False,
    remedies: str | Sequence[str] | None = None,
    executor: str | ExecutorFactory = "local",
) -> Race:
    """Which method is fastest on this problem, with which hyperparameters, and how sure is that?

    Args:
        problem: what to minimise: `tw.problems.load("digits")`, `tw.problems.read("data.csv", target="y")`, or `tw.Problem(…)`.
        methods: `"adam,sgd@1,momentum@32:momentum=0.99"`, a list of such texts, method classes and methods with hyperparameters
            (raced with just these), or a mapping of names to them; by default the article's nine.
        epochs: the budget of each lane in passes over the training data; by default 512 / √n, at most 100.
        budget: instead, the seconds that the whole race may take: the speed is measured, the epochs are chosen and recorded.
        settings: how many settings of each method are tried.
        seeds: how many fresh seeds the best setting is reported on.
        goal_loss, goal_accuracy: the target; by default the problem's own (`Problem.goal_loss`), or where tuned mini-batch gradient
            descent has closed 95 % of its initial gap.
        schedule: how the learning rate changes, a name of `tw.schedules.CATALOGUE`.
        seed: of the settings and of all other seeds.
        store: the SQLite file; a race that is already in it is not run again, an unfinished one goes on. By default a temporary one.
        listener: is told how the race goes (`talweg.racing.events`).
        command: how the race was started, for the record.
        probes: whether to record training dynamics, too, on a few seeds of the final: effective learning rates, gradient norms, turns.
            It changes no result, and may be asked of a race that is finished.
        remedies: against local minima, each added to every method: `"noise,wider"` or a list of names of
            `talweg.contestants.remedies.REMEDIES`; `"all"` leaves out what this problem can't have, and says so.
        executor: where the lanes are run, a name of `talweg.engine.executors.EXECUTORS` or an executor's class; it changes no result.

    Raises:
        InputError: something about the problem, a name or a number, in one sentence, before anything is compiled.
    """
    checks.instance("race", "problem", problem, Problem, "tw.problems.load('digits')")
    if goal_loss is not None and goal_accuracy is not None:
        raise InputError("race: give either a goal loss or a goal accuracy, not both")
    if goal_loss is None and goal_accuracy is None:
        goal_loss = problem.goal_loss  # a problem may know where to stop
    goal = Target("loss", goal_loss) if goal_accuracy is None else Target("accuracy", goal_accuracy)
    if isinstance(executor, str):
        executor = EXECUTORS[checks.one_of("race", "executor", executor, EXECUTORS)]
    if not callable(executor):
        raise InputTypeError(f"race: executor must be one of {', '.join(EXECUTORS)}, or an executor's class, got {executor!r}")
    checks.whole("race", "settings", settings)
    contestants, left_out = line_up(problem, methods, settings, schedule, remedies)
    plan = checked(problem, contestants, settings, seeds, epochs, seed, goal, budget)
    opened = Store(Path(tempfile.mkdtemp(prefix="talweg-")) / "talweg.db" if store is None else Path(store))
    fingerprint = problem.fingerprint()
    name = identity(fingerprint, plan.describe())
    own = own_code.find(name, problem, plan)
    if own is not None:
        name, doubt = own_code.same_race(own, opened.races())
        if doubt is not None:
            warnings.warn(doubt, stacklevel=2)
    run = {"command": command, "versions": versions(), "machine": machine(), **({"left_out": left_out} if left_out else {})}
    row = opened.enter(name, recall.describe(problem), plan.describe(), run, recall.origin(problem, fingerprint, own))
    probed = opened.probes(name)
    if row.finished is None or (probes and any(c.probed and c.name not in probed for c in contestants)):
        _run(problem, plan, opened, row, listener, probes, executor(OBSERVERS))
    return Race(opened, name, problem, contestants)


def open_race(name: str | None = None, store: str | os.PathLike[str] = "talweg.db") -> Race:
    """A finished race from a store: the one whose name begins so, or the newest. Raises InputError if there is none."""
    return Race(Store(Path(store), existing=True), name)


def _run(problem: Problem, plan: Plan, store: Store, row: RaceRow, listener: events.Listener, probes: bool, executor: Executor) -> None:
    began = time.perf_counter()
    fitted = row.plan.get("fitted", False)
    if fitted:
        plan = dataclasses.replace(plan, epochs=row.plan["epochs"])
    try:
        runner = Runner(problem, plan, store, row.race, listener, executor)
        if row.finished is not None:
            return runner.probe()
        runner.prepare()
        if plan.budget_seconds is not None and not fitted:
            plan = runner.fit(plan.budget_seconds, time.perf_counter() - began)
            store.replan(row.race, {**plan.describe(), "fitted": True})
        runner.go()
        if probes:
            runner.probe()
        store.finish(row.race)
    except InputError:
        store.forget_empty(row.race)
        raise
    finally:
        store.add_time(row.race, time.perf_counter() - began, executor.compile_seconds)
