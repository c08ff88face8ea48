"""Lasagne's updates for Theano (`lasagne.updates`, 0.2): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from talweg import methods as m
from talweg.dialects.library import Call, Library
from talweg.methods import Method
from talweg.schedules import Number


def sgd(learning_rate: Number) -> Method:
    """Gradient descent."""
    return m.GradientDescent(learning_rate)


def momentum(learning_rate: Number, momentum: float = 0.9) -> Method:
    """In-momentum."""
    return m.Velocity(m.GradientDescent(learning_rate), momentum)


def nesterov_momentum(learning_rate: Number, momentum: float = 0.9) -> Method:
    """Nesterov's in-form."""
    return m.NesterovVelocity(m.GradientDescent(learning_rate), momentum)


def apply_momentum(updates: Method, momentum: float = 0.9) -> Method:
    """A velocity around any method."""
    return m.Velocity(updates, momentum)


def apply_nesterov_momentum(updates: Method, momentum: float = 0.9) -> Method:
    """Nesterov's velocity around any method."""
    return m.NesterovVelocity(updates, momentum)


def adagrad(learning_rate: Number = 1.0, epsilon: float = 1e-6) -> Method:
    """ε inside the root."""
    return m.AdagradInside(learning_rate, epsilon, start=0.0)


def rmsprop(learning_rate: Number = 1.0, rho: float = 0.9, epsilon: float = 1e-6) -> Method:
    """ε inside the root."""
    return m.RMSpropInside(learning_rate, rho, epsilon)


def adadelta(learning_rate: Number = 1.0, rho: float = 0.95, epsilon: float = 1e-6) -> Method:
    """The paper's formula."""
    return m.AdaDelta(learning_rate, rho, epsilon)


def adam(learning_rate: Number = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Method:
    """Epsilon-hat."""
    return m.AdamHat(learning_rate, beta1, beta2, epsilon)


def amsgrad(learning_rate: Number = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Method:
    """Epsilon-hat, and the maximum of raw averages."""
    return m.AMSGradHat(learning_rate, beta1, beta2, epsilon)


def adamax(learning_rate: Number = 2e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Method:
    """ε beside the maximum."""
    return m.AdamaxOutside(learning_rate, beta1, beta2, epsilon)


HOME = "lasagne.updates"
RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "beta1", "b2": "beta2", "eps": "epsilon"}

LIBRARY = Library(
    "lasagne",
    (
        Call("sgd", f"{HOME}.sgd", RATE),
        Call("velocity+sgd", f"{HOME}.momentum", MOMENTUM),
        Call("nesterov-velocity+sgd", f"{HOME}.nesterov_momentum", MOMENTUM),
        Call("adagrad-inside", f"{HOME}.adagrad", {**RATE, "eps": "epsilon"}, needs={"start": 0.0}),
        Call("rmsprop-inside", f"{HOME}.rmsprop", {**RATE, "decay": "rho", "eps": "epsilon"}, needs={"start": 0.0}),
        Call("adadelta", f"{HOME}.adadelta", {**RATE, "rho": "rho", "eps": "epsilon"}),
        Call("adam-hat", f"{HOME}.adam", ADAM),
        Call("amsgrad-hat", f"{HOME}.amsgrad", ADAM),
        Call("adamax-outside", f"{HOME}.adamax", ADAM),
    ),
)
