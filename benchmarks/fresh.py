"""Trainings on fresh seeds: what a setting is really worth, once no choice can have seen the luck that it is measured with."""

from __future__ import annotations

from collections.abc import Sequence

from talweg.engine.program import Placement, Program
from talweg.methods import Method
from talweg.store import Lane

LANES = 32  #: at once


def lanes(placement: Placement, method: Method, batch: int | str, steps: int, seeds: Sequence[int]) -> list[Lane]:
    """One training for each seed, with its own split, start and order of examples, as a race would store it.

    `method` has its schedule, `batch` is examples per step or "full". The test loss is NaN where the training diverged, as a race has it;
    `talweg.verdict.quality` says what a failed one counts as.
    """
    program = Program(placement, method, None if isinstance(batch, str) else batch, min(LANES, len(seeds)))
    rows = []
    for first in range(0, len(seeds), LANES):
        part = seeds[first : first + LANES]
        traces = program.run([method] * len(part), part, steps)
        tests, _ = placement.examine(traces.params)
        curves = zip(traces.training_loss, traces.validation_loss, traces.metric, strict=True)
        for seed, at, three, test in zip(part, traces.diverged_at.tolist(), curves, tests.tolist(), strict=True):
            failed = None if at < 0 else at
            rows.append(Lane(0, seed, {}, failed, traces.steps, *three, test_loss=test if failed is None else float("nan")))
    return rows
