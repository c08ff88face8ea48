"""What all pages share: one text with style, script, Plotly and the figures in it, that needs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from plotly.offline import get_plotlyjs

from talweg.text.report import NO_SCRIPT

NOSCRIPT = f'<noscript><p class="lead">{NO_SCRIPT}</p></noscript>'


def page(
    body: str,
    filled: Mapping[str, str],
    figures: Mapping[str, Any],
    *,
    title: str,
    over: str,
    headline: str,
    verdict: str,
    styles: tuple[str, ...] = (),
    scripts: tuple[str, ...] = (),
) -> str:
    """A whole page.

    Args:
        body: the file of its own part, a template that `filled` fills in.
        filled: HTML for the places of the template.
        figures: of Plotly, by the places in which they are drawn.
        verdict: HTML under the headline.
        styles, scripts: files that are added to those of all pages.
    """
    return Template(read("shell.html")).substitute(
        title=escape(title),
        style="".join(read(name) for name in ("page.css", *styles)),
        over=escape(over),
        headline=escape(headline),
        verdict=verdict,
        body=Template(read(body)).substitute(filled, noscript=NOSCRIPT),
        figures=data({name: figure.to_plotly_json() for name, figure in figures.items()}),
        plotly=get_plotlyjs(),
        script="".join(read(name) for name in ("page.js", *scripts)),
    )


def read(name: str) -> str:
    """A file of this folder."""
    return (files("talweg.report") / name).read_text("utf-8")


def data(values: Mapping[str, Any]) -> str:
    """Values as JSON that can stand inside a script element: no `<`, so that nothing in it can end the element."""
    return json.dumps(values, allow_nan=False, separators=(",", ":"), default=list).replace("<", "\\u003c")
