"""From arrays to a problem: recognise the task, split once, scale on the training part only, choose model and loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import PRNGKeyArray, Scalar

from talweg import checks
from talweg.checks import InputError
from talweg.problems import data, losses, models, targets
from talweg.problems.base import Batch, Metric, Params, Problem
from talweg.problems.metrics import METRICS
from talweg.problems.source import Source
from talweg.problems.splits import split_rows

DEFAULT_MODEL = "mlp:32"
LEAST_ROWS = 10

#: (training rows, validation rows, test rows) of features -> the same as numbers; fitted on the first only.
Encoder = Callable[[Any, Any, Any], tuple[np.ndarray, np.ndarray, np.ndarray]]


def from_arrays(
    x: Any,
    y: Any,
    *,
    name: str = "data",
    model: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    seed: int = 0,
    metric: str | None = None,
    encode: Encoder | None = None,
    notes: Sequence[str] = (),
) -> Problem:
    """A problem from features and a target.

    Args:
        x: features, (n, d) numbers or images (n, height, width[, channels]); with `encode`, any table of n rows.
        y: the target, n numbers or labels.
        name: how the problem is called in tables and in the store.
        model: `linear`, `mlp:64,32[,activation][,initialisation]` or `cnn:8,16`; by default `mlp:32`.
        loss: a name of `losses.CATALOGUE` or of `losses.ALIASES`; by default cross-entropy for labels, squared error for numbers.
        task: `classification` or `regression`; by default recognised from the target.
        seed: of the split in 60 % training, 20 % validation (at most 8,192 rows) and 20 % test (at most 50,000 rows).
        metric: a name of the task's in `metrics.METRICS`; by default accuracy for labels, R² for numbers.
        encode: turns the three parts of a table into numbers, fitted on the training part.
        notes: what was already recognised or changed on the way, to be said aloud.

    Raises:
        InputError: features or targets that are not finite or do not fit together, a single class, a class with one row,
            too few rows, an unknown name.
    """
    y = targets.column(name, y, len(x))
    if encode is None:
        x = data.finite_features(name, x)
    if len(x) < LEAST_ROWS:
        raise InputError(f"{name}: a race needs at least {LEAST_ROWS} rows to split in training, validation and test, got {len(x)}")
    target = targets.recognised(name, y, task, loss)
    labelled, cost = target.classes is not None, losses.CATALOGUE[target.loss]
    parts = split_rows(target.values, seed, stratified=labelled)
    features = [data.take_rows(x, part) for part in parts]
    xs = data.standardised(*(encode(*features) if encode else features))
    ys = [target.values[part] for part in parts]
    if not labelled:
        ys = targets.standardised(name, ys, cost.scale_target)
    shape = xs[0].shape[1:]
    spec = models.parse(model or DEFAULT_MODEL, shape)
    train, validation, test = zip(xs, ys, strict=True)
    return Problem(
        name=name,
        loss=MeanCost(cost.cost),
        start=Start(spec, shape, target.outputs),
        train=train,
        validation=validation,
        test=test,
        metric=metric_of(target.task, metric, ys[1]),
        notes=(*notes, *target.notes),
        task=target.task,
        model=str(spec),
        classes=target.classes,
        source=Source("arrays", name),
        facts={"loss": target.loss, "features": int(np.prod(shape)), "split": [len(part) for part in parts], "split_seed": seed}
        | ({} if metric is None else {"metric": metric}),
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
    return replace(problem, start=wide, model=str(spec))


def metric_of(task: str, name: str | None, y: np.ndarray) -> Metric:
    """The named metric of a task, by default its first, for validation targets y."""
    known = METRICS[task]
    chosen = next(iter(known)) if name is None else checks.one_of("metric", "metric", name, known)
    entry = known[chosen]
    function = partial(entry.function, variance=float(np.var(y)) or 1.0) if entry.relative else entry.function
    return Metric(chosen, MeanCost(function), entry.larger_is_better, entry.percent)
