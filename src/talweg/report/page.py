"""The report of a race as one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

from talweg.figures import dynamics, race
from talweg.figures.panels import learning_rates
from talweg.report import endpoints, parts, shell, table
from talweg.text import captions
from talweg.text import dynamics as dynamics_text
from talweg.text.format import sentence

Summary = Mapping[str, Any]

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
    ("rates", "Why: how far each goes for its gradient", dynamics.rates, partial(dynamics_text.caption, picture="rate")),
    ("gradients", "Why: how steep it still is", dynamics.gradients, partial(dynamics_text.caption, picture="gradient")),
    ("turns", "Why: straight on, or back", dynamics.turns, partial(dynamics_text.caption, picture="turns")),
)


def pictures(summary: Summary) -> tuple[tuple[str, str, Callable[[Summary], Any], Callable[[Summary], str]], ...]:
    """Those that a race has: its place in the page, its title, the figure, and the sentence under it."""
    return (*PICTURES, *(INSIDE if dynamics.seen(summary) else ()))


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    run = summary["run"]
    headline = sentence(parts.headline(summary))
    shown = pictures(summary)
    filled = {
        "numbers": parts.numbers(summary),
        "advice": parts.advice(summary),
        "warnings": parts.warnings(summary),
        "target": escape(str(summary["target"].get("text") or "")),
        "table": table.html(summary),
        "pictures": "".join(picture(name, title, sentence(caption(summary))) for name, title, _, caption in shown),
        "ended": endpoints.section(summary),
        "command": escape(str(run.get("command") or "")),
        "run": parts.what_was_run(summary),
        "read": parts.how_to_read(summary),
    }
    return shell.page(
        "page.html",
        filled,
        {name: figure(summary) for name, _, figure, _ in shown},
        title=f"{summary['problem']['name']}: {headline}",
        over=parts.joined(["talweg race", str(summary["problem"]["name"]), parts.created(run)]).replace(", ", " · "),
        headline=headline,
        verdict=parts.paragraphs(summary["verdict"].get("sentences") or []),
    )


def picture(name: str, title: str, words: str) -> str:
    """The place of a picture, with its title above and its sentence below."""
    said = escape(words)
    place = f'<div class="plot" id="{name}" role="img" aria-label="{said}"></div>'
    return f"<figure><h2>{escape(title)}</h2>{place}<figcaption>{said}</figcaption></figure>"
