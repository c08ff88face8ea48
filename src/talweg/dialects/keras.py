"""Keras 3's optimizers: by their names, with their arguments and defaults, in their formula. TensorFlow's tf.keras has the same today.

Every one of them takes `weight_decay` (decoupled, times the learning rate), `clipvalue` and `global_clipnorm`.
"""

from __future__ import annotations

from typing import Any

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.library import Call, Library
from talweg.methods import Method
from talweg.schedules import Number


def SGD(learning_rate: Number = 0.01, momentum: float = 0.0, nesterov: bool = False, **common: Any) -> Method:
    """In-momentum."""
    method: Method = m.GradientDescent(learning_rate)
    if momentum:
        method = (m.NesterovVelocity if nesterov else m.Velocity)(method, momentum)
    return _common("SGD", method, **common)


def Adam(
    learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, **common: Any
) -> Method:
    """Epsilon-hat: ε before the bias correction."""
    return _common("Adam", (m.AMSGradHat if amsgrad else m.AdamHat)(learning_rate, beta_1, beta_2, epsilon), **common)


def AdamW(
    learning_rate: Number = 1e-3,
    weight_decay: float = 4e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    amsgrad: bool = False,
    **common: Any,
) -> Method:
    """Adam with weight decay."""
    return Adam(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common)


def Nadam(learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **common: Any) -> Method:
    """A momentum that warms up at once: its exponent is t, not 0.004 t."""
    return _common("Nadam", m.NAdam(learning_rate, beta_1, beta_2, epsilon, momentum_decay=1.0), **common)


def Adamax(learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **common: Any) -> Method:
    """ε beside the maximum."""
    return _common("Adamax", m.AdamaxOutside(learning_rate, beta_1, beta_2, epsilon), **common)


def Adagrad(learning_rate: Number = 1e-3, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7, **common: Any) -> Method:
    """ε inside the root."""
    return _common("Adagrad", m.AdagradInside(learning_rate, epsilon, initial_accumulator_value), **common)


def Adadelta(learning_rate: Number = 1e-3, rho: float = 0.95, epsilon: float = 1e-7, **common: Any) -> Method:
    """The paper's formula, times a learning rate."""
    return _common("Adadelta", m.AdaDelta(learning_rate, rho, epsilon), **common)


def RMSprop(
    learning_rate: Number = 1e-3, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7, centered: bool = False, **common: Any
) -> Method:
    """ε inside the root, the learning rate inside the velocity."""
    method: Method = (m.RMSpropCenteredInside if centered else m.RMSpropInside)(learning_rate, rho, epsilon)
    return _common("RMSprop", m.Velocity(method, momentum) if momentum else method, **common)


def Lion(
    learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.99, weight_decay: float | None = None, **common: Any
) -> Method:
    """The paper's formula."""
    return _common("Lion", m.Lion(learning_rate, beta_1, beta_2, weight_decay or 0.0), **common)


def _common(
    who: str,
    method: Method,
    *,
    weight_decay: float | None = None,
    clipvalue: float | None = None,
    global_clipnorm: float | None = None,
    **unknown: Any,
) -> Method:
    if unknown:
        known = "weight_decay, clipvalue and global_clipnorm"
        raise InputError(f"keras.{who}: {', '.join(unknown)} has no equivalent here; of the arguments of all optimizers, {known} have")
    if global_clipnorm is not None and clipvalue is not None:
        raise InputError(f"keras.{who}: give clipvalue or global_clipnorm, not both; Keras refuses that, too")
    if global_clipnorm is not None:
        method = m.ClipNorm(method, global_clipnorm)
    if clipvalue is not None:
        method = m.ClipValue(method, clipvalue)
    return m.WeightDecay(method, weight_decay) if weight_decay else method


RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "beta_1", "b2": "beta_2", "eps": "epsilon"}
RMS = {**RATE, "decay": "rho", "eps": "epsilon"}
FROM_ZERO = {"start": 0.0}


def calls(home: str) -> tuple[Call, ...]:
    """The calls of a module with Keras's optimizers."""
    return (
        Call("sgd", f"{home}.SGD", RATE),
        Call("velocity+sgd", f"{home}.SGD", MOMENTUM),
        Call("nesterov-velocity+sgd", f"{home}.SGD", MOMENTUM, {"nesterov": True}),
        Call("adam-hat", f"{home}.Adam", ADAM),
        Call("amsgrad-hat", f"{home}.Adam", ADAM, {"amsgrad": True}),
        Call("nadam", f"{home}.Nadam", ADAM, needs={"momentum_decay": 1.0}),
        Call("adamax-outside", f"{home}.Adamax", ADAM),
        Call("adagrad-inside", f"{home}.Adagrad", {**RATE, "eps": "epsilon", "start": "initial_accumulator_value"}),
        Call("adadelta", f"{home}.Adadelta", {**RATE, "rho": "rho", "eps": "epsilon"}),
        Call("rmsprop-inside", f"{home}.RMSprop", RMS, needs=FROM_ZERO),
        Call("velocity+rmsprop-inside", f"{home}.RMSprop", {**RMS, "momentum": "momentum"}, needs=FROM_ZERO),
        Call("rmsprop-centered-inside", f"{home}.RMSprop", RMS, {"centered": True}, needs=FROM_ZERO),
        Call("velocity+rmsprop-centered-inside", f"{home}.RMSprop", {**RMS, "momentum": "momentum"}, {"centered": True}, needs=FROM_ZERO),
        Call("lion", f"{home}.Lion", {**RATE, "b1": "beta_1", "b2": "beta_2", "weight_decay": "weight_decay"}),
    )


COMMON = {"weight-decay": "weight_decay", "clip-norm": "global_clipnorm", "clip-value": "clipvalue"}
ONE_OF = frozenset({"global_clipnorm", "clipvalue"})
LIBRARY = Library("keras", calls("keras.optimizers"), COMMON, alone=ONE_OF)
TENSORFLOW = Library("tensorflow", calls("tf.keras.optimizers"), COMMON, alone=ONE_OF)
