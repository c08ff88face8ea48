"""The paired two-level bootstrap: what would the losses be with other settings and other seeds?

One draw of the first level takes the settings of the search with replacement, the same points of the unit cube for every contestant;
one draw of the second takes seeds with replacement, the same for every contestant. Where a draw lacks the setting that was chosen, the
best of those that it has stands for it: what that loses is known from the confirmation, whose seeds all settings share. The luck of the
draw of settings may be larger than the luck of the seed, so leaving it out would make intervals too narrow. A setting that was made
after the search would not be there without those near it: it is lacking where both points of the search nearest to it are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float

from talweg.statistics import bootstrap
from talweg.verdict import quality
from talweg.verdict.record import UNTUNED, Entry, Record

SEED = 20260101
NEAREST = 2  #: points of the search without which a setting would not have been made


def draws(record: Record, count: int = bootstrap.DRAWS) -> dict[str, Float[np.ndarray, " draws"]]:
    """For each contestant, draws of its expected validation loss."""
    picked = bootstrap.resampled(record.race.plan["settings"], count, SEED)
    seeds = final_seeds(record, count)
    return {entry.name: record.quality(entry.final).losses[seeds].mean(axis=1) + _lost(entry, record, picked) for entry in record.entries}


def final_seeds(record: Record, count: int = bootstrap.DRAWS) -> np.ndarray:
    """Seeds of the final, drawn with replacement: the same for all contestants."""
    return bootstrap.resampled(len(record.baseline.final), count, SEED + 1)


def _lost(entry: Entry, record: Record, picked: np.ndarray) -> np.ndarray:
    """What each draw loses because it lacks the setting that was chosen."""
    alike: dict[tuple[str, int], dict[int, np.ndarray]] = {}
    for lanes in quality.by_variant(entry.trained):
        trained = alike.setdefault((lanes[0].schedule, int(lanes[0].steps[-1])), {})
        trained[lanes[0].setting] = quality.quality(lanes, record.constants).losses
    losses = max((each for each in alike.values() if entry.chosen in each), key=len, default={})
    if len(losses) < 2:
        return np.zeros(len(picked))
    settings = list(losses)
    seeds = bootstrap.resampled(len(losses[entry.chosen]), len(picked), SEED + 2)
    means = np.stack([losses[setting][seeds].mean(axis=1) for setting in settings], axis=1)  # (draws, settings)
    points = record.race.plan["settings"]
    nearest = _nearest(entry, settings)
    there = np.stack([(s == UNTUNED) | np.isin(picked, [near % points for near in nearest[s]]).any(axis=1) for s in settings], axis=1)
    chosen = settings.index(entry.chosen)
    best = np.where(there, means, np.inf).min(axis=1)
    return np.where(there[:, chosen] | ~np.isfinite(best), 0.0, np.maximum(best - means[:, chosen], 0.0))


def _nearest(entry: Entry, settings: Iterable[int]) -> dict[int, list[int]]:
    """For each setting itself if it was searched, or is the untuned one; otherwise the two searched ones that are nearest to it."""
    searched = {lane.setting: lane.hyperparameters for lane in entry.search}
    made = {lane.setting: lane.hyperparameters for lane in entry.trained}
    nearest = {}
    for setting in settings:
        if setting in searched or setting == UNTUNED or not searched:
            nearest[setting] = [setting]
        else:
            own = _place(made[setting], entry)
            nearest[setting] = sorted(searched, key=lambda one: float(np.linalg.norm(_place(searched[one], entry) - own)))[:NEAREST]
    return nearest


def _place(hyperparameters: Mapping[str, float], entry: Entry) -> Float[np.ndarray, " numbers"]:
    """Where a setting lies in the search space, whose edges have the length 1 in logarithms; nothing is below its lower end."""
    place = []
    for name, (low, high, complement) in entry.facts["space"].items():
        value = 1 - hyperparameters[name] if complement else hyperparameters[name]
        place.append(np.log(max(value, low) / low) / np.log(high / low))
    return np.array(place)
