"""A smooth surface over the settings of a search: what neighbours know of each other."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Float

LEAST = 6  # settings, for a surface to be fitted
BEST, NEAR = 4, 0.1  # new settings are looked for around so many, so far away, as a share of the cube's edge
CANDIDATES = 16  # for each new one, around the best, and as many from everywhere


def smoothed(
    points: Float[np.ndarray, "settings numbers"], values: Float[np.ndarray, " settings"], seeds: Float[np.ndarray, " settings"]
) -> Float[np.ndarray, " settings"]:
    """The expected value at each setting by a Gaussian process, from values that are means over so many seeds.

    `points` are positions in the unit cube of the search. Each hyperparameter has its own length scale, so that those which do not
    matter are averaged over; the noise of a single seed is estimated, too, and a mean over n seeds has the n-th part of its variance.
    Few settings are given back as they are.
    """
    return _predicted(_surface(points, values, seeds), points, values)


def proposed(
    points: Float[np.ndarray, "settings numbers"],
    values: Float[np.ndarray, " settings"],
    seeds: Float[np.ndarray, " settings"],
    count: int,
    seed: int,
) -> Float[np.ndarray, "new numbers"]:
    """Positions of `count` new settings by Thompson sampling: each is where one function, drawn from what is known, is lowest.

    They come from all over the cube and from around the best four, never from outside of what was tried. Of few settings nothing is
    known, and the new ones lie around the best. Thompson, "On the likelihood that one unknown probability exceeds another", 1933.
    """
    rng = np.random.default_rng(seed)
    surface = _surface(points, values, seeds)
    best = points[np.argsort(_predicted(surface, points, values), kind="stable")[:BEST]]
    near = best[rng.integers(len(best), size=(CANDIDATES, count))]
    near = near + NEAR * rng.standard_normal(near.shape)
    low, high = np.minimum(points.min(axis=0), 0.0), np.maximum(points.max(axis=0), 1.0)
    candidates = np.clip(np.concatenate([near, rng.uniform(low, high, near.shape)]), low, high)  # (candidates, new, numbers)
    if surface is None:
        return candidates[0]
    drawn = surface.sample_y(candidates.reshape(-1, points.shape[1]), count, random_state=seed).reshape(2 * CANDIDATES, count, count)
    first = np.array([int(np.argmin(drawn[:, k, k])) for k in range(count)])  # each of candidates of its own, so that no two are the same
    return candidates[first, np.arange(count)]


def _predicted(surface: Any, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values if surface is None else np.median(values) + values.std() * surface.predict(points)


def _surface(points: np.ndarray, values: np.ndarray, seeds: np.ndarray) -> Any:
    """What is known of the values at all points, as scikit-learn's process; None of too few settings."""
    if len(values) < LEAST or points.shape[1] == 0 or np.ptp(values) == 0:
        return None
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    middle, scale = float(np.median(values)), float(values.std())
    normal = (values - middle) / scale
    single = seeds == seeds.min()
    process = GaussianProcessRegressor(
        ConstantKernel(1.0, (0.1, 30.0)) * RBF(np.full(points.shape[1], 0.3), (0.08, 10.0)) + WhiteKernel(0.1, (1e-4, 1.0)), alpha=1e-8
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is an answer, too
        process.fit(points[single], normal[single])
        noise = float(process.kernel_.k2.noise_level)
        exact = GaussianProcessRegressor(process.kernel_.k1, alpha=noise * seeds.min() / seeds + 1e-8, optimizer=None)
        return exact.fit(points, normal)
