"""The page of a loss landscape: the slice on the plane and in space, the line between two endpoints, and the limits of both."""

from __future__ import annotations

from html import escape

from talweg.figures import landscape
from talweg.report import parts, shell
from talweg.summary import Summary
from talweg.text import landscape as words
from talweg.text.format import sentence


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    headline = sentence(words.headline(summary)).rstrip(".")
    drawn = {"plane": landscape.plane(summary), "surface-3d": landscape.surface_3d(summary)}
    pictures = pair("The slice", [("plane", words.caption(summary)), ("surface-3d", words.CAPTION_3D)])
    if summary["line"] is not None:
        drawn["line-loss"] = landscape.line_loss(summary)
        places = [("line-loss", words.CAPTION_LINE)]
        if summary["metric"] is not None:
            drawn["line-metric"] = landscape.line_metric(summary)
            places.append(("line-metric", words.CAPTION_METRIC.format(sentence(summary["metric"]))))
        pictures += pair("The straight line between the two best", places)
    command = f"<pre>{escape(summary['command'])}</pre>" if summary["command"] else ""
    filled = {
        "warnings": parts.warnings(words.warnings(summary), "Limits of the plot"),
        "pictures": pictures,
        "command": command,
        "run": parts.facts(words.computed(summary), "run"),
        "read": parts.paragraphs(words.READ if summary["explained"] is not None else words.READ_RANDOM),
    }
    return shell.page(
        "landscape.html",
        filled,
        drawn,
        title=f"{summary['problem']}: {headline}",
        over=" · ".join(filter(None, ["talweg landscape", summary["problem"], str(summary["model"] or "")])),
        headline=headline,
        verdict=parts.paragraphs(words.sentences(summary)),
        styles=("landscape.css",),
        scripts=("landscape.js",),
    )


def pair(title: str, places: list[tuple[str, str]]) -> str:
    """Plots side by side, under one title."""
    plots = "".join(
        f'<div><div class="plot" id="{name}" role="img" aria-label="{caption}"></div><figcaption>{caption}</figcaption></div>'
        for name, caption in ((name, escape(caption)) for name, caption in places)
    )
    return f'<figure><h2>{escape(title)}</h2><div class="pair">{plots}</div></figure>'
