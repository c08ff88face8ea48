"""The page of a study that has nothing to show beside its sentences and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talweg.report import parts, shell
from talweg.text.format import sentence


def html(kind: str, name: str, sentences: Sequence[str], warnings: Sequence[str], figures: Mapping[str, Any]) -> str:
    """The whole page: the first sentence is its headline."""
    headline, *others = sentences
    pictures = "".join(parts.picture(figure, sentence(figure.replace("_", " "))) for figure in figures)
    return shell.page(
        "study.html",
        {"warnings": parts.paragraphs(warnings), "pictures": pictures},
        figures,
        title=f"{name}: {headline.rstrip('.')}",
        over=f"talweg {kind} · {name}",
        headline=headline.rstrip("."),
        verdict=parts.paragraphs(others),
    )
