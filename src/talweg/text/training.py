"""What is said of a training on all rows, and of its predictions."""

from __future__ import annotations

from talweg.summary import Row
from talweg.text.format import count, joined, setting


def trained(training: Row) -> str:
    """What was trained, on how many rows, for how many steps."""
    rate, width = training["learning_rate"], training["width"]
    settings = joined(
        [
            f"learning rate {setting(rate)}" if rate is not None else "",
            "full batch" if training["batch"] == "full" else f"batch {training['batch']:,}",
            f"{training['schedule']} schedule" if training["schedule"] != "constant" else "",
            f"hidden layers {width} times as wide" if width > 1 else "",
        ]
    )
    length = f"on all {count(training['rows'], 'row')} for {count(training['steps'], 'step')}"
    return f"{training['label']} ({settings}) was trained {length}, as race {training['race']} recommends."


def more(rows: int) -> str:
    """What is not shown of the predictions."""
    return f"… and {count(rows, 'more row', 'more rows')}; --out predictions.csv writes all."
