"""talweg's lanes beside other libraries: digits, a perceptron 64-32-10, batches of 64, Adam, float32; all in one run.

    pip install -e '.[bench]'
    python benchmarks/lanes.py            # some minutes
    python benchmarks/lanes.py --quick    # fewer steps, to see that it works
    python benchmarks/lanes.py --alone    # talweg without the others

talweg is measured as a race runs it: starts, orders of examples, some forty measurements of the validation data and all handing over are
in its time; only compiling is not. The peers only train.

A machine's speed drifts (other users, heat), so talweg is measured again between any two peers, and each is compared with the
measurements before and after it.
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
LENGTHS = {False: (800, 5), True: (160, 3)}  #: steps of each model and repeats, by --quick
FLOP = "6 · 64 · (64 H + 10 H) per step"


@dataclass(frozen=True)
class Opponent:
    """A row of the table: the peer's ways of being run, of which the best counts."""

    label: str
    ways: dict[str, list[str]]
    aim: float  #: how many times as many steps talweg should make


def _threads(peer: str) -> dict[str, list[str]]:
    return {f"{n} thread{'s' if n > 1 else ''}": [peer, "--threads", str(n)] for n in (1, 2)}


OPPONENTS = (
    Opponent("PyTorch, eager loop, fused Adam", _threads("torch"), 25),
    Opponent("optax, one jitted step in a loop", {"": ["optax"]}, 6),
    Opponent("torch.func vmap, 256 models", _threads("torch-vmap"), 6),
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
    from talweg.engine.program import Placement, Program

    problem = tw.problems.load("digits", model=f"mlp:{hidden}")
    rates = np.geomspace(3e-4, 3e-3, max(1, lanes // SEEDS))
    methods = [tw.methods.Adam(float(rates[i // SEEDS])) for i in range(lanes)]
    seeds = [i % SEEDS for i in range(lanes)]
    program = Program(Placement(problem), methods[0], 64, lanes)
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


def child(quick: bool, part: str) -> dict[str, float]:
    """What is measured in a process of talweg's own: its lanes, or everything else."""
    import talweg as tw

    tw.use_all_cores()
    steps, repeats = LENGTHS[quick]
    if part == "lanes":
        return {"rate": own(32, 256, steps, repeats)}
    return {
        "race_rate": own(32, 32, 156, repeats),
        "product_before": matrix_product(2 * repeats),
        "wide_rate": own(128, 256, steps // (1 if quick else 2), repeats),
        "product_after": matrix_product(2 * repeats),
    }


def metric(quick: bool, *part: str) -> dict[str, float]:
    """`child` in a process."""
    return json.loads(common.run([sys.executable, __file__, *(["--quick"] if quick else []), "--child", *part]).output)


def measure_peer(opponent: Opponent, quick: bool) -> tuple[str, float]:
    """The opponent's best way, in words, and its steps per second."""
    steps, repeats = LENGTHS[quick]
    found = {}
    for way, words in opponent.ways.items():
        command = [sys.executable, str(common.HERE / "peers.py"), *words, "--steps", str(steps), "--repeats", str(repeats)]
        found[way] = json.loads(common.run(command).output)["rate"]
    best = max(found, key=lambda way: found[way])
    return f"{opponent.label}{', ' + best if best else ''}", found[best]


def main() -> None:
    """Measure, one process after the other, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description="talweg's lanes beside other libraries")
    parser.add_argument("--quick", action="store_true", help="fewer steps and repeats")
    parser.add_argument("--alone", action="store_true", help="talweg without the others")
    parser.add_argument("--child", choices=("lanes", "rest"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.quick, given.child)))
        return
    steps, repeats = LENGTHS[given.quick]
    ours = [metric(given.quick, "lanes")["rate"]]
    rows = []
    for opponent in () if given.alone else (*OPPONENTS, EXTRA):
        label, rate = measure_peer(opponent, given.quick)
        ours.append(metric(given.quick, "lanes")["rate"])
        rows.append(_row(label, rate, (ours[-2] + ours[-1]) / 2 / rate, opponent.aim))
    rest = metric(given.quick, "rest")
    rows.insert(0, _row("talweg, 256 lanes", statistics.median(ours)))
    rows.append(_row("talweg in blocks of 32 lanes and 156 steps, as a race has them", rest["race_rate"]))

    print(common.heading("Lanes: training steps per second"))
    print(f"digits, perceptron 64-32-10, batches of 64, Adam, float32, {steps} steps per model; median of {repeats} after a warm-up.")
    print(f'talweg was measured {len(ours)} times, from {min(ours):,.0f} to {max(ours):,.0f}; "talweg is" compares with those')
    print("before and after a peer.\n")
    print(common.markdown(rows))
    flop = 6 * 64 * (64 + 10) * 128
    reached, possible = rest["wide_rate"] * flop / 1e9, max(rest["product_before"], rest["product_after"])
    print(f"\nHidden layer of 128, counted as {FLOP} (measuring is done but not counted):\n")
    table = {"talweg": f"{reached:.0f} GFLOP/s", "2048³ matrix product": f"{possible:.0f} GFLOP/s", "share": f"{reached / possible:.0%}"}
    print(common.markdown([{**table, "aim": "≥ 50 %", "met": _met(reached >= 0.5 * possible)}]))


def _row(label: str, rate: float, ratio: float | None = None, least: float = 0) -> dict[str, str]:
    shown, aim = "" if ratio is None else f"{ratio:.1f}×", f"≥ {least:g}×" if least else "–"
    return {"": label, "steps/s": f"{rate:,.0f}", "talweg is": shown, "aim": aim, "met": _met(ratio >= least) if least and ratio else ""}


def _met(met: bool) -> str:
    return "yes" if met else "no"


if __name__ == "__main__":
    main()
