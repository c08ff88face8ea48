"""What is to be predicted: recognise the task, and turn labels or values into the numbers that a loss takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from talweg import checks, trees
from talweg.checks import InputError
from talweg.problems import losses

TASKS = ("classification", "regression")
FEW = 20  # different whole numbers: a target with no more of them is one of labels
LEAST_OF_A_CLASS = 3  # rows: one to train, one to validate, one to test


class Target(NamedTuple):
    """A target as numbers: labels as 0, 1, … (int32), or values as they are (float64)."""

    values: np.ndarray  #: of the rows that are taken
    task: str
    loss: str  #: a name of `losses.CATALOGUE`
    labels: np.ndarray | None  #: the different labels of a classification as they were given, in the order of their numbers
    notes: tuple[str, ...]  #: what was recognised and what was left out, one sentence each
    rows: np.ndarray | None = None  #: the numbers of the rows that are taken; None for all

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels' names, of a classification."""
        return None if self.labels is None else tuple(map(str, self.labels))

    @property
    def outputs(self) -> int:
        """How many numbers a model has to give for it: one for each class, but a single one where there are two."""
        return len(self.labels) if self.labels is not None and len(self.labels) > 2 else 1


class Unit(NamedTuple):
    """What was subtracted from a target of values, and what the rest was divided by: 0 and 1 where it stays as it is."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, name: str, pool: np.ndarray, scale: bool) -> Unit:
        """The one that brings the pool to mean 0 and variance 1, if `scale`. Raises InputError if the pool holds a single value."""
        mean, deviation = (float(pool.mean()), float(pool.std())) if scale else (0.0, 1.0)
        if deviation == 0:
            raise InputError(f"{name}: the target is the same in every row outside the test part; is this the right target?")
        return cls(mean, deviation)

    def scaled(self, y: np.ndarray) -> np.ndarray:
        """Values as a model learns them, in the data's type."""
        return ((y - self.mean) / self.deviation).astype(trees.float_type())

    def original(self, y: np.ndarray) -> np.ndarray:
        """What a model says, in the target's own unit."""
        return y.astype(np.float64) * self.deviation + self.mean


def column(name: str, y: Any, rows: int) -> np.ndarray:
    """The target as an array of one value for each row, of numbers or text unless some are missing. Raises InputError for another shape."""
    y = _unboxed(np.asarray(y))
    if y.ndim != 1 or len(y) != rows:
        raise InputError(f"{name}: the target must be one value for each of the {rows} rows of features, got shape {y.shape}")
    return y


def recognised(name: str, y: np.ndarray, task: str | None = None, loss: str | None = None) -> Target:
    """The target for a task and a loss, each by default the one that fits.

    Raises InputError for an unknown task or loss, a loss that does not fit, and a target that can't be learned.
    """
    loss = losses.named(loss)
    check_names(task, loss)
    task, notes = _task(name, y, task, loss)
    loss = loss or ("cross-entropy" if task == "classification" else "squared")
    labelled = task == "classification"
    if losses.CATALOGUE[loss].classification != labelled:
        fitting = [n for n, entry in losses.CATALOGUE.items() if entry.classification == labelled]
        raise InputError(f"{name}: the loss {loss} does not fit {task}; choose {' or '.join(fitting)}, or force the other task")
    if labelled:
        rows, why = _frequent(name, y)
        labels, values = np.unique(_sortable(y if rows is None else y[rows]), return_inverse=True)
        return Target(values.astype(np.int32), task, loss, labels, (*notes, *why), rows)
    return Target(_numbers(name, y, loss), task, loss, None, notes)


def check_names(task: str | None = None, loss: str | None = None) -> None:
    """Refuse an unknown task or loss; that takes no data. Raises InputError."""
    losses.named(loss)
    if task is not None:
        checks.one_of("task", "task", task, TASKS)


def _task(name: str, y: np.ndarray, task: str | None, loss: str | None) -> tuple[str, tuple[str, ...]]:
    """Classification or regression: as forced, as the loss needs, or as the target looks, which is said aloud."""
    if task is not None:
        return task, ()
    if loss is not None:
        return "classification" if losses.CATALOGUE[loss].classification else "regression", ()
    distinct = np.unique(_unboxed(y[~_missing(y)]))
    if y.dtype.kind not in "iuf":
        task, why = "classification", f"{len(distinct)} labels"
    elif len(distinct) <= FEW and np.all(distinct == np.round(distinct)) and len(distinct) <= max(2, len(y) // 5):
        task, why = "classification", f"{len(distinct)} different whole numbers"
    else:
        task, why = "regression", f"{len(distinct)} different numbers"
    return task, (f"{task} was recognised: its target has {why}",)


def _unboxed(y: np.ndarray) -> np.ndarray:
    """An array of objects as an array of numbers or of text, unless a value is missing."""
    return np.array(y.tolist()) if y.dtype.kind == "O" and y.ndim == 1 and len(y) and not _missing(y).any() else y


def _missing(y: np.ndarray) -> np.ndarray:
    """Where a value is missing: NaN, or None among objects."""
    if y.dtype.kind == "f":
        return np.isnan(y)
    if y.dtype.kind == "O":
        return np.array([v is None or v != v for v in y])
    return np.zeros(len(y), bool)


def _sortable(y: np.ndarray) -> np.ndarray:
    """Labels that can be put in order: text where they are of several types."""
    return y.astype(str) if y.dtype.kind == "O" else y


def _frequent(name: str, y: np.ndarray) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The rows whose class is frequent enough to be split, None if these are all; and what was left out.

    Raises InputError for missing labels, and where not two such classes are there.
    """
    if _missing(y).any():
        raise InputError(f"{name}: {int(_missing(y).sum())} targets are missing; drop those rows")
    classes, of_row, sizes = np.unique(_sortable(y), return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"{name}: classification needs at least two classes, got one ({classes[0]!s}); is this the right target?")
    rare = sizes < LEAST_OF_A_CLASS
    if not rare.any():
        return None, ()
    fewer = f"{int(rare.sum())} of {len(classes)} have fewer (first: {classes[rare][0]!s}, {sizes[rare][0]})"
    each = f"each class needs at least {LEAST_OF_A_CLASS} rows (training, validation, test), but {fewer}"
    if (~rare).sum() < 2:
        raise InputError(f"{name}: {each}, so that not two are left; merge classes, or force regression if the target is a number")
    left_out = int(sizes[rare].sum())
    return np.flatnonzero(~rare[of_row]), (f"{left_out} {'row was' if left_out == 1 else 'rows were'} left out: {each}",)


def _numbers(name: str, y: np.ndarray, loss: str) -> np.ndarray:
    """The values, checked for what the loss needs."""
    try:
        target = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name}: regression needs a target of numbers, got {y.dtype}; choose another target or force classification"
        ) from error
    if not np.isfinite(target).all():
        raise InputError(f"{name}: {int((~np.isfinite(target)).sum())} targets are NaN or infinite; drop those rows")
    if np.ptp(target) == 0:
        raise InputError(f"{name}: the target is {target[0]:g} in every row: there is nothing to learn; is this the right target?")
    if loss == "poisson" and target.min() < 0:
        raise InputError(f"{name}: poisson needs counts of at least 0, got {target.min():g}; choose squared or huber")
    return target
