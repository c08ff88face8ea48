"""`batch(problem)`: which batch size; the batch ladder as a result."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from talweg import checks
from talweg.bridges.clocks import CLOCKS, USUAL
from talweg.checks import InputError
from talweg.contestants import notation
from talweg.contestants.contestant import Contestant
from talweg.engine.cost import batch_size, usual_epochs
from talweg.engine.executors.base import ExecutorFactory
from talweg.problems.base import Problem
from talweg.racing import events
from talweg.racing.inspect import OBSERVERS
from talweg.racing.ladder import LENGTHS, RATE, LadderPlan, rungs, sizes_of
from talweg.racing.plan import LONGER, check_numbers, wanted
from talweg.racing.start import enter, executor_named, run
from talweg.results import Figures, Result
from talweg.store import Store
from talweg.summary import BatchSummary
from talweg.verdict import record
from talweg.verdict.batch import judge

METHODS = "sgd,momentum,adam"
SETTINGS, SEEDS = 16, 32
LEAST_SIZES = 3  #: fewer say nothing of a curve with two numbers


class BatchSizes(Result):
    """What came of it: `.sentences`; `.summary` as plain numbers; `.table()`; `.figures`; `.save(path)` writes a page."""

    kind: ClassVar[str] = "batch"

    def __init__(self, store: Store, name: str | None = None):
        row = store.race(name, self.kind)
        if row.finished is None:
            raise InputError(
                f"batch: {row.race} is not finished; run the same command again to go on ({row.run.get('command') or 'tw.batch(…)'})"
            )
        self.store, self.name = store, row.race
        self._summary = judge(record.read(store, row))

    @property
    def summary(self) -> BatchSummary:
        return self._summary

    @property
    def sentences(self) -> list[str]:
        return self.summary["sentences"]

    @property
    def warnings(self) -> list[str]:
        return self.summary["warnings"]

    @property
    def figures(self) -> Figures:
        """Steps to the target ("steps"), what they cost on three kinds of machine ("costs"), and the loss ("quality"), by batch size."""
        from talweg.report import batch as page

        return Figures({name: partial(figure, self.summary) for name, _, figure, _ in page.PICTURES})

    def table(self) -> Any:
        """A DataFrame with one row for each method and batch size."""
        import pandas as pd

        rows = []
        for ladder in self.summary["ladders"]:
            for size in ladder["sizes"]:
                goals: dict[str, Any] = {"target": size["to_target"], "loose": size["to_loose"]}
                kinds = ("steps", "examples", "seconds")
                costs = {f"{kind}_to_{goal}": reached[kind]["value"] for goal, reached in goals.items() for kind in kinds}
                shared = {"method": ladder["label"], "batch": size["batch"], "learning_rate": size["to_target"]["learning_rate"]}
                rows.append({**shared, **costs, "validation_loss": size["validation_loss"]["mean"]})
        return pd.DataFrame(rows)

    def _page(self) -> str:
        from talweg.report import batch as page

        return page.html(self.summary)

    def _name(self) -> str:
        return f"{self.name}, {self.summary['problem']['name']}"


def batch(
    problem: Problem,
    methods: notation.Methods = None,
    *,
    sizes: notation.Sizes = None,
    settings: int = SETTINGS,
    seeds: int = SEEDS,
    epochs: float | None = None,
    goal_loss: float | None = None,
    seed: int = 0,
    clock: str = USUAL,
    store: str | os.PathLike[str] | None = None,
    listener: events.Listener = events.silent,
    command: str | None = None,
    executor: str | ExecutorFactory = "local",
) -> BatchSizes:
    """Which batch size? The steps, examples and seconds to the same validation loss at every size, and the critical batch size.

    Every method is tuned at each batch size: its learning rate alone, in a range that moves with the square root of the batch size and is
    widened at its edges. Fitted to the steps is S(B) = S_min (1 + B_crit / B): up to the critical batch size, twice the batch needs
    about half of the steps; beyond it, hardly fewer (McCandlish et al. 2018; Shallue et al. 2019).

    Args:
        problem: one with training and validation data.
        methods: as in `tw.race`, without batch sizes: `"adam,momentum:momentum=0.95"`; by default gradient descent, momentum and Adam.
        sizes: `"16,64,256,full"`, or a list of whole numbers and "full"; by default the powers of two, and the full batch.
        settings: learning rates that are tried at each size.
        seeds: fresh seeds that steps and losses are read off.
        epochs: the longest training in passes over the training data; for larger batches than the usual one more, by the
            square root of how much larger they are.
        goal_loss: the validation loss to reach; by default the lowest expected loss of any size and method plus a margin of at most 1 %.
        seed: of everything random.
        clock: in whose ordinary training loop a step is timed, as in `tw.race`.
        store: the SQLite file; what is already in it is not run again, what was stopped goes on. By default a temporary one.
        listener: is told how it goes (`talweg.racing.events`).
        command: how it was started, for the record.
        executor: where the lanes are run, as in `tw.race`.

    Raises:
        InputError: something about the problem, a name or a number, in one sentence, before anything is compiled.
    """
    checks.instance("batch", "problem", problem, Problem, "tw.problems.load('digits')")
    check_options(methods, sizes, settings=settings, seeds=seeds, epochs=epochs, goal_loss=goal_loss, seed=seed, clock=clock)
    made = executor_named("batch", executor)
    tried = entered(problem, methods, sizes)
    goal = wanted(goal_loss if goal_loss is not None else problem.goal_loss, None)
    longest = float(LONGER * LENGTHS[-1] * usual_epochs(problem)) if epochs is None else float(epochs)
    usual = batch_size(problem, None) or problem.examples
    plan = LadderPlan(tried, settings, seeds, longest, seed, goal, clock=clock, usual=usual)
    opened, row = enter(problem, plan, store, command)
    if row.finished is None:
        run(problem, plan, opened, row, listener, False, made(OBSERVERS))
    return BatchSizes(opened, row.race)


def entered(problem: Problem, methods: notation.Methods, sizes: notation.Sizes) -> list[Contestant]:
    """Each method at each size. Raises InputError for a problem without batches, and for what can't be tuned by its learning rate."""
    if problem.train is None or problem.validation is None:
        raise InputError(f"batch: {problem.name} has no training and validation data, so there are no batches; name a problem that has")
    chosen = chosen_sizes(problem, sizes)
    made = []
    for one in notation.listed(problem, METHODS if methods is None else methods, 1, "constant"):
        if "@" in one.name:
            raise InputError(f"batch: {one.name} names a batch size, but every method is tried at all sizes; leave it out, or use sizes")
        searched = one.factory.search_space(one.size).get(RATE)
        if searched is None:
            raise InputError(f"batch: {one.label} has no learning rate, which has to be tuned for each batch size; name another method")
        made += rungs(problem, one, chosen, searched)
    return made


def chosen_sizes(problem: Problem, sizes: notation.Sizes) -> list[int | None]:
    """The sizes from the smallest; the powers of two where none were asked for. Raises InputError for too few, or too large ones."""
    if sizes is None:
        return sizes_of(problem)
    asked = {batch_size(problem, word if word == "full" else int(word)) for word in notation.sizes(sizes)}
    asked = {None if size == problem.examples else size for size in asked}
    if len(asked) < LEAST_SIZES:
        raise InputError(f"batch: a curve needs at least {LEAST_SIZES} batch sizes, got {len(asked)}; name more, such as 16,64,256,full")
    return sorted(asked, key=lambda size: size or problem.examples)


def check_options(
    methods: notation.Methods,
    sizes: notation.Sizes,
    *,
    settings: int,
    seeds: int,
    epochs: float | None,
    goal_loss: float | None,
    seed: int,
    clock: str,
) -> None:
    """Refuse what is wrong on every problem, before it is read. Raises InputError."""
    checks.one_of("batch", "clock", clock, [*CLOCKS, USUAL])
    check_numbers(settings, seeds, epochs, seed, wanted(goal_loss, None), None, who="batch")
    notation.check(methods, "constant", sizes)


def open_batch(name: str | None = None, store: str | os.PathLike[str] = "talweg.db") -> BatchSizes:
    """A finished batch ladder from a store: the one whose name begins so, or the newest. Raises InputError if there is none."""
    return BatchSizes(Store(Path(store), existing=True), name)
