"""The part of the report on the endpoints of the final runs."""

from __future__ import annotations

from html import escape

from talweg.figures.palette import looks
from talweg.report import parts
from talweg.report.table import stacked, swatch
from talweg.summary import Row, Summary
from talweg.text import endpoints as words
from talweg.text.format import NOTHING, figures, times


def section(summary: Summary) -> str:
    """The section with its table; empty where no endpoint was diagnosed."""
    contestants = words.diagnosed(summary)
    if not contestants:
        return ""
    look = looks(summary["contestants"])
    head = "".join(f'<th scope="col" title="{escape(title)}">{escape(name)}</th>' for name, title in words.HEADS)
    body = "".join(f"<tr>{cells(c, swatch(look[c['name']]))}</tr>" for c in contestants)
    lead = f'<div class="lead">{parts.paragraphs(words.of_race(summary))}</div>'
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    note = f'<p class="note"><small>{escape(words.NOTE)}</small></p>'
    return parts.section("endpoints", "Endpoints", lead, parts.box("endpoints", table), note)


def cells(c: Row, line: str) -> str:
    """A contestant's cells; each knows its column's head, for a page too narrow for columns."""
    of, sharp = c["endpoints"], c["endpoints"]["sharpness"]
    noise, edge = of["gradient_signal_to_noise"], of["edge"]
    shown = [
        f'<span class="who">{line}<span>{escape(c["label"])}</span></span>',
        escape(words.kinds(of)),
        NOTHING if noise is None else times(noise),
        stacked(figures(sharp["median"]), "" if sharp["median"] is None else f"{figures(sharp['low'], 2)} – {figures(sharp['high'], 2)}"),
        NOTHING if edge is None else figures(edge, 2),
        f"{of['near_own_best']} of {of['lanes']}",
        f"{of['near_best']} of {of['lanes']}",
    ]
    kinds = [("th", ' scope="row"'), ("td", ' class="words"'), *[("td", "")] * 5]
    rows = zip(kinds, words.HEADS, shown, strict=True)
    return "".join(f'<{kind}{more} data-head="{escape(name)}">{cell}</{kind}>' for (kind, more), (name, _), cell in rows)
