"""New rows as a model's inputs, and what the model says of them as answers: labels by their names, numbers in their own unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from scipy import special

from talweg.checks import InputError
from talweg.problems import data, targets

#: New rows, as arrays or as a table -> the numbers that the pool's rows are, not scaled yet.
Rows = Callable[[Any], np.ndarray]


@dataclass(frozen=True, eq=False)
class Coding:
    """What was done to the rows of a problem before a model saw them, for rows that come later.

    All of it was fitted to the pool, the rows outside the test part.
    """

    rows: Rows
    scaling: data.Scaling
    loss: str  #: a name of `losses.CATALOGUE`
    target: str = "y"  #: what is predicted
    unit: targets.Unit | None = None  #: of a target of values
    labels: Shaped[np.ndarray, " classes"] | None = None  #: of a classification, as they were given, in the order of the outputs

    def inputs(self, rows: Any) -> Float[np.ndarray, "n ..."]:
        """New rows as the model takes them: an array of examples like the problem's; of a table a DataFrame, or its named columns.

        Raises InputError for rows of another shape, features that are not finite (in an array), a column that is missing or of another
        type, and no rows.
        """
        return self.scaling.scaled(self.rows(rows))

    def answers(self, outputs: Float[np.ndarray, "n outputs"]) -> Shaped[np.ndarray, " n"]:
        """The labels, as they were given; or numbers in the target's own unit, of a Poisson regression the expected counts."""
        if self.labels is not None:
            chosen = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(int)
            return self.labels[chosen]
        values = outputs[:, 0].astype(np.float64)
        if self.loss == "poisson":
            return np.exp(values)
        return values if self.unit is None else self.unit.original(values)

    def probabilities(self, outputs: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
        """Those of the classes, in the order of `labels`. Raises InputError where the model does not say any."""
        self.check_probabilities()
        if outputs.shape[1] > 1:
            return special.softmax(outputs.astype(np.float64), axis=1)
        second = special.expit(outputs[:, 0].astype(np.float64))
        return np.stack([1 - second, second], axis=1)

    def check_probabilities(self) -> None:
        """Raises InputError unless a model says how probable the classes are: a classification by cross-entropy."""
        if self.labels is None:
            raise InputError(f"probabilities: {self.target} is a number and has no classes; ask for predictions alone")
        if self.loss != "cross-entropy":
            raise InputError(f"probabilities: with {self.loss} loss a model gives margins, not probabilities; race it with cross-entropy")


@dataclass(frozen=True)
class ArrayRows:
    """New rows of a problem that was made from arrays."""

    name: str
    shape: tuple[int, ...]  #: of one example

    def __call__(self, rows: Any) -> np.ndarray:
        """The rows as floating-point numbers. Raises InputError for another shape, what is not finite, and named columns."""
        of_one = f"rows of shape {self.shape}"
        if isinstance(rows, list) and rows and isinstance(rows[0], tuple) and isinstance(rows[0][0], str):
            raise InputError(
                f"{self.name}: it learned from an array, {of_one}; give new ones as the array X of an .npz file, got named columns"
            )
        if not np.size(rows):
            raise InputError(f"{self.name}: there are no rows to predict; expected {of_one}")
        x = data.finite_features(self.name, rows)
        if x.shape[1:] != self.shape:
            one = f"; to predict one, give an array of shape {(1, *self.shape)}" if np.shape(rows) == self.shape else ""
            raise InputError(f"{self.name}: expected {of_one}, as it learned from, got an array of shape {np.shape(rows)}{one}")
        return x
