"""What the store keeps of a problem, and how a stored race's problem is built again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from talweg.checks import InputError
from talweg.problems.base import Problem

if TYPE_CHECKING:
    pass

import functools
import json

from talweg.problems import datasets

if TYPE_CHECKING:
    from talweg.racing.result import Race


def describe(problem: Problem) -> dict[str, Any]:
    """What the store keeps of a problem."""
    return {
        "name": problem.name,
        "optimum": problem.optimum,
        "facts": problem.described(),
        "notes": list(problem.notes),
        "parameters": problem.parameters(),
        "examples": problem.examples,
        "metric": problem.metric.name if problem.metric else None,
        "metric_percent": bool(problem.metric and problem.metric.percent),
    }


def raced_problem(race: Race, given: Problem | None = None) -> Problem:
    """The problem that was raced: the one given, the race's own, or a data set of the catalogue built again.

    Raises InputError if it can't be built again, or is not the one raced.
    """
    pass

    stored = race.store.race(race.name).problem
    problem = given if given is not None else race.problem
    if problem is None and (entry := datasets.find(stored["name"])) is not None:
        facts = stored["facts"]
        wanted = {word: facts.get(word) for word in entry.takes}
        problem = datasets.load(stored["name"], **wanted, seed=facts.get("split_seed", 0))
        if _differs(describe(problem), stored):  # somebody's own with the same name
            problem = None
    if problem is None:
        raise InputError(
            f"landscape: race {race.name} was run on {stored['name']!r}, whose data are not in the store; in Python, give them: "
            f"tw.open_race({race.name!r}).landscape(problem=…), with what tw.race was given"
        )
    if not isinstance(problem, Problem):
        raise InputError(f"landscape: problem must be the Problem that was raced, got {problem!r}")
    if other := _differs(describe(problem), stored):
        raise InputError(
            f"landscape: {problem.name} is not what race {race.name} was run on ({stored['name']}): its {' and '.join(other)} differ; "
            "give the problem that was raced"
        )
    return problem


def _differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What is not the same in two descriptions of a problem; what was said aloud on the way does not count."""
    text = functools.partial(json.dumps, sort_keys=True, default=str)
    return [word for word, value in other.items() if word != "notes" and text(one.get(word)) != text(value)]
