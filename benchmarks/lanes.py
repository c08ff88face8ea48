"""talweg's lanes beside other libraries: digits, a perceptron 64-32-10, batches of 64, Adam, float32; all in one run.

    pip install -e '.[bench]'
    python benchmarks/lanes.py            # some minutes
    python benchmarks/lanes.py --quick    # fewer steps, to see that it works
    python benchmarks/lanes.py --alone    # talweg without the others

talweg is measured as a race runs it: starts, orders of examples, some forty measurements of the validation data and all handing over are
in its time; only compiling is not. The peers only train.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import common

SEEDS = 16
FLOP = "6 · 64 · (64 H + 10 H) per step"


@dataclass(frozen=True)
class Opponent:
    """A row of the table: the peer's ways of being run, of which the best counts."""

    label: str
    ways: dict[str, list[str]]
    aim: float  #: how many times as many steps talweg should make


OPPONENTS = (
    Opponent("PyTorch, eager loop, fused Adam", {f"{n} threads": ["torch", "--threads", str(n)] for n in (1, 2)}, 25),
    Opponent("optax, one jitted step in a loop", {"": ["optax"]}, 6),
    Opponent("torch.func vmap, 256 models", {f"{n} threads": ["torch-vmap", "--threads", str(n)] for n in (1, 2)}, 6),
    Opponent("scikit-learn MLPClassifier", {"": ["scikit-learn"]}, 15),
    Opponent("Keras 3 fit (JAX, compiled)", {"": ["keras"]}, 15),
)
#: Not what people usually write, so without an aim: Keras with a whole epoch in one call.
EXTRA = Opponent("Keras 3 fit, steps_per_execution=16", {"": ["keras", "--at-once", "16"]}, 0)


def median_seconds(function: Callable[[], Any], repeats: int) -> float:
    """Median seconds of a call, after one that warms up."""
    function()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def own(hidden: int, lanes: int, steps: int, repeats: int) -> float:
    """talweg's lane-steps per second, all devices: settings × 16 seeds, as in the final of a race."""
    import numpy as np

    import talweg as tw
    from talweg.racing.lanes import Floor, Program

    problem = tw.problems.load("digits", model=f"mlp:{hidden}")
    rates = np.geomspace(3e-4, 3e-3, max(1, lanes // SEEDS))
    methods = [tw.methods.Adam(float(rates[i // SEEDS])) for i in range(lanes)]
    seeds = [i % SEEDS for i in range(lanes)]
    program = Program(Floor(problem), methods[0], 64, lanes)
    return lanes * steps / median_seconds(lambda: program.run(methods, seeds, steps), repeats)


def matrix_product(repeats: int) -> float:
    """GFLOP/s of a 2048³ product in float32 on all cores: by one device, or by rows over all of them, whichever is better."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import NamedSharding, PartitionSpec

    n = 2048
    mesh = jax.make_mesh((len(jax.devices()),), ("row",))
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(n, n)).astype(np.float32) for _ in range(2))
    alone = jax.device_put((a, b), jax.devices()[0])
    shared = jax.device_put(a, NamedSharding(mesh, PartitionSpec("row"))), jax.device_put(b, NamedSharding(mesh, PartitionSpec()))
    product = jax.jit(jnp.matmul)

    def wait(a: Any, b: Any) -> None:
        product(a, b).block_until_ready()

    taken = min(median_seconds(functools.partial(wait, *pair), repeats) for pair in (alone, shared))
    return 2 * n**3 / taken / 1e9


def child(quick: bool) -> dict[str, float]:
    """All that is measured in talweg's own process."""
    import talweg as tw

    tw.use_all_cores()
    steps, repeats = (160, 3) if quick else (800, 5)
    return {
        "rate": own(32, 256, steps, repeats),
        "race_rate": own(32, 32, 156, repeats),
        "wide_rate": own(128, 256, steps // (1 if quick else 2), repeats),
        "product_before": matrix_product(2 * repeats),
        "product_after": matrix_product(2 * repeats),
    }


def main() -> None:
    """Measure, one process after the other, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description="talweg's lanes beside other libraries")
    parser.add_argument("--quick", action="store_true", help="fewer steps and repeats")
    parser.add_argument("--alone", action="store_true", help="talweg without the others")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.quick)))
        return
    steps, repeats = (160, 3) if given.quick else (800, 5)
    print(common.heading("Lanes: training steps per second"))
    print(f"digits, perceptron 64-32-10, batches of 64, Adam, float32, {steps} steps per model; median of {repeats} after a warm-up.\n")
    python = sys.executable
    ours = json.loads(common.run([python, __file__, "--child", *(["--quick"] if given.quick else [])]).output)
    rows = [_row("talweg, 256 lanes", ours["rate"], "", None)]
    for opponent in () if given.alone else (*OPPONENTS, EXTRA):
        found = {}
        for way, words in opponent.ways.items():
            command = [python, str(common.HERE / "peers.py"), *words, "--steps", str(steps), "--repeats", str(repeats)]
            found[way] = json.loads(common.run(command).output)["rate"]
        best = max(found, key=lambda way: found[way])
        label = f"{opponent.label}{', better with ' + best.replace('1 threads', '1 thread') if len(found) > 1 else ''}"
        ratio = ours["rate"] / found[best]
        rows.append(_row(label, found[best], f"≥ {opponent.aim:g}" if opponent.aim else "–", ratio, opponent.aim))
    rows.append(_row("talweg as in a race: blocks of 32 lanes, 156 steps", ours["race_rate"], "–", ours["rate"] / ours["race_rate"]))
    print(common.markdown(rows))
    flop = 6 * 64 * (64 + 10) * 128
    reached, possible = ours["wide_rate"] * flop / 1e9, max(ours["product_before"], ours["product_after"])
    print(f"\nHidden layer of 128, counted as {FLOP} (measuring is done but not counted):\n")
    table = {"talweg": f"{reached:.0f} GFLOP/s", "2048³ matrix product": f"{possible:.0f} GFLOP/s", "share": f"{reached / possible:.0%}"}
    print(common.markdown([{**table, "aim": "≥ 50 %", "met": _met(reached >= 0.5 * possible)}]))


def _row(label: str, rate: float, aim: str, ratio: float | None, least: float = 0) -> dict[str, str]:
    shown = "" if ratio is None else f"{ratio:.1f}×"
    met = _met(ratio is not None and ratio >= least) if least else ""
    return {"": label, "steps/s": f"{rate:,.0f}", "talweg is": shown, "aim": aim, "met": met}


def _met(met: bool) -> str:
    return "yes" if met else "no"


if __name__ == "__main__":
    main()
