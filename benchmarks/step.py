"""One step of Adam on 25 million parameters: talweg beside optax and PyTorch, and beside a plain copy; all in one run.

    pip install -e '.[bench]'
    python benchmarks/step.py
    python benchmarks/step.py --quick

A step of Adam must read the parameters, the gradient and two averages, and write all but the gradient: 28 bytes for each float32 parameter.
What counts is how near a step comes to the machine's memory: GB/s of these 28 bytes, and their share of the bandwidth of a copy (8 bytes
for each number), measured in the same run. Every way is a process of its own; all are gone through several times, and medians are shown.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import common

PARAMETERS = 25_000_000
BYTES = 28
RATE = 1e-3

#: Label and word of every way to take a step.
WAYS = {
    "copy": "copy of as many numbers (the best of NumPy, JAX and PyTorch)",
    "talweg": "talweg, jitted, donated buffers, one array",
    "talweg-sharded": "talweg, the same, sharded over the CPU's cores",
    "talweg-many": "talweg, the same, 25 arrays",
    "optax": "optax, jitted, donated buffers, one array",
    "optax-many": "optax, the same, 25 arrays",
    "torch-fused": "PyTorch, fused",
    "torch-foreach": "PyTorch, foreach",
    "bridge": "talweg.torch_optimizer",
}


def seconds(function: Callable[[], Any], repeats: int) -> float:
    """Median seconds of a call, after two that warm up."""
    taken = []
    for _ in range(repeats + 2):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[2:])


def copying(size: int, repeats: int) -> float:
    """The fastest copy."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import torch

    a, b = np.ones(size, np.float32), np.zeros(size, np.float32)
    one, other = torch.ones(size), torch.zeros(size)
    array, copied = jnp.ones(size), jax.jit(jnp.copy)
    ways = (lambda: np.copyto(b, a), lambda: other.copy_(one), lambda: copied(array).block_until_ready())
    return min(seconds(way, repeats) for way in ways)


def with_optax(size: int, repeats: int, *, ours: bool, arrays: int = 1, sharded: bool = False) -> float:
    """A transformation's update, applied, in one jitted function that may write on its arguments."""
    import jax

    if sharded:
        import talweg

        talweg.use_all_cores()
    import jax.numpy as jnp
    import optax

    if ours:
        from talweg.bridges.optax import transformation
        from talweg.methods import Adam

        optimizer: Any = transformation(Adam(RATE))
    else:
        optimizer = optax.adam(RATE)
    mesh = jax.make_mesh((len(jax.devices()),), ("part",), axis_types=(jax.sharding.AxisType.Auto,))
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("part"))
    made = [jnp.full(size // arrays, 0.5, jnp.float32) for _ in range(arrays)]
    params = [jax.device_put(x, place) for x in made] if sharded else made
    gradient = [0.01 * x for x in params]
    state = jax.jit(optimizer.init)(params)

    def step(params: Any, state: Any, gradient: Any) -> Any:
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    go = jax.jit(step, donate_argnums=(0, 1))

    def once() -> None:
        nonlocal params, state
        params, state = jax.block_until_ready(go(params, state, gradient))

    return seconds(once, repeats)


def with_torch(size: int, repeats: int, make: Callable[[Any], Any]) -> float:
    """An optimizer's step."""
    import torch

    w = torch.nn.Parameter(torch.full((size,), 0.5))
    w.grad = torch.full((size,), 0.005)
    optimizer = make([w])
    return seconds(optimizer.step, repeats)


def bridged(params: Any) -> Any:
    """talweg's method as PyTorch's optimizer."""
    import talweg

    return talweg.torch_optimizer(params, talweg.methods.Adam(RATE))


def adam(**options: Any) -> Callable[[Any], Any]:
    """PyTorch's own."""
    import torch

    return lambda params: torch.optim.Adam(params, lr=RATE, **options)


def metric(way: str, size: int, repeats: int) -> float:
    """Seconds of a step, one way."""
    if way == "copy":
        return copying(size, repeats)
    if way.startswith("torch"):
        return with_torch(size, repeats, adam(**{way.removeprefix("torch-"): True}))
    if way == "bridge":
        return with_torch(size, repeats, bridged)
    library, _, form = way.partition("-")
    return with_optax(size, repeats, ours=library == "talweg", arrays=25 if form == "many" else 1, sharded=form == "sharded")


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--quick", action="store_true")
    words.add_argument("--way", choices=WAYS)
    given = words.parse_args()
    size, repeats, rounds = (2_500_000, 5, 1) if given.quick else (PARAMETERS, 21, 3)
    if given.way:
        print(metric(given.way, size, repeats))
        return
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    quick = ["--quick"] if given.quick else []
    for _ in range(rounds):
        for way in WAYS:
            taken[way].append(float(common.run([sys.executable, __file__, "--way", way, *quick]).output.split()[-1]))
    medians = {way: statistics.median(times) for way, times in taken.items()}
    copy = 8 * size / medians["copy"]
    print(common.heading(f"One step of Adam on {size / 1e6:g} million parameters"))
    rows = []
    for way, label in WAYS.items():
        speed = (8 if way == "copy" else BYTES) * size / medians[way]
        spread = f"{1e3 * min(taken[way]):.1f} – {1e3 * max(taken[way]):.1f}"
        row = {"": label, "ms": f"{1e3 * medians[way]:.1f}", "of all rounds": spread, "GB/s": f"{speed / 1e9:.1f}"}
        rows.append(row | {"of the copy": f"{speed / copy:.0%}", "PyTorch fused": f"{medians[way] / medians['torch-fused']:.2f}×"})
    print(common.markdown(rows))


if __name__ == "__main__":
    main()
