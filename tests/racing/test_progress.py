"""What a listener hears while blocks of several contestants are under way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from talweg.contestants.notation import enter
from talweg.engine.block import Block, Entry
from talweg.engine.clock import Pace
from talweg.engine.program import Traces
from talweg.problems import Problem
from talweg.racing.budget import Budget
from talweg.racing.events import Event, Going
from talweg.racing.plan import checked
from talweg.racing.progress import Progress
from talweg.verdict.record import Goal

HALF = np.array([0.5, math.nan, 0.7, 0.9])


def block(who: str, number: int = 0) -> Block:
    return Block("race", who, "final", number, tuple(Entry(0, {}, seed) for seed in range(4)), 10)


def traces(gone: int) -> Traces:
    nothing = np.zeros((4, 1))
    return Traces(np.array([10]), nothing, nothing, nothing, np.where(np.arange(4) < gone, 3, -1), None, 1.0)


def listened(problem: Problem, methods: str, events: list[Event]) -> Progress:
    """The progress of contestants with nothing to search, whose steps take a second each; without plain Adam."""
    plan = checked(problem, enter(problem, methods, 8), 8, 4, 80.0, 0, Goal("loss", 0.5), None)
    plan = dataclasses.replace(plan, contestants=plan.contestants[1:])
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
    part = 10 * 4 / progress.budget.plan.lanes() / progress.total  # of the race, a block of ten seconds whose lanes are four
    own = 4 / progress.lanes[sgd]
    assert (first.contestant, first.rung, first.best, first.diverged, first.lanes) == (sgd, "final", 0.5, 1, 4)
    assert (first.done, first.contestant_done) == (pytest.approx(0.5 * part), pytest.approx(0.5 * own))
    assert (second.contestant, second.done, second.best) == (adam, pytest.approx(part), 0.4)
    assert (third.done, third.contestant_done) == (pytest.approx(1.5 * part), pytest.approx(own))
    assert (third.best, third.diverged, third.lanes) == (0.5, 2, 8)


def test_nobody_has_a_best_loss_where_all_have_diverged_and_more_than_all_is_never_done(clouds: Problem) -> None:
    events: list[Event] = []
    progress = listened(clouds, "adam:learning_rate=0.1", events)
    many = 1 + math.ceil(progress.lanes["adam:learning_rate=0.1"] / 4)  # more than was expected, as in a widened search
    for number in range(many):
        long = dataclasses.replace(block("adam:learning_rate=0.1", number), steps=1000)
        progress.under_way(long, 1.0, np.full(4, math.nan))
    last = events[-1]
    assert isinstance(last, Going)
    assert (last.done, last.contestant_done, last.best, last.diverged) == (1.0, 1.0, math.inf, 4 * many)
