"""A slice of the loss landscape of a network on digits: one batched evaluation against a loop over the points.

    python benchmarks/landscape.py [--points 41] [--repeats 5]

The loops are what landscape tools do: for each point of the grid, put the moved weights into the model and measure the loss on all
training data. PyTorch in eager mode with all its threads, and JAX with the loss of one point compiled. All three compute the same
numbers, which is checked. Medians of several; the first run of each is a warm-up and not counted.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable

import common
import jax
import numpy as np
import torch

import talweg as tw
from talweg.landscape import slices

MODEL = "mlp:64,32"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--points", type=int, default=41)
    asked.add_argument("--repeats", type=int, default=5)
    given = asked.parse_args()
    tw.use_all_cores()
    problem = tw.problems.load("digits", model=MODEL)
    trace = tw.descend(problem, tw.methods.Adam(1e-3), steps=300, positions=True)
    made = tw.landscape.slice(problem, trace.params, directions="trajectory", trajectories=[trace], points=given.points)
    across, up = np.meshgrid(made.x, made.y)
    at = np.stack([across.ravel(), up.ravel()], axis=1)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "talweg, one batched evaluation": lambda: slices.evaluate(problem, made.plane.centre, made.plane.directions, at, problem.train),
        "PyTorch, loop over the points": in_torch(problem, made, at),
        "JAX, compiled loss of one point in a loop": in_jax(problem, made, at),
    }
    seconds, found = measured(ways, given.repeats)
    ours = next(iter(found.values()))
    apart = max(float(np.max(np.abs(other / ours - 1))) for other in found.values())
    fastest = seconds["talweg, one batched evaluation"]
    rows = [
        {
            "": name,
            "seconds": f"{statistics.median(times):.3f} ({min(times):.3f} – {max(times):.3f})",
            "points per second": f"{len(at) / statistics.median(times):,.0f}",
            "talweg is": "" if times is fastest else f"{statistics.median(times) / statistics.median(fastest):.1f}×",
        }
        for name, times in seconds.items()
    ]
    print(common.heading("A slice of the loss landscape"))
    print(
        f"digits, {MODEL} ({problem.parameters():,} parameters), {given.points} × {given.points} points, {problem.examples:,} training "
        f"examples at each; median of {given.repeats} (least – most). Losses agree to {apart:.0e}.\n"
    )
    print(common.markdown(rows))


def measured(ways: dict[str, Callable[[], np.ndarray]], repeats: int) -> tuple[dict[str, list[float]], dict[str, np.ndarray]]:
    """The seconds of each way and the losses that it found; they take turns, so that other work on the machine meets all of them."""
    found = {name: way() for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    return seconds, found


def in_torch(problem: tw.Problem, made: tw.landscape.Slice, at: np.ndarray) -> Callable[[], np.ndarray]:
    """The weights loaded into a PyTorch model, the loss measured, point after point."""
    x, y = (torch.as_tensor(np.array(leaf)) for leaf in problem.train)
    x, y = x.reshape(len(x), -1), y.long()
    sizes = [64, 64, 32, 10]
    layers: list[torch.nn.Module] = []
    for i, o in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(i, o), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])

    def tensors(tree: object) -> list[torch.Tensor]:
        return [torch.as_tensor(np.array(leaf.T if leaf.ndim == 2 else leaf)) for leaf in jax.tree.leaves(tree)]

    centre, first, second = (tensors(tree) for tree in (made.plane.centre, *made.plane.directions))

    def run() -> np.ndarray:
        losses = []
        with torch.no_grad():
            for a, b in at.tolist():
                for p, w, d1, d2 in zip(model.parameters(), centre, first, second, strict=True):
                    p.copy_(w + a * d1 + b * d2)
                losses.append(torch.nn.functional.cross_entropy(model(x), y).item())
        return np.array(losses)

    return run


def in_jax(problem: tw.Problem, made: tw.landscape.Slice, at: np.ndarray) -> Callable[[], np.ndarray]:
    """One compiled call for each point."""
    train = jax.device_put(problem.train)
    plane = made.plane

    @jax.jit
    def loss(x: float, y: float) -> jax.Array:
        moved = jax.tree.map(lambda w, a, b: w + x * a + y * b, plane.centre, *plane.directions)
        return problem.loss(moved, train)

    return lambda: np.array([float(loss(x, y)) for x, y in at.astype(np.float32)])


if __name__ == "__main__":
    main()
