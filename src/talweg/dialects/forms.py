"""The other forms of a method: those that take the same steps, and those that come near, with what is then different.

Other libraries are reached by way of these: a method that has no call of its own there may have a form that has one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from typing import TypeVar

from talweg import methods as m
from talweg.methods import Method, MethodFactory, Wrapper, factory_of
from talweg.schedules import Constant, Schedule

Match = TypeVar("Match")

HAT = "ε is added before the bias correction there (epsilon-hat) and after it here, or the other way round: no number makes up for it"
ROOT = "ε stands inside the root on one side and beside it on the other: no number makes up for it"
INSIDE = "the learning rate is inside the velocity there and outside here, or the other way round: not the same while it changes"
AHEAD = (
    "the gradient is taken where the parameters stand, not at the look-ahead point: while the learning rate is constant, its "
    "parameters are the look-ahead points of this method"
)
DECAY = "weight decay is left out: it has none that shrinks the weights beside the step"
PENALTY = "the L2 penalty is left out: it has none"
LARGEST = "the maximum is taken over averages with bias correction on one side, without on the other"
BESIDE = "ε stands inside the maximum on one side and beside it on the other"
WARM = "the momentum warms up at another pace, or not at all"
BEGINS = "its average begins at another number"


def nearest(method: Method, wanted: Callable[[Method], Match | None]) -> tuple[Match, tuple[str, ...]] | None:
    """What `wanted` gives for the form of a method that has the fewest differences, with these; None if it wants none of them."""
    order = itertools.count()
    waiting: list[tuple[int, int, Method, tuple[str, ...]]] = [(0, next(order), method, ())]
    visited: set[str] = set()
    while waiting:
        cost, _, form, differs = heapq.heappop(waiting)
        if repr(form) in visited:
            continue
        visited.add(repr(form))
        if (match := wanted(form)) is not None:
            return match, differs
        for other, reason in others(form):
            reasons = differs if not reason or reason in differs else (*differs, reason)
            heapq.heappush(waiting, (cost + bool(reason), next(order), other, reasons))
    return None


def settled(method: Method) -> Method:
    """The method with plain numbers where it has constant schedules."""
    constant = {name: value.initial for name, value in method.hyperparameters().items() if isinstance(value, Constant)}
    return factory_of(method)(**method.hyperparameters() | constant) if constant else method


def others(method: Method) -> Iterator[tuple[Method, str]]:
    """The forms next to a method, each with what is different; nothing is where they take the same steps."""
    numbers = method.hyperparameters()
    steady = not isinstance(numbers.get("learning_rate"), Schedule)
    turn = "" if steady else INSIDE
    if isinstance(method, Wrapper):
        for inner, reason in others(method.inner):
            own = method.own_numbers()
            if not inner.hyperparameters().keys() & own.keys():
                yield type(method)(inner, **own), reason
    yield from _same(method, turn)
    for pair, reason in NEIGHBOURS:
        for one, other in (pair, pair[::-1]):
            if factory_of(method) == one:
                yield _made(other, method), f"{reason}; {BEGINS}" if _lost(other, method) else reason


def _same(method: Method, turn: str) -> Iterator[tuple[Method, str]]:
    """Forms with the same steps, and those that part only when the learning rate changes."""
    n = method.hyperparameters()
    rate = n.get("learning_rate")
    for pair in VELOCITIES:
        for one, other in (pair, pair[::-1]):
            if factory_of(method) == one:
                yield _made(other, method), turn
    match method:
        case m.AdamW():
            yield m.WeightDecay(m.Adam(rate, n["b1"], n["b2"], n["eps"]), n["weight_decay"]), ""
        case m.WeightDecay(inner=m.Adam()) if type(method.inner) is m.Adam:
            yield m.AdamW(**n), ""
        case m.WeightDecay():
            yield method.inner, "" if n["weight_decay"] == 0 else DECAY
            if type(method.inner) is m.GradientDescent:
                yield m.L2(method.inner, n["weight_decay"]), ""
        case m.L2():
            yield method.inner, "" if n["l2"] == 0 else PENALTY
            if type(method.inner) is m.GradientDescent:
                yield m.WeightDecay(method.inner, n["l2"]), ""
        case m.AdagradInside():
            yield m.Adagrad(rate, eps=0.0, start=n["start"] + n["eps"]), ""
        case m.Nesterov():
            yield m.NesterovShifted(**n), AHEAD
        case m.DampenedMomentum() if n["dampening"] == 0:
            yield m.Momentum(rate, n["momentum"]), ""
        case _ if n.get("momentum") == 0 and factory_of(method) in PLAIN:
            yield _made(PLAIN[factory_of(method)], method), ""
        case m.Adagrad() if n["eps"] == 0 and type(method) is m.Adagrad:
            yield m.AdagradInside(rate, eps=0.0, start=n["start"]), ""
    if n.get("eps") == 0:
        for (one, other), reason in NEIGHBOURS:
            turned = other if factory_of(method) == one else one
            if reason in (HAT, ROOT, BESIDE) and factory_of(method) in (one, other) and not _lost(turned, method):
                yield _made(turned, method), ""


def _made(kind: MethodFactory, method: Method) -> Method:
    """A kind with those of a method's numbers that it knows, and its own defaults for the others."""
    known = kind().hyperparameters()
    return kind(**{name: value for name, value in method.hyperparameters().items() if name in known})


def _lost(kind: MethodFactory, method: Method) -> bool:
    """Whether a method has a number that is not zero and that the kind does not know."""
    known = kind().hyperparameters()
    return any(value != 0 for name, value in method.hyperparameters().items() if name not in known)


def _wrapped(*words: str) -> MethodFactory:
    return m.factory_named("forms", "+".join(words))


VELOCITIES: tuple[tuple[MethodFactory, MethodFactory], ...] = (
    (m.Momentum, _wrapped("velocity", "sgd")),
    (m.NesterovShifted, _wrapped("nesterov-velocity", "sgd")),
    (m.RMSpropMomentum, _wrapped("velocity", "rmsprop")),
    (m.RMSpropCenteredMomentum, _wrapped("velocity", "rmsprop-centered")),
)

#: What a method with momentum is when its momentum is 0.
PLAIN: dict[MethodFactory, MethodFactory] = {
    m.Momentum: m.GradientDescent,
    m.Nesterov: m.GradientDescent,
    m.NesterovShifted: m.GradientDescent,
    m.RMSpropMomentum: m.RMSprop,
    m.RMSpropCenteredMomentum: m.RMSpropCentered,
}

NEIGHBOURS: tuple[tuple[tuple[MethodFactory, MethodFactory], str], ...] = (
    ((m.Adam, m.AdamHat), HAT),
    ((m.AMSGrad, m.AMSGradHat), HAT),
    ((m.AMSGrad, m.AMSGradCorrected), LARGEST),
    ((m.Adamax, m.AdamaxOutside), BESIDE),
    ((m.NAdam, m.NAdamConstant), WARM),
    ((m.RAdam, m.RAdamCorrected), HAT),
    ((m.Adagrad, m.AdagradInside), ROOT),
    ((m.RMSprop, m.RMSpropInside), ROOT),
    ((m.RMSpropCentered, m.RMSpropCenteredInside), ROOT),
)
