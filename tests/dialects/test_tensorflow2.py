"""TensorFlow 2's optimizers of before Keras 3 as plain loops from their documentation, against the methods that they are said to be.

Where tf_keras still has them, test_tensorflow.py runs them.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.dialects import LIBRARIES, Spelling, convert

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
cases, collect, of_call, ours, rule_points, unusual = (
    PATHS[name] for name in ("cases", "collect", "of_call", "ours", "rule_points", "unusual")
)
LIBRARY = LIBRARIES["tensorflow2"]
CLOSE = 1e-10

pytestmark = pytest.mark.usefixtures("double")

# Each gives the step that is added to the variable for (what it has kept, gradient, learning rate, t = 1, 2, …).


def SGD(s: Any, g: np.ndarray, lr: float, t: int, momentum: float = 0.0, nesterov: bool = False) -> np.ndarray:
    s["velocity"] = momentum * s["velocity"] - lr * g
    return momentum * s["velocity"] - lr * g if nesterov else s["velocity"]


def Adam(s: Any, g: np.ndarray, lr: float, t: int, beta_1: float, beta_2: float, epsilon: float, amsgrad: bool = False) -> np.ndarray:
    s["m"] = beta_1 * s["m"] + (1 - beta_1) * g
    s["v"] = beta_2 * s["v"] + (1 - beta_2) * g**2
    s["largest"] = np.maximum(s["largest"], s["v"])
    v = s["largest"] if amsgrad else s["v"]
    return -lr * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * s["m"] / (np.sqrt(v) + epsilon)


def Nadam(s: Any, g: np.ndarray, lr: float, t: int, beta_1: float, beta_2: float, epsilon: float) -> np.ndarray:
    now, then = (beta_1 * (1 - 0.5 * 0.96 ** (0.004 * step)) for step in (t, t + 1))
    product = s.setdefault("product", 1.0) * now
    s["product"] = product
    s["m"] = beta_1 * s["m"] + (1 - beta_1) * g
    s["v"] = beta_2 * s["v"] + (1 - beta_2) * g**2
    ahead = (1 - now) * g / (1 - product) + then * s["m"] / (1 - product * then)
    return -lr * ahead / (np.sqrt(s["v"] / (1 - beta_2**t)) + epsilon)


def Adamax(s: Any, g: np.ndarray, lr: float, t: int, beta_1: float, beta_2: float, epsilon: float) -> np.ndarray:
    s["m"] = beta_1 * s["m"] + (1 - beta_1) * g
    s["u"] = np.maximum(beta_2 * s["u"], abs(g))
    return -lr / (1 - beta_1**t) * s["m"] / (s["u"] + epsilon)


def Adagrad(s: Any, g: np.ndarray, lr: float, t: int, initial_accumulator_value: float, epsilon: float) -> np.ndarray:
    s["sum"] = s.setdefault("sum", initial_accumulator_value) + g**2
    return -lr * g / (np.sqrt(s["sum"]) + epsilon)


def Adadelta(s: Any, g: np.ndarray, lr: float, t: int, rho: float, epsilon: float) -> np.ndarray:
    s["squares"] = rho * s["squares"] + (1 - rho) * g**2
    update = np.sqrt(s["updates"] + epsilon) / np.sqrt(s["squares"] + epsilon) * g
    s["updates"] = rho * s["updates"] + (1 - rho) * update**2
    return -lr * update


def RMSprop(
    s: Any, g: np.ndarray, lr: float, t: int, rho: float, epsilon: float, momentum: float = 0.0, centered: bool = False
) -> np.ndarray:
    """ε beside the root without momentum and inside it with momentum."""
    s["squares"] = rho * s["squares"] + (1 - rho) * g**2
    s["mean"] = rho * s["mean"] + (1 - rho) * g
    spread = s["squares"] - s["mean"] ** 2 if centered else s["squares"]
    if not momentum:
        return -lr * g / (np.sqrt(spread) + epsilon)
    s["velocity"] = momentum * s["velocity"] + lr * g / np.sqrt(spread + epsilon)
    return -s["velocity"]


RULES: dict[str, Callable[..., np.ndarray]] = {rule.__name__: rule for rule in (SGD, Adam, Nadam, Adamax, Adagrad, Adadelta, RMSprop)}


def path(spelling: Spelling, slope: Any) -> np.ndarray:
    return collect(rule_points(RULES[spelling.call.removeprefix("tf.keras.optimizers.legacy.")], spelling, slope))


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARY))
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "tensorflow2")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE


@pytest.mark.parametrize("kind", ["velocity+rmsprop-inside", "velocity+rmsprop-centered-inside"])
def test_a_momentum_of_zero_is_not_said_to_have_epsilon_inside_the_root(kind, slope, walk, apart):
    method = unusual(kind, momentum=0.0, start=0.0)
    spelling = convert(method, "tensorflow2")
    assert not spelling.exact or apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE
