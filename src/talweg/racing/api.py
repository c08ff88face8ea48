"""`race(problem)`: from a problem to a verdict."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talweg import checks
from talweg.bridges.clocks import USUAL
from talweg.checks import InputError
from talweg.contestants import notation
from talweg.contestants.contestant import Contestant
from talweg.contestants.remedies import line_up, parsed
from talweg.engine.executors.base import ExecutorFactory
from talweg.methods import Method
from talweg.problems.base import Problem
from talweg.racing import events
from talweg.racing.inspect import OBSERVERS
from talweg.racing.plan import check_numbers, checked, wanted
from talweg.racing.result import Race
from talweg.racing.start import enter, executor_named, run
from talweg.store import Store
from talweg.verdict.arrivals import COUNTS
from talweg.verdict.record import Goal


def race(
    problem: Problem,
    methods: str | Sequence[str | Method | type[Method]] | Mapping[str, Any] | None = None,
    *,
    epochs: float | None = None,
    budget: float | None = None,
    settings: int = 32,
    seeds: int = 32,
    goal_loss: float | None = None,
    goal_accuracy: float | None = None,
    schedule: str | None = None,
    seed: int = 0,
    store: str | os.PathLike[str] | None = None,
    listener: events.Listener = events.silent,
    command: str | None = None,
    probes: bool = False,
    remedies: str | Sequence[str] | None = None,
    executor: str | ExecutorFactory = "local",
    current: str | None = None,
    batches: str | Sequence[int | str] | None = None,
    count: str = "time",
    clock: str = USUAL,
) -> Race:
    """Which method, with which hyperparameters, batch size and length; what will it give, and how sure is that?

    Args:
        problem: what to minimise: `tw.problems.load("digits")`, `tw.problems.read("data.csv", target="y")`, or `tw.Problem(…)`.
        methods: `"adam,sgd@1,momentum@32:momentum=0.99"`, a list of such texts, method classes and methods with hyperparameters
            (raced with just these), or a mapping of names to them; by default the article's nine.
        epochs: the longest training in passes over the training data; by default eight times 512 / √n, at most 800.
        budget: instead, the seconds that the whole race may take: the speed is measured, the epochs are chosen and recorded.
        settings: how many settings of each method are tried.
        seeds: how many fresh seeds the final has, and as many the promise.
        goal_loss, goal_accuracy: the target of speed; by default the problem's own (`Problem.goal_loss`), or the lowest expected loss of
            any contestant plus a margin of at most 1 % (docs/protocol.md).
        schedule: how the learning rate changes, a name of `tw.schedules.CATALOGUE`; by default both a constant and a decaying one are
            raced for the contestants that can still win.
        seed: of the settings and of all other seeds.
        store: the SQLite file; a race that is already in it is not run again, an unfinished one goes on. By default a temporary one.
        listener: is told how the race goes (`talweg.racing.events`).
        command: how the race was started, for the record.
        probes: whether to record training dynamics, too, on a few seeds of the final: effective learning rates, gradient norms, turns.
            It changes no result, and may be asked of a race that is finished.
        remedies: against local minima, each added to every method: `"noise,wider"` or a list of names of
            `talweg.contestants.remedies.REMEDIES`; `"all"` leaves out what this problem can't have, and says so.
        current: what is in use now, such as `"adam:learning_rate=1e-3@32"`: raced as it is, and said whether it is good enough.
        batches: sizes at which each method is raced, too, beside its usual one: `"16,64,full"`, or `[16, 64, "full"]`.
        count: what is counted to the target: time, steps, examples or gradients.
        clock: in whose ordinary training loop a step is timed: jax, torch or keras, where it is installed; by default PyTorch's where that
            can be had, and JAX's otherwise.
        executor: where the lanes are run, a name of `talweg.engine.executors.EXECUTORS` or an executor's class; it changes no result.

    Raises:
        InputError: something about the problem, a name or a number, in one sentence, before anything is compiled.
        Stopped: a KeyboardInterrupt, with the verdict of what ran as its `race`.
    """
    checks.instance("race", "problem", problem, Problem, "tw.problems.load('digits')")
    goal = wanted(goal_loss, goal_accuracy)
    if goal.value is None:
        goal = Goal("loss", problem.goal_loss)  # a problem may know where to stop
    made = executor_named("race", executor)
    checks.whole("race", "settings", settings)
    checks.one_of("race", "count", count, COUNTS)
    contestants, left_out = line_up(problem, methods, settings, schedule, remedies, current, batches)
    plan = checked(problem, contestants, settings, seeds, epochs, seed, goal, budget, clock)
    opened, row = enter(problem, plan, store, command, left_out)
    name = row.race
    probed = opened.probes(name)
    if row.finished is None or (probes and any(c.probed and c.name not in probed for c in contestants)):
        try:
            run(problem, plan, opened, row, listener, probes, made(OBSERVERS))
        except KeyboardInterrupt as stop:
            raise Stopped(_so_far(opened, name, problem, contestants, count)) from stop
    return Race(opened, name, problem, contestants, count=count)


class Stopped(KeyboardInterrupt):
    """A race was stopped by the user. What is finished is kept, and the same call goes on from there."""

    def __init__(self, race: Race | None):
        self.race = race  #: the verdict of what ran; None if nothing can be said yet


def _so_far(store: Store, name: str, problem: Problem, contestants: Sequence[Contestant], count: str) -> Race | None:
    """The verdict of what ran of a race that was stopped; None if not all contestants have been confirmed."""
    try:
        return Race(store, name, problem, contestants, count=count, stopped=True)
    except InputError:
        return None


def check_options(
    methods: Any,
    remedies: str | Sequence[str] | None,
    *,
    epochs: float | None,
    budget: float | None,
    settings: int,
    seeds: int,
    goal_loss: float | None,
    goal_accuracy: float | None,
    schedule: str | None,
    seed: int,
    batches: notation.Sizes = None,
) -> None:
    """Refuse what is wrong with the options of a race on every problem, before its problem is read. Raises InputError."""
    check_numbers(settings, seeds, epochs, seed, wanted(goal_loss, goal_accuracy), budget)
    notation.check(methods, schedule, batches)
    parsed(remedies)


def open_race(name: str | None = None, store: str | os.PathLike[str] = "talweg.db") -> Race:
    """A finished race from a store: the one whose name begins so, or the newest. Raises InputError if there is none."""
    return Race(Store(Path(store), existing=True), name)
