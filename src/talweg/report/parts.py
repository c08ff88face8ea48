"""The parts of a report around its table and figures. All HTML, all escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from talweg.summary import Row
from talweg.text.format import sentence

#: What is not broken at the end of a line: an interval such as "(2.4 – 3.9)" or "(2 % – 4 %)", a number and its unit.
WHOLE = re.compile(r"\S+(?: %)? – [^\s<]+(?: %\)?)?|\d[\d.,]* (?:%|(?:µs|ms|s|min|h)\b)")


def paragraphs(sentences: Iterable[str]) -> str:
    """One paragraph for each sentence; intervals are not broken at the end of a line."""
    whole_intervals = (WHOLE.sub(r'<span class="whole">\g<0></span>', escape(sentence(words))) for words in sentences)
    return "".join(f"<p>{words}</p>" for words in whole_intervals)


def listed(sentences: Iterable[str]) -> str:
    """The sentences as a list."""
    return f"<ul>{''.join(f'<li>{escape(sentence(words))}</li>' for words in sentences)}</ul>"


def facts(pairs: Iterable[tuple[str, str, str]], kind: str) -> str:
    """Names, values and what belongs to them, as a list of definitions; what has no value is left out."""
    items = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{f'<small>{escape(below)}</small>' if below else ''}</dd></div>"
        for name, value, below in pairs
        if value
    ]
    return f'<dl class="{kind}">{"".join(items)}</dl>' if items else ""


def section(name: str, title: str, *inner: str, kind: str = "") -> str:
    """A part of a page under its title."""
    style = f'class="{kind}" ' if kind else ""
    return f'<section {style}aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{"".join(inner)}</section>'


def box(name: str, table: str) -> str:
    """A table that scrolls where it is wider than the page; its section is called `name`."""
    return f'<div class="box" tabindex="0" role="region" aria-labelledby="{name}">{table}</div>'


def warnings(sentences: Sequence[str], title: str = "Warnings") -> str:
    """What a reader must know before believing the page; empty if there is nothing."""
    return section("warnings", title, listed(sentences), kind="warnings") if sentences else ""


def sentences(name: str, title: str, inner: Sequence[str]) -> str:
    """A part of a page that is sentences under a title; empty if there are none."""
    return section(name, title, paragraphs(inner), kind="sentences") if inner else ""


def notes(problem: Row) -> str:
    """What was recognised or changed in the data."""
    return f"<h3>About the data</h3>{listed(problem['notes'])}" if problem["notes"] else ""


def picture(name: str, title: str, caption: str = "") -> str:
    """The place of a figure, with its title above and its caption below."""
    place = f'<div class="plot" id="{escape(name)}" role="img" aria-label="{escape(caption or title)}"></div>'
    return f"<figure><h2>{escape(title)}</h2>{place}{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}</figure>"
