"""The verdict in words; each sentence is computed from the summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from talweg.summary import Row, Summary
from talweg.text.captions import short
from talweg.text.format import agreed, figures, interval, listed, loss_name, parts, seconds, sentence, setting, share, times, unit, whole
from talweg.text.lookup import baseline, reached


def target(kind: str, value: float | None, problem: Row, baseline: str, *, own: bool) -> str:
    """What was to be reached: a loss or metric of `value`; with `own`, the loss at which the baseline has closed most of its gap."""
    if value is None:
        return f"none, since tuned {baseline} diverged on most seeds: contestants are ranked by final {loss_name(problem)}"
    return goal(kind, value, problem) + (f", where tuned {baseline} has closed 95 % of its initial gap" if own else ", as requested")


def goal(kind: str, value: float, problem: Row) -> str:
    """The target without its reason: a validation loss of 0.146."""
    shown = f"{100 * value:.4g} %" if kind == "accuracy" else figures(value)
    return f"a {loss_name(problem) if kind == 'loss' else f'validation {kind}'} of {shown}"


def all_diverged(summary: Summary) -> bool:
    """Whether not even the winner has a cost or a loss."""
    winner = summary["contestants"][0]
    return not reached(winner) and winner["final_validation_loss"]["median"] is None


def headline(summary: Summary) -> str:
    """Who won and with whom it is tied; who came closest is not called a winner."""
    first, *others = summary["contestants"]
    if all_diverged(summary):
        return "All contestants diverge"
    if not reached(first) and summary["target"]["value"] is not None:
        return f"No contestant reaches the target; {short(first)} comes closest"
    tied = [short(c) for c in others if c["tied"]]
    group = listed(tied) if len(tied) <= 3 else f"{len(tied)} others"
    lead = "is the fastest" if reached(first) else f"has the lowest final {loss_name(summary['problem'])}"
    return f"{short(first)} {lead}{f', tied with {group}' if tied else ''}"


def verdict(summary: Summary) -> list[str]:
    """The sentences, the most important first."""
    rows = summary["contestants"]
    winner, *others = rows
    if all_diverged(summary):
        return ["All contestants diverge in most of their final runs."]
    sentences = [_winner(summary, winner), _tied(others), *_next(winner, others), *_time(rows)]
    sentences += [*_order(summary), *_missed(rows), *_gain_from_tuning(winner)]
    # Names that a person chose stay as they are.
    chosen = tuple(row["label"] for row in rows if row["label"] == row["name"] != row["method"])
    return [words if chosen and words.startswith(chosen) else sentence(words) for words in sentences]


def _winner(summary: Summary, row: Row) -> str:
    problem, target = summary["problem"], summary["target"]
    settings = [f"{name.replace('_', ' ')} {setting(value)}" for name, value in row["hyperparameters"].items()]
    if unit(problem) == "example":
        settings.append("full batch" if row["batch"] == "full" else f"batch {row['batch']}")
    label = f"{row['label']} ({', '.join(settings)})"
    if not reached(row):
        loss = _with_interval(row["final_validation_loss"])
        if target["value"] is None:
            return f"{label} has the lowest final {loss_name(problem)}: {loss}."
        return f"No contestant reaches the target, {target['text']}; {label} comes closest, with a final {loss_name(problem)} of {loss}."
    cost, reference = _with_interval(row["examples_to_target"], f" {unit(problem)}s", show=whole), baseline(summary)
    reaches = f"reaches {goal(target['kind'], target['value'], problem)} after {cost}"
    if row["name"] == reference["name"]:
        return f"{label} {reaches}{'; no contestant is faster' if len(summary['contestants']) > 1 else ''}."
    return f"{label} is the fastest: it {reaches}, {interval(row['speedup'], show=times)} as fast as tuned {reference['label']}."


def _with_interval(d: Row, noun: str = "", **show: Any) -> str:
    median, ends = parts(d, **show)
    return f"{median}{noun} (95 % interval {ends})"


def _tied(others: Sequence[Row]) -> str:
    tied = [row["label"] for row in others if row["tied"]]
    if not others:
        return "No other contestant took part."
    if not tied:
        return "No other contestant is tied with it."
    everyone = "all other contestants: " if 1 < len(tied) == len(others) else ""
    difference = "the difference is" if len(tied) == 1 else "the differences are"
    return f"It is tied with {everyone}{listed(tied)}; {difference} not statistically significant."


def _next(winner: Row, others: Sequence[Row]) -> list[str]:
    """The best contestant that is not tied with the winner."""
    behind = [row for row in others if not row["tied"]]
    if not behind:
        return []
    row, resamples, chance = behind[0], share(behind[0]["confidence"]), behind[0]["beats"]
    seeds = f"{share(chance['probability'])} of the final seeds (95 % interval {share(chance['low'])} – {share(chance['high'])})"
    return [f"Next is {row['label']}, which is worse than {winner['label']} in {resamples} of the bootstrap resamples and on {seeds}."]


def _time(rows: Sequence[Row]) -> list[str]:
    """Whether another contestant is first by time than by examples."""
    timed = [row for row in rows if row["seconds_to_target"]["median"] is not None]
    if not timed:
        return []
    first, winner = min(timed, key=lambda row: row["seconds_to_target"]["median"]), rows[0]
    time = interval(first["seconds_to_target"], show=seconds)
    if first is winner:
        return [f"Its time to target on this machine is the shortest, too: {time}."]
    own = interval(winner["seconds_to_target"], show=seconds)
    return [f"By time to target on this machine, {first['label']} is first: {time}, against {own} for {winner['label']}."]


def _order(summary: Summary) -> list[str]:
    leaders = [(order["share"], order["ranking"][0]) for order in summary["order"] if order["ranking"][0]["loss"]["median"] is not None]
    if not leaders:
        return []
    loss, names = loss_name(summary["problem"]), [row["label"] for _, row in leaders]
    losses = [figures(row["loss"]["median"], 4, zeros=True) for _, row in leaders]
    budgets = [share(part) for part, _ in leaders]
    if len(set(names)) == 1:
        return [f"{names[0]} has the lowest {loss} at {listed(budgets)} of the budget ({listed(losses)})."]
    order = [f"{name} at {budget} ({lowest})" for name, budget, lowest in zip(names, budgets, losses, strict=True)]
    return [f"The order by {loss} changes with the budget: first is {listed(order)}."]


def _missed(rows: Sequence[Row]) -> list[str]:
    missed = [row for row in rows if not reached(row)]
    if not missed or len(missed) == len(rows):
        return []
    losses = [row["final_validation_loss"]["median"] for row in missed]
    names = [
        f"{row['label']} ({'diverged' if loss is None else f'final loss {figures(loss)}'})"
        for row, loss in zip(missed, losses, strict=True)
    ]
    return [f"{agreed(names, 'does', 'do')} not reach the target within the budget."]


def _gain_from_tuning(row: Row) -> list[str]:
    default = row["default"]
    if not row["tuned"] or default["gain_from_tuning"] is None:
        return []
    if default["examples_to_target"]["median"] is None:
        return [f"With its default hyperparameters, {row['label']} misses the target in most runs."]
    if default["gain_from_tuning"] < 1.1:
        return [f"Tuning gains nothing: {row['label']} is no slower with its default hyperparameters."]
    return [f"Tuning makes {row['label']} {times(default['gain_from_tuning'])} as fast as its default hyperparameters do."]
