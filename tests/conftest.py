"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from hypothesis import settings
from jaxtyping import Array, PyTree

from talweg import schedules, trees
from talweg.methods import Method
from talweg.oracle import Oracle

Walk = Callable[..., PyTree]

# Before JAX is used: more devices than this machine may have cores, so that results can be compared over their number.
jax.config.update("jax_num_cpu_devices", 3)

# The same examples every time, and no deadline: the first call of a jitted function compiles.
settings.register_profile("talweg", derandomize=True, deadline=None, database=None)
settings.load_profile("talweg")


@pytest.fixture
def double() -> Iterator[None]:
    """Float64 inside the test: a second opinion is worth as many digits as it has."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def walk() -> Walk:
    """`walk(method, loss, start, steps)`: the parameters after every step, stacked; `loss(params, t)` may change with the step t.

    The plainest loop there can be, so that a method is tested without `talweg.descent`.
    """
    return _walk


@partial(jax.jit, static_argnums=(1, 3))
def _walk(method: Method, loss: Callable[[PyTree, Array], Array], start: PyTree, steps: int) -> PyTree:
    def body(carry: tuple[PyTree, Any], t: Array) -> tuple[tuple[PyTree, Any], PyTree]:
        params, state = carry
        now = schedules.at(method, t)
        move, after = now.step(Oracle(lambda w: loss(w, t)), params, state, t, jax.random.key(0))
        params = trees.add(params, move)
        return (params, after), params

    return jax.lax.scan(body, (start, method.init(start)), jnp.arange(steps))[1]
