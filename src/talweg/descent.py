"""Problem × method → trace: the compiled loop, and the only place where the two halves meet."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree, Scalar

from talweg import checks, probes, schedules, trees
from talweg.checks import InputError, InputTypeError
from talweg.methods import Method
from talweg.oracle import Oracle
from talweg.probes import NAMES as PROBES
from talweg.probes import Last, Probes
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem

POINTS = 40  #: how often a run is measured, beside its start
BEYOND_REASON = 1e4  #: a loss that many times the loss at the start has diverged


class Best(eqx.Module):
    """The lowest validation loss that was measured so far, and the parameters that had it."""

    params: Params
    loss: Float[Array, ""]


class Run(eqx.Module):
    """Where a run stands: all that its next step needs, and what is summed for its next measurement."""

    params: Params
    state: PyTree
    alive: Bool[Array, ""]
    diverged_at: Int[Array, ""]  #: the step, −1 while alive
    ceiling: Float[Array, ""]  #: the loss above which it has diverged; known after the first measurement
    loss_sum: Float[Array, ""]  #: of the batches since the last measurement
    loss_count: Float[Array, ""]
    best: Best | None = None  #: where it is kept


class Row(eqx.Module):
    """One measurement; the inside of the method only where it is probed."""

    training_loss: Float[Array, "*points"]  #: mean over the batches since the last measurement, each before its step
    validation_loss: Float[Array, "*points"]
    measure: Float[Array, "*points"]
    inside: Probes | None = None
    params: Params | None = None  #: where positions are kept


def begin(method: Method, params: Params, *, best: bool = False) -> Run:
    """A run before its first step; whether it keeps the `best` of where it was measured."""
    kind = jax.dtypes.canonicalize_dtype(np.float64)
    zero = jnp.zeros((), kind)
    state = jax.tree.map(jnp.array, method.init(params))  # its own memory: a run is handed over to be written on
    infinite = jnp.array(jnp.inf, kind)
    kept = Best(jax.tree.map(jnp.array, params), jnp.array(jnp.inf, kind)) if best else None
    return Run(params, state, jnp.array(True), jnp.array(-1), infinite, zero, zero, kept)


def take_step(
    problem: Problem, method: Method, run: Run, batch: Batch, t: Int[Array, ""], key: PRNGKeyArray, last: Last | None = None
) -> tuple[Run, Last | None]:
    """One step on one batch. A run whose loss is not finite, or beyond reason, stays where it is from then on.

    Where there is a `last`, it is brought up to date.
    """
    now = t.astype(run.ceiling.dtype)
    oracle = Oracle(lambda at: batches.mean_over(problem.loss, at, batch))
    move, state = schedules.at(method, now).step(oracle, run.params, run.state, now, jax.random.fold_in(key, t))
    loss = (oracle.value(run.params) if oracle.seen is None else oracle.seen).astype(run.ceiling.dtype)
    alive = run.alive & (loss <= run.ceiling)  # false for NaN, too
    if last is not None:
        last = Last(trees.like(move, run.params), last.move, oracle.slope)
    after = Run(
        params=trees.select(alive, trees.add(run.params, move), run.params),
        state=trees.select(alive, state, run.state),
        alive=alive,
        diverged_at=jnp.where(run.alive & ~alive, t, run.diverged_at),
        ceiling=run.ceiling,
        loss_sum=run.loss_sum + jnp.where(alive, loss, 0),
        loss_count=run.loss_count + alive,
        best=run.best,
    )
    return after, last


def measured(problem: Problem, run: Run, batch: Batch, t: Int[Array, ""], last: Last | None = None) -> tuple[Run, Row]:
    """Measure where a run stands; `batch` is the validation data, or the training data where there are none."""
    value = batches.mean_over(problem.loss, run.params, batch).astype(run.ceiling.dtype)
    other = batches.mean_over(problem.measure.function, run.params, batch) if problem.measure else jnp.nan
    ceiling = jnp.where(jnp.isinf(run.ceiling), BEYOND_REASON * (1 + jnp.abs(value)), run.ceiling)
    alive = run.alive & (value <= ceiling) & jnp.isfinite(value)

    def known(x: Array) -> Array:  # a diverged run has no loss any more
        return jnp.where(alive, x, jnp.nan)

    inside = None if last is None else jax.tree.map(lambda x: known(x.astype(value.dtype)), probes.probe(last))
    row = Row(known(run.loss_sum / run.loss_count), known(value), known(jnp.asarray(other, value.dtype)), inside)
    if run.best is not None:
        better = alive & (value < run.best.loss)
        best = Best(trees.select(better, run.params, run.best.params), jnp.where(better, value, run.best.loss))
        run = replace(run, best=best)
    run = eqx.tree_at(
        lambda r: (r.alive, r.diverged_at, r.ceiling, r.loss_sum, r.loss_count),
        run,
        (alive, jnp.where(run.alive & ~alive, t, run.diverged_at), ceiling, jnp.zeros_like(value), jnp.zeros_like(value)),
    )
    return run, row


def advance(
    problem: Problem,
    size: int | None,
    method: Method,
    run: Run,
    key: PRNGKeyArray,
    order: Int[Array, " examples_seen"] | None,
    slots: Int[Array, "slots 3"],
    train: Batch,
    judge: Batch,
    *,
    probed: bool = False,
    kept: bool = False,
) -> tuple[Run, Row]:
    """Go through `slots` of (first step, last step, whether to measure then), and return what was measured in each; `kept` adds positions.

    `order` holds the example numbers from the first slot's first step on. First and last steps are data, not structure: one
    compiled program serves runs of every length.
    """
    origin = slots[0, 0]

    def step(t: Array, carry: tuple[Run, Last | None]) -> tuple[Run, Last | None]:
        run, last = carry
        if size is None or order is None:
            batch = train
        else:
            rows = jax.lax.dynamic_slice(order, ((t - origin) * size,), (size,))
            batch = trees.take(train, rows)
        return take_step(problem, method, run, batch, t, key, last)

    def nothing(run: Run, last: Last | None) -> tuple[Run, Row]:
        unknown = jnp.full_like(run.ceiling, jnp.nan)
        return run, Row(unknown, unknown, unknown, None if last is None else probes.unknown(unknown))

    def slot(carry: tuple[Run, Last | None], bounds: Array) -> tuple[tuple[Run, Last | None], Row]:
        run, last = jax.lax.fori_loop(bounds[0], bounds[1], step, carry)
        run, row = jax.lax.cond(bounds[2] > 0, lambda r, at: measured(problem, r, judge, bounds[1], at), nothing, run, last)
        return (run, last), replace(row, params=run.params) if kept else row

    (run, _), rows = jax.lax.scan(slot, (run, probes.begin(run.params) if probed else None), slots)
    return run, rows


def measuring_points(steps: int, points: int = POINTS) -> Int[np.ndarray, " points"]:
    """The steps after which a run is measured: the start, the end, 25 % and 50 % of it, and closer together where losses fall fastest."""
    marks = np.round(steps * (np.arange(points + 1) / points) ** 1.5).astype(int)
    return np.unique(np.concatenate([marks, [round(steps / 4), round(steps / 2), steps]]))


def slots_between(points: np.ndarray, first: int, last: int, length: int) -> Int[np.ndarray, "length 3"]:
    """The slots of the steps first … last: one for every measuring point in it, and one for the rest; empty ones fill up to `length`."""
    inside = points[(points > first) & (points <= last)]
    ends = inside if inside.size and inside[-1] == last else np.append(inside, last)
    starts = np.concatenate([[first], ends[:-1]])
    rows = [(0, 0, 1)] if first == 0 else []
    rows += [(a, b, int(b in inside)) for a, b in zip(starts, ends, strict=True)]
    rows += [(last, last, 0)] * (length - len(rows))
    return np.array(rows, np.int32)


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """What a run recorded, at its measuring points.

    Losses are NaN after a run has diverged, and where there is nothing to measure. `training_loss` is the mean over the batches
    since the point before; where the problem has no validation data, `validation_loss` is the loss on the training data.
    """

    method: Method
    params: Params
    steps: Int[np.ndarray, " points"]
    examples: Int[np.ndarray, " points"]
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    measure: Float[np.ndarray, " points"]
    diverged_at: int | None
    gradients: int  #: gradient evaluations, all in all
    probes: Mapping[str, Float[np.ndarray, " points"]] | None = None  #: of `talweg.probes`, by name, if they were asked for
    positions: Params | None = None  #: the parameters at each point (leaves have a new first axis), if they were asked for

    @property
    def loss(self) -> Float[np.ndarray, " points"]:
        """The loss by which the run is judged."""
        return self.validation_loss

    def __repr__(self) -> str:
        went = f"{self.loss[0]:.4g} → {self.loss[-1]:.4g}"
        end = f"diverged at step {self.diverged_at}" if self.diverged_at is not None else f"loss {went}"
        return f"Trace({self.method!r}, {self.steps[-1]:,} steps, {end})"


def descend(
    problem: Problem,
    method: Method,
    start: Params | None = None,
    steps: int | None = None,
    *,
    epochs: float | None = None,
    batch: int | str | None = None,
    points: int = POINTS,
    key: int | PRNGKeyArray = 0,
    probes: bool = False,
    positions: bool = False,
) -> Trace:
    """One run of a method on a problem.

    Args:
        start: the starting parameters; by default `problem.start(key)`.
        steps: how many; or give `epochs`, passes over the training data. One of the two.
        batch: examples per step, or "full"; by default the usual mini-batch for the size of the data.
        points: how often the loss is measured, beside the start.
        key: a seed (of the start, the order of examples and the method's own noise) or a JAX key.
        probes: whether to look inside the method, too: `trace.probes` has the effective learning rate, the gradient's norm and the
            cosine of successive moves.
        positions: whether to keep the parameters at every measuring point: `trace.positions`.

    Raises:
        InputError: numbers out of range, or neither or both of `steps` and `epochs`.
    """
    if not isinstance(method, Method):
        raise InputTypeError(f"descend: method must be a Method such as tw.methods.Adam(1e-3), got {method!r}")
    size = batch_size(problem, batch)
    steps = _length(problem, size, steps, epochs)
    seed, key = _seed(key)
    params = jax.tree.map(as_floats, problem.start(key) if start is None else start)
    marks = measuring_points(steps, checks.whole("descend", "points", points))
    order = None if size is None else batches.order(problem.examples, size, [seed], 0, steps)[0]
    judge = problem.validation if problem.validation is not None else problem.train
    counted = gradients_per_step(problem, method, params, size)
    go = _compiled(problem, size, probes, positions)
    numbers = jax.tree.map(jnp.asarray, method)
    run, row = go(numbers, begin(numbers, params), key, order, slots_between(marks, 0, steps, len(marks)), problem.train, judge)
    seen = np.array([problem.examples if size is None else size]) * marks
    training, validation, measure = (np.asarray(x, np.float64) for x in (row.training_loss, row.validation_loss, row.measure))
    diverged = int(run.diverged_at)
    inside = None if row.inside is None else {name: np.asarray(getattr(row.inside, name), np.float64) for name in PROBES}
    ended = None if diverged < 0 else diverged
    kept = None if row.params is None else jax.tree.map(np.asarray, row.params)
    return Trace(method, run.params, marks, seen, training, validation, measure, ended, counted * steps, inside, kept)


def minimize(
    fun: Callable[[PyTree], Scalar],
    x0: PyTree,
    method: Method,
    steps: int,
    *,
    points: int = POINTS,
    key: int | PRNGKeyArray = 0,
    probes: bool = False,
) -> Trace:
    """Minimise a differentiable function of a pytree, from `x0` (a list of numbers is taken as an array).

    >>> minimize(lambda x: (x**2).sum(), jnp.array([3.0, 4.0]), Momentum(0.1), 100).params

    Raises:
        InputError: `fun(x0)` is not one real number, or a number is out of range.
    """
    if isinstance(x0, (list, tuple)) and all(isinstance(x, (int, float)) for x in x0):
        x0 = np.array(x0, float)
    try:
        x0 = jax.tree.map(as_floats, x0)
    except TypeError as error:
        raise InputTypeError(f"minimize: x0 must be made of numbers, got {x0!r}") from error
    if not callable(fun):
        raise InputTypeError(f"minimize: fun must be a function of the parameters, got {fun!r}")
    value = jax.eval_shape(fun, x0)
    if getattr(value, "shape", None) != () or not jnp.issubdtype(value.dtype, jnp.floating):
        raise InputError(f"minimize: fun(x0) must be a single number, real and not whole, got {value}; sum, average or convert it")
    problem = Problem(loss=lambda params, _: fun(params), start=lambda key: x0, name=getattr(fun, "__name__", "function"))
    return descend(problem, method, x0, steps, batch="full", points=points, key=key, probes=probes)


def batch_size(problem: Problem, batch: int | str | None) -> int | None:
    """Examples per step; None for the whole training set. Raises InputError when there are not so many examples."""
    if problem.train is None or batch == "full":
        return None
    if batch is None:
        usual = int(problem.facts.get("batch", min(batches.usual_size(problem.examples), problem.examples)))
        return usual if usual < problem.examples else None  # all of a handful of examples: nothing to shuffle
    size = checks.whole(problem.name, "the batch size", batch) if not isinstance(batch, str) else None
    if size is None:
        raise InputError(f'{problem.name}: the batch size must be a whole number or "full", got {batch!r}')
    if size > problem.examples:
        raise InputError(
            f"{problem.name}: a batch of {size} needs as many training examples, got {problem.examples}; use a smaller one or full"
        )
    return size


def _length(problem: Problem, size: int | None, steps: int | None, epochs: float | None) -> int:
    if (steps is None) == (epochs is None):
        raise InputError("descend: give either steps or epochs")
    if steps is not None:
        return checks.whole("descend", "steps", steps)
    checks.number("descend", "epochs", epochs, checks.POSITIVE)
    return max(1, round(float(epochs or 0) * batches.steps_per_epoch(problem.examples, size)))


def _seed(key: int | PRNGKeyArray) -> tuple[int, PRNGKeyArray]:
    """The seed of the order of examples, and the key of all else."""
    if isinstance(key, jax.Array) and (jnp.issubdtype(key.dtype, jax.dtypes.prng_key) or (key.dtype, key.shape) == (np.uint32, (2,))):
        return int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max)), key
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or not 0 <= key < 2**32:
        raise InputError(f"descend: key must be a seed (a whole number from 0 to 4,294,967,295) or a JAX key, got {key!r}")
    return int(key), jax.random.key(int(key))


def as_floats(leaf: Any) -> Array:
    """A number or array as an array of floating-point numbers, which alone have gradients."""
    array = jnp.asarray(leaf)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(jax.dtypes.canonicalize_dtype(np.float64))


def gradients_per_step(problem: Problem, method: Method, params: Params, size: int | None) -> int:
    """How many gradients the method's step asks for, found by tracing it."""
    return traced_step(problem, method, params, size)[1].gradients


def traced_step(problem: Problem, method: Method, params: Params, size: int | None) -> tuple[Any, Oracle]:
    """The method's first step as JAX sees it (a jaxpr), and the oracle that it asked."""
    oracles: list[Oracle] = []

    def one(params: Params) -> Any:
        batch = problem.train if size is None else jax.tree.map(lambda leaf: jnp.asarray(leaf)[:size], problem.train)
        oracles.append(Oracle(lambda at: problem.loss(at, batch)))
        now = jnp.zeros((), jax.dtypes.canonicalize_dtype(np.float64))
        return schedules.at(method, now).step(oracles[-1], params, method.init(params), now, jax.random.key(0))

    seen = jax.make_jaxpr(one)(params)
    return seen, oracles[-1]


@functools.lru_cache(maxsize=8)
def _compiled(problem: Problem, size: int | None, probed: bool, kept: bool) -> Callable[..., tuple[Run, Row]]:
    return jax.jit(functools.partial(advance, problem, size, probed=probed, kept=kept))
