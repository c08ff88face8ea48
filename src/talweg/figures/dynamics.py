"""The training dynamics as figures: effective learning rates, gradient norms, and the angle between successive moves."""

from __future__ import annotations

from talweg.figures import layout
from talweg.figures.lines import Line, drawn, examples_seen
from talweg.figures.palette import looks
from talweg.summary import Row, Summary
from talweg.text import labels
from talweg.text.format import signed


def probed(summary: Summary) -> list[Row]:
    """The contestants whose training dynamics were recorded."""
    return [c for c in summary["contestants"] if c["probes"]]


def rates(summary: Summary) -> layout.Figure:
    """Effective learning rate, |move| / |gradient|: its median over the coordinates, the band from quartile to quartile."""
    return _logarithmic(summary, "rate", ("rate_low", "rate_high"))


def gradients(summary: Summary) -> layout.Figure:
    """The norm of the gradient that the last step got."""
    return _logarithmic(summary, "gradient_norm")


def turns(summary: Summary) -> layout.Figure:
    """The cosine of the angle between successive moves: 1 in the same direction, −1 in opposite ones."""
    lines = _lines(summary, "cosine")
    low = min([-0.25, *(y - 0.05 for line in lines for y in line.y if y is not None)])
    at = [y for y in (-1.0, -0.5, 0.0, 0.5, 1.0) if y >= low]
    upward = layout.axis(labels.PROBES["cosine"], range=[low, 1.05], tickvals=at, ticktext=[signed(y) for y in at])
    return drawn(lines, examples_seen(lines, summary["problem"]), upward, (low, 1.05), place=lambda y: (y - low) / (1.05 - low))


def _logarithmic(summary: Summary, probe: str, ends: tuple[str, str] | None = None) -> layout.Figure:
    lines = _lines(summary, probe, ends)
    bounds = layout.bounds([y for line in lines for y in line.y], room=1.3)
    if bounds is None:
        return layout.nothing(labels.NO_PROBES)
    axis = layout.log_axis(*bounds, f"{labels.PROBES[probe]} (log scale)")
    return drawn(lines, examples_seen(lines, summary["problem"]), axis, bounds)


def _lines(summary: Summary, probe: str, ends: tuple[str, str] | None = None) -> list[Line]:
    look, winner = looks(summary["contestants"]), summary["verdict"]["winner"]
    lines = []
    for c in probed(summary):
        probes, strong = c["probes"], c["name"] == winner
        x, y = probes["examples"], probes[probe]
        low, high = (probes[end] for end in ends) if ends else (y, y)
        hover = [layout.hover(c["label"], labels.probe(probe, at, value)) for at, value in zip(x, y, strict=True)]
        band = ends is not None and (strong or probes["stalls"])
        lines.append(Line(c["label"], look[c["name"]], x, y, low, high, hover, strong, band, signed=probe == "cosine"))
    return lines
