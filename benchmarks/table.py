"""`talweg race` on a large table, as a whole process: a CSV file of 1,000,000 rows and 30 columns, dirty like real ones.

python benchmarks/table.py
python benchmarks/table.py --rows 50000 --methods adam,momentum
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import pyarrow as pa
import pyarrow.csv

NUMBERS = 22
WORDS = ("red", "green", "blue", "grey", "white")
MEMORY, SECONDS = 4.0, 300.0  # the aims: GiB, and "a few minutes"
MISSING = 0.03


def table(rows: int) -> pa.Table:
    """22 columns of numbers (two of them whole), 5 of categories (5 to 2,000 values), a date, a yes/no, and the target: 30.

    3 % of the cells of every other column are missing. The target has two classes and follows from seven of the columns.
    """
    rng = np.random.default_rng(0)
    columns: dict[str, pa.Array] = {}

    def add(name: str, values: np.ndarray) -> None:
        gone = rng.random(rows) < MISSING if len(columns) % 2 else None
        columns[name] = pa.array(values, mask=gone)

    numbers = rng.normal(size=(NUMBERS, rows)).astype(np.float32).round(4)
    numbers[3] = np.exp(numbers[3]).round(2)  # an amount of money: skewed
    for i, values in enumerate(numbers):
        add(f"number_{i:02}", (values * 20).astype(np.int32) if i in (7, 8) else values)
    colour = rng.integers(len(WORDS), size=rows)
    add("colour", np.array(WORDS)[colour])
    for size in (12, 50, 300, 2000):
        add(f"category_{size}", np.char.add("c", rng.integers(size, size=rows).astype(str)))
    days = rng.integers(3650, size=rows)
    add("day", (np.datetime64("2015-01-01") + days).astype(str))
    member = rng.integers(2, size=rows)
    add("member", np.array(["no", "yes"])[member])
    score = numbers[0] * numbers[1] + np.sin(2 * numbers[2]) + 0.5 * numbers[4] + 0.4 * (colour == 2) + 0.3 * member + days / 3650
    columns["target"] = pa.array(np.array(["stays", "leaves"])[(score + rng.logistic(size=rows) * 0.5 > 0.8).astype(int)])
    return pa.table(columns)


def main() -> None:
    """Write the file, race on it, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description="talweg race on a large table as a whole process")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--methods", help="as for talweg race")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        file = here / "table.csv"
        made = table(given.rows)
        pyarrow.csv.write_csv(made, file)
        columns = made.num_columns
        del made
        command = [sys.executable, "-m", "talweg", "race", str(file), "--target", "target", "--json", str(here / "race.json")]
        command += ["--store", str(here / "talweg.db"), "--out", str(here / "report")]
        command += ["--methods", given.methods] if given.methods else []
        done = common.run(command, XDG_CACHE_HOME=str(here / "cache"))
        summary = json.loads((here / "race.json").read_text(encoding="utf-8"))
        megabytes = file.stat().st_size / 1e6
    timing, facts = summary["timing"], summary["problem"]["facts"]
    print(common.heading(f"A race on a table of {given.rows:,} × {columns}"))
    print(f"`talweg race table.csv --target target`, {megabytes:.0f} MB, cold start, once: {facts['features']} features after encoding,")
    print(f"{timing['lanes']:,} trainings, {timing['lane_steps']:,} steps, {summary['run']['epochs']:g} epochs each.\n")
    peak = done.peak / common.GIB
    rows = [
        {"": "wall time", "measured": f"{done.seconds:.0f} s", "aim": f"< {SECONDS:.0f} s", "met": _met(done.seconds < SECONDS)},
        {"": "of it, the race itself", "measured": f"{timing['wall']:.0f} s", "aim": "–", "met": ""},
        {"": "peak memory", "measured": f"{peak:.2f} GiB", "aim": f"< {MEMORY:g} GiB", "met": _met(peak < MEMORY)},
    ]
    print(common.markdown(rows))
    print(f"\n> {summary['verdict']['text']}")


def _met(met: bool) -> str:
    return "yes" if met else "no"


if __name__ == "__main__":
    main()
