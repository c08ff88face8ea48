"""The verdict in words: what to use, what it gives, what it costs; each sentence is computed from the summary."""

from __future__ import annotations

from collections.abc import Iterable

from talweg.summary import Row, Summary
from talweg.text import findings, lookup, timing
from talweg.text.captions import short
from talweg.text.format import (
    batch_size,
    count,
    epochs,
    figures,
    interval,
    joined,
    listed,
    loss_name,
    measured,
    metric,
    parts,
    seconds,
    sentence,
    setting,
    share,
    times,
    unit,
)
from talweg.text.wording import capitals, goal, hyperparameters

SCHEDULES = {
    "constant": "a constant learning rate",
    "cosine": "cosine decay of the learning rate",
    "step": "step decay of the learning rate",
    "exponential": "exponential decay of the learning rate",
    "inverse-time": "inverse-time decay of the learning rate",
    "warmup-cosine": "a warm-up and cosine decay of the learning rate",
    "one-cycle": "a one-cycle learning rate",
    "restarts": "cosine decay with restarts of the learning rate",
}


# ---- what judges ask -------------------------------------------------------------------------------------------------------------


def target(kind: str, value: float | None, problem: Row, *, given: bool, margin: float | None) -> str:
    """What counts as as good as the best: a loss or metric of `value`, which was asked for or is within the margin of the lowest."""
    if value is None:
        return "none, since nothing was learned"
    why = ", as requested" if given else "" if margin is None else ", within the margin of the lowest"
    return goal(kind, value, problem) + why


def nothing_learned(problem: Row) -> str:
    """The reason for recommending nothing where no contestant is better than no training at all."""
    if unit(problem) == "gradient":
        return "nothing was learned: no contestant is lower than where it started"
    return "nothing was learned: no contestant is better on new data than the constant prediction"


def all_diverged_reason(problem: Row) -> str:
    """The reason for recommending nothing where most seeds of every contestant failed."""
    far = "" if unit(problem) == "gradient" else " (diverges, or ends at three times the loss of the constant prediction)"
    return f"everything diverged: every contestant fails on most seeds{far}"


# ---- the answer ------------------------------------------------------------------------------------------------------------------


def headline(summary: Summary) -> str:
    """The answer in one line: method, batch, length, loss with interval, and time; or why there is none."""
    r = summary["recommendation"]
    if r["method"] is None:
        return sentence(r["reason"])
    rate = r["hyperparameters"].get("learning_rate")
    numbers = joined(["" if rate is None else f"learning rate {setting(rate)}", _batch(summary, r["batch"]), _length(summary, r)])
    about, library = _seconds(summary), f" in {timing.clock(summary)}" if summary["target"]["clock"] != "jax" else ""
    return f"Use {short(r)} ({numbers}): {loss_name(summary['problem'])} {interval(r['validation_loss'])}, {about} a training{library}"


def _seconds(summary: Summary) -> str:
    """The time of the recommended training in two words."""
    row, time = lookup.recommended(summary), summary["recommendation"]["seconds"]
    return seconds(time) if row is None else timing.training_parts(time, row["seconds_per_step"])[0]


def verdict(summary: Summary) -> list[str]:
    """The sentences, the most important first: the answer, then what else was found."""
    return [*answer(summary), *findings.sentences(summary)]


def answer(summary: Summary) -> list[str]:
    """What to use, what it gives and costs, who is tied with it, and what is nearly as good in a tenth of the time."""
    r = summary["recommendation"]
    if r["method"] is None:
        return capitals(summary, [f"{sentence(r['reason'])}. Nothing is recommended.", *_instead_of_nothing(summary)])
    sentences = [_use(summary, r), _get(summary, r), *_promise(r), _cost(summary, r), *_goal(summary, r), _tied(summary, r)]
    return capitals(summary, [*sentences, *_instead_of(summary, r), *_current(summary, r), *_quick(summary, r)])


def _instead_of_nothing(summary: Summary) -> list[str]:
    if lookup.all_failed(summary):
        return ["Check the data, or search smaller learning rates."]
    first, problem = summary["contestants"][0], summary["problem"]
    names = {"constant": "the constant prediction"}
    marks = [f"{names.get(mark['name'], mark['label'])} has {interval(mark['validation_loss'])}" for mark in summary["landmarks"]]
    lowest = f"The lowest {loss_name(problem)} is {interval(first['validation_loss'])}, by {first['label']}"
    return [f"{lowest}{f'; {listed(marks)}' if marks else ''}."]


def _batch(summary: Summary, batch: int | str) -> str:
    if unit(summary["problem"]) == "gradient":
        return ""
    return "full batch" if batch == "full" else f"batch {batch_size(batch)}"


def _length(summary: Summary, r: Row) -> str:
    return epochs(r["epochs"]) if r["epochs"] is not None and unit(summary["problem"]) == "example" else count(r["steps"], "step")


def _use(summary: Summary, r: Row) -> str:
    row = lookup.recommended(summary)
    tuned = hyperparameters(r, row["tuned"] if row is not None else None)
    numbers = tuned or joined(["its default hyperparameters", hyperparameters(r)])
    data = unit(summary["problem"]) == "example"
    batch = "" if not data else "the full batch" if r["batch"] == "full" else f"batches of {batch_size(r['batch'])}"
    steps = count(r["steps"], "step") + (f" ({epochs(r['epochs'])})" if data and r["epochs"] is not None else "")
    how = joined([numbers, batch, SCHEDULES.get(r["schedule"], f"the schedule {r['schedule']}")])
    return f"Use {r['label']} with {how}, for {steps}."


def measures(summary: Summary, r: Row, loss: Row | None, score: Row | None, *, ends: str = "95 % interval ") -> str:
    """A loss and a metric with their intervals, and the root mean squared error of a regression where the validation loss is meant."""
    problem = summary["problem"]
    value, between = parts(loss)
    words = [f"{value} ({ends}{between})"]
    if score is not None and problem["metric"]:
        words.append(f"{problem['metric']} {interval(score, show=metric(problem['metric_percent']))}")
    if loss is r["validation_loss"] and r["original_rmse"] is not None:
        words.append(f"RMSE {interval(r['original_rmse'])} in the unit of the target")
    return joined(words)


def _get(summary: Summary, r: Row) -> str:
    numbers = measures(summary, r, r["validation_loss"], r["validation_metric"])
    seeds = count(r["seeds"], "fresh seed")
    luck = f"{seeds}, each with its own split" if unit(summary["problem"]) == "example" else seeds
    return f"Expected {loss_name(summary['problem'])}: {numbers}, a mean over {luck}."


def _promise(r: Row) -> list[str]:
    promise = r["expected_on_new_data"]
    if promise is None:
        return []
    value, ends = parts(promise)
    return [f"On {count(promise['rows'], 'new row')} expect a loss of {value} (95 % prediction interval {ends})."]


def _cost(summary: Summary, r: Row) -> str:
    row = lookup.recommended(summary)
    time = seconds(r["seconds"]) if row is None else timing.training(r["seconds"], row["seconds_per_step"])
    return f"One training takes {time} on this machine, in {timing.clock(summary)}."


def _goal(summary: Summary, r: Row) -> list[str]:
    """That the target was missed, where somebody asked for one."""
    wanted, row = summary["target"], lookup.recommended(summary)
    if not wanted["given"] or row is None or lookup.reached(row):
        return []
    return [f"It does not reach the target within the budget: {goal(wanted['kind'], wanted['value'], summary['problem'])}."]


def _names(summary: Summary, names: Iterable[str]) -> list[str]:
    return [row["label"] for name in names if (row := lookup.row(summary, name)) is not None]


def _tied(summary: Summary, r: Row) -> str:
    tied, loss = _names(summary, r["tied"]), loss_name(summary["problem"])
    if len(summary["contestants"]) == 1:
        return "No other contestant took part."
    if not tied:
        return f"No other contestant is tied with it in {loss}."
    everyone = "all other contestants: " if 1 < len(tied) == len(summary["contestants"]) - 1 else ""
    difference = "the difference is" if len(tied) == 1 else "the differences are"
    return f"It is tied in {loss} with {everyone}{listed(tied)}; {difference} not statistically significant."


def _instead_of(summary: Summary, r: Row) -> list[str]:
    other, margin = lookup.row(summary, r["instead_of"]), summary["target"]["margin"]
    if other is None:
        return []
    longer = times(other["training_seconds"] / r["seconds"])
    lower = f"{other['label']} has a lower mean ({measured(other['validation_loss']['mean'])})"
    return [
        f"{lower}, but its training takes {longer} as long; a training twice as long has to be better by {figures(margin)} to be worth it."
    ]


def _current(summary: Summary, r: Row) -> list[str]:
    """Whether what is used now is good enough, where it took part."""
    row = next((c for c in summary["contestants"] if c["name"].startswith("current")), None)
    if row is None:
        return []
    numbers = joined([hyperparameters(row, ["learning_rate"]), _batch(summary, row["batch"]), _length(summary, row)])
    now, margin = f"What you use now, {row['label']} ({numbers}),", summary["target"]["margin"]
    if row["name"] == r["name"]:
        return [f"{now} is what is recommended."]
    if lookup.failed(row):
        return [f"{now} is not good enough: it fails on {share(row['failed'])} of the seeds."]
    loss, more = interval(row["validation_loss"]), interval(row["excess"])
    if row["tied"]:
        return [f"{now} is good enough: its {loss_name(summary['problem'])}, {loss}, can't be told apart from the lowest."]
    if margin is not None and row["excess"]["mean"] is not None and row["excess"]["mean"] <= margin:
        return [f"{now} is good enough: it loses {more}, less than the margin of {figures(margin)}."]
    return [f"{now} loses {more}: its {loss_name(summary['problem'])} is {loss}."]


def _quick(summary: Summary, r: Row) -> list[str]:
    quick = r["quick"]
    if quick is None:
        return []
    row, excess = lookup.row(summary, quick["name"]), quick["excess"]
    steps = row["seconds_per_step"] if row is not None else {"steady": True, "seconds": 0.0}
    time = timing.training_parts(quick["seconds"], steps)[0]
    tuned = hyperparameters(quick, row["tuned"] if row is not None and row["method"] == quick["method"] else None)
    numbers = joined([tuned, _batch(summary, quick["batch"]), count(quick["steps"], "step"), time])
    loss = f"{loss_name(summary['problem'])} of {interval(quick['validation_loss'])}"
    return [f"In a tenth of the time: {quick['label']} ({numbers}) gives a {loss}, {interval(excess)} more."]
