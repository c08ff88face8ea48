"""What the methods did inside their steps, as figures: how far they went for their gradients, and whether they turned back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talweg.figures import layout
from talweg.figures.lines import Line, drawn, examples_seen
from talweg.figures.palette import looks
from talweg.text.format import figures

Summary = Mapping[str, Any]


def seen(summary: Summary) -> list[dict[str, Any]]:
    """The contestants whose inside was looked at."""
    return [c for c in summary["contestants"] if c.get("probes")]


def rates(summary: Summary) -> layout.Figure:
    """Effective learning rate, |move| / |gradient|: its median over the coordinates, the band from quartile to quartile."""
    return _logarithmic(summary, "rate", ("rate_low", "rate_high"), "effective learning rate (log scale)")


def gradients(summary: Summary) -> layout.Figure:
    """The length of the gradient that the last step got."""
    return _logarithmic(summary, "gradient_norm", None, "length of the gradient (log scale)")


def turns(summary: Summary) -> layout.Figure:
    """The cosine of the angle between one move and the next: 1 is straight on, −1 back to where it came from."""
    lines = _lines(summary, "cosine", None)
    if not lines:
        return layout.nothing("No method was looked into.")
    values = [y for line in lines for y in line.y if y is not None]
    low = min(-0.25, *(y - 0.05 for y in values))
    at = [y for y in (-1.0, -0.5, 0.0, 0.5, 1.0) if y >= low]
    names = {1.0: "straight on 1", 0.0: "0", -1.0: "back −1"}
    up = layout.axis(
        "cosine of two moves in a row", range=[low, 1.05], tickvals=at, ticktext=[names.get(y, f"{y:g}".replace("-", "−")) for y in at]
    )
    made = drawn(lines, examples_seen(lines, summary["problem"]), up, (low, 1.05), place=lambda y: (y - low) / (1.05 - low))
    return made.update_layout(margin={"l": 100})


def _logarithmic(summary: Summary, name: str, ends: tuple[str, str] | None, title: str) -> layout.Figure:
    lines = _lines(summary, name, ends)
    bounds = layout.bounds([y for line in lines for y in line.y], room=1.3)
    if bounds is None:
        return layout.nothing("No method was looked into.")
    return drawn(lines, examples_seen(lines, summary["problem"]), layout.log_axis(*bounds, title), bounds)


def _lines(summary: Summary, name: str, ends: tuple[str, str] | None) -> list[Line]:
    given, winner = looks(summary["contestants"]), summary["verdict"].get("winner")
    lines = []
    for c in seen(summary):
        probes = c["probes"]
        x, y = probes["examples"], probes[name]
        low, high = (probes[end] for end in ends) if ends else (y, y)
        hover = [_said(c["label"], at, name, value) for at, value in zip(x, y, strict=True)]
        strong = c["name"] == winner
        shown = {"strong": strong, "band": bool(ends) and (strong or probes["stalls"]), "signed": name == "cosine"}
        lines.append(Line(c["label"], given[c["name"]], x, y, low, high, hover, **shown))
    return lines


def _said(label: str, examples: float, name: str, value: float | None) -> str:
    words = {"rate": "effective learning rate", "gradient_norm": "gradient of length", "cosine": "cosine of the last two moves"}[name]
    return f"<b>{layout.safe(label)}</b><br>{figures(examples)} examples: {words} {figures(value)}"
