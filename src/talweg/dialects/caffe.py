"""Caffe 1.0's solvers: by their names, with the fields of `SolverParameter` and their defaults, in their formula.

Clipping by norm comes before the weight decay, which is coupled (L2).
"""

from __future__ import annotations

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.library import Call, Library
from talweg.methods import Method
from talweg.schedules import Number


def SGD(base_lr: Number, momentum: float = 0.0, weight_decay: float = 0.0, clip_gradients: float = -1.0) -> Method:
    """In-momentum."""
    method = m.GradientDescent(base_lr)
    return _common(m.Velocity(method, momentum) if momentum else method, weight_decay, clip_gradients)


def Nesterov(base_lr: Number, momentum: float, weight_decay: float = 0.0, clip_gradients: float = -1.0) -> Method:
    """Nesterov's in-form."""
    return _common(m.NesterovVelocity(m.GradientDescent(base_lr), momentum), weight_decay, clip_gradients)


def AdaGrad(base_lr: Number, delta: float = 1e-8, momentum: float = 0.0, weight_decay: float = 0.0, clip_gradients: float = -1.0) -> Method:
    """ε beside the root; it takes no momentum."""
    _none("AdaGrad", momentum)
    return _common(m.Adagrad(base_lr, delta, start=0.0), weight_decay, clip_gradients)


def RMSProp(
    base_lr: Number,
    rms_decay: float = 0.99,
    delta: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    clip_gradients: float = -1.0,
) -> Method:
    """ε beside the root; it takes no momentum."""
    _none("RMSProp", momentum)
    return _common(m.RMSprop(base_lr, rms_decay, delta), weight_decay, clip_gradients)


def AdaDelta(base_lr: Number, momentum: float, delta: float = 1e-8, weight_decay: float = 0.0, clip_gradients: float = -1.0) -> Method:
    """The paper's formula, times a learning rate; `momentum` is its ρ."""
    return _common(m.AdaDelta(base_lr, momentum, delta), weight_decay, clip_gradients)


def Adam(
    base_lr: Number,
    momentum: float = 0.9,
    momentum2: float = 0.999,
    delta: float = 1e-8,
    weight_decay: float = 0.0,
    clip_gradients: float = -1.0,
) -> Method:
    """Epsilon-hat; `momentum` is β₁."""
    return _common(m.AdamHat(base_lr, momentum, momentum2, delta), weight_decay, clip_gradients)


def _common(method: Method, weight_decay: float, clip_gradients: float) -> Method:
    method = m.L2(method, weight_decay) if weight_decay else method
    return m.ClipNorm(method, clip_gradients) if clip_gradients > 0 else method


def _none(who: str, momentum: float) -> None:
    if momentum:
        raise InputError(f"caffe.{who}: momentum must be 0, got {momentum}; Caffe refuses it, too")


RATE = {"learning_rate": "base_lr"}
MOMENTUM = {**RATE, "momentum": "momentum"}

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
)
