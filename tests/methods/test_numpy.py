"""Every method against a slow plain loop, written from the papers and METHODS and not from the code."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from talweg.methods import CATALOGUE
from talweg.schedules import InverseTime

#: (gradient of (w, t), start, learning rate of every step, the other numbers) -> w after every step
LOOPS: dict[str, Callable[..., Iterator[np.ndarray]]] = {}
for file in sorted(Path(__file__).with_name("loops").glob("*.py")):
    LOOPS |= runpy.run_path(str(file))["LOOPS"]

# Far from every default, and ε so large that its place in the formula shows.
UNUSUAL = {
    **{"momentum": 0.8, "dampening": 0.4, "rho": 0.85, "decay": 0.92, "b1": 0.7, "b2": 0.95, "eps": 1e-2},
    **{"weight_decay": 0.1, "start": 0.3, "momentum_decay": 0.05, "b3": 0.9, "begin": 20.0, "trust": 0.1, "first": 1e-3},
    **{"decay_power": 0.6, "clip": 0.7, "shrink": 0.4, "grow": 1.1, "smallest_step": 1e-3, "largest_step": 0.1},
}


def test_every_method_of_the_catalogue_has_a_loop():
    assert set(LOOPS) == set(CATALOGUE)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize("numbers", [{}, UNUSUAL], ids=["default", "unusual"])
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_method_takes_the_steps_of_its_plain_loop(name, numbers, changing, slope, walk, apart):
    cls, steps = CATALOGUE[name], 200
    rate = cls.space["learning_rate"].value(0.55)
    known = cls().hyperparameters().keys() - {"learning_rate"}
    method = cls(InverseTime(rate, halfway=40.0) if changing else rate, **{k: v for k, v in numbers.items() if k in known})
    rates = rate / (1 + np.arange(steps) / 40) if changing else np.full(steps, rate)
    fixed = {k: v for k, v in method.hyperparameters().items() if k != "learning_rate"}
    assert set(fixed) <= set(inspect.signature(LOOPS[name]).parameters)

    theirs = np.stack(list(LOOPS[name](slope.gradient, slope.start, rates, **fixed)))
    ours = walk(method, slope.loss, jnp.asarray(slope.start), steps)

    assert ours.dtype == np.float64
    assert apart(ours, theirs) <= 1e-12
    assert np.linalg.norm(theirs[-1] - slope.start) > 1e-3  # it went somewhere, so there was something to compare
