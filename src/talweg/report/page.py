"""The report of a race as one page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from talweg.figures import dynamics, forest, initialisations, race
from talweg.figures.panels import learning_rates
from talweg.report import endpoints, parts, shell, table
from talweg.summary import Summary
from talweg.text import captions, findings
from talweg.text import dynamics as dynamics_text
from talweg.text import initialisations as initialisation_words
from talweg.text import report as words
from talweg.text.race import answer, headline

#: Each picture: its place in the page, title, figure, and the caption under it.
PICTURES = (
    ("quality", "Quality: expected validation loss", forest.quality, captions.quality),
    ("speed", "Speed: how soon as good as the best", forest.speed, captions.speed),
    ("curves", "Learning curves", race.curves, captions.curves),
    ("learning-rates", "Sensitivity to the learning rate", learning_rates, captions.learning_rates),
    ("tuning", "Expected best loss by settings tried", race.tuning, captions.tuning),
    ("orders", "Order at smaller budgets", race.orders, captions.orders),
)
#: The same for how weights start, where that was asked.
INITIALISATIONS = (
    (
        "initialisations",
        "How weights start",
        lambda summary: initialisations.forest(summary["initialisations"]),
        lambda summary: initialisation_words.caption(summary["initialisations"]),
    ),
)
#: The same for the training dynamics, where they were recorded.
DYNAMICS = (
    ("rates", "Training dynamics: effective learning rate", dynamics.rates, partial(dynamics_text.caption, picture="rate")),
    ("gradients", "Training dynamics: gradient norm", dynamics.gradients, partial(dynamics_text.caption, picture="gradient")),
    ("turns", "Training dynamics: angle between moves", dynamics.turns, partial(dynamics_text.caption, picture="turns")),
)


def pictures(summary: Summary) -> tuple[tuple[str, str, Callable[[Summary], Any], Callable[[Summary], str]], ...]:
    """Those that a race has: its place in the page, its title, the figure, and the caption under it."""
    starts = INITIALISATIONS if summary["initialisations"] else ()
    return (*PICTURES, *starts, *(DYNAMICS if dynamics.probed(summary) else ()))


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    problem, run, verdict = summary["problem"], summary["run"], summary["verdict"]
    line, shown = headline(summary), pictures(summary)
    filled = {
        "numbers": parts.facts(words.key_numbers(summary), "numbers"),
        "advice": parts.sentences("use", "How to use it", words.advice(summary)),
        "findings": parts.sentences("findings", "What else was found", findings.sentences(summary)),
        "warnings": parts.warnings(verdict["warnings"]),
        "target": escape(summary["target"]["text"]),
        "legend": escape(words.LEGEND),
        "table": table.html(summary),
        "pictures": "".join(parts.picture(name, title, caption(summary)) for name, title, _, caption in shown),
        "endpoints": endpoints.section(summary),
        "command": escape(run["command"] or ""),
        "run": parts.facts(words.what_was_run(summary), "run") + parts.notes(problem),
        "read": parts.paragraphs(words.how_to_read(summary)),
    }
    return shell.page(
        "page.html",
        filled,
        {name: figure(summary) for name, _, figure, _ in shown},
        title=f"{problem['name']}: {line}",
        over=f"talweg race · {problem['name']} · {words.created(run)}",
        headline=line,
        verdict=parts.paragraphs(answer(summary)),
    )
