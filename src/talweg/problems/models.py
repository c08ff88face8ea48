"""Models: linear, a multi-layer perceptron, a small convolutional network.

A model is an equinox module that maps a batch of examples (n, …) to predictions (n, outputs). It is described by a short text,
`mlp:64,32,tanh,glorot`, which is also what a race records. How its weights start is a part of it.
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
from talweg.problems.initialisation import DEFAULT, INITIALISATIONS

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "elu": jax.nn.elu,
    "identity": jax.nn.identity,  # for deep linear networks
}


class Dense(eqx.Module):
    """x W + b."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __call__(self, x: Array) -> Array:
        return x @ self.weight + self.bias


class Convolution(eqx.Module):
    """A 3 × 3 convolution with zero padding and 2 × 2 mean pooling, as one matrix product over the nine shifted images.

    So that side-by-side trainings, each with its own kernel, stay one batched matrix product (a grouped convolution is slow on a CPU).
    """

    dense: Dense

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
    initialisation: str = DEFAULT

    def build(self, inputs: Sequence[int], outputs: int, key: PRNGKeyArray) -> Network:
        """A network for examples of shape `inputs`."""
        start = INITIALISATIONS[self.initialisation].layer
        keys = iter(jax.random.split(key, len(self.widths) + 1))
        convolutions = []
        flat = math.prod(inputs)
        hidden = self.widths
        if self.kind == "cnn":
            h, w, channels = (*inputs, 1)[:3]
            for filters in self.widths:
                convolutions.append(Convolution(Dense(*start(channels, filters, self.activation, next(keys), window=9))))
                h, w, channels = h // 2, w // 2, filters
            flat, hidden = h * w * channels, ()
        sizes = [flat, *hidden, outputs]
        layers = [Dense(*start(i, o, self.activation, next(keys))) for i, o in itertools.pairwise(sizes)]
        return Network(convolutions, layers, ACTIVATIONS[self.activation])

    def __str__(self) -> str:
        parts = [str(w) for w in self.widths]
        parts += [self.activation] if self.activation != "relu" else []
        parts += [self.initialisation] if self.initialisation != DEFAULT else []
        return ":".join(filter(None, (self.kind, ",".join(parts))))


KINDS = {"linear": (), "mlp": (32,), "cnn": (8, 16)}


def parse(text: str, inputs: Sequence[int], init: str | None = None, own: str = DEFAULT) -> ModelSpec:
    """The specification that a text like `linear`, `mlp:64,32`, `mlp:64,tanh,glorot` or `cnn:8,16` says, for examples of that shape.

    How weights start is what the text says, or `init`, which is the same; without either it is the problem's `own` way.

    Raises InputError for an unknown kind, activation or initialisation, two initialisations, a width that is not a whole number of at
    least 1, and a convolutional network on examples that are not images or are too small for it.
    """
    kind, _, rest = text.strip().partition(":")
    checks.one_of("model", "model", kind, KINDS, "(for example linear, mlp:64,32 or cnn:8,16)")
    widths: list[int] = []
    activation = "relu"
    named = [] if init is None else [checks.one_of("init", "initialisation", init, INITIALISATIONS)]
    for word in filter(None, (w.strip() for w in rest.split(","))):
        if word.lstrip("-").isdigit():
            widths.append(checks.whole("model", f"a layer of {text!r}", int(word)))
        elif word in INITIALISATIONS:
            named.append(word)
        else:
            activation = checks.one_of("model", "activation or initialisation", word, [*ACTIVATIONS, *INITIALISATIONS])
    if len(set(named)) > 1:
        raise InputError(f"init: weights start in one way, got {' and '.join(named)} (the model is {text!r}); name one of them")
    if kind == "linear" and widths:
        raise InputError(f"model: linear has no hidden layers, got {text!r}; did you mean mlp:{','.join(map(str, widths))}?")
    initialisation = named[0] if named else own
    if kind == "linear":
        return ModelSpec("linear", initialisation=initialisation)
    spec = ModelSpec(kind, tuple(widths) or KINDS[kind], activation, initialisation)
    if kind == "cnn":
        _check_images(spec, inputs)
    return spec


def _check_images(spec: ModelSpec, inputs: Sequence[int]) -> None:
    """Refuse examples that are no images, or too small to be halved by each convolution."""
    if len(inputs) not in (2, 3):
        raise InputError(
            f"model: cnn needs images of shape (height, width[, channels]), got examples of shape {tuple(inputs)}; use mlp or linear"
        )
    if min(inputs[:2]) < 2 ** len(spec.widths):
        raise InputError(
            f"model: cnn with {len(spec.widths)} convolutions halves the image as often, got {inputs[0]} × {inputs[1]}; use fewer"
        )
