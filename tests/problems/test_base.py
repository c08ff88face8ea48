"""What a problem promises of itself: its numbers are checked when it is made."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.problems import Problem


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
