"""Which examples a step sees, and means over more examples than fit in one go."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Scalar

from talweg import trees
from talweg.problems.base import Batch, Params, count

ROWS_AT_ONCE = 1024  # when measuring: keeps the activations of many lanes in the cache
GATHERED_AT_MOST = 2**23  # bytes of rows that are copied once, to be used again and again


class Part(NamedTuple):
    """Some rows of a pool, which are copied where they are used; `mean_over` takes it for a batch."""

    pool: Batch
    rows: Int[Array, " rows"]


def part(pool: Batch, rows: Int[Any, " rows"]) -> Batch | Part:
    """Some rows of a pool: a copy, unless they are so many that copies for several lanes would fill the memory."""
    each = sum(leaf.dtype.itemsize * (leaf.size // len(leaf)) for leaf in jax.tree.leaves(pool))
    return trees.take(pool, rows) if each * len(rows) <= GATHERED_AT_MOST else Part(pool, rows)


def usual_size(examples: int) -> int:
    """The mini-batch for a data set of that size: the power of two nearest to 2 √n, from 8 to 128."""
    return int(min(128, max(8, 2 ** round(np.log2(2 * np.sqrt(max(examples, 1)))))))


def steps_per_epoch(examples: int, size: int | None) -> int:
    """Whole batches in one pass over the training set; None is the whole training set as one batch."""
    return 1 if size is None else max(1, examples // size)


def order(examples: int, size: int, seeds: Sequence[int], first: int, last: int) -> Int[np.ndarray, "lanes examples_seen"]:
    """For each seed, the example numbers that steps first … last − 1 see, one batch after the other.

    Each epoch is a fresh permutation that depends on the seed and the epoch alone, so every method sees the same order; what is
    left of an epoch after its last whole batch is dropped.
    """
    rows = {seed: _rows(examples, size, seed, first, last) for seed in set(seeds)}
    return np.stack([rows[seed] for seed in seeds])


@functools.lru_cache(maxsize=128)  # a race's blocks see the same few seeds again and again
def _rows(examples: int, size: int, seed: int, first: int, last: int) -> Int[np.ndarray, " examples_seen"]:
    per_epoch = steps_per_epoch(examples, size)
    epochs = range(first // per_epoch, -(-last // per_epoch))
    skip = (first - epochs.start * per_epoch) * size
    return np.concatenate([_shuffled(examples, seed, epoch)[: per_epoch * size] for epoch in epochs])[skip : skip + (last - first) * size]


@functools.lru_cache(maxsize=64)
def _shuffled(examples: int, seed: int, epoch: int) -> Int[np.ndarray, " examples"]:
    return np.random.default_rng((seed, epoch, 1)).permutation(examples).astype(np.int32)


def mean_over(function: Callable[[Params, Batch], Scalar], params: Params, batch: Batch | Part) -> Scalar:
    """A mean over all examples of a large batch, `ROWS_AT_ONCE` at a time; its gradient keeps the activations of one part only."""
    examples = batch.rows if isinstance(batch, Part) else batch

    def mean(some: Batch) -> Scalar:
        return function(params, trees.take(batch.pool, some) if isinstance(batch, Part) else some)

    rows = count(examples)
    if rows <= 2 * ROWS_AT_ONCE:
        return mean(examples)
    parts = rows // ROWS_AT_ONCE
    whole = parts * ROWS_AT_ONCE
    stacked = jax.tree.map(lambda leaf: leaf[:whole].reshape(parts, ROWS_AT_ONCE, *leaf.shape[1:]), examples)
    of_whole = jax.lax.map(jax.checkpoint(mean), stacked).mean()
    if whole == rows:
        return of_whole
    rest = mean(jax.tree.map(lambda leaf: leaf[whole:], examples))
    return (of_whole * whole + rest * (rows - whole)) / jnp.asarray(rows, of_whole.dtype)
