"""How other libraries walk: w after every step, for a call as `convert` spells it."""

from __future__ import annotations

import inspect
import runpy
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from talweg import dialects
from talweg.dialects import Spelling
from talweg.dialects.library import Call, Library
from talweg.methods import Method, factory_named, factory_of
from talweg.schedules import InverseTime, Schedule

STEPS, RATE = 200, 0.02
# Far from every default, and ε so large that its place in the formula shows.
UNUSUAL = {
    **{"momentum": 0.8, "dampening": 0.4, "rho": 0.85, "decay": 0.92, "b1": 0.7, "b2": 0.95, "eps": 1e-2, "l2": 0.1},
    **{"weight_decay": 0.1, "start": 0.3, "momentum_decay": 0.05, "clip_norm": 0.3, "clip_value": 0.05, "trust": 0.1, "first": 1e-3},
    **{"shrink": 0.4, "grow": 1.1, "smallest_step": 1e-3, "largest_step": 0.1},
}


def falling(t: Any) -> Any:
    """The learning rate that changes."""
    return RATE / (1 + t / 40.0)


def unusual(kind: str, changing: bool = False, **numbers: float) -> Method:
    """A kind of method with numbers far from every default."""
    made = factory_named("test", kind)
    known = made().hyperparameters()
    rate = InverseTime(RATE, halfway=40.0) if changing else RATE
    return made(**{name: value for name, value in UNUSUAL.items() if name in known} | numbers | {"learning_rate": rate})


def of_call(library: Library, call: Call, changing: bool, around: str = "") -> Method:
    """The method of a call with unusual numbers, but for those that the call needs."""
    return unusual(around + call.kind, changing and not call.steady, **call.needs)


def constructed(spelling: Spelling) -> Method:
    """The method that the library's own words make, in its dialect."""
    module = {"tensorflow": "keras"}.get(spelling.library, spelling.library)
    arguments = dict(spelling.arguments)
    name = arguments.pop("solver", None) or spelling.call.split(".")[-1]
    return getattr(getattr(dialects, module), name)(**arguments)


def rates(spelling: Spelling) -> tuple[dict[str, Any], Callable[[int], float]]:
    """The arguments with a number where a schedule stands, and the rate of every step."""
    schedules = [value for value in spelling.arguments.values() if isinstance(value, Schedule)]
    each = falling if schedules else (lambda t: RATE)
    return {name: RATE if isinstance(value, Schedule) else value for name, value in spelling.arguments.items()}, each


def collect(points: Iterator[np.ndarray]) -> np.ndarray:
    """A path as one array."""
    return np.stack([np.asarray(point).copy() for point in points])


def cases(library: Library, around: str = "", fits: Callable[[Call], bool] = lambda call: True) -> list[Any]:
    """`call, around, changing` for the calls of a library, those with wrappers around them with a learning rate that changes alone."""
    both = (True,) if around else (False, True)
    made = [(call, changing) for call in library.calls if fits(call) for changing in both if around or not (changing and call.steady)]
    return [
        pytest.param(call, around, changing, id=f"{library.name}: {around}{call.kind}, {'schedule' if changing else 'constant'}")
        for call, changing in made
    ]


def ours(walk: Callable[..., Any], method: Method, slope: Any) -> Any:
    """How talweg walks; a learning rate that stays does so as a schedule that falls in eternity, so that both are compiled once."""
    if not isinstance(method.hyperparameters()["learning_rate"], Schedule):
        method = factory_of(method)(**method.hyperparameters() | {"learning_rate": InverseTime(RATE, halfway=1e300)})
    return walk(method, slope.loss, jnp.asarray(slope.start), STEPS)


def keras_points(keras: Any, spelling: Spelling, slope: Any, compiled: Callable[..., Any] = lambda f: f) -> Iterator[np.ndarray]:
    """How Keras 3 walks, also as tf.keras, on any backend."""
    arguments, rate = rates(spelling)
    optimizer = getattr(keras.optimizers, spelling.call.split(".")[-1])(**arguments)
    w = keras.Variable(slope.start)
    optimizer.build([w])
    step = compiled(lambda gradient: optimizer.apply([gradient], [w]))
    for t in range(STEPS):
        optimizer.learning_rate = rate(t)
        step(keras.ops.convert_to_tensor(slope.gradient(np.asarray(keras.ops.convert_to_tensor(w)), t)))
        yield np.asarray(keras.ops.convert_to_tensor(w))


def snippet_points(keras: Any, method: Method, library: str, folder: Path, slope: Any) -> Iterator[np.ndarray]:
    """How the snippet for Keras or tf.keras walks."""
    file = folder / "snippet.py"
    file.write_text(dialects.code(method, library), "utf-8")
    optimizer = runpy.run_path(str(file))["make_optimizer"]()
    w = keras.Variable(slope.start)
    for t in range(STEPS):
        gradient = slope.gradient(np.asarray(keras.ops.convert_to_tensor(w)), t)
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [w])
        yield np.asarray(keras.ops.convert_to_tensor(w))


def rule_points(rule: Callable[..., np.ndarray], spelling: Spelling, slope: Any, name: str = "learning_rate") -> Iterator[np.ndarray]:
    """How a rule walks that gives the move for (state, gradient, learning rate, t from 1, numbers); what is not in its state yet is 0."""
    numbers, rate = rates(spelling)
    state, w = defaultdict(float), slope.start
    for t in range(STEPS):
        w = w + rule(state, slope.gradient(w, t), rate(t), t + 1, **{key: value for key, value in numbers.items() if key != name})
        yield w


def other_defaults(module: Any, theirs: Callable[[str], Any]) -> dict[str, list[str]]:
    """The arguments of a dialect, by its words, whose defaults are not those of the library's own call, or that it doesn't have."""
    found = {}
    for name, word in vars(module).items():
        if inspect.isfunction(word) and word.__module__ == module.__name__ and name[0] != "_":
            own = inspect.signature(theirs(name)).parameters
            words = [given for given in inspect.signature(word).parameters.values() if given.kind is not given.VAR_KEYWORD]
            found[name] = [given.name for given in words if given.name not in own or own[given.name].default != given.default]
    return {name: arguments for name, arguments in found.items() if arguments}
