"""Small problems whose races take seconds."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from talweg import problems
from talweg.problems import Problem


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A program that was compiled is not compiled again by the next race: what is tested is not the compiler."""
    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("compiled")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


@pytest.fixture(scope="session")
def clouds() -> Problem:
    """Two clouds of points with two labels: 48 / 16 / 16 examples, an MLP of 4 hidden units."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = rng.normal(size=(80, 3)) + y[:, None]
    return problems.learning(x, y, name="clouds", model="mlp:4")
