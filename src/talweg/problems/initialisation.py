"""How weights and biases start: as in the library that will train, or as a paper has it.

All draws are of layers whose `inputs` numbers go in and whose `outputs` numbers come out; for a 3 × 3 convolution these are 9 times
its channels and 9 times its filters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

#: (key, shape) -> random numbers of that shape.
Draw: TypeAlias = Callable[[PRNGKeyArray, Sequence[int]], Array]

WITHIN_TWO = 0.87962566103423978  #: standard deviation of a normal variable that is drawn again until it lies within ±2


def truncated(key: PRNGKeyArray, shape: Sequence[int]) -> Array:
    """Normal variables within ±2, scaled to a standard deviation of 1, as the initializers of JAX, Flax and Keras have them."""
    return jax.random.truncated_normal(key, -2, 2, shape) / WITHIN_TWO


uniform: Draw = partial(jax.random.uniform, minval=-1.0, maxval=1.0)
normal: Draw = jax.random.normal


@dataclass(frozen=True)
class Initialisation:
    """`scale(inputs, outputs, activation) · draw(key, shape)`; biases are drawn as the weights are, or are zero."""

    scale: Callable[[int, int, str], float]  #: the bound of a uniform draw, the standard deviation of a normal one
    draw: Draw = normal
    biases: bool = False

    def layer(self, inputs: int, outputs: int, activation: str, key: PRNGKeyArray, window: int = 1) -> tuple[Array, Array]:
        """The weights (window · inputs, outputs) and the biases (outputs) of a layer that sees `window` shifted inputs at once."""
        scale = self.scale(window * inputs, window * outputs, activation)
        of_weights, of_biases = jax.random.split(key) if self.biases else (key, key)
        weight = scale * self.draw(of_weights, (window * inputs, outputs))
        return weight, scale * self.draw(of_biases, (outputs,)) if self.biases else jnp.zeros(outputs)


def _sklearn(inputs: int, outputs: int, activation: str) -> float:
    """The bound of MLPClassifier and MLPRegressor, whose `logistic` is a sigmoid here."""
    return math.sqrt((2 if activation == "sigmoid" else 6) / (inputs + outputs))


DEFAULT = "torch"

INITIALISATIONS: dict[str, Initialisation] = {
    "torch": Initialisation(lambda n_in, n_out, _: 1 / math.sqrt(n_in), uniform, biases=True),  # nn.Linear, nn.Conv2d
    "keras": Initialisation(lambda n_in, n_out, _: math.sqrt(6 / (n_in + n_out)), uniform),  # Dense, Conv2D: Glorot & Bengio 2010
    "flax": Initialisation(lambda n_in, n_out, _: math.sqrt(1 / n_in), truncated),  # Dense, Conv: LeCun et al. 1998
    "sklearn": Initialisation(_sklearn, uniform, biases=True),
    "he": Initialisation(lambda n_in, n_out, _: math.sqrt(2 / n_in)),  # He et al. 2015
    "glorot": Initialisation(lambda n_in, n_out, _: math.sqrt(2 / (n_in + n_out))),
    "lecun": Initialisation(lambda n_in, n_out, _: math.sqrt(1 / n_in)),
    "small": Initialisation(lambda n_in, n_out, _: 0.01),
}
