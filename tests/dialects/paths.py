"""How other libraries walk: w after every step, for a call as `convert` spells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from talweg import dialects
from talweg.dialects import Spelling
from talweg.dialects.library import Call, Library
from talweg.methods import Method, kind_named
from talweg.schedules import InverseTime, Schedule

STEPS, RATE = 200, 0.02
# Far from every default, and ε so large that its place in the formula shows.
UNUSUAL = {
    **{"momentum": 0.8, "dampening": 0.4, "rho": 0.85, "decay": 0.92, "b1": 0.7, "b2": 0.95, "eps": 1e-2, "l2": 0.1},
    **{"weight_decay": 0.1, "start": 0.3, "momentum_decay": 0.05, "clip_norm": 0.3, "clip_value": 0.05, "trust": 0.1, "first": 1e-3},
    **{"shrink": 0.4, "grow": 1.1, "smallest_step": 1e-3, "largest_step": 0.1},
}


def falling(t: Any) -> Any:
    """The learning rate that changes."""
    return RATE / (1 + t / 40.0)


def unusual(kind: str, changing: bool = False, **numbers: float) -> Method:
    """A kind of method with numbers far from every default."""
    made = kind_named("test", kind)
    known = made().numbers()
    rate = InverseTime(RATE, halfway=40.0) if changing else RATE
    return made(**{name: value for name, value in UNUSUAL.items() if name in known} | numbers | {"learning_rate": rate})


def of_call(library: Library, call: Call, changing: bool, around: str = "") -> Method:
    """The method of a call with unusual numbers, but for those that the call needs."""
    return unusual(around + call.kind, changing and not call.steady, **call.needs)


def constructed(spelling: Spelling) -> Method:
    """The method that the library's own words make, in its dialect."""
    module = {"tensorflow": "keras"}.get(spelling.library, spelling.library)
    arguments = dict(spelling.arguments)
    name = arguments.pop("solver", None) or spelling.call.split(".")[-1]
    return getattr(getattr(dialects, module), name)(**arguments)


def rates(spelling: Spelling) -> tuple[dict[str, Any], Callable[[int], float]]:
    """The arguments with a number where a schedule stands, and the rate of every step."""
    schedules = [value for value in spelling.arguments.values() if isinstance(value, Schedule)]
    each = falling if schedules else (lambda t: RATE)
    return {name: RATE if isinstance(value, Schedule) else value for name, value in spelling.arguments.items()}, each


def collect(points: Iterator[np.ndarray]) -> np.ndarray:
    """A path as one array."""
    return np.stack([np.asarray(point).copy() for point in points])
