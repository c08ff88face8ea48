"""Algebra on parameter trees (pytrees of arrays)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, PyTree, Scalar


def add(params: PyTree, move: PyTree) -> PyTree:
    """params + move, in the type of the parameters."""
    return jax.tree.map(lambda w, m: w + m.astype(w.dtype), params, move)


def select(condition: Bool[Array, ""], yes: PyTree, no: PyTree) -> PyTree:
    """`yes` where the condition holds, `no` elsewhere, leaf by leaf and keeping the type of `no`."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b).astype(jnp.asarray(b).dtype), yes, no)


def like(tree: PyTree, model: PyTree) -> PyTree:
    """The tree in the types of another one of its structure."""
    return jax.tree.map(lambda leaf, other: leaf if leaf is other else jnp.asarray(leaf).astype(other.dtype), tree, model)


def scale(factor: Any, tree: PyTree) -> PyTree:
    """factor · tree, in the types of the tree."""
    return jax.tree.map(lambda leaf: (factor * leaf).astype(leaf.dtype), tree)


def norm(tree: PyTree) -> Scalar:
    """The length of all numbers of the tree as one vector."""
    return jnp.sqrt(sum((jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(tree)), start=jnp.zeros(())))


def size(tree: PyTree) -> int:
    """How many numbers the tree holds."""
    return sum(int(leaf.size) for leaf in jax.tree.leaves(tree))


def stack(trees: Sequence[PyTree], dtype: Any = None) -> PyTree:
    """Trees of one structure as one tree of NumPy arrays whose leaves have a new leading axis."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf, dtype) for leaf in leaves]), *trees)


def take(tree: PyTree, index: Any) -> PyTree:
    """Index the leading axis of every leaf."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def float_type() -> Any:
    """float32, or float64 where JAX is told to use it: the one place that decides what numbers data and parameters are made of."""
    return jax.dtypes.canonicalize_dtype(np.float64)


def as_floats(leaf: Any) -> Array:
    """A number or array as an array of floating-point numbers, which alone have gradients."""
    array = jnp.asarray(leaf)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float_type())
