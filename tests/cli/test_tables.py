"""The table of a race in a terminal, of made-up races."""

from __future__ import annotations

import io
import runpy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from talweg.cli import tables

MADE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))
fresh, CASES = MADE["fresh"], list(MADE["CASES"])


def printed(summary: Any, width: int) -> str:
    """What a terminal of that width shows of a race."""
    out = io.StringIO()
    tables.result(Console(width=width, file=out, highlight=False), summary)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 260])
@pytest.mark.parametrize("case", [case for case in CASES if case != "long_names"])
def test_the_answer_comes_first_and_everybody_is_in_the_table(case: str, width: int) -> None:
    summary = fresh(case)
    text = printed(summary, width)
    assert " ".join(text.split()).startswith(summary["verdict"]["headline"])
    for c in summary["contestants"]:
        assert f"■ {c['label']}" in text
    assert max(map(len, text.splitlines())) <= width
    squeezed = " ".join(text.split())
    for sentence in (*summary["verdict"]["sentences"], *summary["verdict"]["warnings"]):
        assert sentence in squeezed


def test_a_narrow_terminal_keeps_learning_rate_length_and_loss() -> None:
    head = next(line for line in printed(fresh("summary"), 80).splitlines() if "method" in line)
    assert head.split() == ["method", "batch", "rate", "epochs", "loss", "a", "training"]


def test_a_wide_terminal_has_every_column_and_the_reasons_among_them() -> None:
    text = printed(fresh("summary"), 260)
    head = next(line for line in text.splitlines() if "method" in line)
    for column in (
        *("batch", "learning rate", "good range", "epochs", "validation loss", "accuracy", "time to target", "a training"),
        *("test accuracy", tables.WHY),
    ):
        assert column in head
    row = next(line for line in text.splitlines() if "■ Adagrad" in line)
    assert "not reached" in row
    assert row.rstrip().endswith("It stalls: its effective learning rate falls 120-fold.")


def test_reasons_stand_below_a_table_that_has_no_room_for_them() -> None:
    text = " ".join(printed(fresh("summary"), 100).split())
    assert "Adagrad: It stalls: its effective learning rate falls 120-fold." in text
    assert "Adam: " not in text


def test_the_star_is_beside_what_is_recommended_and_dots_beside_its_equals() -> None:
    lines = printed(fresh("summary"), 120).splitlines()
    marked = {label: next(line for line in lines if f"■ {label}" in line)[:6].split() for label in ("Adam", "Nesterov", "momentum")}
    assert marked == {"Adam": ["●", "1★"], "Nesterov": ["●", "2"], "momentum": ["3"]}
    assert "★" not in printed(fresh("nothing_learned"), 120)


def test_a_time_that_is_not_steady_is_never_a_plain_number() -> None:
    row = next(line for line in printed(fresh("remedies"), 200).splitlines() if "■ Adam " in line)
    assert row.count("about") == 2


def test_who_diverged_on_all_seeds_is_said_to_have() -> None:
    text = printed(fresh("all_diverged"), 120)
    assert sum("diverged" in line for line in text.splitlines() if "■" in line) == 9
