"""How long a step takes in Keras 3, within `model.fit`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import keras
import numpy as np
from keras import layers

from talweg.bridges import ordinary
from talweg.checks import InputError
from talweg.dialects import Spelling
from talweg.engine.clock import Timing, interleaved
from talweg.engine.entrant import Entrant
from talweg.problems import losses
from talweg.problems.base import Problem
from talweg.problems.losses import Cost
from talweg.problems.models import Network
from talweg.problems.supervised import Start

ACTIVATIONS: dict[str, Any] = {"gelu": lambda z: keras.activations.gelu(z, approximate=True), "identity": "linear"}  # others by their name
LONGER = 4  #: an epoch is at most so many times as long as what is to be timed: slow steps need no long one


class KerasClock:
    """The clock of Keras, on the backend that it has: the compiled step of `model.fit`, which is how people train there.

    Timed are epochs without the first, divided by their steps: what `fit` does between steps and between epochs is part of it, what it
    does once is not. (`train_on_batch` is slower: it brings the weights back after every step.) The optimizer is Keras's own, or
    the nearest that it has, with the untuned hyperparameters.
    """

    def measure(self, problem: Problem, contestants: Sequence[Entrant]) -> Mapping[str, Timing]:
        """The time of a step of each contestant, by its name.

        Raises InputError for a function, for a model or a loss of one's own, and for contestants whose method Keras does not have.
        """
        data = ordinary.training("keras", problem)
        calls = {one.name: ordinary.own_optimizer("keras", ordinary.method_of(one)) for one in contestants}
        if missing := [name for name, call in calls.items() if call is None]:
            raise InputError(f"clock: Keras has no optimizer for {', '.join(missing)}; leave them out, or use the clock torch or jax")
        return interleaved({one.name: _steps(problem, one, data, call) for one in contestants if (call := calls[one.name])})


def network(start: Start, params: Network) -> Any:
    """The same network with the same weights."""
    spec = start.spec
    activation = ACTIVATIONS.get(spec.activation, spec.activation)
    if spec.kind == "cnn":
        made = [layers.Input((*start.inputs, 1)[:3])]
        for filters in spec.widths:
            made += [layers.Conv2D(filters, 3, padding="same", activation=activation, kernel_initializer="zeros")]
            made += [layers.AveragePooling2D(2)]
        made.append(layers.Flatten())
    else:
        made = [layers.Input((math.prod(start.inputs),))]
        made += [layers.Dense(units, activation=activation, kernel_initializer="zeros") for units in spec.widths]
    model = keras.Sequential([*made, layers.Dense(start.outputs, kernel_initializer="zeros")])
    model.set_weights(_weights(params))
    return model


def _weights(params: Network) -> list[np.ndarray]:
    """Kernel and bias of every layer; Keras has inputs first and channels last, as it is here."""
    kernels = [np.asarray(one.dense.weight).reshape(3, 3, -1, one.dense.weight.shape[1]) for one in params.convolutions]
    kernels += [np.asarray(layer.weight) for layer in params.layers]
    biases = [np.asarray(layer.bias) for layer in (*(one.dense for one in params.convolutions), *params.layers)]
    return [array for pair in zip(kernels, biases, strict=True) for array in pair]


def loss_of(cost: Cost, outputs: int) -> Any:
    """The mean of a cost over a batch, as Keras has it: a loss that takes (targets, predictions)."""
    ours, many = keras.losses, outputs > 1
    known: dict[Cost, Callable[[], Any]] = {
        losses.squared: ours.MeanSquaredError,
        losses.absolute: ours.MeanAbsoluteError,
        losses.huber: ours.Huber,
        losses.poisson: lambda: lambda y, z: keras.ops.exp(z) - y * z,  # Keras's wants the rate, not its logarithm
        losses.cross_entropy: lambda: (ours.SparseCategoricalCrossentropy if many else ours.BinaryCrossentropy)(from_logits=True),
        losses.hinge: lambda: _hinge if many else ours.Hinge(),
        losses.squared_logistic: lambda: lambda y, z: keras.ops.square(keras.ops.sigmoid(z) - y),
    }
    return known[cost]()


def _hinge(y: Any, prediction: Any) -> Any:
    """Crammer & Singer's, which Keras does not have."""
    right = keras.ops.one_hot(
        keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), prediction.shape[1]
    )  # Keras hands labels over as floats
    others = keras.ops.max(prediction - 1e9 * right, axis=1)
    return keras.ops.relu(1 - keras.ops.sum(right * prediction, axis=1) + others)


class Epochs(keras.callbacks.Callback):
    """When the second epoch began, and when the last one ended."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """The first epoch compiles."""
        if epoch == 1:
            self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Its mean loss was read, so all its steps are done."""
        self.ended = time.perf_counter()


def _steps(problem: Problem, contestant: Entrant, data: ordinary.Training, call: Spelling) -> Callable[[int], float]:
    """What takes so many steps of a contestant by default, in whole epochs, and gives their seconds."""
    start = ordinary.start_of(problem, contestant)
    order = ordinary.order(problem, contestant)
    x, y = (part[order.ravel()] for part in (data.x, data.y))
    model = network(start, start(jax.random.key(0)))
    optimizer = getattr(keras.optimizers, ordinary.name_of(call))(**call.arguments)
    model.compile(optimizer, loss_of(data.cost, start.outputs))
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables]
    begin = [keras.ops.convert_to_numpy(variable.value).copy() for variable in variables]

    def seconds(steps: int) -> float:
        for variable, value in zip(variables, begin, strict=True):
            variable.assign(value)
        length = min(len(order), LONGER * steps)
        epochs, rows, clock = math.ceil(steps / length), length * order.shape[1], Epochs()
        model.fit(x[:rows], y[:rows], batch_size=order.shape[1], epochs=1 + epochs, verbose=0, callbacks=[clock])
        return (clock.ended - clock.began) * steps / (epochs * length)

    return seconds
