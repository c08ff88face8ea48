"""How a step is chosen: the two kinds of method.

A method is a module whose numbers are leaves. So a batch of hyperparameters is a method with array leaves, `jax.vmap` over it is
a sweep, and no number ever causes a second compilation.
"""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from talweg import checks
from talweg.methods.space import Range, Space
from talweg.oracle import Oracle
from talweg.schedules import Number, Schedule

State = Any
Slots = tuple[Array, ...]

COUNT = checks.Interval(1)
SHARE = checks.Interval(0, 1, low_open=True, high_open=False)

#: What each hyperparameter may be, by its standard name: the same for every method.
LIMITS: dict[str, checks.Interval] = {
    **dict.fromkeys(("learning_rate", "radius", "clip_value", "clip_norm", "clip", "trust", "first"), checks.POSITIVE),
    **dict.fromkeys(("smallest_step", "largest_step"), checks.POSITIVE),
    **dict.fromkeys(("momentum", "dampening", "rho", "decay", "b1", "b2", "b3", "ema_decay", "shrink"), checks.FRACTION),
    **dict.fromkeys(("eps", "weight_decay", "l2", "start", "momentum_decay", "noise", "noise_decay", "begin"), checks.NOT_NEGATIVE),
    **dict.fromkeys(("weight_noise", "weight_noise_decay"), checks.NOT_NEGATIVE),
    **dict.fromkeys(("every", "sync_period", "grow"), COUNT),
    **dict.fromkeys(("slow_step_size", "decay_power"), SHARE),
}

#: The ranges that several families share (PROTOCOL: MLCommons AlgoPerf, Google's tuning playbook, Sivaprasad et al. 2020).
MOMENTUM_RANGE = Range(5e-3, 0.3, tier=2, complement=True)
B1_RANGE = Range(2e-2, 0.5, tier=2, complement=True)


class Method(eqx.Module):
    """Asks an oracle and returns a move. The loop adds the move, casts it, counts what was asked, and measures."""

    name: ClassVar[str] = ""  #: as typed on the command line
    label: ClassVar[str] = ""  #: as printed in tables and pictures
    source: ClassVar[str] = ""  #: the paper
    helps: ClassVar[str] = ""  #: when it helps, in one line
    #: The numbers that its state keeps for an array of r × c = n parameters; after "vectors", for one that is no matrix, if others.
    memory: ClassVar[str] = "0"
    scalar_state: ClassVar[int] = 0  #: and the numbers that its state keeps for all parameters together
    space: ClassVar[Space] = {}  #: where its numbers are searched
    limits: ClassVar[Mapping[str, checks.Interval]] = {}  #: of its hyperparameters that have none in LIMITS
    contains: ClassVar[Sequence[str]] = ()  #: methods that it contains as a special case, so that it must not lose to them
    variant: ClassVar[bool] = False  #: another formula under a name that is in the catalogue already, as another library has it

    def init(self, params: PyTree) -> State:
        """The state before the first step."""
        raise NotImplementedError

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        """The move at step t = 0, 1, … and the next state."""
        raise NotImplementedError

    @classmethod
    def search_space(cls, batch: int | None) -> Space:
        """Where its numbers are searched for a batch of that many examples; None is the whole training set."""
        return cls.space

    @classmethod
    def formula(cls) -> str:
        """The formula, as it stands in the docstring."""
        lines = inspect.cleandoc(cls.__doc__ or "").splitlines()
        block = [line for line in lines if line.startswith("    ")]
        return textwrap.dedent("\n".join(block))

    @classmethod
    def summary(cls) -> str:
        """The first sentence of the docstring."""
        return inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")

    def hyperparameters(self) -> dict[str, Any]:
        """The hyperparameters by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.hyperparameters().items())
        return f"{type(self).__name__}({inside})"

    def __check_init__(self) -> None:
        limits = LIMITS | dict(self.limits)
        for field, value in self.hyperparameters().items():
            if field in limits and not isinstance(value, Schedule):
                checks.number(type(self).__name__, field, value, limits[field])


class Arraywise(Method):
    """A method with one formula for one array of parameters: it takes one gradient, and treats every array alike."""

    learning_rate: eqx.AbstractVar[Number]
    slot_count: ClassVar[int] = 0  #: arrays of zeros that are kept for one array of parameters, unless `slots` says otherwise

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "slot_count" in vars(cls) and "memory" not in vars(cls):
            cls.memory = "n" if cls.slot_count == 1 else f"{cls.slot_count} n"

    def slots(self, w: Array) -> Slots:
        """The arrays that are kept for one array of parameters, before the first step."""
        return zeros(w, self.slot_count)

    def rule(self, g: Array, w: Array, slots: Slots, t: Array) -> tuple[Array, Slots]:
        """The move of one array and its next slots, at step t = 1, 2, … as papers count."""
        raise NotImplementedError

    def look_ahead(self, w: Array, slots: Slots) -> Array:
        """Where the gradient is taken: where the run stands, unless the method looks ahead."""
        return w

    def init(self, params: PyTree) -> State:
        return jax.tree.map(self.slots, params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        tree: Any  # jaxlib's stubs don't say what a tree's structure can do
        leaves, tree = jax.tree.flatten(params)
        slots = tree.flatten_up_to(state)
        at = [self.look_ahead(w, s) for w, s in zip(leaves, slots, strict=True)]
        gradients = tree.flatten_up_to(oracle.gradient(tree.unflatten(at)))
        moves = [self.rule(g, w, s, t + 1) for g, w, s in zip(gradients, leaves, slots, strict=True)]
        return tree.unflatten([move for move, _ in moves]), tree.unflatten([slots for _, slots in moves])


class Elementwise(Arraywise):
    """A method whose formula treats every number alike, whatever its neighbours are.

    So the formula does not know whether its arrays are whole parameters or the few rows that a sparse batch touched.
    """


def zeros(w: Array, count: int) -> Slots:
    """`count` arrays of zeros like w."""
    return tuple(jnp.zeros_like(w) for _ in range(count))


def adam_direction(g: Array, slots: Slots, b1: Number, b2: Number, eps: Number, t: Array) -> tuple[Array, Slots]:
    """Adam's direction m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε), for methods that treat some arrays so, and its two averages."""
    m, v = slots
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
    return corrected(m, b1, t) / (jnp.sqrt(corrected(v, b2, t)) + eps), (m, v)


def corrected(average: Any, b: Any, t: Array) -> Any:
    """A moving average that began at zero, divided by the 1 − bᵗ by which it falls short after t steps.

    Multiplied by the reciprocal: XLA rewrites the division of an array by a number on some counts of devices and not on others,
    and results must not depend on that.
    """
    return average * (1.0 / (1.0 - b**t))
