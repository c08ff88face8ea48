"""Numbers that change with the step.

A schedule is a module whose numbers are leaves, so a sweep over schedules is a stack of them. It stands where a number stands,
`Adam(learning_rate=Cosine(1e-3, steps=1000))`, and `at` puts the number of step t in its place, so that no method knows of it.
Steps count from 0. A schedule that has come to its end keeps its last value.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from talweg import checks

Number = Any  # a float, an array with one number per lane, or a schedule
T = TypeVar("T")


#: What each number of a schedule may be, where more than "not negative".
LIMITS: dict[str, checks.Interval] = {
    **dict.fromkeys(("steps", "every", "halfway", "period", "divide"), checks.POSITIVE),
    "warmup": checks.Interval(0, 1, high_open=False),
}


class Schedule(eqx.Module):
    """A number for every step t = 0, 1, 2, …"""

    name: ClassVar[str] = ""
    parts: ClassVar[int] = 1  #: of a run, by default: its second number is the length of one

    def __call__(self, t: Any) -> Array:
        raise NotImplementedError

    def __check_init__(self) -> None:
        for field in dataclasses.fields(self):
            if not field.metadata.get("static"):  # what is static is structure, not a number
                value = getattr(self, field.name)
                checks.number(type(self).__name__, field.name, value, LIMITS.get(field.name, checks.NOT_NEGATIVE))


class Constant(Schedule):
    """The same number at every step: η."""

    name = "constant"
    initial: Number

    def __call__(self, t: Any) -> Array:
        return jnp.asarray(self.initial)


class Step(Schedule):
    """Multiplied by a factor every so many steps: η γ^⌊t / every⌋."""

    name = "step"
    parts = 4
    initial: Number
    every: Number
    factor: Number = 0.1

    def __call__(self, t: Any) -> Array:
        return self.initial * self.factor ** jnp.floor(t / self.every)


class Exponential(Schedule):
    """Shrinks by the same share every step, to η · final after `steps` steps: η · final^(t / steps)."""

    name = "exponential"
    initial: Number
    steps: Number
    final: Number = 0.01

    def __call__(self, t: Any) -> Array:
        return self.initial * self.final ** jnp.minimum(t / self.steps, 1.0)


class InverseTime(Schedule):
    """Half as large after `halfway` steps: η / (1 + t / halfway). Robbins & Monro 1951."""

    name = "inverse-time"
    parts = 10
    initial: Number
    halfway: Number

    def __call__(self, t: Any) -> Array:
        return self.initial / (1.0 + t / self.halfway)


class Cosine(Schedule):
    """Half a cosine from η down to η · final: Loshchilov & Hutter, SGDR, 2017, without restarts."""

    name = "cosine"
    initial: Number
    steps: Number
    final: Number = 0.0

    def __call__(self, t: Any) -> Array:
        return self.initial * _half_cosine(jnp.minimum(t / self.steps, 1.0), self.final)


class WarmupCosine(Schedule):
    """Linear from 0 to η over the share `warmup` of `steps`, then half a cosine down to η · final. Goyal et al. 2017."""

    name = "warmup-cosine"
    initial: Number
    steps: Number
    warmup: Number = 0.1
    final: Number = 0.0

    def __call__(self, t: Any) -> Array:
        rise = jnp.maximum(self.warmup * self.steps, 1.0)
        fall = jnp.clip((t - rise) / jnp.maximum(self.steps - rise, 1.0), 0.0, 1.0)
        return self.initial * jnp.where(t < rise, jnp.minimum((t + 1.0) / rise, 1.0), _half_cosine(fall, self.final))


class OneCycle(Schedule):
    """Half a cosine up from η / divide to η over the share `warmup`, half a cosine down to η · final. Smith & Topin 2018."""

    name = "one-cycle"
    initial: Number
    steps: Number
    warmup: Number = 0.3
    divide: Number = 25.0
    final: Number = 4e-6

    def __call__(self, t: Any) -> Array:
        peak = jnp.maximum(self.warmup * self.steps, 1.0)
        up = _half_cosine(1.0 - jnp.clip(t / peak, 0.0, 1.0), 1.0 / self.divide)
        down = _half_cosine(jnp.clip((t - peak) / jnp.maximum(self.steps - peak, 1.0), 0.0, 1.0), self.final)
        return self.initial * jnp.where(t < peak, up, down)


class Restarts(Schedule):
    """Cosine with warm restarts every `period` steps, each from η down to η · final. Loshchilov & Hutter, SGDR, 2017."""

    name = "restarts"
    parts = 4
    initial: Number
    period: Number
    final: Number = 0.0

    def __call__(self, t: Any) -> Array:
        return self.initial * _half_cosine(jnp.mod(t, self.period) / self.period, self.final)


def _half_cosine(x: Any, final: Any) -> Array:
    """From 1 at x = 0 to `final` at x = 1."""
    return final + (1.0 - final) * 0.5 * (1.0 + jnp.cos(np.pi * x))


CATALOGUE: dict[str, type[Schedule]] = {
    cls.name: cls for cls in (Constant, Step, Exponential, InverseTime, Cosine, WarmupCosine, OneCycle, Restarts)
}


DECAY = Cosine.name  #: how learning rates decay in a race that tries whether they should


def over(name: str, initial: Number, steps: int) -> Schedule:
    """The schedule `name` for a run of `steps` steps, with its usual shape: three drops for `step`, four periods for `restarts`."""
    checks.one_of("schedule", "schedule", name, CATALOGUE)
    kind = CATALOGUE[name]
    return kind(initial) if kind is Constant else kind(initial, max(steps / kind.parts, 1.0))


def alike(name: str, initial: Number, steps: int) -> Schedule:
    """A constant or a decaying learning rate in one structure: a cosine that ends where it began is constant."""
    if checks.one_of("schedule", "schedule", name, ("constant", DECAY)) == "constant":
        return Cosine(initial, float(steps), 1.0)
    return Cosine(initial, float(steps), 0.0)


def at(tree: T, t: Any) -> T:
    """The tree with every schedule in it replaced by its number at step t."""
    t = 1.0 * t  # a whole step by a whole number of steps would be divided in float32 even where float64 is on
    return jax.tree.map(lambda x: x(t) if _is_schedule(x) else x, tree, is_leaf=_is_schedule)


def _is_schedule(x: Any) -> bool:
    return isinstance(x, Schedule)
