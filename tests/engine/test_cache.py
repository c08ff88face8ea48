"""Programs are shared by problems of the same loss, and nothing that is compiled keeps data alive."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg.contestants.notation import listed
from talweg.engine import cache
from talweg.problems import Metric, Problem
from talweg.studies.training import train

METHOD = tw.methods.Momentum(0.01)
POINTS = np.array([1.0, 2.0], np.float32), np.array([-1.0, 0.5], np.float32)


def tilted(seed: int = 0) -> Problem:
    """A function of a vector with data; loss and metric are its own."""
    data = np.random.default_rng(seed).normal(size=(40, 2)).astype(np.float32)
    own = Metric("distance", lambda x, batch: jnp.sum(x**2), larger_is_better=False)
    return Problem(lambda x, batch: jnp.mean((batch @ x - 1) ** 2), lambda key: jnp.ones(2), data, data[:20].copy(), metric=own)


USES: dict[str, Callable[[Problem], Any]] = {
    "descend": lambda problem: tw.descend(problem, METHOD, steps=3, batch=4, points=2),
    "trajectories": lambda problem: tw.trajectories(problem, "sgd@4", steps=3, learning_rate=0.01),
    "diagnose": lambda problem: tw.landscape.diagnose(problem, POINTS[0]),
    "slice": lambda problem: tw.landscape.slice(problem, POINTS[0], points=3),
    "line": lambda problem: tw.landscape.line(problem, *POINTS, points=3),
    "curve": lambda problem: tw.landscape.curve(problem, *POINTS, points=3, steps=2),
    "train": lambda problem: train(problem, listed(problem, "sgd@4", settings=1)[0], 1, points=2),
}


def kept(owner: int) -> int:
    """How many programs are kept of the function with an identity; other tests may have filled the cache."""
    return sum(owner in key[0] for key in cache._programs)


@pytest.mark.parametrize("use", USES)
def test_a_problem_that_is_gone_leaves_neither_data_nor_programs(use: str) -> None:
    problem = tilted()
    owner = id(problem.loss)
    USES[use](problem)
    assert kept(owner) > 0
    data, loss = weakref.ref(problem.train), weakref.ref(problem.loss)
    del problem
    gc.collect()
    assert data() is None
    assert loss() is None
    assert kept(owner) == 0


def test_problems_of_the_same_loss_and_metric_share_programs_and_others_do_not() -> None:
    built: list[Problem] = []

    @cache.by_problem
    def program(problem: Problem, size: int) -> list[Any]:
        built.append(problem)
        return [size]

    first = tilted()
    same = Problem(first.loss, first.start, first.train[:10], metric=first.metric)
    other = tilted()
    assert program(first, 1) is program(same, 1)
    assert program(first, 2) is not program(first, 1)
    assert program(other, 1) is not program(first, 1)
    assert len(built) == 3
    assert all(problem.train is None for problem in built)


def test_a_function_of_its_own_is_remembered_as_long_as_it_lives() -> None:
    built: list[int] = []

    @cache.by_function
    def doubled(function: Callable[[int], int]) -> Callable[[int], int]:
        built.append(1)
        return lambda x: 2 * function(x)

    def own(x: int) -> int:
        return x + 1

    assert doubled(own)(3) == doubled(own)(3) == 8
    assert len(built) == 1
    owner, gone = id(own), weakref.ref(own)
    assert kept(owner) == 1
    del own
    gc.collect()
    assert gone() is None
    assert kept(owner) == 0


def test_a_loss_that_has_no_weak_reference_is_kept_and_works() -> None:
    class Slotted:
        __slots__ = ()

        def __call__(self, x: Any, batch: Any) -> Any:
            return jnp.sum(x**2)

    problem = Problem(Slotted(), lambda key: jnp.ones(2))
    assert tw.descend(problem, tw.methods.GradientDescent(0.1), steps=10).loss[-1] == pytest.approx(2 * 0.8**20, rel=1e-4)


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 3)
    made: list[int] = []

    @cache.by_problem
    def program(problem: Problem, number: int) -> int:
        made.append(number)
        return number

    problem = tilted()
    for number in (1, 2, 3, 1, 4, 1, 2):
        program(problem, number)
    assert made == [1, 2, 3, 4, 2]  # 2 was not used for the longest time when 4 came
