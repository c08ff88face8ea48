"""Which remedy helps against local minima, in words and as a figure. The words need no Plotly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talweg.text.basins import ends, small
from talweg.text.format import count, figures, listed, sentence, signed, trim

Summary = Mapping[str, Any]
Row = Mapping[str, Any]
VERDICTS = {"helps": "helps", "hurts": "hurts", "can't be told": "no difference seen", "plain": "without a remedy"}
NEARLY_ALWAYS = 0.995  #: reached so often, the plain method needs no remedy
HARDLY = 0.05  #: reached by so few with any remedy, a goal tells little
LETTERS, FEW = 34, 21  # of a label's line, on a page and on a narrow one


def sentences(summary: Summary) -> list[str]:
    """The headline, how the plain method does, each remedy that makes a difference, those that don't, and what it cost."""
    said = (headline(summary), plainly(summary), *differs(summary), no_difference(summary), easier(summary), price(summary))
    return [words for words in said if words]


def headline(summary: Summary) -> str:
    """The remedy that reaches the best known value most often, if any is better than none."""
    plain, *others = summary["arms"]
    helping = [arm for arm in others if arm["verdict"] == "helps"]
    if helping:
        best = max(helping, key=lambda arm: arm["rate"]["median"])
        before, after = (small(arm["rate"]["median"]) for arm in (plain, best))
        return f"With {named(best, summary)} {aim(summary)} is reached in {after} of the trials instead of {before}."
    if plain["rate"]["median"] >= NEARLY_ALWAYS:
        return f"No remedy is needed: {plain['label']} reaches {aim(summary)} nearly always."
    if all(arm["reached"] == 0 for arm in summary["arms"]):
        return f"Nobody reached {aim(summary)}; with a larger budget, or more trials, somebody may."
    if all(arm["verdict"] == "hurts" for arm in others):
        return f"No remedy helps: {plain['label']} alone reaches {aim(summary)} most often."
    return f"No remedy helps for sure: none reaches {aim(summary)} more often than {plain['label']} alone, as far as can be told."


def plainly(summary: Summary) -> str:
    """What was to be reached, and how often the plain method does."""
    plain = summary["arms"][0]
    goal = f"{aim(summary)} ({signed(summary['best'])}{'' if summary['best_known'] else ', the lowest that anybody found'})"
    return (
        f"{sentence(plain['label'])} alone comes to within {figures(summary['threshold'] - summary['best'], 2)} of {goal} in "
        f"{plain['reached']:,} of {count(summary['starts'], 'trial')} ({ends(plain['rate'])})."
    )


def differs(summary: Summary) -> list[str]:
    """Each remedy that makes a difference, the largest first."""
    rows = [arm for arm in summary["arms"] if arm["verdict"] in ("helps", "hurts")]
    rows.sort(key=lambda arm: -arm["gain"]["median"])
    return [
        f"{sentence(arm['verdict'])}: {named(arm, summary)}, {small(arm['rate']['median'])} ({ends(arm['rate'])}), "
        f"{points(arm['gain']['median'])} points ({apart(arm['gain'])})."
        for arm in rows
    ]


def no_difference(summary: Summary) -> str:
    """The remedies for which nothing can be told."""
    if all(arm["reached"] == 0 for arm in summary["arms"]):
        return ""
    names = [f"{named(arm, summary)} ({small(arm['rate']['median'])})" for arm in summary["arms"] if arm["verdict"] == "can't be told"]
    return f"No difference can be told for {listed(names)}." if names else ""


def easier(summary: Summary) -> str:
    """A goal that would tell more, where the lowest value that anybody found was luck that hardly comes again."""
    arms = [arm for arm in summary["arms"] if arm["loss"] is not None]
    if summary["best_known"] or not arms or any(arm["rate"]["median"] >= HARDLY for arm in summary["arms"]):
        return ""
    best = min(arms, key=lambda arm: arm["loss"])
    return (
        f"The lowest that anybody found is met too seldom to compare by; a goal loss of {signed(best['loss'])}, which half of the trials "
        f"with {named(best, summary)} came to, would tell more."
    )


def price(summary: Summary) -> str:
    """What a trial cost, and a success."""
    gain_from_tuning = sorted((arm for arm in summary["arms"] if arm["cost"] is not None), key=lambda arm: arm["cost"])
    said = f"Every trial cost the same, {figures(summary['gradients'])} {unit(summary)}{' of the plain model' if summary['data'] else ''}"
    if not gain_from_tuning:
        return f"{said}."
    least = [arm for arm in gain_from_tuning if arm["cost"] == gain_from_tuning[0]["cost"]]
    who = named(least[0], summary) if len(least) == 1 else f"{count(len(least), 'arm')} alike"
    return f"{said}; a success cost least with {who}: {figures(gain_from_tuning[0]['cost'])} on average."


def aim(summary: Summary) -> str:
    """What is to be reached."""
    return "the goal" if summary["goal_given"] else "the best known value"


def unit(summary: Summary) -> str:
    """What cost is counted in."""
    return "gradients of one example" if summary["data"] else "gradients"


def named(arm: Row, summary: Summary) -> str:
    """An arm in a sentence: its remedy alone where it is the plain method's, `warm restarts`; its label otherwise."""
    return tail(arm, summary).removeprefix("from ").removeprefix("with ")


def tail(arm: Row, summary: Summary) -> str:
    """What an arm's label adds to that of the plain method: `with warm restarts`; the whole label where it adds nothing."""
    plain = summary["arms"][0]["label"]
    return str(arm["label"]).removeprefix(f"{plain}, ")


def beside(arm: Row, summary: Summary) -> str:
    """An arm beside its line in a figure: `… with warm restarts` below the plain method."""
    added = tail(arm, summary)
    return sentence(added) if added == arm["label"] else f"… {added}"


def points(x: float) -> str:
    """A difference of shares in percentage points, with its sign and at most one figure after the point."""
    text = trim(f"{abs(100 * x):.1f}") if abs(x) < 0.1 else f"{abs(100 * x):.0f}"
    return text if text == "0" else f"{'−' if x < 0 else '+'}{text}"


def apart(gain: Mapping[str, float]) -> str:
    """The interval of a difference."""
    return f"{points(gain['low'])} to {points(gain['high'])}"


def caption(summary: Summary) -> str:
    """What is drawn in `rates`."""
    level = f"{100 * summary['level']:g} %"
    return (
        f"Bars: intervals of {level}; dotted: {summary['arms'][0]['label']} alone. Empty dots: no difference from it was seen. "
        "Whether there is one is judged pair by pair, which bars that overlap don't show."
    )


def rows(summary: Summary) -> Sequence[tuple[Row, dict[str, str]]]:
    """Each arm with its cells in words, by the heads of a table."""
    return [(arm, cells(arm, summary)) for arm in summary["arms"]]


def cells(arm: Row, summary: Summary) -> dict[str, str]:
    """A row of the table."""
    gain = arm["gain"]
    return {
        "verdict": VERDICTS[arm["verdict"]],
        "reached": f"{arm['reached']:,} of {summary['starts']:,}",
        "share": small(arm["rate"]["median"]),
        "interval": ends(arm["rate"]),
        "points": "" if gain is None else points(gain["median"]),
        "between": "" if gain is None else apart(gain),
        "loss": figures(None) if arm["loss"] is None else signed(arm["loss"]),
        "steps": f"{arm['steps']:,}",
        "cost": "–" if arm["cost"] is None else figures(arm["cost"]),
    }
