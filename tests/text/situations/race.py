"""The verdict of a race and its warnings."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from talweg.text import race, warnings

MADE = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))
fresh = MADE["fresh"]
DATA, FUNCTION = {"examples": 1079}, {"examples": 1}


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Targets, verdicts, warnings."""
    yield "the target: none", race.target("loss", None, DATA, "mini-batch gradient descent", own=True)
    yield "the target: the baseline's", race.target("loss", 0.146, DATA, "mini-batch gradient descent", own=True)
    yield "the target: of a function", race.target("loss", 1500, FUNCTION, "gradient descent", own=True)
    yield "the target: a loss that was asked for", race.target("loss", 0.1, DATA, "mini-batch gradient descent", own=False)
    yield "the target: an accuracy that was asked for", race.target("accuracy", 0.97, DATA, "mini-batch gradient descent", own=False)
    for title, change in CHANGES.items():
        summary = fresh("summary")
        change(summary["contestants"], summary)
        yield f"the verdict: {title}", race.verdict(summary)
    for case in ("none_reached", "all_diverged", "two", "own_function"):
        yield f"the verdict: {case.replace('_', ' ')}", race.verdict(fresh(case))
    yield (
        "at an edge of the search",
        [
            warnings.edge("Adam", 0.94, 1e-5, 1.0, upper=True, widened=True),
            warnings.edge("Adam", 1.1e-5, 1e-5, 1.0, upper=False, widened=False),
        ],
    )
    for title, change in DOUBTS.items():
        summary = fresh("summary")
        change(summary["contestants"], summary)
        yield f"warnings: {title}", warnings.sentences(summary)
    yield "warnings: worse than a special case", warnings.sentences(fresh("summary"), [("Nesterov", "mini-batch gradient descent")])
    yield "warnings: all diverged", warnings.sentences(fresh("all_diverged"))


def usual(contestants: Any, summary: Any) -> None:
    """Nothing is changed."""


def no_target(contestants: Any, summary: Any) -> None:
    summary["target"]["value"] = None
    for c in contestants:
        c["examples_to_target"] = c["seconds_to_target"] = MADE["NOTHING"]


def baseline_first(contestants: Any, summary: Any) -> None:
    contestants.insert(0, contestants.pop(7))
    del contestants[2:]


def alone(contestants: Any, summary: Any) -> None:
    contestants[:] = [contestants[7]]


def only_one_behind(contestants: Any, summary: Any) -> None:
    contestants[1]["tied"] = False


def all_tied(contestants: Any, summary: Any) -> None:
    del contestants[1:6], contestants[3:]
    for c in contestants:
        c["tied"] = True


def faster_by_time(contestants: Any, summary: Any) -> None:
    contestants[1]["seconds_to_target"] = MADE["spread"](4e-4)


def other_leaders(contestants: Any, summary: Any) -> None:
    for stage, k in zip(summary["order"], (3, 0, 1), strict=True):
        stage["ranking"].insert(0, stage["ranking"][k])


def late_divergence(contestants: Any, summary: Any) -> None:
    for c in contestants[-2:]:
        c["examples_to_target"] = c["final_validation_loss"] = MADE["NOTHING"]
    for stage in summary["order"]:
        for entry in stage["ranking"]:
            entry["loss"] = MADE["NOTHING"]


def default_misses(contestants: Any, summary: Any) -> None:
    contestants[0]["default"]["examples_to_target"] = MADE["NOTHING"]


def default_as_good(contestants: Any, summary: Any) -> None:
    contestants[0]["default"]["gain_from_tuning"] = 0.9


def nothing_tuned(contestants: Any, summary: Any) -> None:
    contestants[0]["tuned"] = []


def own_names(contestants: Any, summary: Any) -> None:
    contestants[0]["label"] = contestants[0]["name"] = "adam@64:b1=0.95"


CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "the usual race": usual,
    "no target": no_target,
    "the baseline is first": baseline_first,
    "one contestant": alone,
    "no tie": only_one_behind,
    "all tied": all_tied,
    "another is first by time": faster_by_time,
    "other leaders at smaller budgets": other_leaders,
    "two diverge, and in the end all do": late_divergence,
    "the default misses the target": default_misses,
    "the default is as good": default_as_good,
    "nothing was tuned": nothing_tuned,
    "a name that a person chose": own_names,
}


def missed_by_some(contestants: Any, summary: Any) -> None:
    contestants[0]["reached"] = 0.8125


def left_again(contestants: Any, summary: Any) -> None:
    contestants[0]["final_validation_loss"] = MADE["spread"](0.31)


def range_too_wide(contestants: Any, summary: Any) -> None:
    contestants[3]["diverged"] = 0.61


def one_remedy(contestants: Any, summary: Any) -> None:
    contestants[1] |= {"label": "random-restarts+Adam", "restarts": 4}
    contestants[2] |= {"label": "wider+Adam", "width": 4}
    summary["run"]["left_out"] = ["noise is left out for RMSprop, which has noise already."]


def two_remedies(contestants: Any, summary: Any) -> None:
    contestants[0]["probes"] = {"stalls": False}
    for k in (1, 3):
        contestants[k]["restarts"], contestants[k + 1]["width"] = 4, 4


DOUBTS: dict[str, Callable[[Any, Any], None]] = {
    "the learning rate of one lies at an edge": usual,
    "the winner misses the target in some runs": missed_by_some,
    "the winner leaves the target again": left_again,
    "most settings of one diverged": range_too_wide,
    "one contestant with restarts, one that is wider": one_remedy,
    "several of them, and training dynamics": two_remedies,
}
