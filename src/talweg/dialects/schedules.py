"""A schedule as source text, in the words of another library."""

from __future__ import annotations

import math
from typing import NamedTuple

from talweg import schedules as s
from talweg.checks import InputTypeError


class Words(NamedTuple):
    """How a library writes what is not arithmetic: its functions, and a choice of a where c holds and else of b."""

    minimum: str
    maximum: str
    cosine: str
    floor: str
    where: str


PYTHON = Words("min", "max", "math.cos", "math.floor", "({a} if {c} else {b})")
JAX = Words("jnp.minimum", "jnp.maximum", "jnp.cos", "jnp.floor", "jnp.where({c}, {a}, {b})")
KERAS = Words("ops.minimum", "ops.maximum", "ops.cos", "ops.floor", "ops.where({c}, {a}, {b})")


def source(schedule: s.Schedule, words: Words) -> str:
    """The learning rate at step `step` (0, 1, …) as an expression.

    Raises InputTypeError for a schedule of the user's own, whose formula is not known as text.
    """
    start = float(schedule.initial) if hasattr(schedule, "initial") else math.nan
    match schedule:
        case s.Constant():
            return f"{start!r}"
        case s.Step():
            return f"{start!r} * {float(schedule.factor)!r} ** {words.floor}(step / {float(schedule.every)!r})"
        case s.Exponential():
            return f"{start!r} * {float(schedule.final)!r} ** {_share(schedule.steps, words)}"
        case s.InverseTime():
            return f"{start!r} / (1.0 + step / {float(schedule.halfway)!r})"
        case s.Cosine():
            return f"{start!r} * {_half_cosine(_share(schedule.steps, words), schedule.final, words)}"
        case s.Restarts():
            period = float(schedule.period)
            return f"{start!r} * {_half_cosine(f'(step % {period!r} / {period!r})', schedule.final, words)}"
        case s.WarmupCosine():
            rise = max(schedule.warmup * schedule.steps, 1.0)
            up = f"{words.minimum}((step + 1.0) / {rise!r}, 1.0)"
            down = _half_cosine(_fall(rise, schedule.steps, words), schedule.final, words)
            return f"{start!r} * {words.where.format(c=f'step < {rise!r}', a=up, b=down)}"
        case s.OneCycle():
            peak = max(schedule.warmup * schedule.steps, 1.0)
            up = _half_cosine(f"(1.0 - {_share(peak, words)})", 1.0 / schedule.divide, words)
            down = _half_cosine(_fall(peak, schedule.steps, words), schedule.final, words)
            return f"{start!r} * {words.where.format(c=f'step < {peak!r}', a=up, b=down)}"
    raise InputTypeError(f"code: {schedule!r} can't be written as text; write it in the other library by hand")


def _share(steps: float, words: Words) -> str:
    return f"{words.minimum}(step / {float(steps)!r}, 1.0)"


def _fall(rise: float, steps: float, words: Words) -> str:
    return f"{words.minimum}({words.maximum}((step - {rise!r}) / {max(steps - rise, 1.0)!r}, 0.0), 1.0)"


def _half_cosine(x: str, final: float, words: Words) -> str:
    return f"({float(final)!r} + {1.0 - float(final)!r} * 0.5 * (1.0 + {words.cosine}({math.pi!r} * {x})))"
