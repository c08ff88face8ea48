"""What a race recommends, trained on all rows, to predict new ones with.

The race held rows back, to choose by and to test. When the choice is made they are worth more as training rows; the number of steps stays
what it was, since it is what the race has chosen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from talweg.checks import InputError
from talweg.engine.descend import descend
from talweg.methods import Method
from talweg.problems.base import Batch, Params, Problem
from talweg.problems.coding import Coding
from talweg.problems.supervised import widened
from talweg.problems.tables.read import new_rows
from talweg.racing.recall import raced_problem
from talweg.text import training as words

if TYPE_CHECKING:
    from talweg.racing.result import Race

CHUNK = 16_384  #: rows that the model is asked for at once


@dataclass(frozen=True, eq=False)
class Ready:
    """All that a training on all rows needs, checked."""

    problem: Problem  #: all of whose rows are training rows
    method: Method
    steps: int
    batch: int | str
    sentence: str

    @property
    def coding(self) -> Coding:
        """What new rows are to the model. Raises InputError for a problem that was made by hand."""
        if self.problem.coding is None:
            raise InputError(
                f"predict: {self.problem.name} was made by hand, and what new rows are to it is not known; apply its model to the trained "
                "params"
            )
        return self.problem.coding


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """What a race recommends, trained on all of its problem's rows: `.predict(rows)`, `.probabilities(rows)`, `.params`."""

    ready: Ready
    params: Params
    loss: float  #: on the rows that it was trained on

    def predict(self, rows: Any) -> Shaped[np.ndarray, " n"]:
        """An answer for each row: its label as it was given, or a number in the target's own unit.

        `rows` is a DataFrame or the path of a file where a table was raced, else an array of examples or the path of an .npz file with it
        as X. The order of a table's columns is free, and further ones are ignored. Raises InputError as `Coding.inputs` does.
        """
        coding = self.ready.coding
        return coding.answers(self.outputs(_inputs(coding, rows)))

    def probabilities(self, rows: Any) -> Float[np.ndarray, "n classes"]:
        """Those of the classes (`.classes`), for each row. Raises InputError where the model does not say any, and as `predict` does."""
        coding = self.ready.coding
        coding.check_probabilities()
        return coding.probabilities(self.outputs(_inputs(coding, rows)))

    @property
    def classes(self) -> Shaped[np.ndarray, " classes"] | None:
        """The labels, in the order of `probabilities`; None for a regression."""
        return self.ready.coding.labels

    def outputs(self, inputs: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n outputs"]:
        """What the model says of inputs, as they come from `Coding.inputs`."""
        parts = [inputs[first : first + CHUNK] for first in range(0, len(inputs), CHUNK)]
        return np.concatenate([np.asarray(_apply(self.params, jnp.asarray(part))) for part in parts])

    @property
    def sentence(self) -> str:
        """What was trained, on how many rows, for how many steps."""
        return self.ready.sentence

    def __repr__(self) -> str:
        return f"Trained({self.sentence})"


def ready(race: Race, problem: Problem | None = None) -> Ready:
    """A race's recommendation and its problem, whose training rows are all that there are. Nothing is compiled.

    Raises InputError where nothing is recommended, for restarts, a method of one's own that the store does not know, a function without
    rows, and a problem that is not the one raced or can't be built again.
    """
    best, row = race.recommendation, race.winner
    if best.method is None:
        why = f"nothing is recommended: {best.reason}" if best.reason else f"{best.label} is a method of your own; ask the race of tw.race"
        raise InputError(f"train: {why}")
    if row["restarts"] > 1:
        raise InputError(
            f"train: {best.label} keeps the weights with the lowest validation loss, and where all rows are trained on, none is left to "
            "validate on; race it without restarts"
        )
    raced = raced_problem(race, problem, "train")
    if raced.train is None:
        raise InputError(f"train: {raced.name} is a function without rows; what there is to find is race.best.params")
    if row["width"] > 1:
        raced = widened(raced, row["width"])
    all_rows = everything(raced)
    facts = {"race": race.name, "label": best.label, "rows": all_rows.examples, "steps": best.steps, "batch": best.batch}
    facts |= {"learning_rate": best.hyperparameters.get("learning_rate"), "schedule": best.schedule, "width": row["width"]}
    return Ready(all_rows, best.method, best.steps, best.batch, words.trained(facts))


def train(ready: Ready, seed: int = 0) -> Trained:
    """One training, with the seed's start and order of examples. Raises InputError if it diverges."""
    trace = descend(ready.problem, ready.method, steps=ready.steps, batch=ready.batch, points=1, key=seed)
    if trace.diverged_at is not None or not np.isfinite(trace.loss[-1]):
        raise InputError(f"train: the training diverged with seed {seed}; give another seed")
    return Trained(ready, trace.params, float(trace.loss[-1]))


def everything(problem: Problem) -> Problem:
    """The problem with all of its rows for training, and none held back."""
    parts = (problem.pool, problem.test) if problem.pool is not None else (problem.train, problem.validation, problem.test)
    together: Batch = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(part for part in parts if part is not None))
    return replace(problem, pool=None, split=None, train=together, validation=None, test=None)


def _inputs(coding: Coding, rows: Any) -> np.ndarray:
    return coding.inputs(new_rows(rows) if isinstance(rows, str | os.PathLike) else rows)


@jax.jit
def _apply(model: Any, inputs: Any) -> Any:
    return model(inputs)
