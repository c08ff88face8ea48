"""A method's questions, answered from outside: for loops that own the gradient and hand it over.

A method asks its oracle in the middle of its step; the loop of another framework computes a gradient at a place and calls. So a step
is gone through again with the answers that are known, up to the first question that has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from talweg import schedules, trees
from talweg.methods import Method
from talweg.oracle import Oracle


class Asked(Exception):
    """Raised out of a step at the first question without an answer."""

    def __init__(self, at: PyTree):
        super().__init__("a question without an answer")
        self.at = at


class Answers(Oracle):
    """An oracle that gives known answers, in the order of the questions."""

    def __init__(self, answers: Sequence[Any]):
        self._answers = iter(answers)

    def gradient(self, at: PyTree) -> PyTree:
        return self._next(at)

    def value(self, at: PyTree) -> Any:
        return self._next(at)

    def _next(self, at: PyTree) -> Any:
        for answer in self._answers:
            return answer
        raise Asked(at)


@dataclass(frozen=True)
class Question:
    """What a method asks in every step."""

    kind: str  #: "gradient" or "value"
    elsewhere: bool  #: whether at another place than where the parameters stand


class Listener(Oracle):
    """An oracle that answers zero and remembers the questions, asked by a method that stands at `params`."""

    def __init__(self, params: PyTree):
        self._leaves = jax.tree.leaves(params)
        self.questions: list[Question] = []

    def gradient(self, at: PyTree) -> PyTree:
        self._record("gradient", at)
        return jax.tree.map(jnp.zeros_like, at)

    def value(self, at: PyTree) -> Any:
        self._record("value", at)
        return jnp.zeros(())

    def _record(self, kind: str, at: PyTree) -> None:
        here = all(a is b for a, b in zip(jax.tree.leaves(at), self._leaves, strict=True))
        self.questions.append(Question(kind, not here))


def questions(method: Method, params: PyTree) -> list[Question]:
    """The questions of one step in their order, found by tracing it."""
    traced: list[Question] = []

    def one(params: PyTree, state: PyTree) -> None:
        listener = Listener(params)
        step(method, listener, params, state, jnp.zeros((), jnp.int32), jax.random.key(0))
        traced.extend(listener.questions)

    jax.eval_shape(one, params, jax.eval_shape(method.init, params))  # apart, for a state that begins with the parameters themselves
    return traced


def step(method: Method, oracle: Oracle, params: PyTree, state: PyTree, count: Array, key: PRNGKeyArray) -> tuple[PyTree, PyTree]:
    """The move and the next state after `count` steps, as in `talweg.descend`: the state keeps its types."""
    now = count.astype(trees.float_type())
    move, after = schedules.at(method, now).step(oracle, params, state, now, jax.random.fold_in(key, count))
    return move, trees.like(after, state)


def place(method: Method, params: PyTree, state: PyTree, answers: Sequence[Any], count: Array, key: PRNGKeyArray) -> PyTree:
    """Where a step asks for what comes after the known answers."""
    try:
        step(method, Answers(answers), params, state, count, key)
    except Asked as asked:
        return asked.at
    raise AssertionError("the step has no more questions")
