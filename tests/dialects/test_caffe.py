"""Caffe's solvers as plain loops from its documentation, against the methods that they are said to be."""

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
LIBRARY = LIBRARIES["caffe"]
CLOSE = 1e-10

pytestmark = pytest.mark.usefixtures("double")

# Each gives the step that is added to the weights for (what it has kept, gradient, rate, t = 1, 2, …).


def SGD(s: Any, g: np.ndarray, rate: float, t: int, momentum: float = 0.0) -> np.ndarray:
    s["h"] = momentum * s["h"] + rate * g
    return -s["h"]


def Nesterov(s: Any, g: np.ndarray, rate: float, t: int, momentum: float) -> np.ndarray:
    before = s["h"]
    s["h"] = momentum * before + rate * g
    return -((1 + momentum) * s["h"] - momentum * before)


def AdaGrad(s: Any, g: np.ndarray, rate: float, t: int, delta: float) -> np.ndarray:
    s["h"] = s["h"] + g**2
    return -rate * g / (np.sqrt(s["h"]) + delta)


def RMSProp(s: Any, g: np.ndarray, rate: float, t: int, rms_decay: float, delta: float) -> np.ndarray:
    s["h"] = rms_decay * s["h"] + (1 - rms_decay) * g**2
    return -rate * g / (np.sqrt(s["h"]) + delta)


def AdaDelta(s: Any, g: np.ndarray, rate: float, t: int, momentum: float, delta: float) -> np.ndarray:
    s["h"] = momentum * s["h"] + (1 - momentum) * g**2
    update = g * np.sqrt((s["updates"] + delta) / (s["h"] + delta))
    s["updates"] = momentum * s["updates"] + (1 - momentum) * update**2
    return -rate * update


def Adam(s: Any, g: np.ndarray, rate: float, t: int, momentum: float, momentum2: float, delta: float) -> np.ndarray:
    s["m"] = momentum * s["m"] + (1 - momentum) * g
    s["v"] = momentum2 * s["v"] + (1 - momentum2) * g**2
    return -rate * np.sqrt(1 - momentum2**t) / (1 - momentum**t) * s["m"] / (np.sqrt(s["v"]) + delta)


RULES: dict[str, Callable[..., np.ndarray]] = {rule.__name__: rule for rule in (SGD, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam)}


def path(spelling: Spelling, slope: Any) -> np.ndarray:
    """The gradient is clipped by its norm, then the weights are added to it, then comes the solver."""
    numbers = dict(spelling.arguments)
    decay, clip = numbers.pop("weight_decay", 0.0), numbers.pop("clip_gradients", -1.0)

    class Regularized:
        start = slope.start

        @staticmethod
        def gradient(w: np.ndarray, t: int) -> np.ndarray:
            g = slope.gradient(w, t)
            length = np.sqrt(np.sum(g**2))
            if 0 <= clip < length:
                g = g * (clip / length)
            return g + decay * w

    return collect(rule_points(RULES[spelling.call], Spelling("caffe", spelling.call, numbers), Regularized, "base_lr"))


@pytest.mark.parametrize(
    ("call", "around", "changing"),
    [
        *cases(LIBRARY),
        *cases(LIBRARY, "clip-norm+l2+"),
        *cases(LIBRARY, "l2+", lambda call: call.kind in ("velocity+sgd", "adam-hat")),
        *cases(LIBRARY, "clip-norm+", lambda call: call.kind in ("velocity+sgd", "adam-hat")),
    ],
)
def test_every_solver_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "caffe")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(spelling, slope)) <= CLOSE


def test_clipping_after_the_weight_decay_is_not_said_to_be_what_caffe_does(slope, walk, apart):
    method = unusual("l2+clip-norm+velocity+sgd")
    other = convert(unusual("clip-norm+l2+velocity+sgd"), "caffe")
    assert not convert(method, "caffe").exact
    assert apart(ours(walk, method, slope), path(other, slope)) > 1e-6
