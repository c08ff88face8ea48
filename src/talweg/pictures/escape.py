"""Which remedy helps against local minima, in words and as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plotly.graph_objects import Scatter

from talweg.pictures import frame
from talweg.pictures.found import small
from talweg.pictures.palette import QUIET, looks
from talweg.pictures.words import count, figures, listed, sentence

Summary = Mapping[str, Any]
VERDICTS = {"helps": "helps", "hurts": "hurts", "can't be told": "no difference seen", "plain": "without a remedy"}
LINE = 44  # pixels of the figure for each arm


def sentences(summary: Summary) -> list[str]:
    """The headline, each remedy that makes a difference, those that don't, what it cost, and what was left out."""
    return [said for said in (headline(summary), plainly(summary), *differs(summary), no_difference(summary), price(summary)) if said]


def headline(summary: Summary) -> str:
    """The remedy that reaches the best known value most often, if any is better than none."""
    helping = [arm for arm in summary["arms"] if arm["verdict"] == "helps"]
    plain = summary["arms"][0]
    if not helping:
        rest = [arm for arm in summary["arms"][1:] if arm["verdict"] == "can't be told"]
        if plain["rate"]["median"] >= 0.995:
            return f"No remedy is needed: {plain['label']} reaches the best known value nearly always."
        if all(arm["reached"] == 0 for arm in summary["arms"]):
            return "Nobody reached the best known value; with a larger budget, or more trials, somebody may."
        return f"No remedy helps for sure: {count(len(rest), 'of them', 'of them')} can't be told from {plain['label']} alone."
    best = max(helping, key=lambda arm: arm["rate"]["median"])
    before, after = (small(arm["rate"]["median"]) for arm in (plain, best))
    return f"{sentence(named(best))} helps most: it reaches the best known value in {after} of its trials instead of {before}."


def plainly(summary: Summary) -> str:
    """What was to be reached, and how often the plain method does."""
    plain = summary["arms"][0]
    goal = f"the best known value ({figures(summary['best'])}{'' if summary['best_known'] else ', the lowest that anybody found'})"
    return (
        f"{sentence(plain['label'])} alone comes to within {figures(summary['threshold'] - summary['best'], 2)} of {goal} in "
        f"{plain['reached']:,} of {count(summary['trials'], 'trial')} ({ends(plain['rate'])})."
    )


def differs(summary: Summary) -> list[str]:
    """Each remedy that makes a difference, the largest first."""
    rows = [arm for arm in summary["arms"] if arm["verdict"] in ("helps", "hurts")]
    rows.sort(key=lambda arm: -arm["gain"]["median"])
    return [
        f"{sentence(named(arm))} {arm['verdict']}: {small(arm['rate']['median'])} ({ends(arm['rate'])}), "
        f"{points(arm['gain']['median'])} points ({points(arm['gain']['low'])} to {points(arm['gain']['high'])})."
        for arm in rows
    ]


def no_difference(summary: Summary) -> str:
    """The remedies for which nothing can be told."""
    rows = [arm for arm in summary["arms"] if arm["verdict"] == "can't be told"]
    if not rows or len(rows) == len(summary["arms"]) - 1:
        return ""
    names = [f"{named(arm)} ({small(arm['rate']['median'])})" for arm in rows]
    return f"No difference can be told for {listed(names)}."


def price(summary: Summary) -> str:
    """What a trial cost, and a success."""
    unit = "gradients of one example" if summary["data"] else "gradients"
    paid = sorted((arm for arm in summary["arms"] if arm["cost"] is not None), key=lambda arm: arm["cost"])
    said = f"Every trial cost the same, {figures(summary['gradients'])} {unit} of the plain model"
    if not paid:
        return f"{said}."
    return f"{said}; a success is cheapest with {named(paid[0])}: {figures(paid[0]['cost'])} on average."


def named(arm: Mapping[str, Any]) -> str:
    """An arm by its label."""
    return str(arm["label"])


def ends(rate: Mapping[str, float]) -> str:
    """The interval of a share."""
    return f"{small(rate['low'])} – {small(rate['high'])}"


def points(x: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    text = figures(abs(100 * x), 2)
    return text if text == "0" else f"{'−' if x < 0 else '+'}{text}"


def rates(summary: Summary) -> frame.Figure:
    """How often each arm reached the best known value, with its interval; a line shows the plain method."""
    arms = list(reversed(summary["arms"]))
    given = looks(summary["arms"])
    made = frame.figure(70 + LINE * len(arms), left=250, bottom=52, top=16, narrow={"margin.l": 150})
    plain = summary["arms"][0]["rate"]["median"]
    for at, arm in enumerate(arms):
        rate, colour = arm["rate"], given[arm["name"]].colour
        above, below = (100 * abs(rate[end] - rate["median"]) for end in ("high", "low"))
        words = f"{small(rate['median'])} ({ends(rate)})<br>{VERDICTS[arm['verdict']]}"
        made.add_trace(
            Scatter(
                x=[100 * rate["median"]],
                y=[at],
                error_x={"symmetric": False, "array": [above], "arrayminus": [below], "thickness": 2, "width": 5, "color": colour},
                mode="markers",
                marker={"size": 11, "color": colour, "symbol": "circle-open" if arm["verdict"] == "can't be told" else "circle"},
                hovertemplate=f"<b>{frame.safe(arm['label'])}</b><br>{words}<extra></extra>",
                cliponaxis=False,
            )
        )
    names = [frame.wrapped(arm["label"], 34) for arm in arms]
    line = {"color": QUIET, "dash": "dot", "width": 1.5}
    made.update_layout(
        xaxis=frame.axis("reached the best known value, % of the trials", range=[-1, 101]),
        yaxis=frame.axis(tickvals=list(range(len(arms))), ticktext=names, range=[-0.6, len(arms) - 0.4], showgrid=False),
        shapes=[{"type": "line", "x0": 100 * plain, "x1": 100 * plain, "y0": 0, "y1": 1, "yref": "paper", "line": line}],
    )
    return made
