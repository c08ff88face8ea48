"""PyTorch's optimizers (`torch.optim`, 2.x): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.library import Call, Constructor, Defaults, Library
from talweg.methods import Method
from talweg.schedules import InverseTime, Number


def SGD(lr: Number = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False) -> Method:
    """Out-momentum, whose first velocity is the first gradient."""
    if nesterov and (momentum == 0 or dampening != 0):
        raise InputError("torch.SGD: nesterov needs a momentum and no dampening")
    if momentum == 0:
        return _l2(m.GradientDescent(lr), weight_decay)
    if nesterov:
        return _l2(m.NesterovShifted(lr, momentum), weight_decay)
    return _l2(m.DampenedMomentum(lr, momentum, dampening) if dampening else m.Momentum(lr, momentum), weight_decay)


def Adagrad(
    lr: Number = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10
) -> Method:
    """ε beside the root; `lr_decay` is a schedule."""
    rate = InverseTime(lr, halfway=1 / lr_decay) if lr_decay else lr
    return _l2(m.Adagrad(rate, eps, initial_accumulator_value), weight_decay)


def _l2(method: Method, weight_decay: float) -> Method:
    return m.L2(method, weight_decay) if weight_decay else method


RATE = {"learning_rate": "lr"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "betas.0", "b2": "betas.1", "eps": "eps"}
NADAM = {**ADAM, "momentum_decay": "momentum_decay"}
RMS = {**RATE, "decay": "alpha", "eps": "eps"}
RPROP = {**RATE, "shrink": "etas.0", "grow": "etas.1", "smallest_step": "step_sizes.0", "largest_step": "step_sizes.1"}
DECAY = {"weight_decay": "weight_decay"}
DECOUPLED = {"decoupled_weight_decay": True}

BETAS: Defaults = {"betas": (0.9, 0.999), "eps": 1e-8}
NO_DECAY: Defaults = {"weight_decay": 0.0}
COUPLED: Defaults = {"decoupled_weight_decay": False}
RMS_DEFAULTS: Defaults = {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, **NO_DECAY, "momentum": 0.0, "centered": False}
CONSTRUCTORS = {
    "Adam": Constructor("ε after the bias correction", lr=1e-3, **BETAS, **NO_DECAY, amsgrad=False, **COUPLED),
    "AdamW": Constructor("decoupled weight decay times the learning rate", lr=1e-3, **BETAS, weight_decay=1e-2, amsgrad=False),
    "NAdam": Constructor("a momentum that warms up", lr=2e-3, **BETAS, **NO_DECAY, momentum_decay=4e-3, **COUPLED),
    "RAdam": Constructor("with epsilon-hat, unlike its Adam", lr=1e-3, **BETAS, **NO_DECAY, **COUPLED),
    "Adamax": Constructor("ε inside the maximum", lr=2e-3, **BETAS, **NO_DECAY),
    "Adadelta": Constructor("the paper's formula, times a learning rate", lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0),
    "RMSprop": Constructor("ε beside the root, the learning rate outside the velocity", **RMS_DEFAULTS),
    "Rprop": Constructor("without going back where the gradient has turned", lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50.0)),
}

LIBRARY = Library(
    "torch",
    (
        Call("sgd", "torch.optim.SGD", RATE),
        Call("momentum", "torch.optim.SGD", MOMENTUM),
        Call("momentum-dampened", "torch.optim.SGD", {**MOMENTUM, "dampening": "dampening"}, positive=("momentum",)),
        Call("nesterov-shifted", "torch.optim.SGD", MOMENTUM, {"nesterov": True}, positive=("momentum",)),
        Call("adam", "torch.optim.Adam", ADAM),
        Call("amsgrad", "torch.optim.Adam", ADAM, {"amsgrad": True}),
        Call("adamw", "torch.optim.AdamW", ADAM | DECAY),
        Call("weight-decay+amsgrad", "torch.optim.AdamW", ADAM | DECAY, {"amsgrad": True}),
        Call("nadam", "torch.optim.NAdam", NADAM),
        Call("weight-decay+nadam", "torch.optim.NAdam", NADAM | DECAY, DECOUPLED),
        Call("radam", "torch.optim.RAdam", ADAM),
        Call("weight-decay+radam", "torch.optim.RAdam", ADAM | DECAY, DECOUPLED),
        Call("adamax", "torch.optim.Adamax", ADAM),
        Call("adagrad", "torch.optim.Adagrad", {**RATE, "eps": "eps", "start": "initial_accumulator_value"}),
        Call("adadelta", "torch.optim.Adadelta", {**RATE, "rho": "rho", "eps": "eps"}),
        Call("rmsprop", "torch.optim.RMSprop", RMS),
        Call("rmsprop-centered", "torch.optim.RMSprop", RMS, {"centered": True}),
        Call("rmsprop-momentum", "torch.optim.RMSprop", {**RMS, "momentum": "momentum"}),
        Call("rprop", "torch.optim.Rprop", RPROP, steady=True),
        Call("rmsprop-centered-momentum", "torch.optim.RMSprop", {**RMS, "momentum": "momentum"}, {"centered": True}),
    ),
    aliases=(
        Call("adamw", "torch.optim.Adam", ADAM | DECAY, DECOUPLED),
        Call("weight-decay+amsgrad", "torch.optim.Adam", ADAM | DECAY, {"amsgrad": True, **DECOUPLED}),
    ),
    arguments={"l2": "weight_decay"},
    without=frozenset({"torch.optim.AdamW", "torch.optim.Rprop"}),
    constructors=CONSTRUCTORS,
)
globals().update(LIBRARY.optimizers(__name__))
