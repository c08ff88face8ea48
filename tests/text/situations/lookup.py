"""Losses as a log scale can show them."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from talweg.text import lookup

fresh = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))["fresh"]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """The title of an axis, and three losses on it."""
    for title, lowest, optimum in (
        ("all losses positive", 0.1, None),
        ("a loss of zero", 0.0, None),
        ("a loss below zero, the optimum unknown", -3.25, None),
        ("a loss below zero, the optimum known", -3.25, -3.5),
        ("a loss below the optimum", -3.25, 0.0),
    ):
        summary: dict[str, Any] = fresh("summary")
        summary["contestants"][0]["search"][0]["loss"], summary["problem"]["optimum"] = lowest, optimum
        lifted = lookup.lifted(summary)
        yield title, [lookup.loss_axis(lifted, "validation loss"), *(lookup.loss_words(lifted, x) for x in (None, 0.0, 0.125))]
    summary = fresh("summary")
    adam = summary["contestants"][0]
    slow = [len(lookup.too_slow(adam | change, 2.5)) for change in ({}, {"good_range": None})]
    yield "settings that were too slow", f"{slow[0]} with a good range, {slow[1]} without; reached: {lookup.reached(adam)}"
    yield "the baseline", lookup.baseline(summary)["label"]
    passed = []
    for count in ("time", "steps", "examples", "gradients"):
        summary["target"]["count"] = count
        passed.append(f"{lookup.passed(summary, adam | {'gradients_per_step': 2})[-1]:g} {count}")
    yield "what is counted at the end", passed
