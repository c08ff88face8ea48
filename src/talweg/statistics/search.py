"""The expected best of a random search."""

from __future__ import annotations

from math import comb

import numpy as np
from jaxtyping import Float


def best_of(losses: Float[np.ndarray, " settings"], shares: tuple[float, float] = (0.1, 0.9)) -> Float[np.ndarray, "3 settings"]:
    """The smallest loss among n of the settings, drawn without replacement, for n = 1 … all: its mean, and its quantiles at `shares`.

    Dodge et al., "Show your work", 2019. Losses that are not finite (diverged) count as the largest that is; without any, all is NaN.
    """
    finite = losses[np.isfinite(losses)]
    if finite.size == 0:
        return np.full((3, len(losses)), np.nan)
    ordered = np.sort(np.where(np.isfinite(losses), losses, finite.max()))
    total = len(ordered)
    # the i-th smallest is the best of n if it is drawn, and the other n − 1 come from those behind it
    chance = np.array([[comb(total - 1 - i, n - 1) / comb(total, n) for i in range(total)] for n in range(1, total + 1)])
    reached = np.cumsum(chance, axis=1)
    quantiles = [ordered[np.minimum((reached < share - 1e-12).sum(axis=1), total - 1)] for share in shares]
    return np.stack([chance @ ordered, *quantiles])
