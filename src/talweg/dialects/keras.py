"""Keras 3's optimizers: by their names, with their arguments and defaults, in their formula. TensorFlow's tf.keras has the same today.

Every one of them takes `weight_decay` (decoupled, times the learning rate), `clipvalue` and `global_clipnorm`.
"""

from __future__ import annotations

from talweg.dialects.library import Call, Constructor, Defaults, Library

RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "beta_1", "b2": "beta_2", "eps": "epsilon"}
RMS = {**RATE, "decay": "rho", "eps": "epsilon"}
FROM_ZERO = {"start": 0.0}


def _calls(home: str) -> tuple[Call, ...]:
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


LEARNED: Defaults = {"learning_rate": 1e-3}
BETAS: Defaults = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
RMS_DEFAULTS: Defaults = {**LEARNED, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}
CONSTRUCTORS = {
    "SGD": Constructor("in-momentum", learning_rate=0.01, momentum=0.0, nesterov=False),
    "Adam": Constructor("epsilon-hat: ε before the bias correction", **LEARNED, **BETAS, amsgrad=False),
    "AdamW": Constructor("Adam with weight decay", like="Adam", **LEARNED, weight_decay=4e-3, **BETAS, amsgrad=False),
    "Nadam": Constructor("a momentum that warms up at once: its exponent is t, not 0.004 t", **LEARNED, **BETAS),
    "Adamax": Constructor("ε beside the maximum", **LEARNED, **BETAS),
    "Adagrad": Constructor("ε inside the root", learning_rate=1e-3, initial_accumulator_value=0.1, epsilon=1e-7),
    "Adadelta": Constructor("the paper's formula, times a learning rate", learning_rate=1e-3, rho=0.95, epsilon=1e-7),
    "RMSprop": Constructor("ε inside the root, the learning rate inside the velocity", **RMS_DEFAULTS),
    "Lion": Constructor("the paper's formula", learning_rate=1e-3, beta_1=0.9, beta_2=0.99),
}

COMMON = {"weight_decay": None, "clipvalue": None, "global_clipnorm": None}


def _library(name: str, home: str) -> Library:
    """Keras's optimizers under the name of another module, too."""
    wrappers = {"weight-decay": "weight_decay", "clip-norm": "global_clipnorm", "clip-value": "clipvalue"}
    return Library(
        name, _calls(home), wrappers, alone=frozenset({"global_clipnorm", "clipvalue"}), constructors=CONSTRUCTORS, common=COMMON
    )


LIBRARY = _library("keras", "keras.optimizers")
TENSORFLOW = _library("tensorflow", "tf.keras.optimizers")
globals().update(LIBRARY.optimizers(__name__))
