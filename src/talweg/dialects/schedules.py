"""A schedule as source text, in the words of another library."""

from __future__ import annotations

import math
from dataclasses import dataclass

from talweg import schedules as s
from talweg.checks import InputTypeError


@dataclass(frozen=True)
class Words:
    """How a library writes what is not arithmetic; `{a}`, `{b}`, `{c}` stand for the arguments."""

    minimum: str
    maximum: str
    cosine: str
    floor: str
    where: str


PYTHON = Words("min({a}, {b})", "max({a}, {b})", "math.cos({a})", "math.floor({a})", "({a} if {c} else {b})")
JAX = Words("jnp.minimum({a}, {b})", "jnp.maximum({a}, {b})", "jnp.cos({a})", "jnp.floor({a})", "jnp.where({c}, {a}, {b})")
KERAS = Words("ops.minimum({a}, {b})", "ops.maximum({a}, {b})", "ops.cos({a})", "ops.floor({a})", "ops.where({c}, {a}, {b})")


def source(schedule: s.Schedule, words: Words) -> str:
    """The learning rate at step `step` (0, 1, …) as an expression.

    Raises InputTypeError for a schedule of the user's own, whose formula is not known as text.
    """
    start = float(schedule.initial) if hasattr(schedule, "initial") else math.nan
    match schedule:
        case s.Constant():
            return f"{start!r}"
        case s.Step():
            return f"{start!r} * {float(schedule.factor)!r} ** {words.floor.format(a=f'step / {float(schedule.every)!r}')}"
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
            up = words.minimum.format(a=f"(step + 1.0) / {rise!r}", b="1.0")
            down = _half_cosine(_fall(rise, schedule.steps, words), schedule.final, words)
            return f"{start!r} * {words.where.format(c=f'step < {rise!r}', a=up, b=down)}"
        case s.OneCycle():
            peak = max(schedule.warmup * schedule.steps, 1.0)
            up = _half_cosine(f"(1.0 - {words.minimum.format(a=f'step / {peak!r}', b='1.0')})", 1.0 / schedule.divide, words)
            down = _half_cosine(_fall(peak, schedule.steps, words), schedule.final, words)
            return f"{start!r} * {words.where.format(c=f'step < {peak!r}', a=up, b=down)}"
    raise InputTypeError(f"code: {schedule!r} can't be written as text; write it in the other library by hand")


def _share(steps: float, words: Words) -> str:
    return words.minimum.format(a=f"step / {float(steps)!r}", b="1.0")


def _fall(rise: float, steps: float, words: Words) -> str:
    inside = words.maximum.format(a=f"(step - {rise!r}) / {max(steps - rise, 1.0)!r}", b="0.0")
    return words.minimum.format(a=inside, b="1.0")


def _half_cosine(x: str, final: float, words: Words) -> str:
    cosine = words.cosine.format(a=f"{math.pi!r} * {x}")
    return f"({float(final)!r} + {1.0 - float(final)!r} * 0.5 * (1.0 + {cosine}))"
