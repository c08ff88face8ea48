"""The critical batch size beside McCandlish's noise scale, and what a ladder takes.

    python benchmarks/batch.py [digits|cnn|clouds …] [--methods sgd,adam]

For each problem the ladder of each method, and B_noise = tr(Σ) / |G|² (McCandlish et al. 2018): G is the gradient over all training
rows, Σ the covariance of the gradients of single rows. It is averaged over the steps of trainings with the full batch and its best
learning rate, up to the same target: steps are then S_min (1 + B_noise / B).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import talweg as tw
from talweg.contestants.notation import listed
from talweg.engine.program import Placement, Program
from talweg.problems.base import Problem

SEEDS, POINTS = 4, 12


def clouds() -> Problem:
    """Two overlapping clouds, of which a small network learns the border quickly."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 2000)
    return tw.problems.from_arrays(rng.normal(size=(2000, 8)) + 0.6 * labels[:, None], labels, model="mlp:16")


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "digits": lambda: tw.problems.load("digits"),
    "cnn": lambda: tw.problems.load("digits", model="cnn:4,8"),
    "clouds": clouds,
}


def noise_scale(problem: Problem, method: str, rate: float, steps: float) -> float:
    """The mean of tr(Σ) / |G|² over a training with the full batch that has so many steps."""
    (one,) = listed(problem, f"{method}@full:learning_rate={rate!r}", 1)
    seeds = list(range(SEEDS))
    program = Program(Placement(problem), one.method({}, 1), one.size, SEEDS)
    scales = []
    for end in np.unique(np.linspace(0, steps, POINTS).round().astype(int)):
        params = program.run([one.method({}, max(int(end), 1))] * SEEDS, seeds, max(int(end), 1)).params
        spread, norm = np.sum(
            [_moments(problem, jax.tree.map(lambda x, k=k: jnp.asarray(x)[k], params), s) for k, s in enumerate(seeds)], axis=0
        )
        scales.append(spread / norm)
    return float(np.mean(scales))


def _moments(problem: Problem, params: Any, seed: int) -> tuple[float, float]:
    """tr(Σ) and |G|² over all training rows, which are all that batches are drawn from."""
    rows = problem.divided(seed).train

    def gradient(row: Any) -> jax.Array:
        return _flat(jax.grad(problem.loss)(params, jax.tree.map(lambda x: x[None], row)))

    grads = jax.vmap(gradient)(rows)
    return float(jnp.sum(jnp.var(grads, axis=0))), float(jnp.sum(jnp.mean(grads, axis=0) ** 2))


def _flat(tree: Any) -> jax.Array:
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(tree)])


def main() -> None:
    """A table for each problem, and the two numbers for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", help="digits, cnn, clouds; all without it")
    parser.add_argument("--methods", default="sgd,adam")
    given = parser.parse_args()
    tw.use_all_cores()
    for name in given.which or PROBLEMS:
        problem = PROBLEMS[name]()
        began = time.perf_counter()
        done = tw.batch(problem, given.methods)
        took = time.perf_counter() - began
        print(f"\n{name}: {problem.examples} training examples, {problem.parameters()} parameters; the ladders took {took:.0f} s")
        print(done.table().to_string(index=False))
        for ladder in done.summary["ladders"]:
            size = ladder["sizes"][-1]
            for word, goal, fit in (("target", "to_target", "fit"), ("looser target", "to_loose", "loose_fit")):
                reached, critical = size[goal], ladder[fit]["critical"]
                if reached["steps"]["value"] is None or ladder[fit]["seen"] != "inside":
                    continue
                scale = noise_scale(problem, ladder["name"], reached["learning_rate"], reached["steps"]["value"])
                ends = f"{critical['value']:.0f} ({critical['low'] or 0:.0f} … {critical['high'] or np.inf:.0f})"
                print(
                    f"{ladder['label']}, {word}: critical batch size {ends}, noise scale {scale:.0f}, ratio {critical['value'] / scale:.2f}"
                )


if __name__ == "__main__":
    main()
