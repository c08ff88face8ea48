"""The page of a loss landscape: the slice on the plane and in space, the line between two ends, and what they can't show."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from talweg.figures import landscape
from talweg.report import parts, shell
from talweg.text import landscape as ways
from talweg.text.format import batch_size, count, figures, sentence, share

Summary = Mapping[str, Any]


def html(summary: Summary) -> str:
    """The whole page; the same summary gives the same text."""
    headline = sentence(ways.headline(summary)).rstrip(".")
    drawn = {"plane": landscape.plane(summary), "mountain": landscape.mountain(summary)}
    pictures = pair("The slice", [("plane", captioned(summary)), ("mountain", SPACE)])
    if summary["line"] is not None:
        drawn["line-loss"] = landscape.line_loss(summary)
        places = [("line-loss", "The loss on the way; dotted: the line between the two ends, above which a barrier is counted.")]
        if summary["metric"] is not None:
            drawn["line-measure"] = landscape.line_metric(summary)
            places.append(("line-measure", f"{sentence(str(summary['metric']))} on the same way."))
        pictures += pair("The straight line between the two best", places)
    command = f"<pre>{escape(summary['command'])}</pre>" if summary["command"] else ""
    filled = {
        "warnings": warned(summary),
        "pictures": pictures,
        "command": command,
        "run": parts.facts(computed(summary), "run"),
        "read": parts.paragraphs(READ if summary["explained"] is not None else READ_RANDOM),
    }
    return shell.page(
        "landscape.html",
        filled,
        drawn,
        title=f"{summary['problem']}: {headline}",
        over=" · ".join(filter(None, ["talweg landscape", summary["problem"], str(summary["model"] or "")])),
        headline=headline,
        verdict=parts.paragraphs(ways.sentences(summary)),
        styles=("landscape.css",),
        scripts=("landscape.js",),
    )


SPACE = "The same in space, to be turned by hand. Each way lies on the ground beneath it, which need not be where its real loss is."

READ = [
    "The centre, at (0, 0), is where the winner of the race ended; x and y are distances between weights along the two directions, each "
    "of length 1, that hold most of the way of all descents together (the first two singular vectors of positions minus final weights).",
    "Every point of the slice is the loss of a whole network, with the weights of the centre moved by x and y. A way is the shadow that a "
    "descent casts on this plane.",
    "Principal directions make any long way look like an arc: those of a random walk do, too (Antognini & Sohl-Dickstein, 2018), so a bend "
    "alone is no proof of a bent valley.",
    "Li, Xu, Taylor, Studer & Goldstein, “Visualizing the loss landscape of neural nets”, 2018; the line: Goodfellow, Vinyals & Saxe, "
    "“Qualitatively characterizing neural network optimization problems”, 2015.",
]
READ_RANDOM = [
    "The centre, at (0, 0), is where the winner of the race ended. Each of the two directions is random, scaled filter by filter to the "
    "length of the weights, so that networks with larger or smaller weights can be compared; biases are not moved.",
    "Two random directions see little of a descent's way: where the ways lie here says next to nothing, the shape of the ground does.",
    READ[3],
]


def pair(title: str, places: list[tuple[str, str]]) -> str:
    """Pictures side by side, under one title."""
    inside = "".join(
        f'<div><div class="plot" id="{name}" role="img" aria-label="{escape(words)}"></div><figcaption>{escape(words)}</figcaption></div>'
        for name, words in places
    )
    return f'<figure><h2>{escape(title)}</h2><div class="pair">{inside}</div></figure>'


def captioned(summary: Summary) -> str:
    """What is drawn on the plane."""
    words = f"{sentence(ways.loss(summary))} over the slice. Ring: the common start; dots: positions along the way; the number beside a "
    words += "name: the real loss at its end."
    if summary["explained"] is not None:
        first, second = (share(x) for x in summary["explained"])
        words += f" The axes explain {first} and {second} of the way."
    return words


def warned(summary: Summary) -> str:
    """What a reader must know before believing the picture."""
    items = "".join(f"<li>{escape(sentence(words))}</li>" for words in ways.warnings(summary))
    if not items:
        return ""
    return f'<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">What it can’t show</h2><ul>{items}</ul></section>'


def computed(summary: Summary) -> list[tuple[str, str, str]]:
    """Everything that somebody needs to compute it again."""
    grid = f"{len(summary['x'])} × {len(summary['y'])} points"
    kind = "principal directions of the descents" if summary["explained"] is not None else "random directions, filter-normalised"
    over = "" if summary["split"] == "function" else f"{ways.loss(summary)} over {count(summary['examples'], 'example')}"
    shown = parts.joined(
        f"{ways.called(c)} (batch {batch_size(c['batch'])}, {count(c['steps'][-1], 'step')}, to a loss of {figures(c['loss'][-1])})"
        for c in summary["contestants"]
    )
    line = ""
    if summary["line"] is not None:
        line = f"{count(len(summary['line']['at']), 'point')} over a distance of {figures(summary['line']['distance'])}"
    return [
        ("problem", summary["problem"], parts.joined([str(summary["model"] or ""), count(summary["parameters"], "parameter")])),
        ("slice", grid, parts.joined([kind, over])),
        ("line", line, ""),
        ("descents", shown, "once more with the numbers that the race found, from the start of one of its final seeds"),
        ("seed", str(summary["seed"]), ""),
        ("race", str(summary["race"]), ""),
    ]
