"""PyTorch's optimizers (`torch.optim`, 2.x): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.library import Call, Library
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


def Adam(
    lr: Number = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    decoupled_weight_decay: bool = False,
) -> Method:
    """Algorithm 1 of the paper: ε after the bias correction."""
    if decoupled_weight_decay:
        return AdamW(lr, betas, eps, weight_decay, amsgrad)
    return _l2((m.AMSGrad if amsgrad else m.Adam)(lr, *betas, eps), weight_decay)


def AdamW(
    lr: Number = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
) -> Method:
    """Decoupled weight decay times the learning rate."""
    return m.WeightDecay(m.AMSGrad(lr, *betas, eps), weight_decay) if amsgrad else m.AdamW(lr, *betas, eps, weight_decay)


def NAdam(
    lr: Number = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
) -> Method:
    """A momentum that warms up."""
    return _either(m.NAdam(lr, *betas, eps, momentum_decay), weight_decay, decoupled_weight_decay)


def RAdam(
    lr: Number = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
) -> Method:
    """With epsilon-hat, unlike its Adam."""
    return _either(m.RAdam(lr, *betas, eps), weight_decay, decoupled_weight_decay)


def Adamax(lr: Number = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0) -> Method:
    """ε inside the maximum."""
    return _l2(m.Adamax(lr, *betas, eps), weight_decay)


def Adagrad(
    lr: Number = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10
) -> Method:
    """ε beside the root; `lr_decay` is a schedule."""
    rate = InverseTime(lr, halfway=1 / lr_decay) if lr_decay else lr
    return _l2(m.Adagrad(rate, eps, initial_accumulator_value), weight_decay)


def Adadelta(lr: Number = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0) -> Method:
    """The paper's formula, times a learning rate."""
    return _l2(m.AdaDelta(lr, rho, eps), weight_decay)


def RMSprop(
    lr: Number = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False
) -> Method:
    """ε beside the root, the learning rate outside the velocity."""
    if momentum:
        kind = m.RMSpropCenteredMomentum if centered else m.RMSpropMomentum
        return _l2(kind(lr, alpha, eps, momentum), weight_decay)
    return _l2((m.RMSpropCentered if centered else m.RMSprop)(lr, alpha, eps), weight_decay)


def Rprop(lr: Number = 1e-2, etas: tuple[float, float] = (0.5, 1.2), step_sizes: tuple[float, float] = (1e-6, 50.0)) -> Method:
    """Without going back where the gradient has turned."""
    return m.Rprop(lr, *etas, *step_sizes)


def _l2(method: Method, weight_decay: float) -> Method:
    return m.L2(method, weight_decay) if weight_decay else method


def _either(method: Method, weight_decay: float, decoupled: bool) -> Method:
    return m.WeightDecay(method, weight_decay) if decoupled and weight_decay else _l2(method, weight_decay)


RATE = {"learning_rate": "lr"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "betas.0", "b2": "betas.1", "eps": "eps"}
RMS = {**RATE, "decay": "alpha", "eps": "eps"}

LIBRARY = Library(
    "torch",
    (
        Call("sgd", "torch.optim.SGD", RATE),
        Call("momentum", "torch.optim.SGD", MOMENTUM),
        Call("momentum-dampened", "torch.optim.SGD", {**MOMENTUM, "dampening": "dampening"}, positive=("momentum",)),
        Call("nesterov-shifted", "torch.optim.SGD", MOMENTUM, {"nesterov": True}, positive=("momentum",)),
        Call("adam", "torch.optim.Adam", ADAM),
        Call("amsgrad", "torch.optim.Adam", ADAM, {"amsgrad": True}),
        Call("adamw", "torch.optim.AdamW", {**ADAM, "weight_decay": "weight_decay"}),
        Call("weight-decay+amsgrad", "torch.optim.AdamW", {**ADAM, "weight_decay": "weight_decay"}, {"amsgrad": True}),
        Call("nadam", "torch.optim.NAdam", {**ADAM, "momentum_decay": "momentum_decay"}),
        Call(
            "weight-decay+nadam",
            "torch.optim.NAdam",
            {**ADAM, "momentum_decay": "momentum_decay", "weight_decay": "weight_decay"},
            {"decoupled_weight_decay": True},
        ),
        Call("radam", "torch.optim.RAdam", ADAM),
        Call("weight-decay+radam", "torch.optim.RAdam", {**ADAM, "weight_decay": "weight_decay"}, {"decoupled_weight_decay": True}),
        Call("adamax", "torch.optim.Adamax", ADAM),
        Call("adagrad", "torch.optim.Adagrad", {**RATE, "eps": "eps", "start": "initial_accumulator_value"}),
        Call("adadelta", "torch.optim.Adadelta", {**RATE, "rho": "rho", "eps": "eps"}),
        Call("rmsprop", "torch.optim.RMSprop", RMS),
        Call("rmsprop-centered", "torch.optim.RMSprop", RMS, {"centered": True}),
        Call("rmsprop-momentum", "torch.optim.RMSprop", {**RMS, "momentum": "momentum"}),
        Call(
            "rprop",
            "torch.optim.Rprop",
            {**RATE, "shrink": "etas.0", "grow": "etas.1", "smallest_step": "step_sizes.0", "largest_step": "step_sizes.1"},
            steady=True,
        ),
        Call("rmsprop-centered-momentum", "torch.optim.RMSprop", {**RMS, "momentum": "momentum"}, {"centered": True}),
    ),
    arguments={"l2": "weight_decay"},
    without=frozenset({"torch.optim.AdamW", "torch.optim.Rprop"}),
)
