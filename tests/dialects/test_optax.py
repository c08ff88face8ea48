"""optax's calls as they are spelled, chains too, against the methods that they are said to be."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from talweg import dialects
from talweg.dialects import LIBRARIES, Spelling, convert
from talweg.schedules import Schedule

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, cases, collect, falling, of_call, other_defaults, ours, unusual = (
    PATHS[name] for name in ("STEPS", "cases", "collect", "falling", "of_call", "other_defaults", "ours", "unusual")
)
LIBRARY = LIBRARIES["optax"]
CLOSE = 1e-10
CHAINS = [
    *("clip-norm+l2+momentum", "clip-value+adam", "l2+adadelta", "clip-norm+weight-decay+adamax", "clip-norm+adamw"),
    *("l2+clip-norm+sgd", "clip-value+clip-norm+l2+rmsprop-inside", "clip-norm+lion", "l2+lars"),
]

pytestmark = pytest.mark.usefixtures("double")


def transformation(spelling: Spelling) -> optax.GradientTransformation:
    """The call itself, with a schedule in plain arithmetic and the links of a chain by their place."""
    links, arguments = [], {}
    for name, value in spelling.arguments.items():
        given = transformation(value) if isinstance(value, Spelling) else falling if isinstance(value, Schedule) else value
        if name.isdigit():
            links.append(given)
        else:
            arguments[name] = given
    return attrgetter(spelling.call.removeprefix("optax."))(optax)(*links, **arguments)


def path(spelling: Spelling, slope: Any) -> np.ndarray:
    made = transformation(spelling)

    @jax.jit
    def step(g, w, state):
        updates, state = made.update(g, state, w)
        return optax.apply_updates(w, updates), state

    def points() -> Iterator[np.ndarray]:
        w = jnp.asarray(slope.start)
        state = made.init(w)
        for t in range(STEPS):
            w, state = step(slope.gradient(np.asarray(w), t), w, state)
            yield w

    return collect(points())


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARY))
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "optax")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE


@pytest.mark.parametrize("kind", CHAINS)
def test_a_chain_takes_the_steps_of_the_method_with_wrappers(kind, slope, walk, apart):
    method = unusual(kind, changing=True)
    spelling = convert(method, "optax")
    assert spelling.exact
    assert spelling.call == "optax.chain"
    assert apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE


def test_every_default_is_the_one_of_optax():
    others = other_defaults(dialects.optax, lambda name: getattr(optax, name, None) or getattr(optax.contrib, name))
    # None there, with which the one climbs and the other draws its noise by a key of its own.
    assert others == {"adadelta": ["learning_rate"], "noisy_sgd": ["key"]}
