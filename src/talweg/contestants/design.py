"""The points of the unit cube that all contestants map through their search spaces."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

DIMENSIONS = 8  #: numbers of one method that can be searched at once


def cube(settings: int, seed: int) -> np.ndarray:
    """`settings` scrambled Sobol points of the unit cube, a column for each number that a method may have searched."""
    whole = 2 ** int(np.ceil(np.log2(max(settings, 2))))
    return qmc.Sobol(d=DIMENSIONS, scramble=True, rng=np.random.default_rng((seed, 2))).random(whole)[:settings]
