"""The page of a batch ladder: its sentences, the table, the figures, and how it was measured."""

from __future__ import annotations

from html import escape

from talweg.figures import batch as figures
from talweg.report import parts, shell
from talweg.report.table import stacked
from talweg.summary import Row, Summary
from talweg.text import batch as words
from talweg.text.format import sentence

#: Each picture: its place in the page, title, figure, and the caption under it.
PICTURES = (
    ("steps", "Steps to the target", figures.steps, words.steps_caption),
    ("costs", "What the way to the target costs", figures.costs, words.costs_caption),
    ("quality", "Quality: expected validation loss", figures.quality, words.quality_caption),
)


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    headline, *others = summary["sentences"]
    run = summary["run"]
    filled = {
        "warnings": parts.warnings(summary["warnings"]),
        "target": escape(sentence(words.target(summary))),
        "table": "".join(table(ladder, len(summary["ladders"]) > 1) for ladder in summary["ladders"]),
        "pictures": "".join(parts.picture(name, title, caption(summary)) for name, title, _, caption in PICTURES),
        "command": f"<pre>{escape(run['command'])}</pre>" if run["command"] else "",
        "run": parts.facts(words.what_was_run(summary), "run") + parts.notes(summary["problem"]),
        "read": parts.paragraphs(words.read(summary)),
    }
    return shell.page(
        "batch.html",
        filled,
        {name: figure(summary) for name, _, figure, _ in PICTURES},
        title=f"{summary['problem']['name']}: {headline.rstrip('.')}",
        over=f"talweg batch · {summary['problem']['name']}",
        headline=headline.rstrip("."),
        verdict=parts.paragraphs(others),
    )


def table(ladder: Row, named: bool) -> str:
    """A row for each batch size of a method."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name, *_ in words.HEADS)
    body = "".join(_row(one, first=one["batch"] == ladder["fastest"]["time"]) for one in ladder["sizes"])
    title = f"<h3>{escape(sentence(ladder['label']))}</h3>" if named else ""
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(one: Row, *, first: bool) -> str:
    """A size; tinted where it is as fast as the fastest, which has a star."""
    cells = words.cells(one)
    made = []
    for name, cell, below in words.HEADS:
        kind, scope = ("th", ' scope="row"') if cell == "batch" else ("td", "")
        shown = cells[cell] + (" ★" if first and cell == "batch" else "")
        made.append(f'<{kind}{scope} data-head="{escape(name)}">{stacked(shown, cells[below] if below else "")}</{kind}>')
    start = '<tr class="tied">' if one["to_target"]["tied"] else "<tr>"
    return f"{start}{''.join(made)}</tr>"
