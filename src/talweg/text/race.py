"""The verdict in words; each sentence is computed from the summary, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talweg.text.format import count, figures, interval, listed, loss_name, metric, seconds, setting, share, times, unit, whole

Row = dict[str, Any]
STAYS = 0.25  # of the target's height above the lowest loss there is: a winner that ends higher than that above it has left it again


def target(kind: str, value: float | None, problem: Row, baseline: str, *, own: bool) -> str:
    """What was to be reached: a loss or metric of `value`; with `own`, the loss at which the baseline has closed most of its gap."""
    if value is None:
        return f"none: tuned {baseline} diverged on most seeds, so contestants are ranked by their final validation loss"
    loss = loss_name(problem)
    if own:
        return f"a {loss} of {figures(value)}, where tuned {baseline} has closed 95 % of its initial gap"
    shown = f"{100 * value:.4g} %" if kind == "accuracy" else figures(value)
    return f"a {loss if kind == 'loss' else f'validation {kind}'} of {shown}, as asked"


def verdict(summary: Mapping[str, Any]) -> list[str]:
    """The sentences, the most important first."""
    rows = summary["contestants"]
    found = [_winner(summary, rows[0]), _tied(rows)]
    found += _runner_up(rows)
    found += _clock(rows)
    found += _order(summary)
    found += _missed(rows)
    found += _tuning(rows[0])
    given = tuple(row["label"] for row in rows if row["label"] == row["name"])  # names that a person chose stay as they are
    return [sentence if given and sentence.startswith(given) else sentence[0].upper() + sentence[1:] for sentence in found if sentence]


def _winner(summary: Mapping[str, Any], row: Row) -> str:
    problem = summary["problem"]
    how = f"{row['label']} ({', '.join(filter(None, [_numbers(row), _batch(row, problem)]))})"
    if row["examples_to_target"]["median"] is None:
        if summary["target"]["value"] is None:
            return f"{how} ends with the lowest {loss_name(problem)}, {interval(row['final_validation_loss'])}."
        return (
            f"Nobody reached the target ({summary['target']['text']}); {how} came closest, with {interval(row['final_validation_loss'])}."
        )
    lead = "is the fastest" if not row["reference"] and row["name"] != _baseline(summary)["name"] else "is not beaten"
    speed = f", {interval(row['speedup'], show=times)} as fast as tuned {_baseline(summary)['label']}" if lead == "is the fastest" else ""
    return f"{how} {lead}: it reaches {_goal(summary)} after {interval(row['examples_to_target'], show=whole)} {unit(problem)}s{speed}."


def _goal(summary: Mapping[str, Any]) -> str:
    return summary["target"]["text"].split(",")[0]


def _baseline(summary: Mapping[str, Any]) -> Row:
    """Tuned gradient descent with the usual batch, which sets the target, and against which every speed-up is measured."""
    return next(row for row in summary["contestants"] if row["name"] == summary["target"]["baseline"])


def _tied(rows: Sequence[Row]) -> str:
    tied = [row["label"] for row in rows[1:] if row["tied"]]
    if len(rows) == 1:
        return "It had no rivals."
    if not tied:
        return "No other contestant is tied with it."
    if len(tied) == len(rows) - 1:
        return f"That is a tie with everybody else ({listed(tied)}): with these settings and seeds none can be told apart from it."
    return f"It is tied with {listed(tied)}: with other settings and seeds, any of them might come first."


def _runner_up(rows: Sequence[Row]) -> list[str]:
    behind = [row for row in rows[1:] if not row["tied"]]
    if not behind:
        return []
    row = behind[0]
    found = f"The best outside that group is {row['label']}: it falls behind in {share(row['confidence'])} of resampled races"
    if row["beats"] is not None:
        chance = row["beats"]
        found += f", and on {share(chance['probability'])} of the final seeds ({share(chance['low'])} – {share(chance['high'])})"
    return [found + "."]


def _clock(rows: Sequence[Row]) -> list[str]:
    """Whether the clock has another favourite than the examples seen."""
    arrived = [row for row in rows if row["seconds_to_target"]["median"] is not None]
    if not arrived or arrived[0] is not rows[0]:
        return []
    first = min(arrived, key=lambda row: row["seconds_to_target"]["median"])
    own = rows[0]["seconds_to_target"]
    if first is rows[0]:
        return [f"On this machine that takes {interval(own, show=seconds)} of training, the shortest of all."]
    quick = interval(first["seconds_to_target"], show=seconds)
    return [
        f"Counted by the clock on this machine, {first['label']} is first, with {quick} "
        f"against {interval(own, show=seconds)} for {rows[0]['label']}."
    ]


def _order(summary: Mapping[str, Any]) -> list[str]:
    leaders = [(order["share"], order["ranking"][0]) for order in summary["order"] if order["ranking"][0]["loss"]["median"] is not None]
    if not leaders:
        return []
    loss = loss_name(summary["problem"])
    if len({row["name"] for _, row in leaders}) == 1:
        losses = ", ".join(f"{figures(row['loss']['median'], 4)} at {part:.0%}" for part, row in leaders)
        return [f"{leaders[0][1]['label']} has the lowest {loss} at every budget looked at ({losses} of it)."]
    said = ", ".join(f"{row['label']} at {part:.0%} ({figures(row['loss']['median'], 4)})" for part, row in leaders)
    return [f"The order by {loss} changes with the budget: first is {said}."]


def _missed(rows: Sequence[Row]) -> list[str]:
    missed = [row for row in rows if row["examples_to_target"]["median"] is None]
    if not missed or len(missed) == len(rows):
        return []
    said = []
    for row in missed:
        why = "every final run diverged" if row["final_validation_loss"]["median"] is None else "its budget ran out"
        low = row["final_validation_loss"]["median"]
        said.append(f"{row['label']} ({why}{'' if low is None else f' at {figures(low)}'})")
    return [f"The target was not reached by {listed(said)}."]


def _tuning(row: Row) -> list[str]:
    gain_from_tuning, default = row["default"]["gain_from_tuning"], row["default"]
    if not row["tuned"] or gain_from_tuning is None:
        return []
    if default["examples_to_target"]["median"] is None:
        return [f"With its default hyperparameters {row['label']} does not reach the target in most runs."]
    if gain_from_tuning < 1.1:
        return [f"Tuning gained nothing: with its default hyperparameters {row['label']} is as fast."]
    return [f"Tuning made {row['label']} {times(gain_from_tuning)} as fast as with its default hyperparameters."]


def _numbers(row: Row) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {setting(value)}" for name, value in row["hyperparameters"].items())


def _batch(row: Row, problem: Row) -> str:
    if unit(problem) == "gradient":
        return ""
    return "the whole training set per step" if row["batch"] == "full" else f"batch {row['batch']}"


def edge(label: str, chosen: float, low: float, high: float, *, upper: bool, widened: bool) -> str:
    """PROTOCOL rule 5, after widening once."""
    searched = f"({figures(low)} to {figures(high)}{', widened once' if widened else ''})"
    end, more = ("upper", "larger") if upper else ("lower", "smaller")
    found = f"The best learning rate found for {label}, {setting(chosen)}, lies at the {end} edge of its range {searched}"
    return f"{found}: a {more} one may be better."


def inclusion(label: str, case: str) -> str:
    """PROTOCOL rule 8."""
    return f"{label} lost clearly to {case}, which it contains as a special case: its search space or the budget is suspect."


def warnings(summary: dict[str, Any], beaten: Sequence[tuple[str, str]] = ()) -> list[str]:
    """What to know before relying on the verdict; `beaten` are contestants that lost clearly to a special case of theirs."""
    edges = [row["at_edge"] for row in summary["contestants"] if row["at_edge"]]
    return [*edges, *(inclusion(label, case) for label, case in beaten), *doubts(summary), *remedies(summary)]


def _left(summary: dict[str, Any], end: float) -> bool:
    """Whether a final loss is clearly above the target, seen from the lowest possible loss (zero, if it is not known)."""
    value = float(summary["target"]["value"] or 0.0)
    lowest = summary["problem"].get("optimum")
    return end > value + STAYS * abs(value - (0.0 if lowest is None else lowest))


def doubts(summary: dict[str, Any]) -> list[str]:
    """What else a careful reader should know."""
    rows, seeds, said = summary["contestants"], summary["run"]["seeds"], []
    best = rows[0]
    if best["examples_to_target"]["median"] is not None and best["reached"] < 1:
        missed = round((1 - best["reached"]) * seeds)
        said.append(f"{best['label']} missed the target in {missed} of {count(seeds, 'final run')}.")
    end = best["final_validation_loss"]["median"]
    finished = [row for row in rows if row["final_validation_loss"]["median"] is not None]
    if summary["target"]["kind"] == "loss" and summary["target"]["value"] is not None and end is not None and _left(summary, end):
        lowest = min(finished, key=lambda row: row["final_validation_loss"]["median"])
        said.append(
            f"{best['label']} does not stay at the target: its final loss is {figures(end)}. Stop early, or lower the learning rate; "
            f"the lowest final loss is {figures(lowest['final_validation_loss']['median'])}, by {lowest['label']}."
        )
    for row in rows:
        if row["diverged"] > 0.5:
            said.append(f"{share(row['diverged'])} of the settings searched for {row['label']} diverged: its range reaches too high.")
    if not finished:
        said.append("Every final run diverged: check the data, or search smaller learning rates.")
    return said


def measured(summary: Mapping[str, Any], numbers: Row | None) -> str:
    """A value of the problem's measure, as text."""
    return interval(numbers, show=metric(bool(summary["problem"].get("metric_percent"))))


def remedies(summary: dict[str, Any]) -> list[str]:
    """What is not alike between contestants with a remedy and those without, and which remedies were left out."""
    rows, said = summary["contestants"], []
    again = [row["label"] for row in rows if row["restarts"] > 1]
    wide = [row["label"] for row in rows if row["width"] > 1]
    if again:
        keeps, its = ("keeps", "its") if len(again) == 1 else ("keep", "their")
        said.append(f"{listed(again)} {keeps} the best of {its} restarts so far, so {its} loss curve never rises.")
    if again and any(row["probes"] for row in rows):
        said.append(f"Training dynamics of {listed(again)} were not recorded: each lane consists of several trainings.")
    if wide:
        trains, its = ("trains", "its") if len(wide) == 1 else ("train", "their")
        said.append(f"{listed(wide)} {trains} a wider network: {its} steps take longer, which only the seconds show, not the examples.")
    return said + list(summary["run"].get("left_out", ()))
