"""Phrases that several sentences of a race share."""

from __future__ import annotations

from collections.abc import Iterable

from talweg.summary import Row, Summary
from talweg.text.format import figures, joined, loss_name, sentence, setting


def goal(kind: str, value: float, problem: Row) -> str:
    """The target without its reason: a validation loss of 0.146."""
    shown = f"{100 * value:.4g} %" if kind == "accuracy" else figures(value)
    return f"a {loss_name(problem) if kind == 'loss' else f'validation {kind}'} of {shown}"


def capitals(summary: Summary, sentences: Iterable[str]) -> list[str]:
    """The sentences with a capital letter; names that a person chose stay as they are."""
    chosen = tuple(c["label"] for c in summary["contestants"] if c["label"] == c["name"] != c["method"])
    return [words if chosen and words.startswith(chosen) else sentence(words) for words in sentences]


def hyperparameters(row: Row, names: Iterable[str] | None = None) -> str:
    """A method's hyperparameters, all or those named: learning rate 0.003, b1 0.93."""
    shown = row["hyperparameters"] if names is None else {name: row["hyperparameters"].get(name) for name in names}
    return joined(f"{name.replace('_', ' ')} {setting(value)}" for name, value in shown.items() if value is not None)
