"""How many training steps per second other libraries make; a child process for each, so that their threads and settings don't meet.

All of them train the same: digits (1,024 of the training rows, so that every batch is whole), a perceptron 64-H-10 with ReLU,
cross-entropy, float32, the rows shuffled anew each epoch. None of them measures anything while it trains, as talweg does.

    python benchmarks/peers.py torch --steps 800
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

LEARNING_RATE = 1e-3
ROWS = 1024
MODELS = 256  # of torch.func

#: arguments -> (what to call again and again, steps that one call makes).
Peer = Callable[[argparse.Namespace], tuple[Callable[[], Any], int]]


def data() -> tuple[np.ndarray, np.ndarray]:
    """Features scaled to mean 0 and variance 1, and labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    return x[:ROWS], y[:ROWS]


def torch_eager(given: argparse.Namespace) -> tuple[Callable[[], Any], int]:
    """The usual loop, with the optimizer fused and the data already tensors."""
    import torch

    torch.set_num_threads(given.threads)
    x, y = (torch.from_numpy(part) for part in data())
    model = torch.nn.Sequential(torch.nn.Linear(64, given.hidden), torch.nn.ReLU(), torch.nn.Linear(given.hidden, 10))
    cost = torch.nn.CrossEntropyLoss()
    kind = torch.optim.Adam if given.method == "adam" else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=LEARNING_RATE, fused=True)

    def train() -> None:
        done = 0
        while done < given.steps:
            for rows in torch.randperm(ROWS).split(given.batch):
                optimizer.zero_grad()
                cost(model(x[rows]), y[rows]).backward()
                optimizer.step()
                done += 1
                if done == given.steps:
                    break

    return train, given.steps


def torch_vmap(given: argparse.Namespace) -> tuple[Callable[[], Any], int]:
    """256 models at once with torch.func, each with its own order of examples; Adam is elementwise, so it takes the stack as it is."""
    import torch
    from torch.func import functional_call, grad, stack_module_state, vmap

    torch.set_num_threads(given.threads)
    x, y = (torch.from_numpy(part) for part in data())

    def build() -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Linear(64, given.hidden), torch.nn.ReLU(), torch.nn.Linear(given.hidden, 10))

    shape = build().to("meta")
    params, _ = stack_module_state([build() for _ in range(MODELS)])
    params = {name: leaf.detach().requires_grad_() for name, leaf in params.items()}
    optimizer = torch.optim.Adam(params.values(), lr=LEARNING_RATE, fused=True)
    slopes = vmap(grad(lambda p, a, b: torch.nn.functional.cross_entropy(functional_call(shape, p, (a,)), b)))

    def train() -> None:
        done = 0
        while done < given.steps:
            orders = torch.rand(MODELS, ROWS).argsort(dim=1)
            for rows in orders.split(given.batch, dim=1):
                with torch.no_grad():
                    found = slopes(params, x[rows], y[rows])
                for name, leaf in params.items():
                    leaf.grad = found[name]
                optimizer.step()
                done += 1
                if done == given.steps:
                    break

    return train, given.steps * MODELS


def optax_loop(given: argparse.Namespace) -> tuple[Callable[[], Any], int]:
    """One jitted step, batch taken inside it, called from a Python loop."""
    import jax
    import jax.numpy as jnp
    import optax

    x, y = (jnp.asarray(part) for part in data())
    keys = jax.random.split(jax.random.key(0))
    sizes = ((64, given.hidden), (given.hidden, 10))
    params = [(jax.random.normal(key, size) * (2 / size[0]) ** 0.5, jnp.zeros(size[1])) for key, size in zip(keys, sizes, strict=True)]
    optimizer = optax.adam(LEARNING_RATE)
    state = optimizer.init(params)

    def cost(params: Any, x: Any, y: Any) -> Any:
        (w1, b1), (w2, b2) = params
        return optax.softmax_cross_entropy_with_integer_labels(jax.nn.relu(x @ w1 + b1) @ w2 + b2, y).mean()

    @jax.jit
    def step(params: Any, state: Any, rows: Any) -> Any:
        move, state = optimizer.update(jax.grad(cost)(params, x[rows], y[rows]), state)
        return optax.apply_updates(params, move), state

    generator = np.random.default_rng(0)

    def train() -> None:
        nonlocal params, state
        done = 0
        while done < given.steps:
            order = generator.permutation(ROWS)
            for first in range(0, ROWS, given.batch):
                params, state = step(params, state, order[first : first + given.batch])
                done += 1
                if done == given.steps:
                    break
        jax.block_until_ready(params)

    return train, given.steps


def scikit_learn(given: argparse.Namespace) -> tuple[Callable[[], Any], int]:
    """MLPClassifier with everything switched off that ends a run early."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = data()
    epochs = max(1, given.steps // (ROWS // given.batch))
    options = {"solver": "adam", "batch_size": given.batch, "alpha": 0.0, "learning_rate_init": LEARNING_RATE}
    model = MLPClassifier((given.hidden,), max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1, **options)
    return lambda: model.fit(x, y), epochs * (ROWS // given.batch)


def keras_fit(given: argparse.Namespace) -> tuple[Callable[[], Any], int]:
    """`fit` on the JAX backend, compiled, as many steps in one call of the compiled function as asked for (Keras's default is one)."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    x, y = data()
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(given.hidden, activation="relu"), keras.layers.Dense(10)])
    cost = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), cost, jit_compile=True, steps_per_execution=given.at_once)
    epochs = max(1, given.steps // (ROWS // given.batch))
    return lambda: model.fit(x, y, batch_size=given.batch, epochs=epochs, verbose=0), epochs * (ROWS // given.batch)


PEERS: dict[str, Peer] = {
    "torch": torch_eager,
    "torch-vmap": torch_vmap,
    "optax": optax_loop,
    "scikit-learn": scikit_learn,
    "keras": keras_fit,
}


def measured(train: Callable[[], Any], steps: int, repeats: int) -> dict[str, Any]:
    """Steps per second: the median of so many repeats after one that warms up."""
    train()
    rates = []
    for _ in range(repeats):
        began = time.perf_counter()
        train()
        rates.append(steps / (time.perf_counter() - began))
    return {"rate": statistics.median(rates), "low": min(rates), "high": max(rates)}


def main() -> None:
    """Measure one peer and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--steps", type=int, default=800, help="of each model in each repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--method", choices=("adam", "sgd"), default="adam", help="torch only")
    parser.add_argument("--threads", type=int, default=1, help="torch only")
    parser.add_argument("--at-once", type=int, default=1, help="Keras only: steps_per_execution")
    given = parser.parse_args()
    print(json.dumps(measured(*PEERS[given.peer](given), given.repeats)))


if __name__ == "__main__":
    main()
