"""The paired two-level bootstrap: what would the verdict be with other settings and other seeds?

One draw of the first level takes the settings of the search with replacement, the same points of the unit cube for every contestant,
and repeats the choice of the best confirmed one among them; one draw of the second level takes seeds with replacement, the same for
every contestant. The luck of the draw of settings is larger than the luck of the seed, so leaving it out would make intervals
too narrow. Where a draw chooses a setting that did not run in the final, its seeds of the confirmation stand for it.
"""

from __future__ import annotations

import numpy as np

from talweg.statistics import bootstrap
from talweg.verdict import scores
from talweg.verdict.record import Entry, Record
from talweg.verdict.scores import Scores

SEED = 20260101


def draws(record: Record, count: int = bootstrap.DRAWS) -> dict[str, Scores]:
    """For each contestant, `count` draws of its median cost and its median final loss."""
    settings = record.race.plan["settings"]
    picked = bootstrap.resampled(settings, count, SEED)
    return {entry.name: _draws(entry, record, picked, settings) for entry in record.entries}


def _draws(entry: Entry, record: Record, picked: np.ndarray, settings: int) -> Scores:
    count = len(picked)
    final = record.scored(entry, entry.final)
    drawn_final = final.take(bootstrap.resampled(len(entry.final), count, SEED + 1)).medians()
    groups = scores.by_setting(entry.confirm)
    if len(groups) < 2:
        return drawn_final
    seeds = bootstrap.resampled(len(next(iter(groups.values()))), count, SEED + 2)
    confirmed = [record.scored(entry, group).take(seeds) for group in groups.values()]
    by_draw = Scores.stacked(confirmed, axis=1)
    reported = by_draw.medians()  # (draws, settings)
    keys = by_draw.penalised().keys().astype(float)
    # a search that was widened has run every point twice: both stand or fall with the point
    drawn = np.stack([(picked == setting % settings).any(axis=1) for setting in groups], axis=1)
    keys[~drawn] = np.inf
    best = np.where(drawn.any(axis=1), keys.argmin(axis=1), list(groups).index(entry.chosen))
    is_final = np.array(list(groups))[best] == entry.chosen
    rows = np.arange(count)
    return Scores(
        np.where(is_final, drawn_final.costs, reported.costs[rows, best]),
        np.where(is_final, drawn_final.losses, reported.losses[rows, best]),
        final.budget,
    )
