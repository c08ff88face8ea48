"""The part of the report that says where the descents ended."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from talweg.figures.palette import looks
from talweg.report import parts
from talweg.report.table import stacked, swatch
from talweg.text import endpoints
from talweg.text.format import NOTHING, figures, times

Summary = Mapping[str, Any]
HEADS = (
    ("Method", "its line as in the pictures"),
    ("Where they ended", "of the final runs, by the gradient against its noise and the signs of the curvature"),
    ("Gradient / noise", "length of the gradient over its standard error; around 1 it is lost in the noise of the examples"),
    ("Sharpness", "largest eigenvalue of the Hessian: the median of the final runs, the lowest and the highest below"),
    ("Edge of stability", "sharpness over the value above which full-batch steps of this method and learning rate would grow"),
    ("As good as its best", "final runs whose loss is within 1 % of the way down of the best of them"),
    ("As good as the best of all", "the same, of the best run of all methods"),
)
NOTE = (
    "Seen on at most 256 training examples. A run is at rest where its gradient is less than twice its noise; a curvature counts where "
    "it is more than its own noise and rounding. Networks mostly end where many directions are flat and a few turn down a little. "
    "“Good” is meant in validation loss. talweg diagnose looks closer at the best run of each."
)


def section(summary: Summary) -> str:
    """The section with its table; empty where nobody looked."""
    looked = [c for c in summary["contestants"] if c.get("endpoints") and c["endpoints"]["diagnosed"]]
    if not looked:
        return ""
    given = looks(summary["contestants"])
    head = "".join(f'<th scope="col" title="{escape(title)}">{escape(name)}</th>' for name, title in HEADS)
    body = "".join(f"<tr>{''.join(cells(c, swatch(given[c['name']])))}</tr>" for c in looked)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    said = parts.paragraphs(endpoints.of_race(summary))
    box = f'<div class="box" tabindex="0" role="region" aria-labelledby="endpoints">{table}</div>'
    note = f'<p class="note"><small>{escape(NOTE)}</small></p>'
    return f'<section aria-labelledby="endpoints"><h2 id="endpoints">Where it ended</h2><div class="lead">{said}</div>{box}{note}</section>'


def cells(c: dict[str, Any], line: str) -> list[str]:
    """A contestant's cells; each knows its column's head, for a page too narrow for columns."""
    ended, sharp = c["endpoints"], c["endpoints"]["sharpness"]
    lanes = ended["lanes"]
    noise, edge = ended["gradient_signal_to_noise"], ended["edge"]
    between = f"{figures(sharp['low'], 2)} – {figures(sharp['high'], 2)}" if sharp["median"] is not None else ""
    shown = [
        f'<span class="who">{line}<span>{escape(c["label"])}</span></span>',
        escape(endpoints.kinds(ended)),
        escape(NOTHING if noise is None else times(noise)),
        stacked(figures(sharp["median"]), between),
        escape(NOTHING if edge is None else figures(edge, 2)),
        f"{ended['near_own_best']} of {lanes}",
        f"{ended['near_best']} of {lanes}",
    ]
    made = []
    for (name, _), cell in zip(HEADS, shown, strict=True):
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        scope += ' class="words"' if name == "Where they ended" else ""
        made.append(f'<{kind}{scope} data-head="{escape(name)}">{cell}</{kind}>')
    return made
