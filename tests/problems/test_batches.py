"""Means over batches of any size, and over rows of a pool that are copied part by part."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg.problems import batches
from talweg.problems.batches import GATHERED_AT_MOST, ROWS_AT_ONCE, Part, mean_over, part

POOL = np.random.default_rng(0).normal(size=(6000, 3)), np.arange(6000.0)
W = jnp.array([0.5, -1.0, 2.0])


def cost(w: jax.Array, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
    x, y = batch
    return jnp.mean((x @ w - y / 1000) ** 2)


@pytest.mark.parametrize("rows", [1, 100, 2 * ROWS_AT_ONCE, 2 * ROWS_AT_ONCE + 1, 4 * ROWS_AT_ONCE, 5000])
def test_a_mean_in_parts_is_the_mean_and_so_is_its_gradient(rows: int) -> None:
    chosen = np.random.default_rng(1).permutation(6000)[:rows]
    batch = tuple(leaf[chosen] for leaf in POOL)
    wanted = jax.value_and_grad(cost)(W, batch)
    pool = jax.tree.map(jnp.asarray, POOL)
    for some in (batch, Part(pool, jnp.asarray(chosen))):
        value, gradient = jax.value_and_grad(lambda w, some=some: mean_over(cost, w, some))(W)
        assert float(value) == pytest.approx(float(wanted[0]), rel=1e-5)
        np.testing.assert_allclose(gradient, wanted[1], rtol=1e-4, atol=1e-5)


def test_few_rows_of_a_pool_are_copied_once_and_many_where_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, rows = jax.tree.map(jnp.asarray, POOL), jnp.arange(7, 2000)
    copied = part(pool, rows)
    assert not isinstance(copied, Part)
    jax.tree.map(lambda got, leaf: np.testing.assert_array_equal(got, leaf[7:2000]), copied, pool)
    assert 4 * 4 * len(rows) < GATHERED_AT_MOST
    monkeypatch.setattr(batches, "GATHERED_AT_MOST", 4 * 4 * len(rows) - 1)  # three features and a target of four bytes
    assert isinstance(part(pool, rows), Part)
