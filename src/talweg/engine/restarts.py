"""Random restarts: one budget spent on several trainings from fresh starts, of which the best so far is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np

from talweg.engine.drive import Progress, silent
from talweg.engine.program import Program, Traces
from talweg.methods import Method


def shares(steps: int, restarts: int) -> list[int]:
    """The steps of each training, the longest first: together `steps`, and at least one each, so there may be fewer of them."""
    trainings = min(restarts, steps)
    least, more = divmod(steps, trainings)
    return [least + (j < more) for j in range(trainings)]


def seed_of(seed: int, training: int) -> int:
    """The seed of a lane's training: its start and its order of examples. The first one has the lane's own."""
    return seed if training == 0 else int(np.random.SeedSequence((seed, training)).generate_state(1)[0])


def trained(
    program: Program,
    methods: Callable[[int], Sequence[Method]],
    seeds: Sequence[int],
    steps: int,
    restarts: int = 1,
    *,
    progress: Progress = silent,
) -> Traces:
    """Run lanes as `program.run` does, or their trainings one after the other; `methods(steps)` are those for a training of so many steps.

    All trainings of a lane have the rows of its seed. With restarts the program must keep the best: `Program(…, best=True)`.
    """
    if restarts == 1:
        return program.run(methods(steps), seeds, steps, progress=progress)
    parts: list[Traces] = []
    before = 0
    for training, share in enumerate(shares(steps, restarts)):
        own = [seed_of(seed, training) for seed in seeds]
        parts.append(program.run(methods(share), own, share, splits=seeds, progress=_after(before, progress)))
        before += share
    return merged(parts)


def merged(parts: Sequence[Traces]) -> Traces:
    """Trainings one after the other as one trace, that of the best so far.

    Steps go on. At every point stand the validation loss of the best so far, and the metric and training loss that belong to it, so
    that validation losses never rise; the parameters are the best's. A lane has diverged only if all of its trainings have, at the
    step at which the last one did; from there on its losses are NaN.
    """
    ends = np.cumsum([0, *(part.steps[-1] for part in parts)])
    steps = np.concatenate([before + part.steps for before, part in zip(ends, parts, strict=False)])
    loss, metric, training = (
        np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("validation_loss", "metric", "training_loss")
    )
    known = _finite(loss)
    improved = known < np.minimum.accumulate(np.concatenate([np.full((len(loss), 1), np.inf), known[:, :-1]], axis=1), axis=1)
    at = np.maximum.accumulate(np.where(improved, np.arange(loss.shape[1]), 0), axis=1)
    best_part = np.argmin([np.min(_finite(part.validation_loss), axis=1) for part in parts], axis=0)
    diverged = np.stack([part.diverged_at for part in parts])
    lost = np.asarray((diverged >= 0).all(axis=0))
    diverged_at = np.where(lost, ends[-2] + diverged[-1], -1)
    last = np.concatenate([np.diff(steps) > 0, [True]])  # a training begins at the step at which the one before it ended
    gone = lost[:, None] & (steps[None] >= diverged_at[:, None]) & ~np.isfinite(loss)

    def so_far(values: np.ndarray) -> np.ndarray:
        return np.where(gone, np.nan, np.take_along_axis(values, at, axis=1))[:, last]

    def of_the_best(*leaves: np.ndarray) -> np.ndarray:
        return np.stack([leaves[part][lane] for lane, part in enumerate(best_part)])

    return Traces(
        steps=steps[last],
        training_loss=so_far(training),
        validation_loss=so_far(loss),
        metric=so_far(metric),
        diverged_at=diverged_at,
        params=jax.tree.map(of_the_best, *(part.params for part in parts)),
        seconds=sum(part.seconds for part in parts),
    )


def _after(before: int, progress: Progress) -> Progress:
    return lambda step, losses: progress(before + step, losses)


def _finite(losses: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(losses), losses, np.inf)
