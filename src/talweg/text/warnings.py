"""What to know before relying on a race: edges of the search, losses to a special case, doubts, remedies."""

from __future__ import annotations

from collections.abc import Sequence

from talweg.summary import Summary
from talweg.text.format import agreed, count, figures, listed, setting, share

STAYS = 0.25  # of the target's height above the lowest loss there is: a winner that ends higher than that above it has left it again


def edge(label: str, chosen: float, low: float, high: float, *, upper: bool, widened: bool) -> str:
    """PROTOCOL rule 5, after widening once."""
    side, more = ("upper", "larger") if upper else ("lower", "smaller")
    searched = f"{figures(low)} – {figures(high)}{', widened once' if widened else ''}"
    return (
        f"The best learning rate of {label}, {setting(chosen)}, lies at the {side} edge of its search range ({searched}): "
        f"a {more} one may be better."
    )


def sentences(summary: Summary, beaten: Sequence[tuple[str, str]] = ()) -> list[str]:
    """What to know before relying on the verdict; `beaten` lost clearly to a special case of theirs (PROTOCOL rule 8)."""
    edges = [row["at_edge"] for row in summary["contestants"] if row["at_edge"]]
    cases = [
        f"{label} is significantly worse than {case}, a special case of it: its search space may be unsuitable, or the budget too small."
        for label, case in beaten
    ]
    return [*edges, *cases, *doubts(summary), *remedies(summary)]


def _left(summary: Summary, loss: float) -> bool:
    """Whether a final loss is clearly above the target, as seen from the lowest possible loss (zero, if it is not known)."""
    value = summary["target"]["value"]
    return loss > value + STAYS * abs(value - (summary["problem"].get("optimum") or 0.0))


def doubts(summary: Summary) -> list[str]:
    """What else a careful reader should know."""
    rows, target, words = summary["contestants"], summary["target"], []
    finite = [row for row in rows if row["final_validation_loss"]["median"] is not None]
    best, final = rows[0], rows[0]["final_validation_loss"]["median"]
    if best["examples_to_target"]["median"] is not None and best["reached"] < 1:
        seeds = summary["run"]["seeds"]
        words.append(f"{best['label']} misses the target in {round((1 - best['reached']) * seeds)} of {count(seeds, 'final run')}.")
    if target["kind"] == "loss" and target["value"] is not None and final is not None and _left(summary, final):
        lowest = min(finite, key=lambda row: row["final_validation_loss"]["median"])
        words.append(
            f"{best['label']} does not stay at the target: its final loss is {figures(final)}. Stop early, or lower the learning rate; "
            f"the lowest final loss is {figures(lowest['final_validation_loss']['median'])}, by {lowest['label']}."
        )
    diverged = [f"{row['label']} ({share(row['diverged'])})" for row in rows if row["diverged"] > 0.5]
    if diverged:
        words.append(f"Most settings diverged for {listed(diverged)}: search smaller learning rates.")
    if not finite:
        words.append("Every contestant has diverged by the end of its budget: check the data.")
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
        words.append(
            f"{agreed(wide, 'trains', 'train')} a wider network: {its} steps take longer, which the count of examples does not show."
        )
    return words + list(summary["run"].get("left_out", ()))
