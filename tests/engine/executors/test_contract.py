"""What every executor promises, whatever it runs on; see `talweg.engine.executors.base`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import pytest

from talweg import schedules
from talweg.engine.block import PROBES, Block, Entry
from talweg.engine.descend import descend
from talweg.engine.entrant import Entrant
from talweg.engine.executors import EXECUTORS
from talweg.engine.executors.base import Executor, Finished
from talweg.engine.probes import NAMES
from talweg.engine.program import Placement
from talweg.methods import GradientDescent, Method, Momentum
from talweg.problems import Problem
from talweg.problems.supervised import widened

LANES, STEPS, SEEDS = 4, 12, (7, 8, 9)


@dataclass(frozen=True)
class Plain:
    """An entrant that is no contestant."""

    name: str
    size: int | None = 8
    restarts: int = 1
    width: int = 1
    kind: Any = GradientDescent

    def defaults(self) -> Mapping[str, float]:
        return {"learning_rate": 0.1}

    def method(self, hyperparameters: Mapping[str, float], steps: int) -> Method:
        return self.kind(**hyperparameters)

    def lane(self, hyperparameters: Mapping[str, float], steps: int, schedule: str) -> Method:
        return self.method(hyperparameters, steps)


@dataclass(frozen=True)
class Decaying(Plain):
    """An entrant whose lanes may have decaying learning rates."""

    def lane(self, hyperparameters: Mapping[str, float], steps: int, schedule: str) -> Method:
        return self.kind(schedules.alike(schedule, hyperparameters["learning_rate"], steps))


ENTRANTS: list[Entrant] = [
    *(Plain("sgd"), Plain("full", size=None, kind=Momentum), Plain("again", restarts=3), Plain("wide", width=2)),
    Decaying("decaying", kind=Momentum),
]


def observer(placement: Placement, params: Any, methods: Sequence[Method], seeds: Sequence[int]) -> list[tuple[float, float]]:
    """The validation loss at each lane's end, and the learning rate that took it there."""
    lanes = [jax.tree.map(lambda leaf, i=i: leaf[i], params) for i in range(len(methods))]
    own = [placement.problem.divided(seed).validation for seed in seeds]
    losses = [float(placement.problem.loss(lane, validation)) for lane, validation in zip(lanes, own, strict=True)]
    return [(loss, method.learning_rate) for loss, method in zip(losses, methods, strict=True)]  # type: ignore[attr-defined]


@dataclass
class Machine:
    """An executor that has been started, and what it has said."""

    executor: Executor
    reports: list[tuple[Block, float, list[float]]] = field(default_factory=list)
    stop: bool = False

    def progress(self, block: Block, done: float, losses: np.ndarray) -> None:
        self.reports.append((block, done, losses.tolist()))
        if self.stop:
            raise KeyboardInterrupt

    def run(self, *blocks: Block) -> list[Finished]:
        for block in blocks:
            self.executor.submit(block)
        return list(self.executor.finished())


@pytest.fixture(scope="module", params=EXECUTORS)
def machine(request: pytest.FixtureRequest, clouds: Problem) -> Machine:
    executor = EXECUTORS[request.param]({"loss": observer, "never": lambda *_: pytest.fail("nobody asked for this")})
    machine = Machine(executor)
    executor.start(clouds, ENTRANTS, lanes=LANES, seeds=SEEDS, progress=machine.progress)
    return machine


def block(who: str = "sgd", rates: Sequence[float] = (0.1, 0.5), number: int = 0, **more: Any) -> Block:
    entries = tuple(Entry(i, {"learning_rate": rate}, SEEDS[i % len(SEEDS)]) for i, rate in enumerate(rates))
    return Block("race", who, "search", number, entries, STEPS, **more)


def test_every_block_ends_once_and_so_do_those_that_are_submitted_meanwhile(machine: Machine) -> None:
    first, later = [block(number=i) for i in range(3)], [block("full", number=i) for i in range(2)]
    for one in first:
        machine.executor.submit(one)
    ended = []
    for finished in machine.executor.finished():
        ended.append(finished.block)
        if later:
            machine.executor.submit(later.pop())
    assert sorted(one.key for one in ended) == sorted([*(one.key for one in first), ("full", "search", 0), ("full", "search", 1)])
    assert list(machine.executor.finished()) == []


@pytest.mark.parametrize("who", ["sgd", "full", "wide"])
def test_a_lane_is_the_same_training_alone(machine: Machine, clouds: Problem, who: str) -> None:
    entrant = next(one for one in ENTRANTS if one.name == who)
    (finished,) = machine.run(block(who))
    assert (finished.best, finished.weights, dict(finished.observed)) == (None, None, {})
    assert finished.traces.params is None
    for i, entry in enumerate(finished.block.entries):
        problem, size = widened(clouds, 2) if who == "wide" else clouds, "full" if who == "full" else entrant.size
        alone = descend(problem, entrant.method(entry.hyperparameters, STEPS), steps=STEPS, batch=size, key=entry.seed)
        np.testing.assert_array_equal(finished.traces.steps, alone.steps)
        np.testing.assert_allclose(finished.traces.validation_loss[i], alone.validation_loss, rtol=2e-5)
        np.testing.assert_allclose(finished.traces.metric[i], alone.metric, rtol=2e-5)


def test_lanes_with_constant_and_with_decaying_learning_rates_run_together(machine: Machine, clouds: Problem) -> None:
    entries = tuple(
        Entry(i, {"learning_rate": rate}, SEEDS[i], schedule)
        for i, (rate, schedule) in enumerate([(0.1, "constant"), (0.5, "cosine"), (0.5, "constant")])
    )
    both = machine.run(Block("race", "decaying", "lengths", 0, entries, STEPS), Block("race", "decaying", "lengths", 1, entries, 2 * STEPS))
    for finished in both:
        steps = finished.block.steps
        for i, entry in enumerate(entries):
            method = Momentum(schedules.over(entry.schedule, entry.hyperparameters["learning_rate"], steps))
            alone = descend(clouds, method, steps=steps, batch=8, key=entry.seed)
            np.testing.assert_allclose(finished.traces.validation_loss[i], alone.validation_loss, rtol=2e-5)


def test_several_trainings_in_a_lane_keep_the_best_so_far(machine: Machine) -> None:
    (finished,) = machine.run(block("again", keep=(0, 1), observe=("loss",)))
    assert finished.traces.steps[-1] == STEPS
    assert (np.diff(finished.traces.validation_loss) <= 0).all()
    assert [loss for loss, _ in finished.observed["loss"]] == pytest.approx(finished.traces.validation_loss[:, -1].tolist(), rel=1e-5)


def test_what_a_lane_computes_depends_on_its_entry_alone(machine: Machine) -> None:
    many, alone = block(rates=(0.1, 0.5, 1e9, 0.3)), block(rates=(0.1,), number=1)
    traces = {finished.block.number: finished.traces for finished in machine.run(many, alone)}
    np.testing.assert_array_equal(traces[0].validation_loss[:1], traces[1].validation_loss)
    np.testing.assert_array_equal(traces[0].training_loss[:1], traces[1].training_loss)


def test_a_lane_that_diverges_is_a_result_and_not_the_best(machine: Machine) -> None:
    (finished,) = machine.run(block(rates=(1e9, 0.1, 0.5), keep=(0, 1, 2)))
    assert (finished.traces.diverged_at >= 0).tolist() == [True, False, False]
    assert np.isfinite(finished.traces.validation_loss[1:]).all()
    assert finished.best in (1, 2)
    (lost,) = machine.run(block(rates=(0.1, 1e9, 1e9), keep=(1, 2)))
    assert lost.best == 1


def test_what_is_asked_for_is_observed_of_the_lanes_that_are_kept(machine: Machine, clouds: Problem) -> None:
    (finished,) = machine.run(block(rates=(0.5, 1e-6, 0.1, 0.3), keep=(1, 2), observe=("loss",)))
    assert set(finished.observed) == {"loss"}
    losses, rates = zip(*finished.observed["loss"], strict=True)
    assert rates == (1e-6, 0.1)
    assert losses == pytest.approx(finished.traces.validation_loss[[1, 2], -1].tolist(), rel=1e-5)
    assert finished.best == (1, 2)[int(np.argmin(losses))]
    validation = clouds.divided(finished.block.entries[finished.best].seed).validation
    assert float(clouds.loss(finished.weights, validation)) == pytest.approx(min(losses), rel=1e-5)


def test_training_dynamics_are_observed_only_where_they_are_asked_for(machine: Machine) -> None:
    plain, probed = sorted(machine.run(block(), block(number=1, observe=(PROBES,))), key=lambda finished: finished.block.number)
    assert plain.traces.dynamics is None
    assert set(probed.traces.dynamics or {}) == set(NAMES)
    np.testing.assert_allclose(plain.traces.validation_loss, probed.traces.validation_loss, rtol=1e-5)
    np.testing.assert_allclose((probed.traces.dynamics or {})["rate"][:, -1], [0.1, 0.5], rtol=1e-3)


def test_progress_is_told_until_all_of_a_block_is_done(machine: Machine) -> None:
    machine.reports.clear()
    blocks = [block(), block("again")]
    machine.run(*blocks)
    for one in blocks:
        shares = [done for of, done, _ in machine.reports if of == one]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    assert all(len(losses) == 2 for *_, losses in machine.reports)


def test_what_progress_raises_reaches_the_driver(machine: Machine) -> None:
    machine.stop = True
    machine.executor.submit(block())
    try:
        with pytest.raises(KeyboardInterrupt):
            next(machine.executor.finished())
    finally:
        machine.stop = False
        list(machine.executor.finished())


@pytest.mark.parametrize("who", ["sgd", "full"])
def test_paces_are_measured_here(machine: Machine, who: str) -> None:
    (seconds,) = machine.executor.compile([who])
    assert seconds > 0
    assert machine.executor.pace(who).of(100) > 0
    assert machine.executor.compile_seconds > 0
