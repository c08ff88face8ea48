"""The page of a search for a remedy against local minima: how often each arm reached the best known value, and how that was measured."""

from __future__ import annotations

from html import escape

from talweg.figures.escape import rates
from talweg.report import parts, shell
from talweg.report.fragment import STYLE
from talweg.report.table import stacked
from talweg.summary import Row, Summary
from talweg.text import escape as words
from talweg.text.format import sentence, setting


def html(summary: Summary, command: str = "") -> str:
    """The whole page; the same summary gives the same text."""
    headline = words.headline(summary).rstrip(".")
    left_out = [why.removeprefix("Left out: ") for why in summary["left_out"]]
    filled = {
        "aim": words.aim(summary),
        "caption": escape(words.caption(summary)),
        "table": parts.section("arms", "The arms", parts.paragraphs([words.lead(summary)]), parts.box("arms", table(summary))),
        "left_out": parts.section("out", "What was left out", parts.listed(left_out)) if left_out else "",
        "command": f"<pre>{escape(command)}</pre>" if command else "",
        "run": parts.facts(words.computed(summary), "run"),
        "read": parts.paragraphs(words.read(summary)),
    }
    return shell.page(
        "escape.html",
        filled,
        {"rates": rates(summary)},
        title=f"{summary['problem']}: {headline}",
        over=" · ".join(filter(None, ["talweg escape", summary["problem"], str(summary["model"] or "")])),
        headline=headline,
        verdict=parts.paragraphs(words.sentences(summary)[1:]),
        styles=("escape.css",),
    )


def fragment(summary: Summary) -> str:
    """For notebooks: the sentences and a small table, without script."""
    headline, *others = words.sentences(summary)
    below = "".join(f"<p>{escape(one)}</p>" for one in [*others, *summary["left_out"]])
    shown = table(summary, words.HEADS[:4])
    return f'<div class="talweg">{STYLE}<p><b>{escape(headline)}</b></p>{below}<div style="overflow-x: auto">{shown}</div></div>'


def table(summary: Summary, heads: tuple[tuple[str, str, str], ...] = words.HEADS) -> str:
    """A row for each arm, the plain method first."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("Arm", *(name for name, *_ in heads)))
    body = "".join(f"<tr>{row(arm, words.cells(arm, summary), heads)}</tr>" for arm in summary["arms"])
    return f'<table class="arms"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def row(arm: Row, cells: dict[str, str], heads: tuple[tuple[str, str, str], ...]) -> str:
    """An arm with its hyperparameters below its name."""
    numbers = ", ".join(f"{name.replace('_', ' ')} {setting(value)}" for name, value in arm["hyperparameters"].items())
    made = f'<th scope="row" data-head="Arm"><span class="who"><span>{stacked(sentence(arm["label"]), numbers)}</span></span></th>'
    for name, cell, below in heads:
        style = f' class="words {arm["verdict"] if arm["gain"] else ""}"' if cell == "verdict" else ""
        made += f'<td{style} data-head="{escape(name)}">{stacked(cells[cell] or "–", cells[below] if below else "")}</td>'
    return made
