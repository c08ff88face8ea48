"""One training of each method: the losses and the weights at every measuring point.

The learning rates that are tried are lanes of one program, all on the same seed; what is shown is the best of them. That is a search
on one seed, good for a picture; which method is faster, and how sure that is, only a race can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from talweg.contestants.contestant import Contestant
from talweg.engine.cost import length
from talweg.engine.descend import Trace, sweep
from talweg.problems.base import Problem
from talweg.studies import tuning

RATES = 12  #: learning rates that are tried
POINTS = 40  #: measuring points beside the start


@dataclass(frozen=True, eq=False)
class Training:
    """One training, from its start to its end; once it has diverged its weights stay as they were."""

    contestant: Contestant
    hyperparameters: Mapping[str, float]
    tuned: bool  #: whether the learning rate was chosen here
    trace: Trace  #: with its positions


def train(
    problem: Problem,
    contestant: Contestant,
    epochs: float,
    *,
    hyperparameters: Mapping[str, float] | None = None,
    points: int = POINTS,
    seed: int = 0,
) -> Training:
    """Train once from the seed's start, on the seed's rows in the seed's order.

    Args:
        hyperparameters: without a `learning_rate`, the one of twelve from the method's search range whose mean validation loss over
            the measuring points is least.
        epochs: passes over the training data.
        points: how often it is measured, beside the start.

    Raises InputError for numbers out of range.
    """
    size, setting = contestant.size, dict(hyperparameters or {})
    steps = length("network", problem, size, None, epochs)
    tuned = "learning_rate" not in setting and tuning.has_free_rate(contestant)
    settings = [setting] * RATES  # without a choice, too: it is the same program
    if tuned:
        searched = contestant.factory.search_space(size)["learning_rate"]
        settings = [{**setting, "learning_rate": rate} for rate in tuning.spread(searched, RATES)]
    methods = [contestant.method(one, steps) for one in settings]
    traces = sweep(problem, methods, steps, size=size, points=points, seed=seed)
    chosen = tuning.best(tuning.mean_loss(np.stack([trace.validation_loss for trace in traces])))
    return Training(contestant, {**contestant.defaults(), **settings[chosen]}, tuned, traces[chosen])


def predictions(params: PyTree, features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "points n outputs"]:
    """What the model says of some features, with the parameters of every measuring point."""
    return np.asarray(_predict(params, jnp.asarray(features)))


@jax.jit
def _predict(params: PyTree, features: Array) -> Array:
    return jax.vmap(lambda model: model(features))(params)
