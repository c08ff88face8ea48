"""A descent's weights at its measuring points."""

from __future__ import annotations

from typing import Any

from talweg.engine import descend
from talweg.engine.descend import Trace
from talweg.engine.loop import POINTS
from talweg.methods import Method
from talweg.problems.base import Params, Problem


def follow(
    problem: Problem,
    method: Method,
    start: Params | None = None,
    steps: int | None = None,
    *,
    epochs: float | None = None,
    batch: int | str | None = None,
    points: int = POINTS,
    key: Any = 0,
) -> Trace:
    """The run of `tw.descend`, by the same compiled loop, with the parameters at each of its measuring points: `trace.positions`.

    Its leaves have a new first axis, as long as `trace.steps`; the last position is `trace.params`. Takes, and raises, what
    `tw.descend` does. Keeps `points` copies of the parameters in memory.
    """
    return descend.descend(problem, method, start, steps, epochs=epochs, batch=batch, points=points, key=key, positions=True)
