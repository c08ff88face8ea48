"""Which rows are trained on, which choices are made on, and which are looked at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, Shaped

VALIDATION_AT_MOST = 8192  # rows: enough to see a difference of 1 % in the loss, few enough to look at forty times in a run
TEST_AT_MOST = 50_000


def split_rows(target: Shaped[np.ndarray, " n"], seed: int, *, stratified: bool) -> list[Int[np.ndarray, " rows"]]:
    """Row numbers of 60 % training, 20 % validation (at most 8,192 rows) and 20 % test (at most 50,000), stratified by class if asked.

    The same rows for the same seed, by scikit-learn's splitter. Every class has a row in each part.
    """
    from sklearn.model_selection import train_test_split  # here, so that importing talweg stays light

    n = len(target)
    strata = target if stratified else None
    least = len(np.unique(target)) if strata is not None else 1
    validation, test = max(least, min(n // 5, VALIDATION_AT_MOST)), max(least, min(n // 5, TEST_AT_MOST))
    rest, last = train_test_split(np.arange(n), test_size=test, random_state=seed, stratify=strata)
    first, middle = train_test_split(rest, test_size=validation, random_state=seed, stratify=None if strata is None else strata[rest])
    return [first, middle, last]
