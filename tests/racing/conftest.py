"""Small problems whose races take seconds."""

from __future__ import annotations

import numpy as np
import pytest

from talweg import problems
from talweg.problems import Problem


@pytest.fixture(scope="session")
def clouds() -> Problem:
    """Two clouds of points with two labels: 48 / 16 / 16 examples, an MLP of 4 hidden units."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = rng.normal(size=(80, 3)) + y[:, None]
    return problems.learning(x, y, name="clouds", model="mlp:4")
