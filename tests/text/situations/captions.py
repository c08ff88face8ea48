"""What stands below and in the figures of a race: captions, what the pointer reads, and what an empty figure says."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from talweg.text import captions, labels, lookup

MADE = runpy.run_path(str(Path(__file__).parents[2] / "fake.py"))
fresh = MADE["fresh"]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Every caption of every race, then those that need a race of their own."""
    for case in MADE["CASES"]:
        for caption in (captions.quality, captions.speed, captions.curves, captions.learning_rates, captions.tuning, captions.orders):
            yield f"{case.replace('_', ' ')}: {caption.__name__.replace('_', ' ')}", caption(fresh(case))
    yield "one reaches the target", captions.speed(changed(one_reaches))
    yield "two diverge", captions.curves(changed(two_diverge))
    yield "the order changes", captions.orders(changed(other_leaders))
    yield "one of two has a good range", captions.learning_rates(changed(one_good_range))
    yield "some of those that did not improve are too slow", captions.learning_rates(changed(overshot))
    yield "losses below zero", captions.learning_rates(changed(below_zero))
    yield "all need as many settings", captions.tuning(changed(same_tuning))
    yield "steps are counted", captions.speed(changed(steps))
    yield "the order never changes", captions.orders(changed(same_order))
    yield "one leads, the others change", captions.orders(changed(others_change))
    yield "at the pointer", pointed()
    yield (
        "in an empty figure",
        [labels.NO_CURVES, labels.NO_TUNING, labels.NO_SEARCH, labels.NO_PROBES, labels.MISSED, labels.FAILED, labels.FAILED_ALL],
    )


def pointed() -> list[str]:
    """What the pointer reads, and what stands above a panel."""
    summary = fresh("summary")
    adam, full = summary["contestants"][0], summary["contestants"][-1]
    last = summary["order"][-1]
    return [
        labels.curve(summary, 0.00585, 0.146),
        labels.curve(lookup.lifted(changed(below_zero)), 0.00585, 0.146),
        labels.curve(changed(steps), 404, 0.146),
        *(axis(made) for made in (summary, changed(steps), fresh("nothing_learned")) for axis in (labels.cost_axis, labels.target_axis)),
        *(labels.looser(made, cost) for made, cost in ((summary, 0.0062), (changed(steps), 350.0))),
        labels.tuning(summary, 8, {"median": 0.15, "low": 0.12, "high": None}),
        ", ".join(labels.point(adam["search"][0], "improved")),
        ", ".join(labels.point(adam["search"][0], "unimproved")),
        ", ".join(labels.point(adam["search"][0], "diverged")),
        labels.panel(adam),
        labels.panel(full | {"search": [], "good_range": None}),
        *(", ".join(labels.speed(summary, c)) for c in (adam, full)),
        ", ".join(labels.speed(fresh("function_diverged"), fresh("function_diverged")["contestants"][0])),
        *(", ".join(labels.quality(c, summary["problem"])) for c in (adam, full)),
        labels.place(last, 1, last["ranking"][0]["loss"]),
        *(labels.probe(name, 5850, value) for name, value in (("rate", 0.01), ("gradient_norm", None), ("cosine", -0.5))),
    ]


def changed(by: Any) -> Any:
    """The usual race, changed."""
    summary = fresh("summary")
    by(summary["contestants"], summary)
    return summary


def one_reaches(contestants: Any, summary: Any) -> None:
    for c in contestants[1:]:
        c["to_target"]["reached"] = False


def two_diverge(contestants: Any, summary: Any) -> None:
    for c in contestants[3:5]:
        c["curves"]["validation_loss"]["mean"][-1] = None


def one_good_range(contestants: Any, summary: Any) -> None:
    del contestants[2:]
    contestants[1]["good_range"] = None


def overshot(contestants: Any, summary: Any) -> None:
    for c in contestants:
        for point in c["search"]:
            point["loss"] = 40.0 if not point["diverged"] and c["rank"] < 8 and not lookup.too_slow(c, 2.5) else point["loss"]


def below_zero(contestants: Any, summary: Any) -> None:
    contestants[0]["search"][0]["loss"] = -3.25


def same_tuning(contestants: Any, summary: Any) -> None:
    for c in contestants:
        c["tuning"]["expected"] = [0.2] * 32


def steps(contestants: Any, summary: Any) -> None:
    summary["target"]["count"] = "steps"


def same_order(contestants: Any, summary: Any) -> None:
    for stage in summary["order"]:
        stage["ranking"] = summary["order"][-1]["ranking"]


def other_leaders(contestants: Any, summary: Any) -> None:
    for stage, k in zip(summary["order"], (3, 0, 1), strict=True):
        stage["ranking"] = [stage["ranking"][k], *stage["ranking"][3:]]


def others_change(contestants: Any, summary: Any) -> None:
    same_order(contestants, summary)
    summary["order"][0] = {**summary["order"][0], "ranking": [summary["order"][0]["ranking"][k] for k in (0, 2, 1, 3)]}
