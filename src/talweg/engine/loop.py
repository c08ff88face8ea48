"""One run: step, measure, advance. What every driver compiles."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

from talweg import schedules, trees
from talweg.engine import probes
from talweg.engine.probes import Last, Probes
from talweg.methods import Method
from talweg.oracle import Oracle
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem
from talweg.problems.batches import Part

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
    """One measurement; training dynamics only where the method is probed."""

    training_loss: Float[Array, "*points"]  #: mean over the batches since the last measurement, each before its step
    validation_loss: Float[Array, "*points"]
    metric: Float[Array, "*points"]
    dynamics: Probes | None = None
    params: Params | None = None  #: where positions are kept


def begin(method: Method, params: Params, *, best: bool = False) -> Run:
    """A run before its first step; whether it keeps the `best` of where it was measured."""
    kind = trees.float_type()
    zero, infinite = jnp.zeros((), kind), jnp.array(jnp.inf, kind)
    state = jax.tree.map(jnp.array, method.init(params))  # its own memory: a run is handed over to be written on
    lowest = Best(jax.tree.map(jnp.array, params), jnp.array(jnp.inf, kind)) if best else None
    return Run(params, state, jnp.array(True), jnp.array(-1), infinite, zero, zero, lowest)


def take_step(
    problem: Problem, method: Method, run: Run, batch: Batch | Part, t: Int[Array, ""], key: PRNGKeyArray, last: Last | None = None
) -> tuple[Run, Last | None]:
    """One step on one batch. A run whose loss is not finite, or beyond reason, stays where it is from then on.

    Where there is a `last`, it is brought up to date.
    """
    now = t.astype(run.ceiling.dtype)
    oracle = Oracle(lambda at: batches.mean_over(problem.loss, at, batch))
    move, state = schedules.at(method, now).step(oracle, run.params, run.state, now, jax.random.fold_in(key, t))
    loss = (oracle.value(run.params) if oracle.first_loss is None else oracle.first_loss).astype(run.ceiling.dtype)
    alive = run.alive & (loss <= run.ceiling)  # false for NaN, too
    if last is not None:
        last = Last(trees.like(move, run.params), last.move, oracle.last_gradient)
    after = replace(
        run,
        params=trees.select(alive, trees.add(run.params, move), run.params),
        state=trees.select(alive, state, run.state),
        alive=alive,
        diverged_at=jnp.where(run.alive & ~alive, t, run.diverged_at),
        loss_sum=run.loss_sum + jnp.where(alive, loss, 0),
        loss_count=run.loss_count + alive,
    )
    return after, last


def evaluate(problem: Problem, params: Params, data: Batch | Part) -> tuple[Array, Array]:
    """Loss and metric over some data; NaN for the metric of a problem without one."""
    metric = batches.mean_over(problem.metric.function, params, data) if problem.metric else jnp.nan
    return batches.mean_over(problem.loss, params, data), jnp.asarray(metric)


def measure(problem: Problem, run: Run, batch: Batch | Part, t: Int[Array, ""], last: Last | None = None) -> tuple[Run, Row]:
    """Measure where a run stands; `batch` is the validation data, or the training data where there are none."""
    value, metric = (x.astype(run.ceiling.dtype) for x in evaluate(problem, run.params, batch))
    ceiling = jnp.where(jnp.isinf(run.ceiling), BEYOND_REASON * (1 + jnp.abs(value)), run.ceiling)
    alive = run.alive & (value <= ceiling) & jnp.isfinite(value)

    def known(x: Array) -> Array:  # a diverged run has no loss any more
        return jnp.where(alive, x, jnp.nan)

    dynamics = None if last is None else jax.tree.map(lambda x: known(x.astype(value.dtype)), probes.probe(last))
    row = Row(known(run.loss_sum / run.loss_count), known(value), known(metric), dynamics)
    if run.best is not None:
        better = alive & (value < run.best.loss)
        best = Best(trees.select(better, run.params, run.best.params), jnp.where(better, value, run.best.loss))
        run = replace(run, best=best)
    diverged_at, zero = jnp.where(run.alive & ~alive, t, run.diverged_at), jnp.zeros_like(value)
    return replace(run, alive=alive, diverged_at=diverged_at, ceiling=ceiling, loss_sum=zero, loss_count=zero), row


def advance(
    problem: Problem,
    size: int | None,
    method: Method,
    run: Run,
    key: PRNGKeyArray,
    order: Int[Array, " examples_seen"] | None,
    slots: Int[Array, "slots 3"],
    train: Batch | Part,
    held_out: Batch | Part,
    *,
    probed: bool = False,
    positions: bool = False,
) -> tuple[Run, Row]:
    """Go through `slots` of (first step, last step, whether to measure then), and return what was measured in each; with `positions`.

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
        run, row = jax.lax.cond(bounds[2] > 0, lambda r, at: measure(problem, r, held_out, bounds[1], at), nothing, run, last)
        return (run, last), replace(row, params=run.params) if positions else row

    (run, _), rows = jax.lax.scan(slot, (run, probes.begin(run.params) if probed else None), slots)
    return run, rows


def measuring_points(steps: int, points: int = POINTS) -> Int[np.ndarray, " points"]:
    """The steps after which a run is measured: the start, the end, 25 % and 50 % of it, and closer together where losses fall fastest."""
    marks = np.round(steps * (np.arange(points + 1) / points) ** 1.5).astype(int)
    return np.unique(np.concatenate([marks, [round(steps / 4), round(steps / 2), steps]]))


def slots_between(points: np.ndarray, first: int, last: int, length: int) -> Int[np.ndarray, "length 3"]:
    """The slots of the steps first … last: one for every measuring point in it, and one for the rest; empty ones fill up to `length`."""
    measured = points[(points > first) & (points <= last)]
    ends = measured if measured.size and measured[-1] == last else np.append(measured, last)
    starts = np.concatenate([[first], ends[:-1]])
    rows = [(0, 0, 1)] if first == 0 else []
    rows += [(a, b, int(b in measured)) for a, b in zip(starts, ends, strict=True)]
    rows += [(last, last, 0)] * (length - len(rows))
    return np.array(rows, np.int32)
