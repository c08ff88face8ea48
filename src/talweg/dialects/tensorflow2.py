"""The optimizers of TensorFlow 2 up to 2.10 (`tf.keras.optimizers.legacy` after that), in their formula.

Newer ones are Keras 3's (`keras`). Where these differ from them: Adagrad has ε beside the root, RMSprop without momentum too, Nadam's
momentum warms up with the exponent 0.004 t.
"""

from __future__ import annotations

from talweg.dialects.keras import ADAM, BETAS, FROM_ZERO, LEARNED, MOMENTUM, RATE, RMS, RMS_DEFAULTS
from talweg.dialects.library import Call, Constructor, Library

HOME = "tf.keras.optimizers.legacy"
VELOCITY = {**RMS, "momentum": "momentum"}

CONSTRUCTORS = {
    "SGD": Constructor("in-momentum", learning_rate=0.01, momentum=0.0, nesterov=False),
    "Adam": Constructor("epsilon-hat", **LEARNED, **BETAS, amsgrad=False),
    "Nadam": Constructor("a momentum that warms up with the exponent 0.004 t", **LEARNED, **BETAS),
    "Adamax": Constructor("ε beside the maximum", **LEARNED, **BETAS),
    "Adagrad": Constructor("ε beside the root", learning_rate=1e-3, initial_accumulator_value=0.1, epsilon=1e-7),
    "Adadelta": Constructor("the paper's formula, times a learning rate", learning_rate=1e-3, rho=0.95, epsilon=1e-7),
    "RMSprop": Constructor("ε beside the root without momentum, inside it with momentum", **RMS_DEFAULTS),
}
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
    constructors=CONSTRUCTORS,
)
globals().update(LIBRARY.optimizers(__name__))
