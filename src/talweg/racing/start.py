"""A race enters its store, is run or goes on, and is marked as finished."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from talweg import checks
from talweg.bridges.clocks import CLOCKS, USUAL, usual
from talweg.checks import InputError, InputTypeError
from talweg.engine.environment import machine, versions
from talweg.engine.executors import EXECUTORS
from talweg.engine.executors.base import Executor, ExecutorFactory
from talweg.problems.base import Problem
from talweg.racing import events, own_code, recall
from talweg.racing.plan import Plan, identity
from talweg.racing.runner import Runner
from talweg.store import RaceRow, Store


def executor_named(who: str, executor: str | ExecutorFactory) -> ExecutorFactory:
    """An executor by its name, or the class itself. Raises InputError."""
    if isinstance(executor, str):
        executor = EXECUTORS[checks.one_of(who, "executor", executor, EXECUTORS)]
    if not callable(executor):
        raise InputTypeError(f"{who}: executor must be one of {', '.join(EXECUTORS)}, or an executor's class, got {executor!r}")
    return executor


def enter(
    problem: Problem, plan: Plan, store: str | os.PathLike[str] | None, command: str | None, left_out: Sequence[str] = ()
) -> tuple[Store, RaceRow]:
    """The store, and the row of the race that has this plan on this problem; a new one if there is none. Raises InputError."""
    opened = Store(Path(tempfile.mkdtemp(prefix="talweg-")) / "talweg.db" if store is None else Path(store))
    fingerprint = problem.fingerprint()
    name = identity(fingerprint, plan.describe())
    own = own_code.find(name, problem, plan)
    if own is not None:
        name, doubt = own_code.same_race(own, opened.races())
        if doubt is not None:
            warnings.warn(doubt, stacklevel=3)
    timed = usual(problem) if plan.clock == USUAL else plan.clock
    run = {"command": command, "clock": timed, "versions": versions(), "machine": machine(), **({"left_out": left_out} if left_out else {})}
    return opened, opened.enter(name, recall.describe(problem), plan.describe(), run, recall.origin(problem, fingerprint, own))


def run(problem: Problem, plan: Plan, store: Store, row: RaceRow, listener: events.Listener, probes: bool, executor: Executor) -> None:
    """Run what is left of a race."""
    began = time.perf_counter()
    fitted = row.plan.get("fitted", False)
    if fitted:
        plan = dataclasses.replace(plan, epochs=row.plan["epochs"])
    try:
        runner = Runner(problem, plan, store, row.race, listener, executor, CLOCKS[row.run["clock"]]())
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
