"""The optimizers of TensorFlow 2 up to 2.10 (`tf.keras.optimizers.legacy` after that), in their formula.

Newer ones are Keras 3's (`keras`). Where these differ from them: Adagrad has ε beside the root, RMSprop without momentum too, Nadam's
momentum warms up with the exponent 0.004 t.
"""

from __future__ import annotations

from talweg import methods as m
from talweg.dialects.library import Call, Library
from talweg.methods import Method
from talweg.schedules import Number


def SGD(learning_rate: Number = 0.01, momentum: float = 0.0, nesterov: bool = False) -> Method:
    """In-momentum."""
    method = m.GradientDescent(learning_rate)
    return (m.NesterovVelocity if nesterov else m.Velocity)(method, momentum) if momentum else method


def Adam(learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False) -> Method:
    """Epsilon-hat."""
    return (m.AMSGradHat if amsgrad else m.AdamHat)(learning_rate, beta_1, beta_2, epsilon)


def Nadam(learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Method:
    """A momentum that warms up with the exponent 0.004 t."""
    return m.NAdam(learning_rate, beta_1, beta_2, epsilon, momentum_decay=4e-3)


def Adamax(learning_rate: Number = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Method:
    """ε beside the maximum."""
    return m.AdamaxOutside(learning_rate, beta_1, beta_2, epsilon)


def Adagrad(learning_rate: Number = 1e-3, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7) -> Method:
    """ε beside the root."""
    return m.Adagrad(learning_rate, epsilon, initial_accumulator_value)


def Adadelta(learning_rate: Number = 1e-3, rho: float = 0.95, epsilon: float = 1e-7) -> Method:
    """The paper's formula, times a learning rate."""
    return m.AdaDelta(learning_rate, rho, epsilon)


def RMSprop(learning_rate: Number = 1e-3, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7, centered: bool = False) -> Method:
    """ε beside the root without momentum, inside it with momentum."""
    if momentum == 0:
        return (m.RMSpropCentered if centered else m.RMSprop)(learning_rate, rho, epsilon)
    return m.Velocity((m.RMSpropCenteredInside if centered else m.RMSpropInside)(learning_rate, rho, epsilon), momentum)


HOME = "tf.keras.optimizers.legacy"
RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "beta_1", "b2": "beta_2", "eps": "epsilon"}
RMS = {**RATE, "decay": "rho", "eps": "epsilon"}
VELOCITY = {**RMS, "momentum": "momentum"}
FROM_ZERO = {"start": 0.0}

LIBRARY = Library(
    "tensorflow2",
    (
        Call("sgd", f"{HOME}.SGD", RATE),
        Call("velocity+sgd", f"{HOME}.SGD", MOMENTUM),
        Call("nesterov-velocity+sgd", f"{HOME}.SGD", MOMENTUM, {"nesterov": True}),
        Call("adam-hat", f"{HOME}.Adam", ADAM),
        Call("amsgrad-hat", f"{HOME}.Adam", ADAM, {"amsgrad": True}),
        Call("nadam", f"{HOME}.Nadam", ADAM, needs={"momentum_decay": 4e-3}),
        Call("adamax-outside", f"{HOME}.Adamax", ADAM),
        Call("adagrad", f"{HOME}.Adagrad", {**RATE, "eps": "epsilon", "start": "initial_accumulator_value"}),
        Call("adadelta", f"{HOME}.Adadelta", {**RATE, "rho": "rho", "eps": "epsilon"}),
        Call("rmsprop", f"{HOME}.RMSprop", RMS),
        Call("rmsprop-centered", f"{HOME}.RMSprop", RMS, {"centered": True}),
        Call("velocity+rmsprop-inside", f"{HOME}.RMSprop", VELOCITY, needs=FROM_ZERO, positive=("momentum",)),
        Call("velocity+rmsprop-centered-inside", f"{HOME}.RMSprop", VELOCITY, {"centered": True}, FROM_ZERO, positive=("momentum",)),
    ),
)
