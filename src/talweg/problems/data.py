"""Features as numbers that a model can learn from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from talweg import trees
from talweg.checks import InputError


def finite_features(name: str, x: Any) -> np.ndarray:
    """Features as an array of floating-point numbers with the rows first; a vector is one column.

    Raises InputError for what is no number or not finite, and for no features.
    """
    try:
        x = np.asarray(x, trees.float_type())
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: features must be numbers; give a table (a file or a DataFrame) if some are text") from error
    if x.ndim == 1:
        x = x[:, None]
    if x[0:1].size == 0:
        raise InputError(f"{name}: no features, got an array of shape {x.shape}")
    bad = ~np.isfinite(x)
    if bad.any():
        row, *column = np.argwhere(bad)[0]
        raise InputError(
            f"{name}: features must be finite, got {int(bad.sum())} that are NaN or infinite (the first in row {row}, column "
            f"{'×'.join(map(str, column))}); fill or drop them, or give a table, whose missing values are filled in"
        )
    return x


def take_rows(x: Any, part: np.ndarray) -> Any:
    """Those rows of an array or a DataFrame."""
    return x.iloc[part] if hasattr(x, "iloc") else x[part]


class Scaling(NamedTuple):
    """Brings features to mean 0 and variance 1 on the pool: each column of a table, all pixels of images together."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, pool: np.ndarray) -> Scaling:
        """That of the rows of the pool; what never changes stays at 0."""
        axis = 0 if pool.ndim == 2 else None
        mean, deviation = pool.mean(axis, dtype=np.float64), pool.std(axis, dtype=np.float64)
        return cls(mean, np.where(deviation > 1e-12 * (1 + np.abs(mean)), deviation, 1.0))

    def scaled(self, part: np.ndarray) -> np.ndarray:
        """A copy of some rows, scaled."""
        part = part.astype(trees.float_type())  # a copy of our own, so the rest works in place: tables of millions of rows fit in memory
        part -= self.mean
        part /= self.deviation
        return part
