"""How the steps to a target fall with the batch size: S(B) = S_min (1 + B_crit / B).

Below the critical batch size B_crit, twice the batch needs half of the steps; above it, more examples a step hardly save any. At B_crit
both are twice the least: the steps S = 2 S_min, the examples B S = 2 S_min B_crit. McCandlish et al., "An empirical model of large-batch
training", 2018.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

LEAST_SIZES = 3  #: that reach the target: two numbers are fitted to them
BEYOND = 100.0  #: times the largest and smallest size is where B_crit is sought
GRID = 400  #: values of B_crit, equally far apart in logarithms
ROUNDS = 20  #: of filling in the steps of sizes that do not reach the target; each comes nearer to where it stands still


class Fit(NamedTuple):
    """S_min and B_crit, one for each row of steps; NaN where too few sizes reach the target."""

    least: Float[np.ndarray, " draws"]
    critical: Float[np.ndarray, " draws"]  #: at most `BEYOND` times outside of the sizes

    def steps(self, size: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
        """The fitted steps at some sizes, of the first row."""
        return self.least[0] * (1 + self.critical[0] / np.asarray(size, float))


def fit(sizes: Float[np.ndarray, " sizes"], steps: Float[np.ndarray, "draws sizes"], bounds: Float[np.ndarray, " sizes"]) -> Fit:
    """Least squares in logarithms, since steps differ by factors; each row of steps is fitted alone.

    Steps that are infinite have not reached the target within `bounds`: they are censored, and count where the curve lies below these.
    The sum of squares is minimised over a grid of B_crit, and over S_min for each, where it is the mean of what is left.
    """
    reached = np.isfinite(steps)
    able = reached.sum(axis=1) >= LEAST_SIZES
    grid = np.geomspace(sizes.min() / BEYOND, sizes.max() * BEYOND, GRID)
    shapes = np.log1p(grid[:, None] / sizes)  # (grid, sizes)
    logs, censored = np.log(np.where(reached, np.maximum(steps, 1e-9), 1.0)), np.log(bounds)
    least, critical = np.full(len(steps), np.nan), np.full(len(steps), np.nan)
    for k in np.flatnonzero(able):
        level = (logs[k] - shapes)[:, reached[k]].mean(axis=1)
        filled = np.broadcast_to(logs[k], shapes.shape)
        for _ in range(ROUNDS if not reached[k].all() else 1):
            filled = np.where(reached[k], logs[k], np.maximum(censored, level[:, None] + shapes))
            level = (filled - shapes).mean(axis=1)
        squares = ((filled - level[:, None] - shapes) ** 2).sum(axis=1)
        best = int(squares.argmin())
        critical[k] = grid[best] if best in (0, GRID - 1) else _between(np.log(grid), squares, best)
        least[k] = np.exp((np.broadcast_to(filled, shapes.shape)[best] - np.log1p(critical[k] / sizes)).mean())
    return Fit(least, critical)


def _between(places: np.ndarray, squares: np.ndarray, best: int) -> float:
    """The lowest point of the parabola through three points of the grid."""
    before, at, after = squares[best - 1 : best + 2]
    bend = before - 2 * at + after
    shift = 0.5 * (before - after) / bend if bend > 0 else 0.0
    return float(np.exp(places[best] + shift * (places[1] - places[0])))
