"""One training of each method, watched: the losses and the weights at every measuring point.

The learning rates that are tried are lanes of one program, all on the same seed; what is shown is the best of them. That is a search
on one seed, good for looking at; who is faster, and how sure that is, is the race's to say.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from talweg import checks, trees
from talweg.contestants.contestant import Contestant
from talweg.engine import loop
from talweg.engine.loop import Row, Run
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Problem

RATES = 12  #: learning rates that are tried
POINTS = 40  #: measuring points beside the start


@dataclass(frozen=True, eq=False)
class Watched:
    """One training, from its start to its end; losses are NaN once it has diverged, and the weights stay as they were."""

    contestant: Contestant
    numbers: Mapping[str, float]
    tuned: bool  #: whether the learning rate was chosen here
    steps: Int[np.ndarray, " points"]
    examples: Int[np.ndarray, " points"]
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    metric: Float[np.ndarray, " points"]
    diverged_at: int  #: the step, −1 if it did not
    params: PyTree  #: with a leading axis of points


def watch(
    problem: Problem,
    contestant: Contestant,
    epochs: float,
    *,
    numbers: Mapping[str, float] | None = None,
    points: int = POINTS,
    seed: int = 0,
) -> Watched:
    """Train once from the seed's start, with the seed's order of examples.

    Args:
        numbers: hyperparameters; without a `learning_rate`, the one of twelve from the method's search range whose mean validation
            loss over the measuring points is least.
        epochs: passes over the training data.
        points: how often it is measured, beside the start.

    Raises InputError for numbers out of range.
    """
    checks.number("network", "epochs", epochs, checks.POSITIVE)
    size, given = contestant.size, dict(numbers or {})
    steps = max(1, round(epochs * batches.steps_per_epoch(problem.examples, size)))
    marks = loop.measuring_points(steps, points)
    tuned = "learning_rate" not in {*given, *contestant.fixed} and "learning_rate" in contestant.defaults()
    rates = [given.get("learning_rate")] * RATES
    if tuned:
        searched = contestant.kind.search_space(size)["learning_rate"]
        rates = [float(f"{searched.value(u):.3g}") for u in np.linspace(0, 1, RATES)]
    lanes = [contestant.method(given if rate is None else {**given, "learning_rate": rate}, steps) for rate in rates]
    rows, weights, run = _run(problem, size, trees.stack(lanes, trees.as_floats(0.0).dtype), steps, marks, seed)
    losses = np.where(np.isfinite(rows.validation_loss), rows.validation_loss, np.inf).mean(axis=1)
    best = int(np.argmin(losses)) if np.isfinite(losses).any() else 0
    if tuned:
        given["learning_rate"] = float(rates[best] or 0.0)
    training, validation, metric = (
        np.asarray(curve[best], np.float64) for curve in (rows.training_loss, rows.validation_loss, rows.metric)
    )
    return Watched(
        contestant,
        {**contestant.defaults(), **given},
        tuned,
        marks,
        marks * (problem.examples if size is None else size),
        training,
        validation,
        metric,
        int(run.diverged_at[best]),
        jax.tree.map(lambda leaf: leaf[:, best], weights),
    )


def _run(problem: Problem, size: int | None, lanes: Method, steps: int, marks: np.ndarray, seed: int) -> tuple[Row, PyTree, Run]:
    """Losses (lanes, points), weights (points, lanes, …) and where the lanes stand at the end."""
    start = jax.tree.map(trees.as_floats, problem.start(jax.random.key(seed)))
    parts = loop.slots_between(marks, 0, steps, len(marks))
    capacity = max(1, int((parts[:, 1] - parts[:, 0]).max())) * (size or 0)
    order = None if size is None else batches.order(problem.examples, size, [seed], 0, steps)[0]
    begin, go = _compiled(problem, size)
    run = begin(lanes, start)
    held_out = problem.validation if problem.validation is not None else problem.train
    rows, weights = [], []
    for part in parts:
        seen = None
        if order is not None and size is not None:
            seen = np.zeros(capacity, np.int32)
            piece = order[part[0] * size : part[1] * size]
            seen[: len(piece)] = piece
        run, row = go(lanes, run, jax.random.key(seed), seen, part[None], problem.train, held_out)
        rows.append(jax.tree.map(np.asarray, row))
        weights.append(jax.tree.map(np.asarray, run.params))
    return jax.tree.map(lambda *x: np.concatenate(x, axis=1), *rows), jax.tree.map(lambda *x: np.stack(x), *weights), run


@functools.lru_cache(maxsize=16)
def _compiled(problem: Problem, size: int | None) -> tuple[Callable[..., Run], Callable[..., tuple[Run, Row]]]:
    """What begins the lanes, and what takes them to the next measuring point."""
    advance = functools.partial(loop.advance, problem, size)

    def begin(lane: Method, start: Any) -> Run:
        return loop.begin(lane, start)

    def go(lane: Method, run: Run, key: Array, order: Array | None, slots: Array, train: Any, held_out: Any) -> tuple[Run, Row]:
        return advance(lane, run, key, order, slots, train, held_out)

    return jax.jit(jax.vmap(begin, in_axes=(0, None))), jax.jit(jax.vmap(go, in_axes=(0, 0, None, None, None, None, None)))


def predictions(problem: Problem, params: PyTree, features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "points n outputs"]:
    """What the model says of some features at every measuring point."""
    return np.asarray(_predict(params, jnp.asarray(features)))


@jax.jit
def _predict(params: PyTree, features: Array) -> Array:
    return jax.vmap(lambda model: model(features))(params)
