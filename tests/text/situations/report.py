"""What the report of a race says around its figures and in the heads of its table."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

from talweg.text import report, timing

MADE = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))
fresh = MADE["fresh"]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Key numbers and advice of each race, then what stands on every page."""
    for case in MADE["CASES"]:
        summary = fresh(case)
        numbers = [" · ".join(filter(None, fact)) for fact in report.key_numbers(summary) if fact[1]]
        yield case.replace("_", " "), [*numbers, "", *report.advice(summary)]
    for case in ("summary", "own_function"):
        summary = fresh(case)
        yield (
            f"what was run: {case.replace('_', ' ')}",
            [" · ".join(filter(None, fact)) for fact in report.what_was_run(summary) if fact[1]],
        )
        yield f"heads: {case.replace('_', ' ')}", [f"{head}: {meaning}" for head, meaning in report.columns(summary).values()]
        yield f"examples to the target: {case.replace('_', ' ')}", [", ".join(timing.examples(summary, c)) for c in summary["contestants"]]
    yield "how to read it", [report.LEGEND, report.NO_SCRIPT, *report.how_to_read(fresh("summary"))]
