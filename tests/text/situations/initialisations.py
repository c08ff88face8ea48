"""How much it matters how weights start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talweg.text import initialisations as words

Row = dict[str, Any]


def row(name: str, loss: float, difference: tuple[float, float] | None, failed: int = 0) -> Row:
    """A row whose difference to the race's own has an interval of that middle and half width."""
    middle, half = difference or (0.0, 0.0)
    return {
        "name": name,
        "own": difference is None,
        "validation_loss": {"mean": loss, "low": loss - 0.01, "high": loss + 0.01},
        "difference": difference and {"mean": middle, "low": middle - half, "high": middle + half},
        "failed": failed,
        "seeds": 16,
    }


OWN = row("torch", 0.25, None)
ALIKE = [row("flax", 0.248, (-0.002, 0.003)), OWN, row("keras", 0.251, (0.001, 0.003))]
WORSE = [*ALIKE, row("he", 0.266, (0.016, 0.004))]
BETTER = [row("small", 0.2401, (-0.0099, 0.004)), *ALIKE, row("he", 0.7, (0.45, 0.2), failed=3)]
NEGATIVE = [row("torch", -0.25, None), row("he", -0.1, (0.15, 0.02))]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "no initialisation makes a difference", words.sentence(ALIKE)
    yield "one is worse than the race's own", words.sentence(WORSE)
    yield "one is better, and with one some trainings fail", words.sentence(BETTER)
    yield "a loss below zero, which has no percentage", words.sentence(NEGATIVE)
    yield "the figure", [words.AXIS, words.NARROW_AXIS, *map(words.label, WORSE), words.caption(WORSE)]
    yield "what the pointer reads", [*map(words.hover, BETTER)]
