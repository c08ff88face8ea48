"""What makes a method of numbers: a class of the catalogue or of the user's own, or wrappers around one."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from talweg.methods.base import Method
from talweg.methods.space import Space
from talweg.methods.wrappers import WeightDecay, Wrapper


@dataclass(frozen=True)
class Wrapped:
    """A wrapper around a kind of method, as one kind: made of all their numbers side by side, and searched in both their spaces.

    >>> Wrapped(ClipNorm, Adam)(learning_rate=1e-3, clip_norm=5.0)
    """

    outer: type[Wrapper]
    inner: MethodFactory
    contains: ClassVar[tuple[str, ...]] = ()  #: at the edge of its space a wrapper need not be what it wraps

    @property
    def name(self) -> str:
        """As typed on the command line: `clip-norm+adam`."""
        return f"{self.outer.name}+{self.inner.name or self.inner.__name__.lower()}"

    @property
    def label(self) -> str:
        """As printed: `Adam, clipped by norm`."""
        return f"{self.inner.label or self.inner.__name__}, {self.outer.label}"

    @property
    def __name__(self) -> str:
        return f"{self.outer.__name__}({self.inner.__name__})"

    def search_space(self, batch: int | None) -> Space:
        """Where the numbers are searched, those of the method inside first."""
        return {**self.inner.search_space(batch), **self.outer.space}

    def __call__(self, **numbers: Any) -> Method:
        own = {field.name for field in fields(self.outer)} & numbers.keys()
        inner = self.inner(**{name: value for name, value in numbers.items() if name not in own})
        return self.outer(inner, **{name: numbers[name] for name in own})


MethodFactory = type[Method] | Wrapped


def factory_of(method: Method) -> MethodFactory:
    """What makes methods like this one."""
    return Wrapped(type(method), factory_of(method.inner)) if isinstance(method, Wrapper) else type(method)


def decayed(kind: MethodFactory) -> MethodFactory:
    """The same kind with weight decay: its own where its formula has it, otherwise beside the step."""
    inner = kind
    while isinstance(inner, Wrapped):
        if inner.outer is WeightDecay:
            return kind
        inner = inner.inner
    return kind if "weight_decay" in {field.name for field in fields(inner)} else Wrapped(WeightDecay, kind)


def required(kind: MethodFactory) -> list[str]:
    """The numbers that a kind can't be made without, having no default for them."""
    if isinstance(kind, Wrapped):
        return [*required(kind.inner), *(name for name in required(kind.outer) if name != "inner")]
    return [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]
