"""Models: linear, a multi-layer perceptron, a small convolutional network.

A model is an equinox module that maps a batch of examples (n, …) to predictions (n, outputs). It is described by a short text,
`mlp:64,32,tanh,glorot`, which is also what a race records.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from talweg import checks
from talweg.checks import InputError

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "elu": jax.nn.elu,
    "identity": jax.nn.identity,  # for deep linear networks
}

#: Standard deviation of a starting weight, from how many numbers go in and come out.
INITIALISATIONS: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: math.sqrt(2 / n_in),
    "glorot": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),
    "lecun": lambda n_in, n_out: math.sqrt(1 / n_in),
    "small": lambda n_in, n_out: 0.01,
}


class Dense(eqx.Module):
    """x W + b."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, deviation: float, key: PRNGKeyArray):
        self.weight = deviation * jax.random.normal(key, (inputs, outputs))
        self.bias = jnp.zeros(outputs)

    def __call__(self, x: Array) -> Array:
        return x @ self.weight + self.bias


class Convolution(eqx.Module):
    """A 3 × 3 convolution with zero padding and 2 × 2 mean pooling, as one matrix product over the nine shifted images.

    So that side-by-side trainings, each with its own kernel, stay one batched matrix product (a grouped convolution is slow on a CPU).
    """

    dense: Dense

    def __init__(self, channels: int, filters: int, deviation: float, key: PRNGKeyArray):
        self.dense = Dense(9 * channels, filters, deviation, key)

    def __call__(self, x: Float[Array, "n h w channels"]) -> Float[Array, "n h/2 w/2 filters"]:
        h, w = x.shape[1:3]
        padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        shifted = jnp.concatenate([padded[:, i : i + h, j : j + w] for i in range(3) for j in range(3)], axis=-1)
        return self.dense(shifted)


def pool(x: Float[Array, "n h w c"]) -> Array:
    """Means over 2 × 2 squares; an odd last row or column is left out."""
    n, h, w, c = x.shape
    return x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


class Network(eqx.Module):
    """Convolutions (none for a linear model or a perceptron), then dense layers; the last layer has no activation."""

    convolutions: list[Convolution]
    layers: list[Dense]
    activation: Callable[[Array], Array] = eqx.field(static=True)

    def __call__(self, x: Float[Array, "n ..."]) -> Float[Array, "n outputs"]:
        if self.convolutions and x.ndim == 3:
            x = x[..., None]
        for convolution in self.convolutions:
            x = pool(self.activation(convolution(x)))
        x = x.reshape(x.shape[0], -1)
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


@dataclass(frozen=True)
class ModelSpec:
    """What `mlp:64,32,tanh,glorot` says."""

    kind: str
    widths: tuple[int, ...] = ()
    activation: str = "relu"
    initialisation: str = "he"

    def build(self, inputs: Sequence[int], outputs: int, key: PRNGKeyArray) -> Network:
        """A network for examples of shape `inputs`."""
        deviation = INITIALISATIONS[self.initialisation]
        keys = iter(jax.random.split(key, len(self.widths) + 1))
        convolutions = []
        flat = math.prod(inputs)
        hidden = self.widths
        if self.kind == "cnn":
            h, w, channels = (*inputs, 1)[:3]
            for filters in self.widths:
                convolutions.append(Convolution(channels, filters, deviation(9 * channels, 9 * filters), next(keys)))
                h, w, channels = h // 2, w // 2, filters
            flat, hidden = h * w * channels, ()
        sizes = [flat, *hidden, outputs]
        layers = [Dense(i, o, deviation(i, o), next(keys)) for i, o in itertools.pairwise(sizes)]
        return Network(convolutions, layers, ACTIVATIONS[self.activation])

    def __str__(self) -> str:
        if self.kind == "linear":
            return "linear"
        parts = [str(w) for w in self.widths]
        parts += [self.activation] if self.activation != "relu" else []
        parts += [self.initialisation] if self.initialisation != "he" else []
        return f"{self.kind}:{','.join(parts)}"


KINDS = {"linear": (), "mlp": (32,), "cnn": (8, 16)}


def parse(text: str, inputs: Sequence[int]) -> ModelSpec:
    """The specification that a text like `linear`, `mlp:64,32`, `mlp:64,tanh,glorot` or `cnn:8,16` says, for examples of that shape.

    Raises InputError for an unknown kind, activation or initialisation, a width that is not a whole number of at least 1,
    and a convolutional network on examples that are not images or are too small for it.
    """
    kind, _, rest = text.strip().partition(":")
    checks.one_of("model", "model", kind, KINDS, "(for example linear, mlp:64,32 or cnn:8,16)")
    widths: list[int] = []
    activation, initialisation = "relu", "he"
    for word in filter(None, (w.strip() for w in rest.split(","))):
        if word.lstrip("-").isdigit():
            widths.append(checks.whole("model", f"a layer of {text!r}", int(word)))
        elif word in INITIALISATIONS:
            initialisation = word
        else:
            activation = checks.one_of("model", "activation or initialisation", word, [*ACTIVATIONS, *INITIALISATIONS])
    if kind == "linear":
        if widths:
            raise InputError(f"model: linear has no hidden layers, got {text!r}; did you mean mlp:{','.join(map(str, widths))}?")
        return ModelSpec("linear", (), "relu", "small" if initialisation == "he" else initialisation)
    spec = ModelSpec(kind, tuple(widths) or KINDS[kind], activation, initialisation)
    if kind == "cnn":
        if len(inputs) not in (2, 3):
            raise InputError(
                f"model: cnn needs images of shape (height, width[, channels]), got examples of shape {tuple(inputs)}; use mlp or linear"
            )
        if min(inputs[:2]) < 2 ** len(spec.widths):
            raise InputError(
                f"model: cnn with {len(spec.widths)} convolutions halves the image as often, got {inputs[0]} × {inputs[1]}; use fewer"
            )
    return spec
