"""Algebra on parameter trees."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from talweg import trees

TREES = st.fixed_dictionaries(
    {"a": arrays(np.float32, (2, 3), elements=st.floats(-100, 100, width=32)), "b": st.floats(-100, 100, width=32)}
)


def same(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_adding_keeps_the_type_of_the_parameters(dtype):
    after = trees.add({"w": jnp.ones(3, dtype)}, {"w": jnp.full(3, 0.5, jnp.float32)})
    assert after["w"].dtype == dtype
    assert after["w"].tolist() == [1.5, 1.5, 1.5]


@given(TREES, TREES, st.booleans())
def test_select_takes_one_tree_or_the_other(yes, no, condition):
    same(trees.select(jnp.asarray(condition), yes, no), yes if condition else no)


def test_select_keeps_the_type_of_what_stood_there_and_does_not_let_a_nan_through():
    chosen = trees.select(jnp.asarray(False), {"w": jnp.full(2, jnp.nan, jnp.float32)}, {"w": jnp.ones(2, jnp.bfloat16)})
    assert chosen["w"].dtype == jnp.bfloat16
    assert chosen["w"].tolist() == [1.0, 1.0]


def test_size_counts_numbers_in_all_leaves():
    assert trees.size({"a": jnp.zeros((2, 3)), "b": [jnp.zeros(4), jnp.zeros(())]}) == 11
    assert trees.size({}) == 0


@given(st.lists(TREES, min_size=1, max_size=4))
def test_taking_from_a_stack_gives_each_tree_back(some):
    stack = trees.stack(some)
    assert stack["a"].shape == (len(some), 2, 3)
    for i, tree in enumerate(some):
        same(trees.take(stack, i), jax.tree.map(np.float32, tree))


def test_a_stack_may_be_given_a_type():
    assert trees.stack([{"w": 1}, {"w": 2}], jnp.float16)["w"].dtype == jnp.float16
