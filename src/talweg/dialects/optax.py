"""optax's optimizers (0.2.x): by their names, with their arguments and defaults, in their formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jax.core import Tracer

from talweg import methods as m
from talweg.checks import InputError
from talweg.dialects.forms import nearest
from talweg.dialects.library import NEEDED, Call, Constructor, Defaults, Library
from talweg.dialects.spelling import Spelling
from talweg.methods import Method
from talweg.schedules import Number


def sgd(learning_rate: Number, momentum: Number | None = None, nesterov: bool = False) -> Method:
    """Out-momentum; Nesterov's in the shifted form."""
    if momentum is None:
        return m.GradientDescent(learning_rate)
    return (m.NesterovShifted if nesterov else m.Momentum)(learning_rate, momentum)


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


def adabelief(learning_rate: Number, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-16, eps_root: float = 1e-16) -> Method:
    """With one ε for both places."""
    if not isinstance(eps_root, Tracer) and not isinstance(eps, Tracer) and eps_root != eps:
        raise InputError(f"optax.adabelief: eps_root must be {eps}, got {eps_root}; like eps: talweg has the paper's one ε")
    return m.AdaBelief(learning_rate, b1, b2, eps)


def noisy_sgd(learning_rate: Number, eta: Number = 0.01, gamma: Number = 0.55, key: Any = 0) -> Method:
    """Gradient descent with Neelakantan's noise; its key is the run's here, not the method's."""
    del key
    return m.Noisy(m.GradientDescent(learning_rate), eta, gamma)


RATE = {"learning_rate": "learning_rate"}
MOMENTUM = {**RATE, "momentum": "momentum"}
ADAM = {**RATE, "b1": "b1", "b2": "b2", "eps": "eps"}
RMS = {**RATE, "decay": "decay", "eps": "eps"}
SCALED = {**RMS, "start": "initial_scale"}
DECAY = {"weight_decay": "weight_decay"}
DECAYED = ADAM | DECAY
NESTEROV = {"nesterov": True}

CALLS = (
    Call("sgd", "optax.sgd", RATE),
    Call("momentum", "optax.sgd", MOMENTUM),
    Call("nesterov-shifted", "optax.sgd", MOMENTUM, NESTEROV),
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
    Call("rmsprop-inside", "optax.rmsprop", SCALED),
    Call("velocity+rmsprop-inside", "optax.rmsprop", {**SCALED, "momentum": "momentum"}),
    Call("nesterov-velocity+rmsprop-inside", "optax.rmsprop", {**SCALED, "momentum": "momentum"}, NESTEROV),
    Call("rmsprop-centered-inside", "optax.rmsprop", SCALED, {"centered": True}),
    Call("velocity+rmsprop-centered-inside", "optax.rmsprop", {**SCALED, "momentum": "momentum"}, {"centered": True}),
    Call("lion", "optax.lion", {**RATE, "b1": "b1", "b2": "b2", **DECAY}),
    Call("adabelief", "optax.adabelief", ADAM, needs={"eps": 1e-16}),
    Call("lamb", "optax.lamb", DECAYED),
    Call("prodigy", "optax.contrib.prodigy", {**DECAYED, "b1": "betas.0", "b2": "betas.1", "first": "estim_lr0"}),
    Call("lars", "optax.lars", {**MOMENTUM, **DECAY, "trust": "trust_coefficient"}),
    Call("signsgd", "optax.sign_sgd", RATE),
    Call("signum", "optax.signum", {**RATE, "momentum": "beta"}),
)

#: Other calls for methods that have one of their own.
ALIASES = (
    Call("nadam-constant", "optax.adam", ADAM, NESTEROV),
    Call("weight-decay+nadam-constant", "optax.adamw", DECAYED, NESTEROV),
)

LEARNED: Defaults = {"learning_rate": NEEDED}
BETAS: Defaults = {**LEARNED, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
ROOT: Defaults = {**BETAS, "eps_root": 0.0}
ONE_EPSILON = {"eps_root": "talweg has one ε"}
LARS_DEFAULTS: Defaults = {"weight_decay": 0.0, "trust_coefficient": 1e-3, "eps": 0.0, "momentum": 0.9}
FLAG: Defaults = {"nesterov": False}
CONSTRUCTORS = {
    "adam": Constructor("ε after the bias correction", only=ONE_EPSILON, keywords=FLAG, **ROOT),
    "adamw": Constructor("decoupled weight decay times the learning rate", only=ONE_EPSILON, keywords=FLAG, **ROOT, weight_decay=1e-4),
    "nadam": Constructor("a constant momentum", only=ONE_EPSILON, **ROOT),
    "nadamw": Constructor("NAdam with decoupled weight decay", only=ONE_EPSILON, **ROOT, weight_decay=1e-4),
    "amsgrad": Constructor("the maximum of corrected averages", only=ONE_EPSILON, **ROOT),
    "adamax": Constructor("ε inside the maximum", **BETAS),
    "adamaxw": Constructor("Adamax with decoupled weight decay", **BETAS, weight_decay=1e-4),
    "radam": Constructor(
        "ε after the bias correction", only={**ONE_EPSILON, "threshold": "talweg has the paper's alone"}, **ROOT, threshold=5.0
    ),
    "adagrad": Constructor("ε inside the root", **LEARNED, initial_accumulator_value=0.1, eps=1e-7),
    "lion": Constructor("with decoupled weight decay", **LEARNED, b1=0.9, b2=0.99, weight_decay=1e-3),
    "lamb": Constructor("Adam with a trust ratio for every array", only=ONE_EPSILON, **ROOT | {"eps": 1e-6}, weight_decay=0.0),
    "lars": Constructor("momentum with a trust ratio for every array", only={"eps": "talweg has none"}, **LEARNED, **LARS_DEFAULTS),
    "prodigy": Constructor("the one of `optax.contrib`", learning_rate=1.0, betas=(0.9, 0.999), eps=1e-8, estim_lr0=1e-6, weight_decay=0.0),
    "sign_sgd": Constructor("signs alone", **LEARNED),
    "signum": Constructor("signs of an average", **LEARNED, beta=0.9),
}

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


LIBRARY = Optax("optax", CALLS, aliases=ALIASES, constructors=CONSTRUCTORS)
globals().update(LIBRARY.optimizers(__name__))
