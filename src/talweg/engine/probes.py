"""Training dynamics: how far a method goes for the gradient that it gets, and whether it turns back.

Computed where a run is measured, from its last two moves and its last gradient. Off unless asked for.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from talweg import trees

SAMPLE = 2**16  #: coordinates, at most, over which the effective learning rate is spread: evenly spaced ones of a larger model


class Last(eqx.Module):
    """The end of a run so far: its last move, the one before it, and the gradient that the last one followed."""

    move: PyTree
    previous: PyTree
    gradient: PyTree


class Probes(eqx.Module):
    """One measurement of the training dynamics."""

    gradient_norm: Float[Array, "*points"]
    rate_low: Float[Array, "*points"]  #: effective learning rate: the lower quartile of |move| / |gradient| over the coordinates
    rate: Float[Array, "*points"]  #: its median
    rate_high: Float[Array, "*points"]  #: its upper quartile
    cosine: Float[Array, "*points"]  #: of the angle between the last two moves: 1 straight on, −1 back to where it came from


NAMES = tuple(Probes.__annotations__)


def begin(params: PyTree) -> Last:
    """Before the first step."""
    zero = jax.tree.map(jnp.zeros_like, params)
    return Last(zero, zero, zero)


def probe(last: Last) -> Probes:
    """The numbers after a step; NaN where there is no move or no gradient yet."""
    rates = jnp.concatenate([_ratio(m, g) for m, g in zip(*map(_sampled, (last.move, last.gradient)), strict=True)])
    low, middle, high = jnp.nanquantile(rates, jnp.array([0.25, 0.5, 0.75]))
    lengths = trees.norm(last.move) * trees.norm(last.previous)
    along = sum(jnp.sum(a * b) for a, b in zip(jax.tree.leaves(last.move), jax.tree.leaves(last.previous), strict=True))
    length = trees.norm(last.gradient)
    return Probes(jnp.where(length > 0, length, jnp.nan), low, middle, high, _ratio(along, lengths))


def unknown(like: Array) -> Probes:
    """No measurement."""
    return Probes(*[jnp.full_like(like, jnp.nan)] * len(NAMES))


def _ratio(one: Any, other: Any) -> Array:
    """one / other, NaN where other is nothing."""
    return jnp.where(other != 0, one / jnp.where(other != 0, other, 1), jnp.nan)


def _sampled(tree: PyTree) -> list[Array]:
    """The sizes of all numbers of a tree, of a large one of some evenly spaced."""
    stride = -(-trees.size(tree) // SAMPLE)
    return [jnp.abs(leaf).reshape(-1)[::stride].astype(jnp.promote_types(leaf.dtype, jnp.float32)) for leaf in jax.tree.leaves(tree)]
