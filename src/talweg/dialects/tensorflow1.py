"""TensorFlow 1's optimizers (`tf.compat.v1.train`): by their names, with their arguments and defaults, in their kernels' formula."""

from __future__ import annotations

from talweg.dialects.library import NEEDED, Call, Constructor, Defaults, Library

HOME = "tf.compat.v1.train"
RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
RMS = {**RATE, "decay": "decay", "eps": "epsilon"}
VELOCITY = {**RMS, "momentum": "momentum"}
FROM_ONE = {"start": 1.0}
RMS_DEFAULTS: Defaults = {"decay": 0.9, "momentum": 0.0, "epsilon": 1e-10, "centered": False}

CONSTRUCTORS = {
    "GradientDescentOptimizer": Constructor("gradient descent", learning_rate=NEEDED),
    "MomentumOptimizer": Constructor("out-momentum", learning_rate=NEEDED, momentum=NEEDED, use_nesterov=False),
    "AdagradOptimizer": Constructor("no ε at all", learning_rate=NEEDED, initial_accumulator_value=0.1),
    "AdadeltaOptimizer": Constructor("the paper's formula, times a learning rate", learning_rate=1e-3, rho=0.95, epsilon=1e-8),
    "RMSPropOptimizer": Constructor(
        "ε inside the root, the average starts at one, the learning rate inside the velocity", learning_rate=NEEDED, **RMS_DEFAULTS
    ),
    "AdamOptimizer": Constructor("epsilon-hat", learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8),
}
LIBRARY = Library(
    "tensorflow1",
    (
        Call("sgd", f"{HOME}.GradientDescentOptimizer", RATE),
        Call("momentum", f"{HOME}.MomentumOptimizer", MOMENTUM),
        Call("nesterov-shifted", f"{HOME}.MomentumOptimizer", MOMENTUM, {"use_nesterov": True}),
        Call("adagrad", f"{HOME}.AdagradOptimizer", {**RATE, "start": "initial_accumulator_value"}, needs={"eps": 0.0}),
        Call("adadelta", f"{HOME}.AdadeltaOptimizer", {**RATE, "rho": "rho", "eps": "epsilon"}),
        Call("rmsprop-inside", f"{HOME}.RMSPropOptimizer", RMS, needs=FROM_ONE),
        Call("velocity+rmsprop-inside", f"{HOME}.RMSPropOptimizer", VELOCITY, needs=FROM_ONE),
        Call("rmsprop-centered-inside", f"{HOME}.RMSPropOptimizer", RMS, {"centered": True}, needs=FROM_ONE),
        Call("velocity+rmsprop-centered-inside", f"{HOME}.RMSPropOptimizer", VELOCITY, {"centered": True}, FROM_ONE),
        Call("adam-hat", f"{HOME}.AdamOptimizer", {**RATE, "b1": "beta1", "b2": "beta2", "eps": "epsilon"}),
    ),
    constructors=CONSTRUCTORS,
)
globals().update(LIBRARY.optimizers(__name__))
