"""Many trainings from random starts."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.contestants.remedies import REMEDIES
from talweg.problems import Problem, surface
from talweg.studies import multistart
from talweg.studies.multistart import Multistart

RATE = {"learning_rate": 0.01}


def one(problem: Problem, text: str) -> Contestant:
    return listed(problem, text, settings=1)[0]


@pytest.fixture(scope="module")
def himmelblau() -> Problem:
    return surface("himmelblau").problem()


def test_all_methods_begin_at_the_same_places_all_over_the_domain(himmelblau: Problem) -> None:
    running, seeds = Multistart(himmelblau, 32), multistart.seeds(32, 0, 0)
    ends = [running.run(one(himmelblau, text), [RATE] * 32, seeds, 5) for text in ("sgd", "adam")]
    np.testing.assert_array_equal(ends[0].start, ends[1].start)
    assert len(np.unique(ends[0].start)) == 32
    places = running.placement.starts(seeds)
    assert (np.abs(places) <= 5).all()
    assert np.ptp(places, axis=0).min() > 7


def test_what_a_training_comes_to_does_not_depend_on_how_many_run_beside_it(himmelblau: Problem) -> None:
    seeds = multistart.seeds(10, 0, 0)
    few, many = (Multistart(himmelblau, lanes).run(one(himmelblau, "sgd"), [RATE] * 10, seeds, 20) for lanes in (3, 10))
    np.testing.assert_allclose(few.loss, many.loss, rtol=1e-6)
    np.testing.assert_allclose(few.params, many.params, rtol=1e-6)


def test_who_diverges_has_an_infinite_loss_and_touches_nobody(himmelblau: Problem) -> None:
    numbers = [{"learning_rate": rate} for rate in (0.01, 10.0)]
    ends = Multistart(himmelblau, 2).run(one(himmelblau, "sgd"), numbers, [1, 1], 30)
    assert ends.diverged[0] == -1
    assert ends.diverged[1] > 0
    assert np.isfinite(ends.loss[0])
    assert ends.loss[1] == np.inf
    assert ends.best[1] <= ends.start[1] == ends.start[0]


def test_the_lowest_loss_on_the_way_is_kept_beside_the_last(himmelblau: Problem) -> None:
    ends = Multistart(himmelblau, 8).run(one(himmelblau, "sgd"), [{"learning_rate": 0.03}] * 8, multistart.seeds(8, 0, 0), 30)
    assert (ends.best <= np.minimum(ends.loss, ends.start)).all()
    assert (ends.best < ends.loss).any()


def test_a_problem_is_judged_on_all_of_its_training_data(clouds: Problem) -> None:
    running = Multistart(clouds, 2)
    assert running.problem.validation is None
    assert running.problem.test is None
    ends = running.run(one(clouds, "sgd"), [{"learning_rate": 0.1}] * 2, [1, 2], 6)
    for lane in range(2):
        params = jax.tree.map(lambda leaf, lane=lane: leaf[lane], ends.params)
        assert float(clouds.loss(params, clouds.train)) == pytest.approx(ends.loss[lane], rel=1e-5)


def test_a_step_costs_its_examples_times_its_gradients_times_the_parameters(clouds: Problem) -> None:
    running, plain = Multistart(clouds, 2), one(clouds, "sgd@8")
    assert running.work(plain) == 8 * clouds.parameters()
    assert running.work(one(clouds, "sgd@full")) == 48 * clouds.parameters()
    (wide,) = REMEDIES["wider"].apply(plain, running.problem)
    inputs, outputs, hidden = 3, 1, 4 * 4
    layers = clouds.parameters() - (inputs * 4 + 4)  # of the hidden layer itself; the rest leads out of it
    outputs = layers // 5
    assert running.work(wide) == 8 * (inputs * hidden + hidden + hidden * outputs + outputs)


def test_seeds_are_others_for_every_purpose_and_the_same_again() -> None:
    drawn = [multistart.seeds(8, seed, purpose) for seed in (0, 1) for purpose in (0, 1)]
    assert len({seed for row in drawn for seed in row}) == 32
    assert multistart.seeds(4, 0, 0) == drawn[0][:4]
