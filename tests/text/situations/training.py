"""What is trained on all rows, and how much of its predictions is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talweg.text import training

ADAM: dict[str, Any] = {
    **{"race": "a1b2c3d4e5", "label": "Adam", "rows": 1797, "steps": 782, "batch": 32, "learning_rate": 0.00312},
    **{"schedule": "constant", "width": 1},
}


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "the usual", training.trained(ADAM)
    yield "one step, with a schedule, on the full batch", training.trained({**ADAM, "steps": 1, "batch": "full", "schedule": "cosine"})
    yield "a wider network, without a learning rate", training.trained({**ADAM, "learning_rate": None, "width": 2})
    yield "rows that are not shown", [training.more(1), training.more(1250)]
