"""scikit-learn's two solvers as they are spelled, against the methods that they are said to be."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from talweg import dialects
from talweg.dialects import LIBRARIES, Spelling, convert

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, cases, collect, of_call, other_defaults, ours, rates = (
    PATHS[name] for name in ("STEPS", "cases", "collect", "of_call", "other_defaults", "ours", "rates")
)
LIBRARY = LIBRARIES["sklearn"]
CLOSE = 1e-10

pytestmark = pytest.mark.usefixtures("double")


def path(spelling: Spelling, slope: Any) -> np.ndarray:
    """As `MLPClassifier` makes and uses them."""
    arguments, rate = rates(spelling)
    made = {"sgd": SGDOptimizer, "adam": AdamOptimizer}[arguments.pop("solver")]
    words = {"nesterovs_momentum": "nesterov"}
    w = [slope.start.copy()]
    optimizer = made(w, **{words.get(name, name): value for name, value in arguments.items()})

    def points() -> Iterator[np.ndarray]:
        for t in range(STEPS):
            optimizer.learning_rate = optimizer.learning_rate_init = rate(t)
            optimizer.update_params(w, [slope.gradient(w[0], t)])
            yield w[0]

    return collect(points())


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARY))
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    """Also where the learning rate changes, as by a loop around `partial_fit`."""
    method = of_call(LIBRARY, call, changing, around)
    spelling = LIBRARY.spell(method)
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE


@pytest.mark.parametrize("call", LIBRARY.calls, ids=[call.kind for call in LIBRARY.calls])
def test_a_schedule_is_spelled_as_its_first_value_and_not_called_exact(call):
    first, given = (convert(of_call(LIBRARY, call, changing), "sklearn") for changing in (False, True))
    assert first.exact
    assert not given.exact
    assert dict(given.arguments) == dict(first.arguments)


@pytest.mark.parametrize("call", LIBRARY.calls, ids=[call.kind for call in LIBRARY.calls])
def test_what_is_spelled_is_taken_by_the_model(call):
    spelling = convert(of_call(LIBRARY, call, False), "sklearn")
    assert MLPClassifier(**spelling.arguments).get_params().items() >= dict(spelling.arguments).items()


def test_every_default_is_the_one_of_scikit_learn():
    assert other_defaults(dialects.sklearn, lambda name: MLPClassifier) == {}
