"""What a listener hears while blocks of several contestants are under way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from talweg.contestants.notation import enter
from talweg.engine.block import Block, Entry
from talweg.engine.clock import Pace
from talweg.engine.program import Traces
from talweg.problems import Problem
from talweg.racing.budget import Budget
from talweg.racing.events import Event, Going
from talweg.racing.plan import checked
from talweg.racing.progress import Progress
from talweg.verdict.scores import Target

HALF = np.array([0.5, math.nan, 0.7, 0.9])


def block(who: str, number: int = 0) -> Block:
    return Block("race", who, "final", number, tuple(Entry(0, {}, seed) for seed in range(4)), 10)


def traces(gone: int) -> Traces:
    nothing = np.zeros((4, 1))
    return Traces(np.array([10]), nothing, nothing, nothing, np.where(np.arange(4) < gone, 3, -1), None, 1.0)


def listened(problem: Problem, methods: str, events: list[Event]) -> Progress:
    """The progress of finals alone, of eight lanes each; a step takes a second."""
    plan = checked(problem, enter(problem, methods, 8), 8, 4, 2.0, 0, Target("loss", 0.5), None)
    plan = dataclasses.replace(plan, contestants=plan.contestants[1:])  # without the baseline, which nobody asked for
    return Progress(Budget(problem, plan, {c.name: Pace(1.0, 0.0) for c in plan.contestants}), events.append)


def test_blocks_of_two_contestants_add_up(clouds: Problem) -> None:
    events: list[Event] = []
    sgd, adam = "sgd:learning_rate=0.1", "adam:learning_rate=0.1"
    progress = listened(clouds, f"{sgd},{adam}", events)
    progress.under_way(block(sgd), 0.5, HALF)
    progress.under_way(block(adam), 0.5, HALF - 0.1)
    progress.ended(block(sgd), traces(gone=2))
    progress.under_way(block(sgd, 1), 0.0, np.full(4, 2.0))
    first, second, third = (event for event in events if isinstance(event, Going))
    assert (first.contestant, first.rung, first.best, first.diverged, first.lanes) == (sgd, "final", 0.5, 1, 4)
    assert (first.done, first.contestant_done) == (0.25, 0.25)
    assert (second.contestant, second.done, second.best) == (adam, 0.5, 0.4)
    assert (third.done, third.contestant_done) == (0.75, 0.5)
    assert (third.best, third.diverged, third.lanes) == (0.5, 2, 8)


def test_nobody_has_a_best_loss_where_all_have_diverged_and_more_than_all_is_never_done(clouds: Problem) -> None:
    events: list[Event] = []
    progress = listened(clouds, "adam:learning_rate=0.1", events)
    for number in range(3):  # one more than was expected, as in a widened search
        progress.under_way(block("adam:learning_rate=0.1", number), 1.0, np.full(4, math.nan))
    last = events[-1]
    assert isinstance(last, Going)
    assert (last.done, last.contestant_done, last.best, last.diverged) == (1.0, 1.0, math.inf, 12)
