"""Caffe 1.0's solvers: by their names, with the fields of `SolverParameter` and their defaults, in their formula.

Clipping by norm comes before the weight decay, which is coupled (L2).
"""

from __future__ import annotations

from talweg.dialects.library import NEEDED, Call, Constructor, Library

RATE = {"learning_rate": "base_lr"}
MOMENTUM = {**RATE, "momentum": "momentum"}

CONSTRUCTORS = {
    "SGD": Constructor("in-momentum", base_lr=NEEDED, momentum=0.0),
    "Nesterov": Constructor("Nesterov's in-form", base_lr=NEEDED, momentum=NEEDED),
    "AdaGrad": Constructor("ε beside the root; it takes no momentum", base_lr=NEEDED, delta=1e-8, momentum=0.0),
    "RMSProp": Constructor("ε beside the root; it takes no momentum", base_lr=NEEDED, rms_decay=0.99, delta=1e-8, momentum=0.0),
    "AdaDelta": Constructor("the paper's formula, times a learning rate; `momentum` is its ρ", base_lr=NEEDED, momentum=NEEDED, delta=1e-8),
    "Adam": Constructor("epsilon-hat; `momentum` is β₁", base_lr=NEEDED, momentum=0.9, momentum2=0.999, delta=1e-8),
}
LIBRARY = Library(
    "caffe",
    (
        Call("sgd", "SGD", RATE),
        Call("velocity+sgd", "SGD", MOMENTUM),
        Call("nesterov-velocity+sgd", "Nesterov", MOMENTUM),
        Call("adagrad", "AdaGrad", {**RATE, "eps": "delta"}, needs={"start": 0.0}),
        Call("rmsprop", "RMSProp", {**RATE, "decay": "rms_decay", "eps": "delta"}),
        Call("adadelta", "AdaDelta", {**RATE, "rho": "momentum", "eps": "delta"}),
        Call("adam-hat", "Adam", {**RATE, "b1": "momentum", "b2": "momentum2", "eps": "delta"}),
    ),
    arguments={"clip-norm": "clip_gradients", "l2": "weight_decay"},
    constructors=CONSTRUCTORS,
    common={"weight_decay": 0.0, "clip_gradients": -1.0},
)
globals().update(LIBRARY.optimizers(__name__))
