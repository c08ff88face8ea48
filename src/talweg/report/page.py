"""The report as one page: template, style, script, Plotly and the figures, all in one text."""

from __future__ import annotations

import json
from functools import partial
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from plotly.offline import get_plotlyjs

from talweg.pictures import captions, inside, race
from talweg.pictures.panels import learning_rates
from talweg.pictures.words import sentence
from talweg.report import parts, table

Summary = dict[str, Any]

#: Each picture: its place in the page, title, figure, and the sentence under it.
PICTURES = (
    ("curves", "The race", race.curves, captions.curves),
    ("speedups", "How much faster", race.speedups, captions.speedups),
    ("learning-rates", "How the result depends on the learning rate", learning_rates, captions.learning_rates),
    ("tuning", "How much tuning each needs", race.tuning, captions.tuning),
    ("orders", "Does the order depend on the budget?", race.orders, captions.orders),
)
#: The same for what was seen inside the methods, where it was looked at.
INSIDE = (
    ("rates", "Why: how far each goes for its gradient", inside.rates, partial(inside.caption, picture="rate")),
    ("gradients", "Why: how steep it still is", inside.gradients, partial(inside.caption, picture="gradient")),
    ("turns", "Why: straight on, or back", inside.turns, partial(inside.caption, picture="turns")),
)


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    folder, run = files("talweg.report"), summary["run"]
    headline = sentence(parts.headline(summary))
    pictures = (*PICTURES, *(INSIDE if inside.seen(summary) else ()))
    filled = {
        "title": escape(f"{summary['problem']['name']}: {headline}"),
        "style": (folder / "page.css").read_text("utf-8"),
        "script": (folder / "page.js").read_text("utf-8"),
        "plotly": get_plotlyjs(),
        "over": escape(parts.joined(["talweg race", str(summary["problem"]["name"]), parts.created(run)]).replace(", ", " · ")),
        "headline": escape(headline),
        "verdict": parts.paragraphs(summary["verdict"].get("sentences") or []),
        "numbers": parts.numbers(summary),
        "advice": parts.advice(summary),
        "warnings": parts.warnings(summary),
        "target": escape(str(summary["target"].get("text") or "")),
        "table": table.html(summary),
        "pictures": "".join(picture(name, title, sentence(caption(summary))) for name, title, _, caption in pictures),
        "command": escape(str(run.get("command") or "")),
        "run": parts.what_was_run(summary),
        "read": parts.how_to_read(summary),
        "figures": data({name: figure(summary).to_plotly_json() for name, _, figure, _ in pictures}),
    }
    return Template((folder / "page.html").read_text("utf-8")).substitute(filled)


def picture(name: str, title: str, words: str) -> str:
    """The place of a picture, with its title above and its sentence below."""
    said = escape(words)
    place = f'<div class="plot" id="{name}" role="img" aria-label="{said}"></div>'
    return f"<figure><h2>{escape(title)}</h2>{place}<figcaption>{said}</figcaption></figure>"


def data(figures: dict[str, Any]) -> str:
    """Figures as JSON that can stand inside a script element: no `<`, so that nothing in it can end the element."""
    return json.dumps(figures, allow_nan=False, separators=(",", ":"), default=list).replace("<", "\\u003c")
