"""What the store keeps of a problem, and how a stored race's problem is built again."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import TYPE_CHECKING, Any

from talweg.checks import InputError
from talweg.problems.base import Problem, count
from talweg.problems.rebuild import rebuild
from talweg.problems.source import Source
from talweg.racing.own_code import OwnCode
from talweg.results import attributes
from talweg.store import RaceRow

if TYPE_CHECKING:
    from talweg.racing.result import Race


def describe(problem: Problem) -> dict[str, Any]:
    """What the store keeps of a problem."""
    return {
        **attributes(problem, "name", "optimum", "examples"),
        "facts": problem.described(),
        "notes": list(problem.notes),
        "parameters": problem.parameters(),
        "rows": [problem.examples, *(None if part is None else count(part) for part in (problem.validation, problem.test))],
        "fresh_splits": problem.pool is not None,
        "metric": problem.metric.name if problem.metric else None,
        "metric_percent": bool(problem.metric and problem.metric.percent),
    }


def origin(problem: Problem, fingerprint: str, own: OwnCode | None = None) -> dict[str, Any]:
    """What the store keeps beside, and is not shown: how the same problem is recognised, and built again."""
    return {
        "fingerprint": fingerprint,
        "source": problem.source.describe() if problem.source else None,
        "own_code": dataclasses.asdict(own) if own else None,
    }


def raced_problem(race: Race, problem: Problem | None = None, call: str = "landscape") -> Problem:
    """The problem that was raced: `problem`, the race's own, or the one that its source builds again, for a `call` of the race.

    Raises InputError if it can't be built again, or is not the one raced.
    """
    row = race.store.race(race.name)
    problem = race.problem if problem is None else problem
    if problem is None:
        return _rebuilt(row, call)
    if not isinstance(problem, Problem):
        raise InputError(f"race {row.race}: problem must be the Problem that was raced, got {problem!r}")
    if differing := _differing(problem, row):
        raise InputError(
            f"race {row.race}: {problem.name} is not what race {row.race} was run on ({row.problem['name']}): its {differing} differ; "
            "give the problem that was raced"
        )
    return problem


def source_of(row: RaceRow) -> Source | None:
    """Where the problem of a stored race came from; None for one that was made by hand."""
    return Source(**row.origin["source"]) if row.origin.get("source") else None


def _rebuilt(row: RaceRow, call: str) -> Problem:
    """The problem of a race, built again from its source."""
    source = source_of(row)
    remedy = f"in Python, give them: tw.open_race({row.race!r}).{call}(problem=…), with what tw.race was given"
    if source is None or not source.repeatable:
        raise InputError(f"race {row.race} was run on {row.problem['name']!r}, whose data are not in the store; {remedy}")
    try:
        problem = rebuild(source)
    except InputError as error:
        raise InputError(f"race {row.race}: its data were in {source.name}, which can't be read any more ({error}); {remedy}") from error
    if differing := _differing(problem, row):
        raise InputError(
            f"race {row.race}: its data were in {source.name}, but what is there now is not what was raced (its {differing} differ); "
            f"restore it, or {remedy}"
        )
    return problem


def _differing(problem: Problem, row: RaceRow) -> str:
    """What of a problem is not as it was raced; its notes are no part of that, and its data are only if all else is the same."""
    text = functools.partial(json.dumps, sort_keys=True, default=str)
    now = describe(problem)
    keys = [key for key, value in row.problem.items() if key != "notes" and text(now.get(key)) != text(value)]
    if not keys and row.origin and row.origin["fingerprint"] != problem.fingerprint():
        keys = ["data"]
    return " and ".join(keys)
