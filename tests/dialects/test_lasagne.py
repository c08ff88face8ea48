"""lasagne.updates, whose Theano no longer runs, as plain loops from its documentation, against the methods that they are said to be."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg import dialects
from talweg.dialects import LIBRARIES, Spelling, convert
from talweg.schedules import InverseTime

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
cases, collect, of_call, ours, rule_points = (PATHS[name] for name in ("cases", "collect", "of_call", "ours", "rule_points"))
LIBRARY = LIBRARIES["lasagne"]
CLOSE = 1e-10

pytestmark = pytest.mark.usefixtures("double")

# Each gives param := param + … for (what it has kept, gradient, learning_rate, t = 1, 2, …).


def sgd(s: Any, g: np.ndarray, lr: float, t: int) -> np.ndarray:
    return -lr * g


def with_momentum(s: Any, update: np.ndarray, momentum: float) -> np.ndarray:
    s["velocity"] = momentum * s["velocity"] + update
    return s["velocity"]


def with_nesterov_momentum(s: Any, update: np.ndarray, momentum: float) -> np.ndarray:
    s["velocity"] = momentum * s["velocity"] + update
    return momentum * s["velocity"] + update


def adagrad(s: Any, g: np.ndarray, lr: float, t: int, epsilon: float) -> np.ndarray:
    s["accu"] = s["accu"] + g**2
    return -lr * g / np.sqrt(s["accu"] + epsilon)


def rmsprop(s: Any, g: np.ndarray, lr: float, t: int, rho: float, epsilon: float) -> np.ndarray:
    s["accu"] = rho * s["accu"] + (1 - rho) * g**2
    return -lr * g / np.sqrt(s["accu"] + epsilon)


def adadelta(s: Any, g: np.ndarray, lr: float, t: int, rho: float, epsilon: float) -> np.ndarray:
    s["accu"] = rho * s["accu"] + (1 - rho) * g**2
    update = g * np.sqrt(s["delta"] + epsilon) / np.sqrt(s["accu"] + epsilon)
    s["delta"] = rho * s["delta"] + (1 - rho) * update**2
    return -lr * update


def adam(s: Any, g: np.ndarray, lr: float, t: int, beta1: float, beta2: float, epsilon: float) -> np.ndarray:
    s["m"] = beta1 * s["m"] + (1 - beta1) * g
    s["v"] = beta2 * s["v"] + (1 - beta2) * g**2
    return -lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * s["m"] / (np.sqrt(s["v"]) + epsilon)


def amsgrad(s: Any, g: np.ndarray, lr: float, t: int, beta1: float, beta2: float, epsilon: float) -> np.ndarray:
    s["m"] = beta1 * s["m"] + (1 - beta1) * g
    s["v"] = beta2 * s["v"] + (1 - beta2) * g**2
    s["largest"] = np.maximum(s["largest"], s["v"])
    return -lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * s["m"] / (np.sqrt(s["largest"]) + epsilon)


def adamax(s: Any, g: np.ndarray, lr: float, t: int, beta1: float, beta2: float, epsilon: float) -> np.ndarray:
    s["m"] = beta1 * s["m"] + (1 - beta1) * g
    s["u"] = np.maximum(beta2 * s["u"], abs(g))
    return -lr / (1 - beta1**t) * s["m"] / (s["u"] + epsilon)


RULES: dict[str, Callable[..., np.ndarray]] = {
    **{"sgd": sgd, "adagrad": adagrad, "rmsprop": rmsprop, "adadelta": adadelta, "adam": adam, "amsgrad": amsgrad, "adamax": adamax},
    "momentum": lambda s, g, lr, t, momentum: with_momentum(s, -lr * g, momentum),
    "nesterov_momentum": lambda s, g, lr, t, momentum: with_nesterov_momentum(s, -lr * g, momentum),
}


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARY))
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "lasagne")
    assert spelling.exact
    assert spelling.call == call.call
    theirs = collect(rule_points(RULES[spelling.call.removeprefix("lasagne.updates.")], spelling, slope))
    assert apart(ours(walk, method, slope), theirs) <= CLOSE


@pytest.mark.parametrize("word", ["apply_momentum", "apply_nesterov_momentum"])
def test_momentum_is_applied_to_the_updates_of_another_call(word, slope, walk, apart):
    applied = {"apply_momentum": with_momentum, "apply_nesterov_momentum": with_nesterov_momentum}[word]
    numbers = {"learning_rate": InverseTime(0.02, halfway=40.0), "rho": 0.92, "epsilon": 1e-2}
    method = getattr(dialects.lasagne, word)(dialects.lasagne.rmsprop(**numbers), momentum=0.8)

    def rule(s: Any, *given: Any, **numbers: Any) -> np.ndarray:
        return applied(s, rmsprop(s, *given, **numbers), 0.8)

    theirs = collect(rule_points(rule, Spelling("lasagne", "lasagne.updates.rmsprop", numbers), slope))
    assert apart(ours(walk, method, slope), theirs) <= CLOSE
