"""The page of a study that has nothing to show beside its sentences and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from talweg.report import parts, shell
from talweg.text.format import sentence


def html(kind: str, name: str, sentences: Sequence[str], warnings: Sequence[str], figures: Mapping[str, Any]) -> str:
    """The whole page: the first sentence is its headline."""
    headline, *others = sentences
    return shell.page(
        "study.html",
        {"warnings": parts.paragraphs(warnings), "pictures": "".join(picture(figure_name) for figure_name in figures)},
        figures,
        title=f"{name}: {headline.rstrip('.')}",
        over=f"talweg {kind} · {name}",
        headline=headline.rstrip("."),
        verdict=parts.paragraphs(others),
    )


def picture(name: str) -> str:
    """The place of a figure, under its name."""
    title = escape(sentence(name.replace("_", " ")))
    return f'<figure><h2>{title}</h2><div class="plot" id="{name}" role="img" aria-label="{title}"></div></figure>'
