"""What a method may ask for, and what it cost."""

from __future__ import annotations

from collections.abc import Callable

import jax
from jaxtyping import Array, PyTree, Scalar

#: A gradient as a function of where it is taken.
Gradient = Callable[[PyTree], PyTree]


class Oracle:
    """Answers for one step on one batch, and counts the questions.

    The counts are numbers of questions written in the method's code, so they are known when the step is traced: a fair budget
    in gradient evaluations costs nothing at run time. A method that asks inside its own `jax.lax` loop must unroll it.
    """

    def __init__(self, loss: Callable[[PyTree], Scalar]):
        self._loss = loss
        self.gradients = 0  #: gradient evaluations so far
        self.values = 0  #: loss evaluations without a gradient so far
        self.last_gradient: PyTree | None = None
        self._first_loss: Array | None = None

    def gradient(self, at: PyTree) -> PyTree:
        """The gradient of the batch's loss at `at`, which need not be where the run stands (Nesterov's look-ahead)."""
        value, self.last_gradient = jax.value_and_grad(self._loss)(at)
        self.gradients += 1
        self._remember(value)
        return self.last_gradient

    def value(self, at: PyTree) -> Scalar:
        """The batch's loss at `at`."""
        value = self._loss(at)
        self.values += 1
        self._remember(value)
        return value

    @property
    def first_loss(self) -> Array | None:
        """The loss at the first question, the step's training loss; None before there was one."""
        return self._first_loss

    def _remember(self, value: Array) -> None:
        if self._first_loss is None:
            self._first_loss = value


class TransformedOracle(Oracle):
    """An oracle whose gradients are altered on their way to the method that asks: what a wrapper hands to the method it holds.

    `alter(gradient, at)` gets the gradient as a function and may ask it once, several times or elsewhere.
    """

    def __init__(self, oracle: Oracle, alter: Callable[[Gradient, PyTree], PyTree]):
        self._oracle, self._alter = oracle, alter

    def gradient(self, at: PyTree) -> PyTree:
        return self._alter(self._oracle.gradient, at)

    def value(self, at: PyTree) -> Scalar:
        return self._oracle.value(at)

    @property
    def first_loss(self) -> Array | None:
        return self._oracle.first_loss
