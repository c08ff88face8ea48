"""The page of a search for a remedy against local minima: who reached the best known value how often, and how that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from talweg.figures import escape as figures_of
from talweg.report import parts, shell
from talweg.report.fragment import STYLE
from talweg.report.table import stacked
from talweg.text import escape as words
from talweg.text.format import batch_size, count, figures, joined, seconds, sentence, setting

Summary = Mapping[str, Any]

#: The heads of the table, and the name of their cells; with a second one, what stands below it.
HEADS = (
    ("Against the plain method", "verdict", ""),
    ("Reached it", "reached", ""),
    ("Of the trials", "share", "interval"),
    ("Difference in points", "points", "between"),
    ("Median of the lowest losses", "loss", ""),
    ("Steps of a trial", "steps", ""),
    ("Cost of a success", "cost", ""),
)
SHORT = HEADS[:4]


def html(summary: Summary, command: str = "") -> str:
    """The whole page; the same summary gives the same text."""
    headline = words.headline(summary).rstrip(".")
    model = str(summary["model"] or "")
    filled = {
        "aim": words.aim(summary),
        "caption": escape(words.caption(summary)),
        "table": f'<section aria-labelledby="arms"><h2 id="arms">The arms</h2>{parts.paragraphs(lead(summary))}'
        f'<div class="box" tabindex="0" role="region" aria-labelledby="arms">{table(summary)}</div></section>',
        "left_out": left_out(summary),
        "command": f"<pre>{escape(command)}</pre>" if command else "",
        "run": parts.facts(run(summary), "run"),
        "read": parts.paragraphs(read(summary)),
    }
    return shell.page(
        "escape.html",
        filled,
        {"rates": figures_of.rates(summary)},
        title=f"{summary['problem']}: {headline}",
        over=" · ".join(filter(None, ["talweg escape", summary["problem"], model])),
        headline=headline,
        verdict=parts.paragraphs(words.sentences(summary)[1:]),
        styles=("escape.css",),
    )


def fragment(summary: Summary) -> str:
    """For notebooks: the sentences and a small table, without script."""
    headline, *others = words.sentences(summary)
    said = "".join(f"<p>{escape(one)}</p>" for one in [*others, *summary["left_out"]])
    shown = table(summary, SHORT)
    return f'<div class="talweg">{STYLE}<p><b>{escape(headline)}</b></p>{said}<div style="overflow-x: auto">{shown}</div></div>'


def lead(summary: Summary) -> list[str]:
    """What the cells of the table are."""
    return [
        f"Below each share its interval of {100 * summary['level']:g} %, below each difference from the plain method one that holds for "
        f"all arms at once. The cost of a success is what a trial costs, in {words.unit(summary)}, over the share that reached it."
    ]


def table(summary: Summary, heads: tuple[tuple[str, str, str], ...] = HEADS) -> str:
    """A row for each arm, the plain method first."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("Arm", *(name for name, *_ in heads)))
    body = "".join(f"<tr>{row(arm, cells, heads)}</tr>" for arm, cells in words.rows(summary))
    return f'<table class="arms"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def row(arm: Mapping[str, Any], cells: dict[str, str], heads: tuple[tuple[str, str, str], ...]) -> str:
    """An arm with its numbers below its name."""
    numbers = ", ".join(f"{name.replace('_', ' ')} {setting(value)}" for name, value in arm["hyperparameters"].items())
    first = f'<th scope="row" data-head="Arm"><span class="who"><span>{stacked(sentence(arm["label"]), numbers)}</span></span></th>'
    others = []
    for name, cell, below in heads:
        style = f' class="words {arm["verdict"] if arm["gain"] else ""}"' if cell == "verdict" else ""
        others.append(f'<td{style} data-head="{escape(name)}">{stacked(cells[cell] or "–", cells[below] if below else "")}</td>')
    return first + "".join(others)


def left_out(summary: Summary) -> str:
    """The remedies that this problem can't have, and why."""
    if not summary["left_out"]:
        return ""
    items = "".join(f"<li>{escape(sentence(said.removeprefix('Left out: ')))}</li>" for said in summary["left_out"])
    return f'<section aria-labelledby="out"><h2 id="out">What was left out</h2><ul>{items}</ul></section>'


def run(summary: Summary) -> list[tuple[str, str, str]]:
    """Everything that somebody needs to run it again."""
    plain = summary["arms"][0]
    goal = f"{words.signed(summary['best'])}, to within {figures(summary['threshold'] - summary['best'], 2)}"
    origin = (
        "given"
        if summary["goal_given"]
        else "known before"
        if summary["best_known"]
        else "the lowest that any arm came to while it was tuned"
    )
    size = [
        str(summary["model"] or ""),
        count(summary["parameters"], "parameter") if summary["data"] else count(summary["parameters"], "variable"),
    ]
    batch = f"batch {batch_size(plain['batch'])}" if summary["data"] else ""
    return [
        ("problem", summary["problem"], joined(size)),
        (words.aim(summary).removeprefix("the "), goal, origin),
        ("plain method", plain["label"], joined([batch, count(plain["steps"], "step")])),
        ("cost of a trial", f"{figures(summary['gradients'])} {words.unit(summary)}", "the same for all arms"),
        (
            "tuning",
            f"{count(summary['settings'], 'setting')} for each arm",
            f"each from {count(summary['tuning_starts'], 'start')}, none of which is used again",
        ),
        ("starts", f"{summary['starts']:,} for each arm", "from fresh starts"),
        ("seed", str(summary["seed"]), ""),
        ("took", seconds(summary["seconds"]), "without compiling"),
    ]


def read(summary: Summary) -> list[str]:
    """The protocol in a few sentences."""
    wider = (
        " A network with more parameters therefore takes fewer steps." if any(arm["remedy"] == "wider" for arm in summary["arms"]) else ""
    )
    others = len(summary["arms"]) - 1
    near = f"was within {figures(100 * summary['within'])} % of the way from the median start down to {words.aim(summary)}."
    return [
        f"Reached: at any measuring point, the loss on all training data {near} What is measured is how low the loss gets, not how well a "
        "network does on new examples."
        if summary["data"]
        else f"Reached: at any measuring point, the value {near}",
        "Equal cost: every trial of every arm may spend the same, counted in gradients of one example times the parameters of the model. "
        f"Random restarts share one such budget.{wider}",
        "Equal tuning: every arm tried the same points of the unit cube in its own search space, from the same few starts. The setting "
        "with the most arrivals (of several, that with the lowest median loss) went on, and only its trials from fresh starts are shown: "
        "the luck of the search is not.",
        "For one seed all arms have the same start and the same order of examples, and are compared pair by pair. The intervals of the "
        f"differences hold for all {count(others, 'arm')} at once (Bonferroni), so that among many remedies luck alone seldom makes one "
        "look helpful. Shares: Wilson, 1927; differences: Agresti & Min, 2005.",
        "That no difference is seen does not say that there is none: with more trials a smaller one can be.",
    ]
