"""What a race found beside its answer: rankings, landmarks, what tuning is worth, early stopping, the test part."""

from __future__ import annotations

from collections.abc import Sequence

from talweg.summary import Row, Summary
from talweg.text import lookup, timing
from talweg.text.format import agreed, figures, interval, joined, listed, loss_name, measured, metric, times, unit, whole
from talweg.text.wording import capitals, goal

SHOWN = 3  # of a ranking


def sentences(summary: Summary) -> list[str]:
    """All of it; what depends on a recommendation only where there is one."""
    if lookup.all_failed(summary):
        return []
    r = summary["recommendation"]
    found = [*quality(summary), *speed(summary), *looser(summary)]
    if r["method"] is not None:
        found += [*landmarks(summary), *tuning(summary), *early_stopping(summary), *improving(summary)]
    return capitals(summary, [*found, *test(summary)])


def quality(summary: Summary) -> list[str]:
    """The first three by validation loss."""
    rows = [c for c in summary["contestants"] if not lookup.failed(c)]
    if len(rows) < 2:
        return []
    shown = [f"{c['label']} {measured(c['validation_loss']['mean'])}" for c in rows[:SHOWN]]
    return [f"By {loss_name(summary['problem'])}, the order is {listed(shown)}."]


def speed(summary: Summary) -> list[str]:
    """Who is as good as the best soonest, who is tied with it, the next, and who never is."""
    wanted, rows = summary["target"], lookup.by_speed(summary)
    if wanted["value"] is None:
        return []
    aim = goal(wanted["kind"], wanted["value"], summary["problem"]) + ("" if wanted["given"] else ", as good as the best,")
    if not rows:
        return [f"No contestant reaches {goal(wanted['kind'], wanted['value'], summary['problem'])} within the budget."]
    first = lookup.row(summary, wanted["fastest"]) or rows[0]
    cost = f"{timing.to_target(summary, first)}{_over(summary, first)}"
    words = [f"By {wanted['count']}, {first['label']} is the first to reach {aim} after {cost}"]
    tied = [c["label"] for c in rows if c["name"] in wanted["tied"]]
    words += [f"{agreed(tied, 'is', 'are')} tied with it"] if tied else []
    behind = [c for c in rows if c is not first and c["name"] not in wanted["tied"]]
    words += [f"next is {behind[0]['label']}, after {timing.to_target(summary, behind[0])}"] if behind else []
    missed = [c["label"] for c in summary["contestants"] if not lookup.reached(c)]
    late = [f"{agreed(missed, 'does', 'do')} not reach it within the budget."] if missed else []
    return [f"{'; '.join(words)}.", *_fewest_examples(summary, rows), *late]


def _fewest_examples(summary: Summary, rows: Sequence[Row]) -> list[str]:
    """Who needs the fewest examples to the target: what a step costs does not count there, so it is often another."""
    if summary["target"]["count"] == "examples" or unit(summary["problem"]) != "example" or len(rows) < 2:
        return []
    fewest = min(rows, key=lambda c: c["to_target"]["examples"]["value"])
    return [f"By examples, {fewest['label']} is the first, after {interval(fewest['to_target']['examples'], show=whole)}."]


def looser(summary: Summary) -> list[str]:
    """The first three to a looser target, which says who is quick where who is best is not asked."""
    wanted, problem = summary["target"], summary["problem"]
    costs = [(cost, c["label"]) for c in summary["contestants"] if (cost := lookup.to_looser(summary, c)) is not None]
    if not costs:
        return []
    order = listed([f"{label} ({timing.counted(summary, cost)})" for cost, label in sorted(costs)[:3]])
    return [f"To a looser target, {goal('loss', wanted['loose'], problem)} with a tenth of the gap still open, the order is {order}."]


def _over(summary: Summary, c: Row) -> str:
    """How many times as soon as the baseline, which may itself be the first."""
    reference = lookup.baseline(summary)
    if c is reference or c["to_target"]["speedup"]["value"] is None:
        return ""
    least = "" if lookup.reached(reference) else "at least "
    return f", {least}{interval(c['to_target']['speedup'], show=times)} as soon as {reference['label']}"


def landmarks(summary: Summary) -> list[str]:
    """Whether a linear model does as well, and how much better than the constant prediction it is."""
    linear, constant, label = (*(lookup.landmark(summary, name) for name in ("linear", "constant")), summary["recommendation"]["label"])
    words = []
    if linear is not None:
        loss = f"{linear['label']} has a {loss_name(summary['problem'])} of {interval(linear['validation_loss'])}"
        more = "" if linear["excess"] is None else f", {interval(linear['excess'])} more"
        words.append(f"A linear model is as good: {loss}." if linear["as_good"] else f"A linear model is not as good: {loss}{more}.")
    if constant is not None:
        gap = "" if constant["excess"] is None else f", {interval(constant['excess'])} more than {label}"
        words.append(f"The constant prediction has {measured(constant['validation_loss']['mean'])}{gap}.")
    return words


def tuning(summary: Summary) -> list[str]:
    """What tuning is worth, number by number."""
    row = lookup.recommended(summary)
    default = row["default"] if row is not None else None
    if row is None or default is None:
        return []
    stages = [
        f"{measured(default['validation_loss']['mean'])} with its default hyperparameters",
        "" if default["rate_alone"] is None else f"{measured(default['rate_alone']['mean'])} with the learning rate tuned alone",
        f"{measured(default['all_tuned']['mean'])} with all tuned",
    ]
    gain = default["gain"]
    worth = f"tuning gains {interval(gain)}" if gain["low"] is not None and gain["low"] > 0 else "tuning gains nothing that is significant"
    return [f"{row['label']} has a {loss_name(summary['problem'])} of {joined(stages)}: {worth}."]


def early_stopping(summary: Summary) -> list[str]:
    """Whether it is still needed at the recommended length."""
    gain, margin = summary["recommendation"]["early_stopping"], summary["target"]["margin"]
    if gain is None:
        return []
    if margin is None or gain > margin:
        return [
            f"Early stopping gains at most {figures(gain, 2)}: each seed's own lowest point is lower by that, on the rows it is found on."
        ]
    return [f"Early stopping is not needed at this length: it would gain at most {figures(gain, 2)}."]


def improving(summary: Summary) -> list[str]:
    """That a longer training may be better."""
    if not summary["recommendation"]["still_improving"]:
        return []
    return ["It was still improving when the budget ended: a longer training may be better."]


def test(summary: Summary) -> list[str]:
    """The test part, which was used once."""
    r, problem = summary["recommendation"], summary["problem"]
    if r["test_loss"] is None:
        return []
    score = "" if r["test_metric"] is None else f"{problem['metric']} {interval(r['test_metric'], show=metric(problem['metric_percent']))}"
    loss = f"loss {interval(r['test_loss'])}"
    return [f"On the test part, used once after all choices: {joined([loss, score])}."]
