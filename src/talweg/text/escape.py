"""Which remedy helps against local minima, in words: sentences, table, caption, and how it was measured."""

from __future__ import annotations

from collections.abc import Mapping

from talweg.summary import Row, Summary
from talweg.text.basins import bounds, percent
from talweg.text.format import batch_size, count, figures, listed, seconds, sentence, signed, trim

VERDICTS = {"helps": "helps", "hurts": "hurts", "can't be told": "not significant", "not known": "not known", "plain": "without a remedy"}
NEARLY_ALWAYS = 0.995  #: reached so often, the plain method needs no remedy
HARDLY = 0.05  #: reached by so few with any remedy, a goal tells little

#: The heads of the table, and the name of their cells; with a second one, what stands below it.
HEADS = (
    ("Effect", "verdict", ""),
    ("Successes", "reached", ""),
    ("Success rate", "share", "interval"),
    ("Difference in points", "points", "between"),
    ("Median of the lowest losses", "loss", ""),
    ("Steps per trial", "steps", ""),
    ("Cost per success", "cost", ""),
)


def sentences(summary: Summary) -> list[str]:
    """The headline, the plain method, each remedy that makes a difference, those that don't, and the cost."""
    told = (*differences(summary), no_difference(summary), not_known(summary))
    return [one for one in (headline(summary), plain(summary), *told, other_goal(summary), cost(summary)) if one]


def headline(summary: Summary) -> str:
    """The remedy that reaches the best known value most often, if any is better than none."""
    first, *others = summary["arms"]
    helping = [arm for arm in others if arm["verdict"] == "helps"]
    if helping:
        best = max(helping, key=lambda arm: arm["rate"]["median"])
        before, after = (percent(arm["rate"]["median"]) for arm in (first, best))
        return f"With {short(best, summary)}, {after} of the trials reach {aim(summary)}, against {before} without a remedy."
    if first["rate"]["median"] >= NEARLY_ALWAYS:
        return f"No remedy is needed: nearly all trials of {first['label']} reach {aim(summary)}."
    if all(arm["reached"] == 0 for arm in summary["arms"]):
        return f"No trial reached {aim(summary)}; with a larger budget, or more trials, some may."
    if all(arm["verdict"] == "hurts" for arm in others):
        return f"No remedy helps: {first['label']} reaches {aim(summary)} most often without one."
    if any(arm["verdict"] == "not known" for arm in others):
        return (
            f"Not known whether a remedy helps: with {count(summary['settings'], 'setting')} of each, tuning is too much a matter of luck."
        )
    return f"No remedy helps significantly: none is shown to reach {aim(summary)} more often than {first['label']} without one."


def plain(summary: Summary) -> str:
    """What was to be reached, and how often the plain method does."""
    first = summary["arms"][0]
    best = signed(summary["best"]) + ("" if summary["best_known"] else ", the lowest that any arm reached")
    return (
        f"Without a remedy, {first['label']} comes within {margin(summary)} of {aim(summary)} ({best}) in {first['reached']:,} of "
        f"{count(summary['starts'], 'trial')} ({bounds(first['rate'])})."
    )


def differences(summary: Summary) -> list[str]:
    """Each remedy that makes a difference, the largest first."""
    arms = [arm for arm in summary["arms"] if arm["verdict"] in ("helps", "hurts")]
    return [
        f"{sentence(arm['verdict'])}: {short(arm, summary)}, {percent(arm['rate']['median'])} ({bounds(arm['rate'])}), a difference of "
        f"{points(arm['gain']['median'])} percentage points ({between(arm['gain'])})."
        for arm in sorted(arms, key=lambda arm: -arm["gain"]["median"])
    ]


def no_difference(summary: Summary) -> str:
    """The remedies for which nothing can be told."""
    arms = [arm for arm in summary["arms"] if arm["verdict"] == "can't be told"]
    if not arms or all(arm["reached"] == 0 for arm in summary["arms"]):
        return ""
    names = [f"{short(arm, summary)} ({percent(arm['rate']['median'])})" for arm in arms]
    return f"No significant difference: {listed(names)}."


def not_known(summary: Summary) -> str:
    """The remedies on which more tuning may turn the verdict, and what to do."""
    arms = [arm for arm in summary["arms"] if arm["verdict"] == "not known"]
    if not arms or all(arm["reached"] == 0 for arm in summary["arms"]):
        return ""
    first = summary["arms"][0]
    names = [f"{short(arm, summary)} ({percent(arm['rate']['median'])}; {narrow(arm)})" for arm in arms]
    return (
        f"Not known, tuned with too few settings: {listed(names)}. Of the plain method, {narrow(first)}. Try more than "
        f"{count(summary['settings'], 'setting')}."
    )


def narrow(arm: Row) -> str:
    """How many settings of an arm are about as good as its best."""
    good, tried = arm["good_settings"], arm["tried_settings"]
    if good == 0:
        return f"none of {count(tried, 'setting')} arrived"
    return f"{good} of {count(tried, 'setting')} {'was' if good == 1 else 'were'} about as good as the best"


def other_goal(summary: Summary) -> str:
    """A goal that would tell more, where the lowest value of all was luck that hardly comes again."""
    arms = [arm for arm in summary["arms"] if arm["loss"] is not None]
    if summary["best_known"] or not arms or any(arm["rate"]["median"] >= HARDLY for arm in summary["arms"]):
        return ""
    best = min(arms, key=lambda arm: arm["loss"])
    return (
        f"The lowest value is reached too rarely to compare by; a goal loss of {signed(best['loss'])}, which half of the trials with "
        f"{short(best, summary)} reach, would tell more."
    )


def cost(summary: Summary) -> str:
    """What a trial cost, and a success."""
    of = " of the plain model" if summary["data"] else ""
    words = f"Every trial had the same budget, {figures(summary['gradients'])} {unit(summary)}{of}"
    arms = [arm for arm in summary["arms"] if arm["cost"] is not None]
    if not arms:
        return f"{words}."
    lowest = min(arm["cost"] for arm in arms)
    cheapest = [arm for arm in arms if arm["cost"] == lowest]
    who = short(cheapest[0], summary) if len(cheapest) == 1 else count(len(cheapest), "arm")
    return f"{words}; the lowest cost per success is that of {who}, {figures(lowest)} on average."


def aim(summary: Summary) -> str:
    """What is to be reached."""
    return "the goal" if summary["goal_given"] else "the best known value"


def margin(summary: Summary) -> str:
    """How far above it a loss may be."""
    return figures(summary["threshold"] - summary["best"], 2)


def unit(summary: Summary) -> str:
    """What cost is counted in."""
    return "per-example gradients" if summary["data"] else "gradients"


def short(arm: Row, summary: Summary) -> str:
    """An arm in a sentence: its remedy without the plain method's label, `warm restarts`."""
    return added(arm, summary).removeprefix("from ").removeprefix("with ")


def added(arm: Row, summary: Summary) -> str:
    """What an arm's label adds to that of the plain method: `with warm restarts`; the whole label where it adds nothing."""
    return str(arm["label"]).removeprefix(f"{summary['arms'][0]['label']}, ")


def beside(arm: Row, summary: Summary) -> str:
    """An arm beside its line in a figure: `… with warm restarts` below the plain method."""
    words = added(arm, summary)
    return sentence(words) if words == arm["label"] else f"… {words}"


def points(x: float) -> str:
    """A difference of shares in percentage points, with its sign and at most one figure after the point."""
    text = trim(f"{abs(100 * x):.1f}") if abs(x) < 0.1 else f"{abs(100 * x):.0f}"
    return text if text == "0" else f"{'−' if x < 0 else '+'}{text}"


def between(gain: Mapping[str, float]) -> str:
    """The interval of a difference."""
    return f"{points(gain['low'])} to {points(gain['high'])}"


# ---- the figure and the page --------------------------------------------------------------------------------------------------


def caption(summary: Summary) -> str:
    """What is drawn in the figure."""
    return (
        f"Bars: intervals of {100 * summary['level']:g} %; dotted line: {summary['arms'][0]['label']} without a remedy; open circles: no "
        "significant difference from it, or not known. Differences are tested in pairs of trials, so bars that overlap do not rule one out."
    )


def axis(summary: Summary) -> tuple[str, str]:
    """The title of the axis of success rates, and a shorter one."""
    return f"trials that reached {aim(summary)}, %", "trials that reached it, %"


def hover(arm: Row) -> str:
    """What the pointer reads at an arm, below its name."""
    return f"{percent(arm['rate']['median'])} ({bounds(arm['rate'])})<br>{VERDICTS[arm['verdict']]}"


def mark(arm: Row) -> str:
    """What stands beside an arm that makes a difference."""
    return f"{arm['verdict']}: {points(arm['gain']['median'])} points"


def cells(arm: Row, summary: Summary) -> dict[str, str]:
    """A row of the table."""
    gain = arm["gain"]
    return {
        "verdict": VERDICTS[arm["verdict"]],
        "reached": f"{arm['reached']:,} of {summary['starts']:,}",
        "share": percent(arm["rate"]["median"]),
        "interval": bounds(arm["rate"]),
        "points": "" if gain is None else points(gain["median"]),
        "between": "" if gain is None else between(gain),
        "loss": signed(arm["loss"]),
        "steps": f"{arm['steps']:,}",
        "cost": figures(arm["cost"]),
    }


def lead(summary: Summary) -> str:
    """What the cells of the table are."""
    return (
        f"Below each success rate is its interval of {100 * summary['level']:g} %, below each difference from the plain method one that "
        f"holds for all arms at once. The cost per success is the budget of a trial, in {unit(summary)}, over the success rate."
    )


def computed(summary: Summary) -> list[tuple[str, str, str]]:
    """Names, values and details of everything that somebody needs to run it again."""
    first, data = summary["arms"][0], summary["data"]
    known = "known before" if summary["best_known"] else "the lowest that any arm reached in its tuning"
    size = count(summary["parameters"], "parameter" if data else "variable")
    steps = count(first["steps"], "step")
    tuning = f"each from {count(summary['tuning_starts'], 'start')}, none of which is used again"
    return [
        ("problem", summary["problem"], f"{summary['model']}, {size}" if summary["model"] else size),
        (
            aim(summary).removeprefix("the "),
            f"{signed(summary['best'])}, to within {margin(summary)}",
            "given" if summary["goal_given"] else known,
        ),
        ("plain method", first["label"], f"batch {batch_size(first['batch'])}, {steps}" if data else steps),
        ("cost of a trial", f"{figures(summary['gradients'])} {unit(summary)}", "the same for all arms"),
        ("tuning", f"{count(summary['settings'], 'setting')} for each arm", tuning),
        ("starts", f"{summary['starts']:,} for each arm", "not those of the tuning"),
        ("seed", str(summary["seed"]), ""),
        ("took", seconds(summary["seconds"]), "without compiling"),
    ]


def read(summary: Summary) -> list[str]:
    """The protocol in a few sentences."""
    wider = " A wider network therefore takes fewer steps." if any(arm["remedy"] == "wider" for arm in summary["arms"]) else ""
    what = "the loss on all training data" if summary["data"] else "the value"
    scope = " This measures how low the training loss gets, not how well a network generalises." if summary["data"] else ""
    return [
        f"Success: at any evaluation, {what} is within {figures(100 * summary['within'])} % of the initial gap above {aim(summary)}; the "
        f"initial gap is counted from the median start.{scope}",
        "Equal cost: every trial of every arm has the same budget, in gradients of one example times the parameters of the model; random "
        f"restarts share one such budget.{wider}",
        "Equal tuning: every arm is tried at the same points of the unit cube in its own search space, from the same few starts. The "
        "setting with the most successes (of several, that with the lowest median loss) is run from fresh starts; only those trials are "
        "reported.",
        "Luck of tuning: in each of 2,000 draws one of every two neighbouring settings is left out, the same of all arms, and the best of "
        "the rest stands for the arm; what is chosen often is run from the fresh starts, too. The intervals are those of the mixture. An "
        "arm that does worse may have better settings that the search missed, unless three of its own are about as good as its best (at "
        "least half as many successes), or three of the other arm's are better: without these its effect is called not known.",
        "For one seed all arms have the same start and the same order of examples, and are compared pair by pair. The intervals of the "
        "differences hold for all arms at once (Bonferroni). Success rates: Wilson, 1927; differences: Agresti & Min, 2005; half samples: "
        "McCarthy, 1969.",
        "No significant difference does not mean that there is none: more trials can show a smaller one.",
    ]
