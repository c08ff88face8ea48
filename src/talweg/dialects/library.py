"""What a library has: its calls, and which method each of them is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jax.core import Tracer

from talweg.checks import InputError
from talweg.dialects.forms import nearest
from talweg.dialects.spelling import Spelling
from talweg.methods import WRAPPERS, Method, Wrapper, factory_named, factory_of
from talweg.schedules import Schedule

NEEDED = inspect.Parameter.empty  #: stands for a default where an argument has none


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

    @property
    def name(self) -> str:
        """What the library calls it, without the module."""
        return str(self.fixed.get("solver") or self.call.rpartition(".")[2])

    @property
    def arguments(self) -> set[str]:
        """Those that it takes itself."""
        return {argument.partition(".")[0] for argument in self.names.values()} | self.fixed.keys()


Defaults: TypeAlias = dict[str, Any]  #: arguments with their defaults
NONE: Defaults = {}


class Constructor:
    """The arguments of a library's optimizer with their defaults, and a word on its formula; its calls are those of `like`.

    `only` says of some arguments why their default is the one value that is taken; `keywords` can't be given by their place.
    """

    def __init__(self, about: str, *, like: str | None = None, only: Mapping[str, str] = NONE, keywords: Defaults = NONE, **defaults: Any):
        self.about, self.like, self.only, self.keywords, self.defaults = about, like, only, keywords, {**defaults, **keywords}


@dataclass(frozen=True)
class Library:
    """A library by its name, its calls, and the arguments by which every call takes what is a wrapper here."""

    name: str
    calls: tuple[Call, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)  #: the argument for each wrapper, the one that acts last first
    without: frozenset[str] = frozenset()  #: calls that don't take them
    alone: frozenset[str] = frozenset()  #: arguments of which a call takes one at most
    constructors: Mapping[str, Constructor] = field(default_factory=dict)  #: by name, where they are made from `calls`
    common: Mapping[str, Any] = field(default_factory=dict)  #: arguments of all of them, with the values that leave them out
    aliases: tuple[Call, ...] = ()  #: other calls for methods that have one in `calls`: understood, but not written

    def optimizers(self, module: str) -> dict[str, Callable[..., Method]]:
        """The functions of `constructors`, to be put into a module."""
        made = {name: self.optimizer(name) for name in self.constructors}
        for function in made.values():
            function.__module__ = module
        return made

    def optimizer(self, name: str) -> Callable[..., Method]:
        """The optimizer of that name as a function with the library's arguments, which gives the method that takes the same steps."""
        made = self.constructors[name]
        defaults = {**made.defaults, **self.common, **made.defaults}  # the common ones behind its own, whose values count
        kinds = dict.fromkeys(made.keywords, inspect.Parameter.KEYWORD_ONLY)
        usual = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature([inspect.Parameter(word, kinds.get(word, usual), default=value) for word, value in defaults.items()])

        def construct(*positional: Any, **named: Any) -> Method:
            if unknown := named.keys() - defaults.keys():
                raise InputError(f"{self.name}.{name}: {', '.join(unknown)} has no equivalent here; it takes {', '.join(defaults)}")
            bound = signature.bind(*positional, **named)
            bound.apply_defaults()
            for word, value in bound.arguments.items():
                if value is None and defaults[word] is NEEDED:
                    raise InputError(f"{self.name}.{name}: {word} must be a number or a schedule, got None")
            for word, why in made.only.items():
                value = bound.arguments.pop(word)
                if not isinstance(value, Tracer) and value != defaults[word]:  # a traced one can't be known
                    raise InputError(f"{self.name}.{name}: {word} must be {defaults[word]}, got {value}; {why}")
            return self._method(name, made.like or name, bound.arguments)

        construct.__name__, construct.__doc__ = name, f"{self.name}'s {name}: {made.about}."
        construct.__signature__ = signature  # type: ignore[attr-defined]
        return construct

    def _method(self, who: str, name: str, arguments: Mapping[str, Any]) -> Method:
        """The method of the smallest call that has all the arguments that say something, in its wrappers."""
        chosen = {word: value for word, value in arguments.items() if not self._left_out(word, value)}
        if len(self.alone & chosen.keys()) > 1:
            raise InputError(f"{self.name}.{who}: give one of {' and '.join(sorted(self.alone))}, not both; {self.name} refuses that, too")
        calls = [call for call in (*self.calls, *self.aliases) if call.name == name and call.fixed.items() <= chosen.items()]
        wrapped = set(self.arguments.values())
        fitting = [call for call in calls if chosen.keys() <= call.arguments | wrapped]
        if not fitting:
            known = wrapped.union(*(call.arguments for call in calls))
            wrong = ", ".join(f"{word}={value}" for word, value in chosen.items() if word not in known)
            raise InputError(f"{self.name}.{who}: it has no {wrong}; leave that out, {self.name} refuses it, too")
        call = min(fitting, key=lambda call: len(call.names))
        numbers = {}
        for number, word in call.names.items():
            argument, _, place = word.partition(".")
            if (value := arguments[argument]) is not None:
                numbers[number] = value[int(place)] if place else value
        method = factory_named("dialects", call.kind)(**numbers, **call.needs)
        for wrapper, word in reversed([*self.arguments.items()]):
            if word in chosen and word not in call.arguments:
                method = WRAPPERS[wrapper](method, chosen[word])  # type: ignore[call-arg]
        return method

    def _left_out(self, word: str, value: Any) -> bool:
        """Whether an argument has the value that stands for its absence."""
        return value is None or (isinstance(value, (int, float)) and value in (0, self.common.get(word)))

    def spell(self, method: Method) -> Spelling:
        """The call that takes a method's steps, or the nearest one with what differs."""
        spelled = nearest(method, self.written)
        if spelled is None:
            return Spelling(self.name, "", differs=(f"{self.name} has no method like {type(method).__name__}",))
        (call, arguments), differs = spelled
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
