"""The noisy quadratic bowl `quadratic_deep` of DeepOBS, whose every constant is known and which needs no download.

Source: Schneider, Balles & Hennig, "DeepOBS: a deep learning optimizer benchmark suite", 2019; after Chaudhari et al.,
"Entropy-SGD", 2017. 90 directions are nearly flat and 10 are steep, as in the Hessians of deep networks.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, Scalar

from talweg.problems.base import Problem
from talweg.trees import float_type

DIMENSIONS = 100
ROWS = 1000
BATCH = 128
SEEDS = {"train": 42, "validation": 44, "test": 43}


def rotation(dimensions: int, generator: np.random.RandomState) -> Float[np.ndarray, "dimensions dimensions"]:
    """A uniformly drawn rotation, from the one of two dimensions up by one reflection per dimension.

        R ← (I − 2 x xᵀ) [[1, 0], [0, R]],   x = (e₁ − v) / |e₁ − v|,   v uniform on the sphere

    Diaconis & Shahshahani, "The subgroup algorithm for generating uniform random variables", 1987.
    """
    angle = 2 * np.pi * generator.uniform()
    rotated = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for size in range(3, dimensions + 1):
        v = generator.normal(size=size)
        x = np.eye(size)[0] - v / np.linalg.norm(v)
        x /= np.linalg.norm(x)
        embedded = np.eye(size)
        embedded[1:, 1:] = rotated
        rotated = embedded - 2 * np.outer(x, x @ embedded)
    return -rotated


def hessian() -> Float[np.ndarray, "100 100"]:
    """H = Rᵀ diag(λ) R with 90 eigenvalues from U(0, 1) and 10 from U(30, 60)."""
    generator = np.random.RandomState(42)  # the published constants come from this generator
    eigenvalues = np.concatenate([generator.uniform(0, 1, 90), generator.uniform(30, 60, 10)])
    rotated = rotation(DIMENSIONS, generator)
    return rotated.T @ (eigenvalues[:, None] * rotated)


def rows(seed: int) -> Float[np.ndarray, "1000 100"]:
    """Noise of standard deviation 0.6: the bowls' lowest points, one per example."""
    return np.random.RandomState(seed).normal(0, 0.6, (ROWS, DIMENSIONS))


class QuadraticCost:
    """`(θ, x) ->` the mean over the batch of ½ (θ − x)ᵀ H (θ − x).

    Written around the batch's mean m, so that θ meets H once and not once per example (and side-by-side trainings cost little):

        ½ (θ − m)ᵀ H (θ − m) + mean of ½ (x − m)ᵀ H (x − m)
    """

    def __init__(self, curvature: np.ndarray):
        self.curvature = curvature.astype(float_type())

    def __call__(self, theta: Float[Array, " d"], x: Float[Array, "n d"]) -> Scalar:
        mean = x.mean(0)
        spread, shift = x - mean, theta - mean
        return 0.5 * (shift @ (shift @ self.curvature)) + 0.5 * jnp.mean(jnp.sum((spread @ self.curvature) * spread, axis=1))


def start(key: PRNGKeyArray) -> Float[Array, " d"]:
    """θ₀ = 1, whatever the seed."""
    del key
    return jnp.ones(DIMENSIONS, float_type())


def quadratic_deep() -> Problem:
    """The problem: 1000 rows to train on in batches of 128; validation and test are the whole batches of theirs, 896 rows."""
    whole = ROWS // BATCH * BATCH
    train, validation, test = (rows(seed).astype(float_type()) for seed in SEEDS.values())
    return Problem(
        name="quadratic_deep",
        loss=QuadraticCost(hessian()),
        start=start,
        train=train,
        validation=validation[:whole],
        test=test[:whole],
        facts={"task": "quadratic", "source": "DeepOBS", "batch": BATCH, "epochs": 100, "split": [ROWS, whole, whole]},
    )
