"""optax's optimizers (0.2.x): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jax.core import Tracer

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.forms import nearest
from talweg.dialects.library import Call, Library
from talweg.dialects.spelling import Spelling
from talweg.methods import Method
from talweg.schedules import Number


def sgd(learning_rate: Number, momentum: Number | None = None, nesterov: bool = False) -> Method:
    """Out-momentum; Nesterov's in the shifted form."""
    if momentum is None:
        return m.GradientDescent(learning_rate)
    return (m.NesterovShifted if nesterov else m.Momentum)(learning_rate, momentum)


def adam(
    learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, eps_root: float = 0.0, *, nesterov: bool = False
) -> Method:
    """Algorithm 1 of the paper: ε after the bias correction."""
    _no_root("adam", eps_root)
    return (m.NAdamConstant if nesterov else m.Adam)(learning_rate, b1, b2, eps)


def adamw(
    learning_rate: Number,
    b1: Number = 0.9,
    b2: Number = 0.999,
    eps: Number = 1e-8,
    eps_root: float = 0.0,
    weight_decay: Number = 1e-4,
    *,
    nesterov: bool = False,
) -> Method:
    """Decoupled weight decay times the learning rate."""
    _no_root("adamw", eps_root)
    if nesterov:
        return m.WeightDecay(m.NAdamConstant(learning_rate, b1, b2, eps), weight_decay)
    return m.AdamW(learning_rate, b1, b2, eps, weight_decay)


def nadam(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, eps_root: float = 0.0) -> Method:
    """A constant momentum."""
    return adam(learning_rate, b1, b2, eps, eps_root, nesterov=True)


def nadamw(
    learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, eps_root: float = 0.0, weight_decay: Number = 1e-4
) -> Method:
    """NAdam with decoupled weight decay."""
    return adamw(learning_rate, b1, b2, eps, eps_root, weight_decay, nesterov=True)


def amsgrad(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, eps_root: float = 0.0) -> Method:
    """The maximum of corrected averages."""
    _no_root("amsgrad", eps_root)
    return m.AMSGradCorrected(learning_rate, b1, b2, eps)


def adamax(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8) -> Method:
    """ε inside the maximum."""
    return m.Adamax(learning_rate, b1, b2, eps)


def adamaxw(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, weight_decay: Number = 1e-4) -> Method:
    """Adamax with decoupled weight decay."""
    return m.WeightDecay(m.Adamax(learning_rate, b1, b2, eps), weight_decay)


def radam(
    learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, eps_root: float = 0.0, threshold: float = 5.0
) -> Method:
    """ε after the bias correction."""
    _no_root("radam", eps_root)
    _only("radam", "threshold", threshold, 5.0, "talweg has the paper's alone")
    return m.RAdamCorrected(learning_rate, b1, b2, eps)


def adagrad(learning_rate: Number, initial_accumulator_value: Number = 0.1, eps: Number = 1e-7) -> Method:
    """ε inside the root."""
    return m.AdagradInside(learning_rate, eps, initial_accumulator_value)


def adadelta(learning_rate: Number, rho: Number = 0.9, eps: Number = 1e-6, weight_decay: float = 0.0) -> Method:
    """The paper's formula, times a learning rate; its weight decay is coupled."""
    if learning_rate is None:
        raise InputError("optax.adadelta: learning_rate must be a number, got None (with which optax climbs instead of descending)")
    method = m.AdaDelta(learning_rate, rho, eps)
    return method if isinstance(weight_decay, float) and weight_decay == 0 else m.L2(method, weight_decay)


def rmsprop(
    learning_rate: Number,
    decay: Number = 0.9,
    eps: Number = 1e-8,
    initial_scale: Number = 0.0,
    eps_in_sqrt: bool = True,
    centered: bool = False,
    momentum: Number | None = None,
    nesterov: bool = False,
) -> Method:
    """ε inside the root, the learning rate inside the velocity."""
    if not eps_in_sqrt and (centered or not isinstance(initial_scale, float) or initial_scale != 0):
        raise InputError("optax.rmsprop: eps_in_sqrt=False goes with neither centered nor initial_scale here")
    inside: Method
    if eps_in_sqrt:
        inside = (m.RMSpropCenteredInside if centered else m.RMSpropInside)(learning_rate, decay, eps, initial_scale)
    else:
        inside = m.RMSprop(learning_rate, decay, eps)
    if momentum is None:
        return inside
    return (m.NesterovVelocity if nesterov else m.Velocity)(inside, momentum)


def lion(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.99, weight_decay: Number = 1e-3) -> Method:
    """With decoupled weight decay."""
    return m.Lion(learning_rate, b1, b2, weight_decay)


def adabelief(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-16, eps_root: float = 1e-16) -> Method:
    """With one ε for both places."""
    _only("adabelief", "eps_root", eps_root, eps, "like eps: talweg has the paper's one ε")
    return m.AdaBelief(learning_rate, b1, b2, eps)


def lamb(
    learning_rate: Number,
    b1: Number = 0.9,
    b2: Number = 0.999,
    eps: Number = 1e-6,
    eps_root: float = 0.0,
    weight_decay: Number = 0.0,
) -> Method:
    """Adam with a trust ratio for every array."""
    _no_root("lamb", eps_root)
    return m.LAMB(learning_rate, b1, b2, eps, weight_decay)


def lars(
    learning_rate: Number, weight_decay: Number = 0.0, trust_coefficient: Number = 1e-3, eps: float = 0.0, momentum: Number = 0.9
) -> Method:
    """Momentum with a trust ratio for every array."""
    _only("lars", "eps", eps, 0.0, "talweg has none")
    return m.LARS(learning_rate, momentum, weight_decay, trust_coefficient)


def prodigy(
    learning_rate: Number = 1.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: Number = 1e-8,
    estim_lr0: Number = 1e-6,
    weight_decay: Number = 0.0,
) -> Method:
    """The one of `optax.contrib`."""
    return m.Prodigy(learning_rate, *betas, eps, weight_decay, estim_lr0)


def sign_sgd(learning_rate: Number) -> Method:
    """Signs alone."""
    return m.SignSGD(learning_rate)


def signum(learning_rate: Number, beta: Number = 0.9) -> Method:
    """Signs of an average."""
    return m.Signum(learning_rate, beta)


def noisy_sgd(learning_rate: Number, eta: Number = 0.01, gamma: Number = 0.55, key: Any = 0) -> Method:
    """Gradient descent with Neelakantan's noise; its key is the run's here, not the method's."""
    del key
    return m.Noisy(m.GradientDescent(learning_rate), eta, gamma)


def _no_root(who: str, eps_root: Any) -> None:
    _only(who, "eps_root", eps_root, 0.0, "talweg has one ε")


def _only(who: str, name: str, given: Any, needed: Any, why: str) -> None:
    """Refuse another value, unless it is traced and can't be known."""
    if not isinstance(given, Tracer) and not isinstance(needed, Tracer) and given != needed:
        raise InputError(f"optax.{who}: {name} must be {needed}, got {given}; {why}")


RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "b1", "b2": "b2", "eps": "eps"}
RMS = {**RATE, "decay": "decay", "eps": "eps"}
DECAYED = {**ADAM, "weight_decay": "weight_decay"}

CALLS = (
    Call("sgd", "optax.sgd", RATE),
    Call("momentum", "optax.sgd", MOMENTUM),
    Call("nesterov-shifted", "optax.sgd", MOMENTUM, {"nesterov": True}),
    Call("adam", "optax.adam", ADAM),
    Call("adamw", "optax.adamw", DECAYED),
    Call("nadam-constant", "optax.nadam", ADAM),
    Call("weight-decay+nadam-constant", "optax.nadamw", DECAYED),
    Call("amsgrad-corrected", "optax.amsgrad", ADAM),
    Call("adamax", "optax.adamax", ADAM),
    Call("weight-decay+adamax", "optax.adamaxw", DECAYED),
    Call("radam-corrected", "optax.radam", ADAM),
    Call("adagrad-inside", "optax.adagrad", {**RATE, "eps": "eps", "start": "initial_accumulator_value"}),
    Call("adadelta", "optax.adadelta", {**RATE, "rho": "rho", "eps": "eps"}),
    Call("rmsprop", "optax.rmsprop", RMS, {"eps_in_sqrt": False}),
    Call("velocity+rmsprop", "optax.rmsprop", {**RMS, "momentum": "momentum"}, {"eps_in_sqrt": False}),
    Call("rmsprop-inside", "optax.rmsprop", {**RMS, "start": "initial_scale"}),
    Call("velocity+rmsprop-inside", "optax.rmsprop", {**RMS, "start": "initial_scale", "momentum": "momentum"}),
    Call(
        "nesterov-velocity+rmsprop-inside", "optax.rmsprop", {**RMS, "start": "initial_scale", "momentum": "momentum"}, {"nesterov": True}
    ),
    Call("rmsprop-centered-inside", "optax.rmsprop", {**RMS, "start": "initial_scale"}, {"centered": True}),
    Call(
        "velocity+rmsprop-centered-inside",
        "optax.rmsprop",
        {**RMS, "start": "initial_scale", "momentum": "momentum"},
        {"centered": True},
    ),
    Call("lion", "optax.lion", {**RATE, "b1": "b1", "b2": "b2", "weight_decay": "weight_decay"}),
    Call("adabelief", "optax.adabelief", ADAM, needs={"eps": 1e-16}),
    Call("lamb", "optax.lamb", DECAYED),
    Call(
        "prodigy",
        "optax.contrib.prodigy",
        {**RATE, "b1": "betas.0", "b2": "betas.1", "eps": "eps", "weight_decay": "weight_decay", "first": "estim_lr0"},
    ),
    Call("lars", "optax.lars", {**MOMENTUM, "weight_decay": "weight_decay", "trust": "trust_coefficient"}),
    Call("signsgd", "optax.sign_sgd", RATE),
    Call("signum", "optax.signum", {**RATE, "momentum": "beta"}),
)

#: What is a transformation of its own, before the method: what acts on the gradient.
BEFORE = {"clip-value": "optax.clip", "clip-norm": "optax.clip_by_global_norm", "l2": "optax.add_decayed_weights"}


class Optax(Library):
    """optax, whose wrappers are links of a chain."""

    def spell(self, method: Method) -> Spelling:
        """The transformation that takes a method's steps, or the nearest one with what differs."""
        spelled = nearest(method, self.chained)
        if spelled is None:
            return super().spell(method)
        (call, arguments), differs = spelled
        return Spelling(self.name, call, arguments, differs)

    def chained(self, method: Method) -> tuple[str, Mapping[str, Any]] | None:
        """The call for just this form of a method: a chain where wrappers act on the gradient."""
        links: list[Spelling] = []
        while isinstance(method, m.Wrapper) and method.name in BEFORE:
            ((_, value),) = method.own_numbers().items()
            links.append(Spelling(self.name, BEFORE[method.name], {"0": value}))
            method = method.inner
        spelled = self.written(method)
        if spelled is None or not links:
            return spelled
        links.append(Spelling(self.name, *spelled))
        return "optax.chain", {str(i): link for i, link in enumerate(links)}


LIBRARY = Optax("optax", CALLS)
