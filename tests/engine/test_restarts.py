"""Several trainings in one lane: how the budget is shared, which seeds they have, and what is kept of them."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.engine.descend import descend
from talweg.engine.program import Placement, Program, Traces
from talweg.engine.restarts import merged, seed_of, shares, trained
from talweg.methods import GradientDescent
from talweg.problems import Problem

GONE = np.nan


def trace(losses: list[list[float]], diverged: list[int] | None = None, mark: float = 0.0) -> Traces:
    """A training of lanes with these losses at the steps 0, 10, 20, …; the measure is minus the loss, the one parameter is `mark`."""
    loss = np.array(losses)
    steps = 10 * np.arange(loss.shape[1])
    gone = np.full(len(loss), -1) if diverged is None else np.array(diverged)
    return Traces(steps, loss + 0.5, loss, -loss, gone, {"w": np.full((len(loss), 2), mark)}, seconds=1.0)


@given(steps=st.integers(1, 1000), restarts=st.integers(1, 9))
def test_the_shares_are_all_of_the_budget_and_alike(steps: int, restarts: int) -> None:
    steps_of_each = shares(steps, restarts)
    assert sum(steps_of_each) == steps
    assert len(steps_of_each) == min(restarts, steps)
    assert 0 <= max(steps_of_each) - min(steps_of_each) <= 1
    assert min(steps_of_each) >= 1


def test_the_first_training_has_the_seed_of_the_lane_and_the_others_have_their_own() -> None:
    seeds = [[seed_of(seed, training) for training in range(4)] for seed in (0, 1, 2**32 - 1)]
    assert [row[0] for row in seeds] == [0, 1, 2**32 - 1]
    assert len({seed for row in seeds for seed in row}) == 12
    assert all(0 <= seed < 2**32 for row in seeds for seed in row)
    assert seeds[1] == [seed_of(1, training) for training in range(4)]


def test_a_lane_with_restarts_keeps_the_best_so_far() -> None:
    traces = merged([trace([[5.0, 3.0, 4.0]], mark=1), trace([[6.0, 2.0, 2.5]], mark=2), trace([[5.0, 2.2, 2.1]], mark=3)])
    assert traces.steps.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert traces.validation_loss.tolist() == [[5.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0]]
    assert traces.metric.tolist() == [[-5.0, -3.0, -3.0, -2.0, -2.0, -2.0, -2.0]]
    assert traces.training_loss.tolist() == [[5.5, 3.5, 3.5, 2.5, 2.5, 2.5, 2.5]]
    assert traces.params["w"].tolist() == [[2.0, 2.0]]
    assert traces.diverged_at.tolist() == [-1]
    assert traces.seconds == 3.0


def test_every_lane_has_its_own_best() -> None:
    traces = merged([trace([[5.0, 1.0], [5.0, 2.0]], mark=1), trace([[5.0, 2.0], [5.0, 1.0]], mark=2)])
    assert traces.params["w"].tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert traces.validation_loss.tolist() == [[5.0, 1.0, 1.0], [5.0, 2.0, 1.0]]


def test_a_lane_has_diverged_only_if_all_of_its_trainings_have() -> None:
    first = trace([[5.0, GONE, GONE], [5.0, GONE, GONE]], diverged=[3, 3], mark=1)
    second = trace([[4.0, 3.0, GONE], [4.0, 3.0, 2.0]], diverged=[12, -1], mark=2)
    traces = merged([first, second])
    assert traces.diverged_at.tolist() == [32, -1]
    np.testing.assert_array_equal(traces.validation_loss, [[5, 5, 4, 3, GONE], [5, 5, 4, 3, 2]])
    assert traces.params["w"][1].tolist() == [2.0, 2.0]


def test_a_training_after_one_that_could_not_even_begin_counts_from_its_start() -> None:
    traces = merged([trace([[GONE, GONE]], diverged=[0], mark=1), trace([[4.0, 3.0]], mark=2)])
    np.testing.assert_array_equal(traces.validation_loss, [[GONE, 4.0, 3.0]])
    assert traces.diverged_at.tolist() == [-1]


def test_trainings_in_a_lane_are_the_same_trainings_alone(clouds: Problem) -> None:
    seeds, rate = [7, 8], 0.5
    program = Program(Placement(clouds), GradientDescent(), 8, len(seeds), best=True)
    reported: list[int] = []

    def methods(steps: int) -> list[Any]:
        return [GradientDescent(rate)] * len(seeds)

    traces = trained(program, methods, seeds, 25, 3, progress=lambda step, losses: reported.append(step))
    for lane, seed in enumerate(seeds):
        own = clouds.divided(seed)  # all trainings of a lane have the rows of its seed
        alone = [descend(own, GradientDescent(rate), steps=s, batch=8, key=seed_of(seed, j)) for j, s in enumerate((9, 8, 8))]
        lowest = min(part.validation_loss.min() for part in alone)
        assert traces.validation_loss[lane, -1] == pytest.approx(lowest, rel=2e-5)
        at = int(np.searchsorted(traces.steps, 9))
        first = np.minimum.accumulate(alone[0].validation_loss)
        first[-1] = min(first[-1], alone[1].validation_loss[0])  # where the next one begins
        assert traces.validation_loss[lane, : at + 1] == pytest.approx(first, rel=2e-5)
        params = jax.tree.map(lambda leaf, lane=lane: leaf[lane], traces.params)
        assert float(clouds.loss(params, own.validation)) == pytest.approx(lowest, rel=1e-4)
    assert reported == sorted(reported)
    assert reported[-1] == traces.steps[-1] == 25


def test_one_training_is_what_the_program_runs(clouds: Problem) -> None:
    program = Program(Placement(clouds), GradientDescent(), 8, 2)
    one = trained(program, lambda steps: [GradientDescent(0.1), GradientDescent(0.2)], [1, 2], 12)
    other = program.run([GradientDescent(0.1), GradientDescent(0.2)], [1, 2], 12)
    np.testing.assert_array_equal(one.validation_loss, other.validation_loss)
