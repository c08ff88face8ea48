"""A smooth surface over the settings of a search: what neighbours know of each other."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float

LEAST = 6  # settings, for a surface to be fitted


def smoothed(
    points: Float[np.ndarray, "settings numbers"], values: Float[np.ndarray, " settings"], seeds: Float[np.ndarray, " settings"]
) -> Float[np.ndarray, " settings"]:
    """The expected value at each setting by a Gaussian process, from values that are means over so many seeds.

    `points` are positions in the unit cube of the search. Each hyperparameter has its own length scale, so that those which do not
    matter are averaged over; the noise of a single seed is estimated, too, and a mean over n seeds has the n-th part of its variance.
    Few settings are given back as they are.
    """
    if len(values) < LEAST or points.shape[1] == 0 or np.ptp(values) == 0:
        return values
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
        exact.fit(points, normal)
    return middle + scale * exact.predict(points)
