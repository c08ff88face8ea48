"""How long a step takes in PyTorch, in the training loop that its tutorials have."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from talweg.bridges import ordinary
from talweg.bridges.torch import torch_optimizer
from talweg.dialects import Spelling
from talweg.engine.clock import Timing, interleaved
from talweg.engine.entrant import Entrant
from talweg.methods import Method
from talweg.problems import losses
from talweg.problems.base import Problem
from talweg.problems.losses import Cost
from talweg.problems.models import Network
from talweg.problems.supervised import Start

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": lambda: nn.GELU(approximate="tanh"),  # as JAX has it
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "identity": nn.Identity,
}


class TorchClock:
    """The clock of PyTorch: eager mode, on the processor, from the start of seed 0.

    A step is: rows by their numbers, `zero_grad`, forward, loss, `backward`, `optimizer.step()`. The optimizer is PyTorch's own where it
    has one for the method, with a hook for a weight decay that it lacks, as in the code of `talweg code`; otherwise
    `talweg.torch_optimizer`, with a closure.

    Each is timed with the threads that PyTorch takes by default and with one, and the faster counts: a small network gains nothing by a
    second thread, and on a machine with other work the threads wait for each other (a step of Adam took 11 ms instead of 1 ms).
    """

    def measure(self, problem: Problem, contestants: Sequence[Entrant]) -> Mapping[str, Timing]:
        """The time of a step of each contestant, by its name. Raises InputError for a function, and for a model or a loss of one's own."""
        data = ordinary.training("torch", problem)
        x, y = rows(data)
        runs = {contestant.name: _steps(problem, contestant, x, y, data.cost) for contestant in contestants}
        threads = {torch.get_num_threads(), 1}
        timings = [interleaved({name: partial(_threaded, many, run) for name, run in runs.items()}) for many in threads]
        return {name: min(timing[name] for timing in timings) for name in runs}


def rows(data: ordinary.Training) -> tuple[Tensor, Tensor]:
    """Features and targets as PyTorch's layers want them: images with the channels first."""
    x = data.x.transpose(0, 3, 1, 2) if data.x.ndim == 4 else data.x
    return torch.from_numpy(np.array(x, order="C")), torch.from_numpy(np.array(data.y))


def network(start: Start, params: Network) -> nn.Sequential:
    """The same network with the same weights."""
    with torch.random.fork_rng(devices=[]):  # PyTorch draws weights, which are not used
        made = nn.Sequential(*_layers(start))
    _load(made, params)
    return made


def _layers(start: Start) -> list[nn.Module]:
    spec, activation = start.spec, ACTIVATIONS[start.spec.activation]
    layers: list[nn.Module] = []
    hidden, features = spec.widths, int(np.prod(start.inputs))
    if spec.kind == "cnn":
        height, width, channels = (*start.inputs, 1)[:3]
        for filters in spec.widths:
            layers += [nn.Conv2d(channels, filters, 3, padding="same"), activation(), nn.AvgPool2d(2)]
            height, width, channels = height // 2, width // 2, filters
        layers.append(nn.Flatten())
        hidden, features = (), height * width * channels
    for units in hidden:
        layers += [nn.Linear(features, units), activation()]
        features = units
    return [*layers, nn.Linear(features, start.outputs)]


@torch.no_grad()
def _load(made: nn.Sequential, params: Network) -> None:
    """Take over weights: here inputs come first and channels last, in PyTorch it is the other way round."""
    convolutions = [layer for layer in made if isinstance(layer, nn.Conv2d)]
    for convolution, dense in zip(convolutions, (ours.dense for ours in params.convolutions), strict=True):
        filters, channels = convolution.weight.shape[:2]
        _fill(convolution, np.asarray(dense.weight).reshape(3, 3, channels, filters).transpose(3, 2, 0, 1), dense.bias)
    linear = [layer for layer in made if isinstance(layer, nn.Linear)]
    for number, (theirs, ours) in enumerate(zip(linear, params.layers, strict=True)):
        weight = np.asarray(ours.weight).T
        if convolutions and number == 0:  # what it sees is flattened channels first
            channels = convolutions[-1].out_channels
            weight = weight.reshape(len(weight), -1, channels).transpose(0, 2, 1).reshape(weight.shape)
        _fill(theirs, weight, ours.bias)


def _fill(layer: Any, weight: Any, bias: Any) -> None:
    layer.weight.copy_(torch.tensor(np.array(weight)))
    layer.bias.copy_(torch.tensor(np.array(bias)))


def loss_of(cost: Cost, outputs: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean of a cost over a batch, as PyTorch has it: (predictions, targets) -> loss."""
    known: dict[Cost, Callable[[Tensor, Tensor], Tensor]] = {
        losses.squared: functional.mse_loss,
        losses.absolute: functional.l1_loss,
        losses.huber: functional.huber_loss,
        losses.poisson: functional.poisson_nll_loss,
        losses.cross_entropy: functional.cross_entropy if outputs > 1 else functional.binary_cross_entropy_with_logits,
        losses.hinge: _hinge if outputs > 1 else lambda z, y: functional.relu(1 - (2 * y - 1) * z).mean(),
        losses.squared_logistic: lambda z, y: functional.mse_loss(torch.sigmoid(z), y),
    }
    return known[cost]


def _hinge(prediction: Tensor, y: Tensor) -> Tensor:
    """Crammer & Singer's, which PyTorch does not have."""
    right = functional.one_hot(y, prediction.shape[1]).bool()
    others = prediction.masked_fill(right, -torch.inf).amax(1)
    return functional.relu(1 - prediction[right] + others).mean()


def _steps(problem: Problem, contestant: Entrant, x: Tensor, y: Tensor, cost: Cost) -> Callable[[int], float]:
    """What takes so many steps of a contestant by default, after one that is not timed, and gives their seconds."""
    start, method = ordinary.start_of(problem, contestant), ordinary.method_of(contestant)
    params, loss, own = start(jax.random.key(0)), loss_of(cost, start.outputs), ordinary.own_optimizer("torch", method)
    batches = None if contestant.size is None else torch.from_numpy(ordinary.order(problem, contestant))

    def seconds(steps: int) -> float:
        step = _step(network(start, params), method, own, loss)

        def go(t: int) -> None:
            if batches is None:
                step(x, y)
            else:
                batch = batches[t % len(batches)]
                step(x[batch], y[batch])

        go(0)  # an optimizer makes its state at its first step
        began = time.perf_counter()
        for t in range(steps):
            go(t)
        return time.perf_counter() - began

    return seconds


def _threaded(threads: int, run: Callable[[int], float], steps: int) -> float:
    """The seconds of so many steps with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return run(steps)
    finally:
        torch.set_num_threads(before)


@torch.no_grad()
def _shrink(decay: float, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
    """The hook for decoupled weight decay, as `talweg code` writes it."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.mul_(1.0 - group["lr"] * decay)


def _step(
    model: nn.Module, method: Method, own: Spelling | None, loss: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[Tensor, Tensor], Any]:
    """One step on a batch, as it is written in PyTorch; with its `own` optimizer for the method, if it has one."""
    if own is not None:
        optimizer = getattr(torch.optim, ordinary.name_of(own))(model.parameters(), **own.arguments)
        if own.hook:
            optimizer.register_step_pre_hook(partial(_shrink, own.hook))
    else:
        optimizer = torch_optimizer(model.parameters(), method)

    def gradient(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        return value

    def plain(x: Tensor, y: Tensor) -> None:
        gradient(x, y)
        optimizer.step()

    return plain if own is not None else lambda x, y: optimizer.step(lambda: gradient(x, y))
