"""What a problem promises of itself: its numbers are checked when it is made."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.problems import Problem
from talweg.problems.splits import Shuffled


def problem(**fields: object) -> Problem:
    return Problem(loss=lambda w, batch: (w**2).sum(), start=lambda key: np.zeros(2), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["optimum", "goal_loss", "default_batch", "default_epochs"])
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "1", True, [1.0], np.nan], ids=repr)
def test_a_number_that_is_none_or_not_finite_is_refused_with_a_sentence(name: str, wrong: object) -> None:
    with pytest.raises(InputError, match=rf"^Problem: {name} must .*, got .*$"):
        problem(**{name: wrong})
    with pytest.raises(InputError, match=rf"^Problem: {name} must "):
        dataclasses.replace(problem(), **{name: wrong})


@pytest.mark.parametrize(("name", "wrong"), [("default_batch", 0), ("default_batch", -8), ("default_batch", 2.5), ("default_epochs", -1.0)])
def test_a_count_of_nothing_or_of_parts_is_refused(name: str, wrong: float) -> None:
    with pytest.raises(InputError, match=rf"^Problem: {name} must .*, got {wrong}$"):
        problem(**{name: wrong})


def test_numbers_that_mean_something_are_kept_as_they_are() -> None:
    kept = problem(optimum=-1, goal_loss=-0.5, default_batch=np.int64(32), default_epochs=0.5).described()
    assert kept == {"optimum": -1, "goal_loss": -0.5, "default_batch": 32, "default_epochs": 0.5}


ROWS = np.arange(12.0)


def pooled(**fields: object) -> Problem:
    return problem(**{"pool": (ROWS, -ROWS), "split": Shuffled(12, 4), "test": (ROWS, ROWS), **fields})


def test_every_seed_has_rows_of_its_own_and_the_problem_those_of_seed_0() -> None:
    whole = pooled()
    for seed in (0, 7):
        train, validation = whole.split.rows(seed)  # type: ignore[union-attr]
        own = whole.divided(seed)
        assert (own.pool, own.split) == (None, None)
        assert own.test is whole.test
        for part, rows in ((own.train, train), (own.validation, validation)):
            np.testing.assert_array_equal(part, [ROWS[rows], -ROWS[rows]])
    np.testing.assert_array_equal(whole.train, whole.divided(0).train)
    np.testing.assert_array_equal(whole.validation, whole.divided(0).validation)
    assert set(whole.divided(7).validation[0]) != set(whole.validation[0])
    assert whole.examples == whole.divided(7).examples == 8


def test_without_a_pool_all_seeds_have_the_same_rows() -> None:
    for one in (problem(), problem(train=ROWS, validation=ROWS[:3]), pooled().divided(3)):
        assert one.divided(5) is one


def test_what_is_drawn_can_be_kept_and_not_replaced_alone() -> None:
    whole = pooled()
    kept = dataclasses.replace(whole, name="other", test=None)
    np.testing.assert_array_equal(kept.divided(3).train, whole.divided(3).train)
    others = whole.divided(1)
    for changed in ({"train": others.train}, {"validation": None}, {"train": others.train, "validation": others.validation}):
        with pytest.raises(InputError, match=r"is drawn from the pool for each seed; .* give pool=None and split=None, too"):
            dataclasses.replace(whole, **changed)
        assert dataclasses.replace(whole, pool=None, split=None, **changed).split is None


def test_a_pool_needs_a_split_and_a_split_a_pool() -> None:
    for alone in ({"split": None}, {"pool": None}):
        with pytest.raises(InputError, match=r"^Problem: pool and split belong together; give both, or neither$"):
            pooled(**alone)
    with pytest.raises(InputError, match="must hold the same arrays"):
        pooled(test=ROWS)
