"""What a library has: its calls, and which method each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talweg.dialects.forms import nearest
from talweg.dialects.spelling import Spelling
from talweg.methods import Method, Wrapper, factory_of
from talweg.schedules import Schedule


@dataclass(frozen=True)
class Call:
    """A call of a library that is a kind of method: by its name in the catalogue, `velocity+sgd`."""

    kind: str
    call: str
    names: Mapping[str, str]  #: the call's argument for each number of the method; `betas.0` is the first of a pair
    fixed: Mapping[str, Any] = field(default_factory=dict)  #: arguments that choose the formula
    needs: Mapping[str, float] = field(default_factory=dict)  #: numbers of the method that the call can't be given, but has
    steady: bool = False  #: only while the learning rate is constant
    positive: tuple[str, ...] = ()  #: numbers of the method that must not be zero, or it is another formula there


@dataclass(frozen=True)
class Library:
    """A library by its name, its calls, and the arguments by which every call takes what is a wrapper here."""

    name: str
    calls: tuple[Call, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)  #: the argument for each wrapper, the one that acts last first
    without: frozenset[str] = frozenset()  #: calls that don't take them
    alone: frozenset[str] = frozenset()  #: arguments of which a call takes one at most

    def spell(self, method: Method) -> Spelling:
        """The call that takes a method's steps, or the nearest one with what differs."""
        found = nearest(method, self.written)
        if found is None:
            return Spelling(self.name, "", differs=(f"{self.name} has no method like {type(method).__name__}",))
        (call, arguments), differs = found
        return Spelling(self.name, call, arguments, differs)

    def written(self, method: Method) -> tuple[str, dict[str, Any]] | None:
        """The call and its arguments for just this form of a method, if there is one."""
        return self._direct(method) or self._with_wrapper(method)

    def _direct(self, method: Method) -> tuple[str, dict[str, Any]] | None:
        kind, numbers = factory_of(method), method.hyperparameters()
        changing = isinstance(numbers.get("learning_rate"), Schedule)
        for call in self.calls:
            fits = call.kind == kind.name and not (call.steady and changing) and all(numbers[key] != 0 for key in call.positive)
            if fits and all(numbers[key] == value for key, value in call.needs.items()):
                arguments: dict[str, Any] = {}
                for key, value in numbers.items():
                    if key in call.names:
                        argument, pair, _ = call.names[key].partition(".")
                        arguments[argument] = (*arguments.get(argument, ()), value) if pair else value
                return call.call, {**arguments, **call.fixed}
        return None

    def _with_wrapper(self, method: Method) -> tuple[str, dict[str, Any]] | None:
        """A wrapper that is an argument of every call; what acts after it has to be an argument that acts after it there, too."""
        order = list(self.arguments)
        if not isinstance(method, Wrapper) or method.name not in self.arguments:
            return None
        if isinstance(method.inner, Wrapper) and method.inner.name in order and order.index(method.inner.name) <= order.index(method.name):
            return None
        inside = self.written(method.inner)
        argument = self.arguments[method.name]
        if inside is None or inside[0] in self.without or argument in inside[1]:
            return None
        if argument in self.alone and self.alone & inside[1].keys():
            return None
        ((_, value),) = method.own_numbers().items()
        return inside[0], {**inside[1], argument: value}
