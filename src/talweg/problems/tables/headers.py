"""The names of a table's columns."""

from __future__ import annotations

from collections import Counter


def listed(names: list[str], shown: int = 12) -> str:
    """The first dozen names, and how many more there are."""
    return ", ".join(names[:shown]) + (f", … ({len(names) - shown} more)" if len(names) > shown else "")


def distinct_names(names: list[str], notes: list[str]) -> list[str]:
    """The names, a nameless column by its place, and a name that came before with a number."""
    named = [label or f"column {i + 1}" for i, label in enumerate(names)]
    taken: Counter[str] = Counter()
    unique = []
    for label in named:
        taken[label] += 1
        while taken[label] > 1 and f"{label}.{taken[label]}" in named:
            taken[label] += 1
        unique.append(label if taken[label] == 1 else f"{label}.{taken[label]}")
    numbered = [new for old, new in zip(named, unique, strict=True) if new != old]
    if numbered:
        columns = f"{len(numbered)} column{'s' if len(numbered) > 1 else ''}"
        notes.append(f"{columns} had the name of another and got a number (the first: {numbered[0]})")
    numbers = sum(label.replace(".", "", 1).lstrip("-").isdigit() for label in names)
    if 2 * numbers >= len(names) > 1:
        notes.append("most columns are called by a number: if the file has no line of names, add one")
    return unique
