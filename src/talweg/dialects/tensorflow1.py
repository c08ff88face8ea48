"""TensorFlow 1's optimizers (`tf.compat.v1.train`): by their names, with their arguments and defaults, in their kernels' formula."""

from __future__ import annotations

from talweg import methods as m
from talweg.dialects.library import Call, Library
from talweg.methods import Method
from talweg.schedules import Number


def GradientDescentOptimizer(learning_rate: Number) -> Method:
    """Gradient descent."""
    return m.GradientDescent(learning_rate)


def MomentumOptimizer(learning_rate: Number, momentum: float, use_nesterov: bool = False) -> Method:
    """Out-momentum."""
    return (m.NesterovShifted if use_nesterov else m.Momentum)(learning_rate, momentum)


def AdagradOptimizer(learning_rate: Number, initial_accumulator_value: float = 0.1) -> Method:
    """No ε at all."""
    return m.Adagrad(learning_rate, eps=0.0, start=initial_accumulator_value)


def AdadeltaOptimizer(learning_rate: Number = 1e-3, rho: float = 0.95, epsilon: float = 1e-8) -> Method:
    """The paper's formula, times a learning rate."""
    return m.AdaDelta(learning_rate, rho, epsilon)


def RMSPropOptimizer(
    learning_rate: Number, decay: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-10, centered: bool = False
) -> Method:
    """ε inside the root, the average starts at one, the learning rate inside the velocity."""
    method = (m.RMSpropCenteredInside if centered else m.RMSpropInside)(learning_rate, decay, epsilon, start=1.0)
    return m.Velocity(method, momentum) if momentum else method


def AdamOptimizer(learning_rate: Number = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Method:
    """Epsilon-hat."""
    return m.AdamHat(learning_rate, beta1, beta2, epsilon)


HOME = "tf.compat.v1.train"
RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
RMS = {**RATE, "decay": "decay", "eps": "epsilon"}
FROM_ONE = {"start": 1.0}

LIBRARY = Library(
    "tensorflow1",
    (
        Call("sgd", f"{HOME}.GradientDescentOptimizer", RATE),
        Call("momentum", f"{HOME}.MomentumOptimizer", MOMENTUM),
        Call("nesterov-shifted", f"{HOME}.MomentumOptimizer", MOMENTUM, {"use_nesterov": True}),
        Call("adagrad", f"{HOME}.AdagradOptimizer", {**RATE, "start": "initial_accumulator_value"}, needs={"eps": 0.0}),
        Call("adadelta", f"{HOME}.AdadeltaOptimizer", {**RATE, "rho": "rho", "eps": "epsilon"}),
        Call("rmsprop-inside", f"{HOME}.RMSPropOptimizer", RMS, needs=FROM_ONE),
        Call("velocity+rmsprop-inside", f"{HOME}.RMSPropOptimizer", {**RMS, "momentum": "momentum"}, needs=FROM_ONE),
        Call("rmsprop-centered-inside", f"{HOME}.RMSPropOptimizer", RMS, {"centered": True}, needs=FROM_ONE),
        Call(
            "velocity+rmsprop-centered-inside",
            f"{HOME}.RMSPropOptimizer",
            {**RMS, "momentum": "momentum"},
            {"centered": True},
            needs=FROM_ONE,
        ),
        Call("adam-hat", f"{HOME}.AdamOptimizer", {**RATE, "b1": "beta1", "b2": "beta2", "eps": "epsilon"}),
    ),
)
