"""scikit-learn's multi-layer perceptrons (`MLPClassifier`, `MLPRegressor`): their two solvers with mini-batches, in their formula.

Not here: their penalty `alpha`, which leaves out the biases and is divided by the batch.
"""

from __future__ import annotations

from talweg import methods as m
from talweg.dialects.library import Call, Library
from talweg.methods import Method


def sgd(learning_rate_init: float = 1e-3, momentum: float = 0.9, nesterovs_momentum: bool = True) -> Method:
    """In-momentum, Nesterov's unless one says otherwise."""
    method = m.GradientDescent(learning_rate_init)
    return (m.NesterovVelocity if nesterovs_momentum else m.Velocity)(method, momentum) if momentum else method


def adam(learning_rate_init: float = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8) -> Method:
    """Epsilon-hat."""
    return m.AdamHat(learning_rate_init, beta_1, beta_2, epsilon)


HOME = "sklearn.neural_network.MLPClassifier"
RATE = {"learning_rate": "learning_rate_init"}
SGD = {"solver": "sgd"}

LIBRARY = Library(
    "sklearn",
    (
        Call("sgd", HOME, RATE, {**SGD, "momentum": 0.0}),
        Call("velocity+sgd", HOME, {**RATE, "momentum": "momentum"}, {**SGD, "nesterovs_momentum": False}),
        Call("nesterov-velocity+sgd", HOME, {**RATE, "momentum": "momentum"}, {**SGD, "nesterovs_momentum": True}),
        Call("adam-hat", HOME, {**RATE, "b1": "beta_1", "b2": "beta_2", "eps": "epsilon"}, {"solver": "adam"}),
    ),
)
