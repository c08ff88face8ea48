"""What to know before relying on a race: edges of the search, losses to a special case, doubts, remedies."""

from __future__ import annotations

from collections.abc import Sequence

from talweg.summary import Summary
from talweg.text import lookup
from talweg.text.format import agreed, count, figures, listed, setting, share


def edge(label: str, chosen: float, low: float, high: float, *, upper: bool, widened: int) -> str:
    """PROTOCOL rule 10: at an edge of what was searched, even after it was `widened` so many times."""
    side, more = ("upper", "larger") if upper else ("lower", "smaller")
    searched = f"{figures(low)} – {figures(high)}{('', ', widened once', ', widened twice')[int(widened)]}"
    return (
        f"The best learning rate of {label}, {setting(chosen)}, lies at the {side} edge of its search range ({searched}): "
        f"a {more} one may be better."
    )


def sentences(summary: Summary, beaten: Sequence[tuple[str, str]] = ()) -> list[str]:
    """What to know before relying on the verdict; `beaten` lost clearly to a special case of theirs (PROTOCOL rule 10)."""
    edges = [row["at_edge"] for row in summary["contestants"] if row["at_edge"]]
    cases = [
        f"{label} is significantly worse than {case}, a special case of it: its search space may be unsuitable, or the budget too small."
        for label, case in beaten
    ]
    return [*stopped(summary), *edges, *cases, *doubts(summary), *remedies(summary)]


def stopped(summary: Summary) -> list[str]:
    """That a race is not whole."""
    return ["The race was stopped before its end: this is the verdict of what had run by then."] if summary["run"]["stopped"] else []


def doubts(summary: Summary) -> list[str]:
    """What else a careful reader should know."""
    rows, best, words = summary["contestants"], lookup.recommended(summary), []
    if best is not None and best["failed"] > 0:
        failed = f"{round(best['failed'] * summary['run']['seeds'])} of {count(summary['run']['seeds'], 'final run')}"
        words.append(f"{best['label']} fails in {failed}: a failure counts as three times the loss of the constant prediction.")
    diverged = [f"{row['label']} ({share(row['diverged'])})" for row in rows if row["diverged"] > 0.5]
    if diverged and not lookup.all_failed(summary):
        words.append(f"Most settings diverged for {listed(diverged)}: search smaller learning rates.")
    unsteady = [row["label"] for row in rows if not row["seconds_per_step"]["steady"]]
    if unsteady:
        words.append(f"The times of {listed(unsteady)} are unsteady: measurements disagree, so ranges are given.")
    return words


def remedies(summary: Summary) -> list[str]:
    """What is not alike between contestants with a remedy and those without, and which remedies were left out."""
    rows, words = summary["contestants"], []
    restarted = [row["label"] for row in rows if row["restarts"] > 1]
    wide = [row["label"] for row in rows if row["width"] > 1]
    if restarted:
        its = "its" if len(restarted) == 1 else "their"
        words.append(f"{agreed(restarted, 'keeps', 'keep')} the best of {its} restarts so far, so {its} loss curve never rises.")
        if any(row["probes"] for row in rows):
            words.append(f"Training dynamics of {listed(restarted)} were not recorded: each run consists of several trainings.")
    if wide:
        its = "its" if len(wide) == 1 else "their"
        words.append(f"{agreed(wide, 'trains', 'train')} a wider network: {its} steps take longer, which only a count of time shows.")
    return words + list(summary["run"].get("left_out", ()))
