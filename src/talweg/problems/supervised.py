"""From arrays to a problem: recognise the task, hold back the test part, scale on all other rows, choose model and loss."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Array, PRNGKeyArray, Scalar

from talweg import checks
from talweg.checks import InputError
from talweg.problems import data, losses, models, splits, targets
from talweg.problems.base import Batch, Metric, Params, Problem
from talweg.problems.coding import ArrayRows, Coding
from talweg.problems.metrics import METRICS
from talweg.problems.source import Source

DEFAULT_MODEL = "mlp:32"
LEAST_ROWS = 10
KEPT = 128  #: losses and metrics

#: (pool, test rows) of features -> the same as numbers; fitted on the pool only.
Encoder = Callable[[Any, Any], tuple[np.ndarray, np.ndarray]]


def from_arrays(
    x: Any,
    y: Any,
    *,
    name: str = "data",
    model: str | None = None,
    init: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    seed: int = 0,
    metric: str | None = None,
    encode: Encoder | None = None,
    notes: Sequence[str] = (),
    groups: Any = None,
    time: Any = None,
) -> Problem:
    """A problem from features and a target.

    Args:
        x: features, (n, d) numbers or images (n, height, width[, channels]); with `encode`, any table of n rows.
        y: the target, n numbers or labels.
        name: how the problem is called in tables and in the store.
        model: `linear`, `mlp:64,32[,activation][,initialisation]` or `cnn:8,16`; by default `mlp:32`.
        init: how weights start, a name of `initialisation.INITIALISATIONS`, if the model does not say it; by default as PyTorch's.
        loss: a name of `losses.CATALOGUE` or of `losses.ALIASES`; by default cross-entropy for labels, squared error for numbers.
        task: `classification` or `regression`; by default recognised from the target.
        seed: of the test part, 20 % of the rows (at most 50,000). The others are the pool: each seed of a training draws its own
            20 % for validation (at most 8,192 rows) from it, and trains on the rest.
        metric: a name of the task's in `metrics.METRICS`; by default accuracy for labels, R² for numbers.
        encode: turns pool and test part of a table into numbers, fitted on the pool.
        notes: what was already recognised or changed on the way, to be said aloud.
        groups: n numbers or labels: rows of one group (a patient, a machine) train, validate or test together.
        time: instead, n numbers or dates: the test rows are the last ones, and those that validate come after those that train.

    Raises:
        InputError: features or targets that are not finite or do not fit together, fewer than two classes with at least 3 rows (rows
            of rarer ones are left out), too few rows, an unknown name; both groups and time, or one with missing values or fewer
            than three different ones.
    """
    splits.either(name, groups, time)
    y = targets.column(name, y, len(x))
    if encode is None:
        x = data.finite_features(name, x)
    _enough(name, len(x))
    target = targets.recognised(name, y, task, loss)
    labelled, cost = target.classes is not None, losses.CATALOGUE[target.loss]
    grouped = None if groups is None else splits.as_groups(name, "groups", groups, len(x))
    times = None if time is None else splits.as_times(name, "time", time, len(x))
    if target.rows is not None:
        x, grouped, times = (None if values is None else data.take_rows(values, target.rows) for values in (x, grouped, times))
        _enough(name, len(x))
    labels = target.values if labelled else None
    *parts, split = splits.pool_and_test(len(x), seed, labels=labels, groups=grouped, times=times)
    features = [data.take_rows(x, part) for part in parts]
    encoded = encode(*features) if encode else features
    scaling = data.Scaling.of(encoded[0])
    xs = [scaling.scaled(part) for part in encoded]
    ys = [target.values[part] for part in parts]
    unit = None if labelled else targets.Unit.of(name, ys[0], cost.scale_target)
    if unit is not None:
        ys = [unit.scaled(part) for part in ys]
    variance = 1.0 if unit is not None and cost.scale_target else float(np.var(ys[0])) or 1.0
    shape = xs[0].shape[1:]
    spec = models.parse(model or DEFAULT_MODEL, shape, init)
    pool, test = zip(xs, ys, strict=True)
    sizes = [*map(len, split.rows(0)), len(parts[1])]
    apart = splits.said(split, sizes)
    return Problem(
        name=name,
        loss=mean_cost(cost.cost),
        start=start_of(spec, tuple(shape), target.outputs),
        pool=pool,
        split=split,
        test=test,
        metric=metric_of(target.task, metric, variance),
        notes=(*notes, *target.notes, *apart),
        task=target.task,
        model=str(spec),
        classes=target.classes,
        source=Source("arrays", name),
        facts={
            "loss": target.loss,
            "features": int(np.prod(shape)),
            "split": sizes,
            "split_seed": seed,
            "initialisation": spec.initialisation,
        }
        | ({} if unit is None else {"target_deviation": unit.deviation})
        | ({} if metric is None else {"metric": metric}),
        coding=Coding(ArrayRows(name, shape), scaling, target.loss, unit=unit, labels=target.labels),
    )


def _enough(name: str, rows: int) -> None:
    if rows < LEAST_ROWS:
        raise InputError(f"{name}: a race needs at least {LEAST_ROWS} rows to split in training, validation and test, got {rows}")


class MeanCost:
    """`(params, (x, y)) -> ` the mean of a cost over the batch, for models that are called with a batch of features."""

    def __init__(self, cost: losses.Cost):
        self.cost = cost

    def __call__(self, params: Params, batch: Batch) -> Scalar:
        x, y = batch
        return self.cost(params(x), y).mean()


@functools.lru_cache(maxsize=KEPT)
def mean_cost(cost: losses.Cost) -> MeanCost:
    """The one mean of a cost: problems that have the same object for their loss share what is compiled for it."""
    return MeanCost(cost)


@functools.lru_cache(maxsize=KEPT)
def relative_to(function: Callable[..., Array], variance: float) -> losses.Cost:
    """The one function of predictions and targets that compares with a variance."""
    return functools.partial(function, variance=variance)


@dataclass(frozen=True)
class Start:
    """`key ->` a fresh model of one specification, for examples of shape `inputs`."""

    spec: models.ModelSpec
    inputs: tuple[int, ...]
    outputs: int

    def __call__(self, key: PRNGKeyArray) -> Params:
        return self.spec.build(self.inputs, self.outputs, key)


start_of = functools.lru_cache(maxsize=KEPT)(Start)  #: the one start of a model: the same object, as with `mean_cost`


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
    wide = start_of(spec, start.inputs, start.outputs)
    return replace(problem, start=wide, model=str(spec))


def metric_of(task: str, name: str | None = None, variance: float = 1.0) -> Metric:
    """The named metric of a task, by default its first, for targets of a pool whose variance is given."""
    known = METRICS[task]
    chosen = next(iter(known)) if name is None else checks.one_of("metric", "metric", name, known)
    entry = known[chosen]
    function = relative_to(entry.function, variance) if entry.relative else entry.function
    return Metric(chosen, mean_cost(function), entry.larger_is_better, entry.percent)
