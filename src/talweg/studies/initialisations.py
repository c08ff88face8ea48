"""How much it matters how weights start: what a race recommends, trained with every initialisation on the same fresh seeds.

The hyperparameters stay as they were tuned, with the race's own initialisation: so another one is at a disadvantage, and one that is
better all the same is worth a race of its own. That is no comparison of initialisations at their best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import jax
import numpy as np

from talweg import checks
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine.program import Placement, Program, Traces
from talweg.problems import landmarks
from talweg.problems.base import Params, Problem
from talweg.problems.initialisation import INITIALISATIONS
from talweg.problems.supervised import Start
from talweg.statistics.bootstrap import LEVEL
from talweg.statistics.means import mean_interval
from talweg.store import Lane
from talweg.summary.studies import InitialisationRow
from talweg.summary.values import Mean
from talweg.verdict import quality

SEEDS = 16  #: that the race has not used


def initialisations(
    problem: Problem, contestant: Contestant, hyperparameters: Mapping[str, float], steps: int, schedule: str, seeds: Sequence[int]
) -> list[InitialisationRow]:
    """The expected validation loss with each initialisation, from the lowest.

    All are lanes of one program, for one seed with the same split, order of examples and noise; they differ in their first weights.

    Args:
        problem: what was raced; its own initialisation is what the others are compared with.
        contestant: what is recommended, with its batch size.
        hyperparameters: as they were tuned.
        steps: how long to train.
        schedule: how the learning rate changes, `constant` or another of `talweg.schedules`.
        seeds: fresh ones, `SEEDS` of them or more.

    Raises InputError for a function and for a model of one's own, which start in their own way, and for a contestant that begins again.
    """
    placement = Placement(problem).wider(contestant.width)
    start = placement.problem.start
    if not isinstance(start, Start):
        raise InputError(f"init: {problem.name} is a function or a model of your own, which starts in its own way; leave out init='all'")
    if contestant.restarts > 1:
        raise InputError(f"init: {contestant.label} begins again from other weights; name a contestant without restarts")
    checks.whole("init", "the number of seeds", len(seeds), at_least=2)
    names, method = list(INITIALISATIONS), contestant.method(hyperparameters, steps, schedule)
    begun = [_starts(placement, start, name, seeds) for name in names]
    starts = jax.tree.map(lambda *leaves: np.concatenate(leaves), *begun)
    lane_seeds = [*seeds] * len(names)
    program = Program(placement, method, contestant.size, len(lane_seeds))
    lanes = _lanes(program.run([method] * len(lane_seeds), lane_seeds, steps, starts=starts), lane_seeds, schedule)
    groups = {name: lanes[i * len(seeds) : (i + 1) * len(seeds)] for i, name in enumerate(names)}
    return _rows(groups, start.spec.initialisation, problem, seeds)


def _starts(placement: Placement, start: Start, name: str, seeds: Sequence[int]) -> Params:
    """The starting parameters of each seed with another initialisation, stacked."""
    other = Start(replace(start.spec, initialisation=name), start.inputs, start.outputs)
    return placement.of(replace(placement.problem, start=other)).starts(seeds)


def _lanes(traces: Traces, seeds: Sequence[int], schedule: str) -> list[Lane]:
    curves = zip(traces.training_loss, traces.validation_loss, traces.metric, strict=True)
    return [
        Lane(0, seed, {}, None if at < 0 else int(at), traces.steps, *three, schedule=schedule)
        for seed, at, three in zip(seeds, traces.diverged_at, curves, strict=True)
    ]


def _rows(groups: Mapping[str, Sequence[Lane]], own: str, problem: Problem, seeds: Sequence[int]) -> list[InitialisationRow]:
    known = landmarks.constant(problem, seeds) if landmarks.has(problem) else ()
    constants = {seed: fitted.validation_loss for seed, fitted in known}
    losses = {name: quality.at_end(lanes, constants).losses for name, lanes in groups.items()}
    together = 1 - (1 - LEVEL) / (len(losses) - 1)  # Bonferroni: one sentence speaks of all differences
    rows = [
        InitialisationRow(
            name=name,
            own=name == own,
            validation_loss=_mean(losses[name], LEVEL),
            difference=None if name == own else _mean(losses[name] - losses[own], together),
            failed=round(quality.failed(lanes, constants) * len(seeds)),
            seeds=len(seeds),
        )
        for name, lanes in groups.items()
    ]
    return sorted(rows, key=lambda row: (losses[row["name"]].mean(), row["name"]))


def _mean(values: np.ndarray, level: float) -> Mean:
    low, high = mean_interval(values, level)
    return {"mean": float(values.mean()), "low": low, "high": high}
