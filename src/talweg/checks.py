"""The one error sentence: who, what was expected, what was given, what to do."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


class InputError(ValueError):
    """A caller's mistake, said in one sentence; the command line prints it and exits with code 2."""


class InputTypeError(InputError, TypeError):
    """A caller's mistake of type, caught by `except TypeError` as well."""


@dataclass(frozen=True)
class Interval:
    """The numbers that a hyperparameter may take."""

    low: float
    high: float = math.inf
    low_open: bool = False
    high_open: bool = True

    def __contains__(self, x: float) -> bool:
        above = x > self.low if self.low_open else x >= self.low
        below = x < self.high if self.high_open else x <= self.high
        return above and below

    def __str__(self) -> str:
        return f"{'(' if self.low_open else '['}{self.low:g}, {self.high:g}{')' if self.high_open else ']'}"


POSITIVE = Interval(0, low_open=True)
NOT_NEGATIVE = Interval(0)
FRACTION = Interval(0, 1)
FINITE = Interval(-math.inf, low_open=True)


def number(who: str, name: str, value: Any, interval: Interval) -> None:
    """Refuse a plain number outside `interval`; arrays of many settings and traced values are left to whoever made them."""
    plain = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not plain and not hasattr(value, "shape"):
        raise InputTypeError(f"{who}: {name} must be a number in {interval}, got {value!r}")
    if plain and float(value) not in interval:
        raise InputError(f"{who}: {name} must lie in {interval}, got {value!r}")


def instance(who: str, name: str, value: Any, cls: type, example: str) -> None:
    """Refuse a value that is not of a class; the `example` shows how one is made."""
    if not isinstance(value, cls):
        raise InputTypeError(f"{who}: {name} must be a {cls.__name__} such as {example}, got {value!r}")


def whole(who: str, name: str, value: Any, at_least: int = 1, at_most: int | None = None) -> int:
    """`value` as a whole number from `at_least` to `at_most`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputTypeError(f"{who}: {name} must be a whole number of at least {at_least}, got {value!r}")
    if value < at_least:
        raise InputError(f"{who}: {name} must be at least {at_least}, got {value}")
    if at_most is not None and value > at_most:
        raise InputError(f"{who}: {name} must be at most {at_most:,}, got {value:,}")
    return int(value)


def one_of(who: str, what: str, name: str, known: Iterable[str], hint: str = "") -> str:
    """`name` if it is among the `known` ones; otherwise the sentence has those that are spelled alike."""
    names = list(known)
    if name in names:
        return name
    close = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.55)
    advice = f"did you mean {', '.join(close[:-1])}{' or ' if close[1:] else ''}{close[-1]}?" if close else f"known: {', '.join(names)}"
    raise InputError(f"{who}: unknown {what} {name!r}; {advice}{' ' + hint if hint else ''}")
