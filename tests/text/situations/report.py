"""What the report of a race says around its figures and in the heads of its table."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from talweg.text import race, report

MADE = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))
fresh = MADE["fresh"]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Headlines, key numbers and advice of each race, then what stands on every page."""
    for case in (*MADE["CASES"], "no target", "many ties", "default misses"):
        summary = made(case)
        numbers = [" · ".join(filter(None, fact)) for fact in report.key_numbers(summary) if fact[1]]
        yield case.replace("_", " "), [race.headline(summary), "", *numbers, "", *report.advice(summary)]
    for case in ("summary", "own_function"):
        summary = fresh(case)
        yield (
            f"what was run: {case.replace('_', ' ')}",
            [" · ".join(filter(None, fact)) for fact in report.what_was_run(summary) if fact[1]],
        )
        yield f"heads: {case.replace('_', ' ')}", [f"{head}: {meaning}" for head, meaning in report.columns(summary["problem"]).values()]
    yield "how to read it", [report.LEGEND, report.NO_SCRIPT, *report.how_to_read(fresh("summary"))]


def made(case: str) -> Any:
    """A race by its name."""
    summary = fresh(case if case in MADE["CASES"] else "summary")
    winner = summary["contestants"][0]
    if case == "no target":
        summary["target"]["value"] = None
        winner.update(examples_to_target=MADE["NOTHING"], speedup=MADE["NOTHING"], batch="full")
    if case == "many ties":
        for c in summary["contestants"]:
            c["tied"] = True
    if case == "default misses":
        winner["default"]["examples_to_target"] = MADE["NOTHING"]
    return summary
