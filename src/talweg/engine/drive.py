"""Curves: one run, or lanes side by side, taken through all of their steps, and what was measured on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from talweg.engine.loop import Row, Run, slots_between

Progress = Callable[[int, Float[np.ndarray, "*lanes"]], None]


def silent(step: int, losses: Float[np.ndarray, "*lanes"]) -> None:
    """Report no progress."""


def drive(
    advance: Callable[[Run, Any, Int[np.ndarray, "slots 3"]], tuple[Run, Row]],
    run: Run,
    marks: Int[np.ndarray, " points"],
    *,
    order: Callable[[int, int], Any],
    capacity: int,
    slots: int,
    progress: Progress = silent,
) -> tuple[Run, Row]:
    """Go from the start to the last of the `marks`, the steps after which is measured: where the run ends, and a row for each mark.

    Args:
        advance: `loop.advance`, compiled for one run or for lanes, with all that stays the same put in.
        order: the example numbers of the steps first … last, as `advance` takes them.
        capacity: the most steps that it is handed in one go …
        slots: … and in how many slots; all of a program's calls have equally many, so that it is compiled once.
        progress: is called after each part with the last step and the validation losses that were measured last.
    """
    rows: list[Row] = []
    measured: list[np.ndarray] = []
    steps = int(marks[-1])
    for first in range(0, steps, capacity):
        last = min(first + capacity, steps)
        bounds = slots_between(marks, first, last, slots)
        run, row = advance(run, order(first, last), bounds)
        rows.append(jax.tree.map(np.asarray, row))
        measured.append(bounds[:, 2] > 0)
        if measured[-1].any():
            progress(last, np.asarray(rows[-1].validation_loss)[..., measured[-1]][..., -1])
    at = np.flatnonzero(np.concatenate(measured))
    axis = np.ndim(rows[0].validation_loss) - 1  # of the points; lanes come before it

    def joined(*parts: np.ndarray) -> np.ndarray:
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis)
        return whole if len(at) == whole.shape[axis] else whole.take(at, axis)

    return run, jax.tree.map(joined, *rows)
