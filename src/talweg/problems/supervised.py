"""From arrays to a problem: recognise the task, split once, scale on the training part only, choose model and loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, PRNGKeyArray, Scalar

from talweg import checks
from talweg.checks import InputError
from talweg.problems import losses, models
from talweg.problems.base import Batch, Metric, Params, Problem
from talweg.problems.source import Source

TASKS = ("classification", "regression")
DEFAULT_MODEL = "mlp:32"
VALIDATION_AT_MOST = 8192  # rows: enough to see a difference of 1 % in the loss, few enough to look at forty times in a run
TEST_AT_MOST = 50_000

#: (training rows, validation rows, test rows) of features -> the same as numbers; fitted on the first only.
Encoder = Callable[[Any, Any, Any], tuple[np.ndarray, np.ndarray, np.ndarray]]


def from_arrays(
    x: Any,
    y: Any,
    *,
    name: str = "data",
    model: str = DEFAULT_MODEL,
    loss: str | None = None,
    task: str | None = None,
    seed: int = 0,
    encode: Encoder | None = None,
    notes: Sequence[str] = (),
) -> Problem:
    """A problem from features and a target.

    Args:
        x: features, (n, d) numbers or images (n, height, width[, channels]); with `encode`, any table of n rows.
        y: the target, n numbers or labels.
        name: how the problem is called in tables and in the store.
        model: `linear`, `mlp:64,32[,activation][,initialisation]` or `cnn:8,16`.
        loss: a name of `losses.CATALOGUE`; by default cross-entropy for labels, squared error for numbers.
        task: `classification` or `regression`; by default recognised from the target.
        seed: of the split in 60 % training, 20 % validation (at most 8,192 rows) and 20 % test (at most 50,000 rows).
        encode: turns the three parts of a table into numbers, fitted on the training part.
        notes: what was already recognised or changed on the way, to be said aloud.

    Raises:
        InputError: features or targets that are not finite or do not fit together, a single class, a class with one row,
            too few rows, an unknown name.
    """
    y = _plain(np.asarray(y))
    rows = len(x)
    if y.ndim != 1 or len(y) != rows:
        raise InputError(f"{name}: the target must be one value for each of the {rows} rows of features, got shape {y.shape}")
    if encode is None:
        x = _finite(name, x)
    if rows < 10:
        raise InputError(f"{name}: a race needs at least 10 rows to split in training, validation and test, got {rows}")
    if loss is not None:
        checks.one_of("loss", "loss", loss, losses.CATALOGUE)
    said = list(notes)
    task = _task(name, y, task, loss, said)
    loss = loss or ("cross-entropy" if task == "classification" else "squared")
    kind = losses.CATALOGUE[loss]
    if kind.classification != (task == "classification"):
        fitting = [n for n, k in losses.CATALOGUE.items() if k.classification != kind.classification]
        raise InputError(f"{name}: the loss {loss} does not fit {task}; choose {' or '.join(fitting)}, or force the other task")
    classes = None
    if task == "classification":
        classes, target = _labels(name, y)
    else:
        target = _numbers(name, y, loss)

    parts = _split(target, task, seed)
    xs = _scaled(*(encode or _as_they_are)(*(_rows(x, part) for part in parts)))
    ys = [target[part] for part in parts]
    if task == "regression":
        ys = _scaled_target(name, ys, kind.scale_target)
    shape = xs[0].shape[1:]
    spec = models.parse(model, shape)
    outputs = len(classes) if classes is not None and len(classes) > 2 else 1
    return Problem(
        name=name,
        loss=MeanCost(kind.cost),
        start=Start(spec, shape, outputs),
        train=(xs[0], ys[0]),
        validation=(xs[1], ys[1]),
        test=(xs[2], ys[2]),
        metric=Metric("accuracy", MeanCost(losses.accuracy), percent=True) if classes is not None else _explained(ys[1]),
        notes=tuple(said),
        source=Source("arrays", name),
        facts={
            "task": task,
            "model": str(spec),
            "loss": loss,
            "features": int(np.prod(shape)),
            "classes": [str(c) for c in classes] if classes is not None else None,
            "split": [len(part) for part in parts],
            "split_seed": seed,
        },
    )


class MeanCost:
    """`(params, (x, y)) -> ` the mean of a cost over the batch, for models that are called with a batch of features."""

    def __init__(self, cost: losses.Cost):
        self.cost = cost

    def __call__(self, params: Params, batch: Batch) -> Scalar:
        x, y = batch
        return self.cost(params(x), y).mean()


class Start:
    """`key ->` a fresh model of one specification."""

    def __init__(self, spec: models.ModelSpec, inputs: Sequence[int], outputs: int):
        self.spec, self.inputs, self.outputs = spec, tuple(inputs), outputs

    def __call__(self, key: PRNGKeyArray) -> Params:
        return self.spec.build(self.inputs, self.outputs, key)


def widened(problem: Problem, factor: int) -> Problem:
    """The same data and loss with a model whose hidden layers (or filters) are `factor` times as many units wide.

    Raises InputError for a problem without hidden layers: a linear model, a function, a model of one's own.
    """
    checks.whole("wider", "factor", factor)
    start = problem.start
    if not isinstance(start, Start) or not start.spec.widths:
        what = f"its model is {start.spec}" if isinstance(start, Start) else "it is a function, or a model of your own"
        raise InputError(f"wider: {problem.name} has no hidden layers that could be made wider ({what}); leave this remedy out")
    spec = replace(start.spec, widths=tuple(factor * width for width in start.spec.widths))
    wide = Start(spec, start.inputs, start.outputs)
    return replace(problem, start=wide, facts={**problem.facts, "model": str(spec)})


def _explained(y: np.ndarray) -> Metric:
    """R²: the share of the target's variance (that of the validation rows) that is explained; a mean over examples, so batches add up."""
    variance = float(np.var(y)) or 1.0

    def r2(prediction: Array, target: Array) -> Array:
        return 1.0 - (prediction[:, 0] - target) ** 2 / variance

    return Metric("R²", MeanCost(r2))


def _finite(name: str, x: Any) -> np.ndarray:
    try:
        x = np.asarray(x, float_type())
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: features must be numbers; give a table (a file or a DataFrame) if some are text") from error
    if x.ndim == 1:
        x = x[:, None]
    if x[0:1].size == 0:
        raise InputError(f"{name}: no features, got an array of shape {x.shape}")
    bad = ~np.isfinite(x)
    if bad.any():
        row, *column = np.argwhere(bad)[0]
        raise InputError(
            f"{name}: features must be finite, got {int(bad.sum())} that are NaN or infinite (the first in row {row}, column "
            f"{'×'.join(map(str, column))}); fill or drop them, or give a table, whose missing values are filled in"
        )
    return x


def _task(name: str, y: np.ndarray, task: str | None, loss: str | None, said: list[str]) -> str:
    """Classification or regression: as forced, as the loss needs, or as the target looks, and said aloud."""
    if task is not None:
        return checks.one_of("task", "task", task, TASKS)
    if loss is not None:
        return "classification" if losses.CATALOGUE[loss].classification else "regression"
    distinct = np.unique(_plain(y[~_missing(y)]))
    if y.dtype.kind not in "iuf":
        task, why = "classification", f"its target has {len(distinct)} labels"
    elif len(distinct) <= 20 and np.all(distinct == np.round(distinct)) and len(distinct) <= max(2, len(y) // 5):
        task, why = "classification", f"its target has {len(distinct)} different whole numbers"
    else:
        task, why = "regression", f"its target has {len(distinct)} different numbers"
    said.append(f"{task} was recognised: {why}")
    return task


def _plain(y: np.ndarray) -> np.ndarray:
    """An array of objects as an array of numbers or of text, unless a value is missing."""
    return np.array(y.tolist()) if y.dtype.kind == "O" and y.ndim == 1 and len(y) and not _missing(y).any() else y


def _missing(y: np.ndarray) -> np.ndarray:
    return (
        np.isnan(y)
        if y.dtype.kind == "f"
        else np.array([v is None or v != v for v in y])
        if y.dtype.kind == "O"
        else np.zeros(len(y), bool)
    )


def _labels(name: str, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if _missing(y).any():
        raise InputError(f"{name}: {int(_missing(y).sum())} targets are missing; drop those rows")
    classes, target, sizes = np.unique(y.astype(str) if y.dtype.kind == "O" else y, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"{name}: classification needs at least two classes, got one ({classes[0]!s}); is this the right target?")
    rare = sizes < 3
    if rare.any():
        raise InputError(
            f"{name}: each class needs at least 3 rows (training, validation, test), but {int(rare.sum())} of {len(classes)} have fewer "
            f"(first: {classes[rare][0]!s}, {sizes[rare][0]}); drop or merge them, or force regression if the target is a number"
        )
    return classes, target.astype(np.int32)


def _numbers(name: str, y: np.ndarray, loss: str) -> np.ndarray:
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


def _split(target: np.ndarray, task: str, seed: int) -> list[np.ndarray]:
    """Row numbers of training, validation and test, stratified by class."""
    from sklearn.model_selection import train_test_split  # here, so that importing talweg stays light

    n = len(target)
    strata = target if task == "classification" else None
    least = len(np.unique(target)) if strata is not None else 1
    validation, test = max(least, min(n // 5, VALIDATION_AT_MOST)), max(least, min(n // 5, TEST_AT_MOST))
    rest, last = train_test_split(np.arange(n), test_size=test, random_state=seed, stratify=strata)
    first, middle = train_test_split(rest, test_size=validation, random_state=seed, stratify=None if strata is None else strata[rest])
    return [first, middle, last]


def _rows(x: Any, part: np.ndarray) -> Any:
    return x.iloc[part] if hasattr(x, "iloc") else x[part]


def _as_they_are(*parts: np.ndarray) -> tuple[np.ndarray, ...]:
    return parts


def _scaled(train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Mean 0 and variance 1 on the training part: each column of a table, all pixels of images together."""
    axis = 0 if train.ndim == 2 else None
    mean, deviation = train.mean(axis, dtype=np.float64), train.std(axis, dtype=np.float64)
    deviation = np.where(deviation > 1e-12 * (1 + np.abs(mean)), deviation, 1.0)
    scaled = []
    for part in (train, *others):
        part = part.astype(float_type())  # a copy of our own, so the rest works in place: tables of millions of rows fit in memory
        part -= mean
        part /= deviation
        scaled.append(part)
    return scaled


def _scaled_target(name: str, ys: list[np.ndarray], scale: bool) -> list[np.ndarray]:
    mean, deviation = (ys[0].mean(), ys[0].std()) if scale else (0.0, 1.0)
    if deviation == 0:
        raise InputError(f"{name}: the target is the same in every training row; is this the right target?")
    return [((y - mean) / deviation).astype(float_type()) for y in ys]


def float_type() -> Any:
    """float32, or float64 where JAX is told to use it: the one place that decides what numbers data are made of."""
    return jax.dtypes.canonicalize_dtype(np.float64)
