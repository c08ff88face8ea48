"""Which trainings of a finished race can be run once more, and be shown in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from talweg.checks import InputError
from talweg.contestants import lookup
from talweg.methods import Method
from talweg.studies.landscape import Rerun

if TYPE_CHECKING:
    from talweg.racing.result import Race

MOST = 9  #: contestants that are shown unless some are named


def reruns(race: Race, wanted: str | Sequence[str | int] | None) -> tuple[list[Rerun], int, list[str]]:
    """The trainings of one final seed, best first; the seed; and a sentence for each contestant that can't be run again.

    Raises InputError for an unknown name, for one that was named and can't be run again, and if none can.
    """
    rows = {row["name"]: row for row in race.summary["contestants"]}
    left_out = []
    if wanted is None:
        names = list(rows)[:MOST]
        if len(rows) > MOST:
            left_out.append(f"The {len(rows) - MOST} contestants after the first {MOST} are not shown.")
    else:
        known = {row["name"] for row in lookup.all_named("landscape", race.summary["contestants"], wanted)}
        if not known:
            raise InputError(f"landscape: contestants must name at least one of {', '.join(rows)}")
        names = [name for name in rows if name in known]
    fit: list[tuple[Mapping[str, Any], Method]] = []
    for row, method in ((rows[name], race.method(name)) for name in names):
        why = _unfit(row, method)
        if method is not None and not why:
            fit.append((row, method))
        elif wanted is not None:
            raise InputError(f"landscape: {row['name']} can't be shown: {why}; leave it out")
        else:
            left_out.append(f"{row['label']} is not shown: {why}.")
    if not fit:
        raise InputError(f"landscape: none of the contestants can be shown; {' '.join(left_out)}")
    seed = race.store.lanes(race.name, fit[0][0]["name"], "final")[0].seed
    return [_rerun(race, row, method, seed) for row, method in fit], seed, left_out


def _unfit(row: Mapping[str, Any], method: Method | None) -> str:
    """Why a contestant's trajectory can't be run again, or is not one through the weights of the problem's model; empty if it can."""
    if row["width"] > 1:
        return "its network is wider, and so has other weights"
    if row["restarts"] > 1:
        return "it begins again from other starts"
    return "the store does not know a method of one's own; ask the race that tw.race gave you" if method is None else ""


def _rerun(race: Race, row: Mapping[str, Any], method: Method, seed: int) -> Rerun:
    finals = race.store.lanes(race.name, row["name"], "final")
    lane = next(lane for lane in finals if lane.seed == seed)
    return Rerun(row["name"], row["label"], row["batch"], method, row["method"], int(lane.steps[-1]), float(lane.validation_loss[-1]))
