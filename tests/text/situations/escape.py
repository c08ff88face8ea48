"""Which remedy helps: on functions and on data."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

from talweg.text import escape

MADE = runpy.run_path(str(Path(__file__).parents[1] / "test_escape.py"))
arm, summary, HELPS, TIES, HURTS, UNTUNED = (MADE[name] for name in ("arm", "summary", "HELPS", "TIES", "HURTS", "UNTUNED"))
RARE = arm("Adam", 0.01, "can't be told", (0.01, -0.03, 0.05)) | {"loss": -2.2}
NEVER = arm("Adam", 0.0, "can't be told", (0.0, -0.04, 0.04)) | {"loss": None}
RUN = {
    "problem": "himmelblau",
    "model": None,
    "parameters": 2,
    "settings": 32,
    "tuning_starts": 4,
    "within": 0.001,
    "seed": 0,
    "seconds": 12.3,
}
WIDER = arm("gradient descent, a wider network", 0.5, "helps", (0.25, 0.1, 0.4)) | {"remedy": "wider"}


def lines(facts: list[tuple[str, str, str]]) -> list[str]:
    return [" | ".join(filter(None, row)) for row in facts]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "a remedy that helps, one that hurts, one that makes no difference", escape.sentences(summary(TIES, HURTS, HELPS))
    yield "a goal of the caller's, on data", escape.sentences(summary(HELPS, goal_given=True, data=True))
    yield "no remedy is needed", escape.sentences(summary(TIES, plain=0.997))
    yield "no remedy makes a difference", escape.sentences(summary(TIES))
    yield "all remedies hurt", escape.sentences(summary(HURTS))
    yield "tuned with too few settings", escape.sentences(summary(UNTUNED, arm("Adam", 0.5, "not known", (0.25, -0.1, 0.4))))
    yield "one that helps, and one that was tuned with too few settings", escape.sentences(summary(HELPS, UNTUNED))
    yield "no trial reached it", escape.sentences(summary(NEVER, plain=0.0, best_known=False))
    yield "a lowest value that is reached by luck", escape.sentences(summary(RARE, plain=0.0, best_known=False))
    yield "equally cheap arms", escape.cost(summary(arm("Adam", 0.25, "can't be told", (0.0, -0.1, 0.1))))
    function = summary(HELPS, TIES, **RUN)
    function["arms"] = [{"remedy": None, "batch": "full", **one} for one in function["arms"]]
    data = summary(WIDER, plain=0.1, **RUN | {"data": True, "model": "mlp:8", "problem": "moons", "goal_given": True, "within": 0.02})
    data["arms"] = [{"remedy": None, "batch": 32, **one} for one in data["arms"]]
    for title, one in (("a function", function), ("data", data)):
        yield f"the figure, of {title}", [*escape.axis(one), escape.caption(one), *(escape.beside(each, one) for each in one["arms"])]
        yield f"what the pointer reads, of {title}", [*map(escape.hover, one["arms"]), escape.mark(one["arms"][1])]
        yield (
            f"the table, of {title}",
            [
                escape.lead(one),
                " | ".join(head for head, *_ in escape.HEADS),
                *(" | ".join(escape.cells(each, one).values()) for each in one["arms"]),
            ],
        )
        yield f"the page, of {title}", [*lines(escape.computed(one)), *escape.read(one)]
    yield "a run without a success", [escape.cells(NEVER, function)["cost"], escape.points(0.0004)]
