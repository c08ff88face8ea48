"""`talweg race digits` as a whole process, cold and warm, and what a PyTorch loop would take for the same training steps.

    pip install -e '.[bench]'
    python benchmarks/race.py
    python benchmarks/race.py --quick    # once instead of three times

Cold: nothing compiled before (a fresh cache each time). Warm: the programs of an earlier race are cached, the store is new.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import common

COLD, WARM, MEMORY, SHARE = 30.0, 15.0, 2.0, 0.1  # the aims: seconds, seconds, GiB, of PyTorch's time


def race(folder: Path, cache: Path, problem: str = "digits") -> tuple[common.Finished, dict[str, Any], Path]:
    """One race with a new store; returns the process, its JSON and the store."""
    folder.mkdir()
    store, numbers = folder / "talweg.db", folder / "race.json"
    command = [sys.executable, "-m", "talweg", "race", problem]
    command += ["--store", str(store), "--json", str(numbers), "--out", str(folder / "report")]
    done = common.run(command, XDG_CACHE_HOME=str(cache))
    return done, json.loads(numbers.read_text(encoding="utf-8")), store


def steps_by_batch(summary: dict[str, Any], store: Path) -> dict[int, int]:
    """Training steps of all lanes, by how many examples a step saw."""
    sizes = {row["name"]: row["batch"] if row["batch"] != "full" else summary["problem"]["examples"] for row in summary["contestants"]}
    query = "SELECT contestant, sum(steps) FROM lane JOIN block USING (race, contestant, rung, block) GROUP BY contestant"
    total: dict[int, int] = {}
    with sqlite3.connect(store) as db:
        for name, steps in db.execute(query):
            total[sizes[name]] = total.get(sizes[name], 0) + steps
    return total


def torch_rate(batch: int, method: str, repeats: int) -> float:
    """Steps per second of the eager loop, with one thread or two, whichever is better."""
    words = ["torch", "--batch", str(batch), "--method", method, "--repeats", str(repeats), "--steps", "1500"]
    command = [sys.executable, str(common.HERE / "peers.py"), *words]
    return max(json.loads(common.run([*command, "--threads", threads]).output)["rate"] for threads in ("1", "2"))


def main() -> None:
    """Race, measure PyTorch, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description="talweg race digits as a whole process")
    parser.add_argument("--quick", action="store_true", help="once instead of three times")
    repeats = 1 if parser.parse_args().quick else 3
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        cold = [race(here / f"cold{i}", here / f"cache{i}") for i in range(repeats)]
        warm = [race(here / f"warm{i}", here / "cache0") for i in range(repeats)]
        _, summary, store = warm[0]
        work = steps_by_batch(summary, store)
    rates = {batch: torch_rate(batch, "adam" if batch == 64 else "sgd", 1 if repeats == 1 else 5) for batch in work}

    print(common.heading("A race on digits, as a whole process"))
    timing = summary["timing"]
    print(f"`talweg race digits`: {timing['lanes']:,} trainings, {timing['lane_steps']:,} steps; median of {repeats}.\n")
    cold_seconds, warm_seconds = (statistics.median(done.seconds for done, *_ in runs) for runs in (cold, warm))
    peak = max(done.peak for done, *_ in [*cold, *warm]) / common.GIB
    print(
        common.markdown(
            [
                _row("cold start", f"{cold_seconds:.1f} s", f"< {COLD:g} s", cold_seconds < COLD),
                _row("compiled before", f"{warm_seconds:.1f} s", f"< {WARM:g} s", warm_seconds < WARM),
                _row("peak memory", f"{peak:.2f} GiB", f"< {MEMORY:g} GiB", peak < MEMORY),
            ]
        )
    )
    needed = {batch: steps / rates[batch] for batch, steps in work.items()}
    print("\nThe same steps in an eager PyTorch loop, one training after the other, at the rates measured in this run:\n")
    rows = [
        {"examples per step": f"{n:,}", "steps": f"{work[n]:,}", "steps/s": f"{rates[n]:,.0f}", "seconds": f"{needed[n]:.0f}"}
        for n in sorted(work)
    ]
    print(common.markdown(rows))
    total = sum(needed.values())
    uniform = timing["lane_steps"] / rates.get(64, max(rates.values()))
    print(f"\nTogether {total:.0f} s ({uniform:.0f} s if every step took as long as Adam's on 64 examples):\n")
    shares = [
        _row(f"{word} race / PyTorch", f"{s / total:.3f} (1/{total / s:.0f})", f"≤ 1/{1 / SHARE:.0f}", s <= SHARE * total)
        for word, s in (("cold", cold_seconds), ("warm", warm_seconds))
    ]
    print(common.markdown(shares))


def _row(what: str, measured: str, aim: str, met: bool) -> dict[str, str]:
    return {"": what, "measured": measured, "aim": aim, "met": "yes" if met else "no"}


if __name__ == "__main__":
    main()
