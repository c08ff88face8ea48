"""Lasagne's updates for Theano (`lasagne.updates`, 0.2): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from talweg import methods as m
from talweg.dialects.library import NEEDED, Call, Constructor, Library
from talweg.methods import Method


def apply_momentum(updates: Method, momentum: float = 0.9) -> Method:
    """A velocity around any method."""
    return m.Velocity(updates, momentum)


def apply_nesterov_momentum(updates: Method, momentum: float = 0.9) -> Method:
    """Nesterov's velocity around any method."""
    return m.NesterovVelocity(updates, momentum)


HOME = "lasagne.updates"
RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "beta1", "b2": "beta2", "eps": "epsilon"}

CONSTRUCTORS = {
    "sgd": Constructor("gradient descent", learning_rate=NEEDED),
    "momentum": Constructor("in-momentum", learning_rate=NEEDED, momentum=0.9),
    "nesterov_momentum": Constructor("Nesterov's in-form", learning_rate=NEEDED, momentum=0.9),
    "adagrad": Constructor("ε inside the root", learning_rate=1.0, epsilon=1e-6),
    "rmsprop": Constructor("ε inside the root", learning_rate=1.0, rho=0.9, epsilon=1e-6),
    "adadelta": Constructor("the paper's formula", learning_rate=1.0, rho=0.95, epsilon=1e-6),
    "adam": Constructor("epsilon-hat", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8),
    "amsgrad": Constructor("epsilon-hat, and the maximum of raw averages", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8),
    "adamax": Constructor("ε beside the maximum", learning_rate=2e-3, beta1=0.9, beta2=0.999, epsilon=1e-8),
}
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
    constructors=CONSTRUCTORS,
)
globals().update(LIBRARY.optimizers(__name__))
