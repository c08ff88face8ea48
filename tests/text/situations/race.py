"""The headline and verdict of a race, its warnings, and why a contestant is not first."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from talweg.text import race, warnings, why, wording

MADE = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))
fresh, about, estimate = MADE["fresh"], MADE["about"], MADE["estimate"]
DATA, FUNCTION = {"examples": 1079}, {"examples": 1}
Change = Callable[[Any, Any, Any], None]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Targets, reasons, verdicts, warnings."""
    yield "the target: none", race.target("loss", None, DATA, given=False, margin=None)
    yield "the target: within the margin", race.target("loss", 0.104, DATA, given=False, margin=0.001)
    yield "the target: of a function", race.target("loss", 1500, FUNCTION, given=False, margin=None)
    yield "the target: a loss that was asked for", race.target("loss", 0.1, DATA, given=True, margin=0.001)
    yield "the target: an accuracy that was asked for", race.target("accuracy", 0.97, DATA, given=True, margin=None)
    yield "nothing was learned", [race.nothing_learned(problem) for problem in (DATA, FUNCTION)]
    yield "everything diverged", [race.all_diverged_reason(problem) for problem in (DATA, FUNCTION)]
    for case in (case for case in MADE["CASES"] if case != "long_names"):
        summary = fresh(case)
        yield f"the verdict: {case.replace('_', ' ')}", [race.headline(summary), "", *race.verdict(summary)]
    for title, change in CHANGES.items():
        summary = fresh("stopped" if title.startswith("now") else "summary")
        change(summary["contestants"], summary["recommendation"], summary)
        yield f"the verdict: {title}", [race.headline(summary), "", *race.verdict(summary)]
    yield (
        "at an edge of the search",
        [
            warnings.edge("Adam", 0.94, 1e-5, 1.0, upper=True, widened=2),
            warnings.edge("Adam", 0.94, 1e-5, 1.0, upper=True, widened=True),
            warnings.edge("Adam", 1.1e-5, 1e-5, 1.0, upper=False, widened=False),
        ],
    )
    yield "why", [*reasons()]
    for title, doubt in DOUBTS.items():
        summary = fresh("summary")
        doubt(summary["contestants"], summary["recommendation"], summary)
        yield f"warnings: {title}", warnings.sentences(summary)
    yield "warnings: worse than a special case", warnings.sentences(fresh("summary"), [("Nesterov", "mini-batch gradient descent")])
    for case in ("all_diverged", "stopped", "remedies"):
        yield f"warnings: {case.replace('_', ' ')}", warnings.sentences(fresh(case))
    yield "hyperparameters", wording.hyperparameters(fresh("summary")["recommendation"])


def reasons() -> Iterator[str]:
    """Each reason for not being first."""
    yield from (why.budget(), why.overfits(12.0), why.overfits(1.0), why.diverges(0.0625, 0.1), why.diverges(0.5, None))
    yield from (why.stalls(118.3), why.noise_floor(1), why.noise_floor("full"), why.tuning(), why.worse())
    yield from (why.tied(alike=alike, times=times) for alike in (True, False) for times in (None, 3.14))


def usual(contestants: Any, r: Any, summary: Any) -> None:
    """Nothing is changed."""


def alone(contestants: Any, r: Any, summary: Any) -> None:
    contestants[:] = contestants[:1]
    r["tied"], r["quick"] = [], None
    summary["target"] |= {"baseline": "adam", "tied": []}


def all_tied(contestants: Any, r: Any, summary: Any) -> None:
    del contestants[1:6], contestants[3:]
    for c in contestants:
        c["tied"] = True
    r["tied"] = [c["name"] for c in contestants[1:]]


def defaults(contestants: Any, r: Any, summary: Any) -> None:
    """The full batch, a schedule of its own, no landmarks, and a baseline that reaches the target."""
    contestants[0] |= {"tuned": [], "default": None}
    contestants[7]["to_target"] = contestants[2]["to_target"] | {"rank": 4}
    r |= {"schedule": "triangle", "batch": "full", "early_stopping": None, "test_metric": None}
    summary["landmarks"] = []


def tuning_is_worth_nothing(contestants: Any, r: Any, summary: Any) -> None:
    contestants[0]["default"] |= {"rate_alone": None, "gain": {"mean": 0.0001, "low": -0.002, "high": 0.002}}
    summary["target"]["margin"] = None


def asked_for(contestants: Any, r: Any, summary: Any) -> None:
    summary["target"] |= {"given": True, "value": 0.11, "count": "examples", "fastest": "momentum", "tied": ["adam", "nesterov"]}


def own_names(contestants: Any, r: Any, summary: Any) -> None:
    contestants[0]["label"] = contestants[0]["name"] = r["label"] = r["name"] = "adam@64:b1=0.95"


def gone(contestants: Any, r: Any, summary: Any) -> None:
    """A recommendation whose contestant is not in the table."""
    r |= {"name": "adam@128", "batch": 128, "epochs": None}
    r["quick"] |= {"name": "adam@128"}


def no_rate(contestants: Any, r: Any, summary: Any) -> None:
    r["hyperparameters"] = {"b1": 0.9}


def now_recommended(contestants: Any, r: Any, summary: Any) -> None:
    r["name"] = "current-adam"


def now_fails(contestants: Any, r: Any, summary: Any) -> None:
    contestants[2]["failed"] = 1.0


def now_tied(contestants: Any, r: Any, summary: Any) -> None:
    contestants[2]["tied"] = True


def now_within(contestants: Any, r: Any, summary: Any) -> None:
    contestants[2]["excess"] = {"mean": 0.0008, "low": 0.0002, "high": 0.0013}


CHANGES: dict[str, Change] = {
    "one contestant": alone,
    "all tied": all_tied,
    "default hyperparameters, and the baseline arrives": defaults,
    "tuning is worth nothing": tuning_is_worth_nothing,
    "a loss was asked for": asked_for,
    "a name that a person chose": own_names,
    "not in the table": gone,
    "no learning rate": no_rate,
    "now: is recommended": now_recommended,
    "now: fails": now_fails,
    "now: tied": now_tied,
    "now: within the margin": now_within,
}


def some_fail(contestants: Any, r: Any, summary: Any) -> None:
    contestants[0]["failed"] = 0.125


def range_too_wide(contestants: Any, r: Any, summary: Any) -> None:
    contestants[3]["diverged"] = 0.61


def one_remedy(contestants: Any, r: Any, summary: Any) -> None:
    contestants[1] |= {"label": "random-restarts+Adam", "restarts": 4}
    contestants[2] |= {"label": "wider+Adam", "width": 4}
    summary["run"]["left_out"] = ["noise is left out for RMSprop, which has noise already."]


def two_remedies(contestants: Any, r: Any, summary: Any) -> None:
    contestants[0]["probes"] = {"stalls": False}
    for k in (1, 3):
        contestants[k]["restarts"], contestants[k + 1]["width"] = 4, 4


DOUBTS: dict[str, Change] = {
    "the learning rate of one lies at an edge": usual,
    "the recommended one fails on some seeds": some_fail,
    "most settings of one diverged": range_too_wide,
    "one contestant with restarts, one that is wider": one_remedy,
    "several of them, and training dynamics": two_remedies,
}
