"""What all figures share: type, axes with readable ticks, labels beside the lines they name, and how a figure fits a narrow page.

Figures cannot be zoomed, since their labels stand where the lines end. A figure says in `layout.meta["narrow"]` what changes on a
narrow page, as an argument of `Plotly.relayout`; the page's script applies it and takes it back.
"""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from plotly.graph_objects import Figure
from scipy.optimize import isotonic_regression

from talweg.figures.palette import QUIET
from talweg.text.format import figures

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
INK, GRID = "#20242b", "rgba(128, 136, 147, 0.22)"
SMALL = 11
LEGEND = {"orientation": "h", "x": 0, "y": -0.16, "xanchor": "left", "yanchor": "top", "itemwidth": 30, "font": {"size": 12}}
STYLE = {
    "template": "none",
    "font": {"family": FONT, "size": 13, "color": INK},
    "paper_bgcolor": "white",
    "plot_bgcolor": "rgba(0, 0, 0, 0)",
    "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
    "legend": LEGEND | {"itemclick": False, "itemdoubleclick": False},
} | {"autosize": True, "showlegend": False, "dragmode": False, "hovermode": "closest"}

Patch = dict[str, Any]


def figure(height: int, *, left: int = 64, right: int = 24, top: int = 12, bottom: int = 52, narrow: Patch | None = None) -> Figure:
    """An empty figure of that height and margins in pixels; its width is that of its place."""
    margin = {"l": left, "r": right, "t": top, "b": bottom, "pad": 4}
    return Figure(layout=STYLE | {"height": height, "margin": margin, "meta": {"narrow": narrow or {}}})


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis that stays where it is; `more` is Plotly's."""
    base = {"showgrid": True, "gridcolor": GRID, "gridwidth": 1, "zeroline": False, "showline": False, "ticks": "", "fixedrange": True}
    words = {"title": {"text": title, "font": {"size": 13}, "standoff": 10}, "tickfont": {"size": 12}, "automargin": False}
    return base | words | more


def log_axis(low: float, high: float, title: str = "", *, most: int = 7, **more: Any) -> dict[str, Any]:
    """An axis on a log scale from `low` to `high`, both positive, with at most about `most` round ticks; of a short one, evenly spaced."""
    at = ticks(low, high, most)
    at = at if len(at) > 2 or high > 10 * low else linear_ticks(low, high, most - 1)
    scale = {"type": "log", "range": [math.log10(low), math.log10(high)], "tickvals": at, "ticktext": [figures(x) for x in at]}
    return axis(title, **(scale | more))


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers between `low` and `high`: 1 – 2 – 5 if they are few enough, then powers of ten, then every second, third … of these."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for step, leads in ((1, (1, 1.5, 2, 3, 5, 7)), (1, (1, 2, 5)), *((step, (1,)) for step in range(1, 20))):
        values = [float(f"{lead * 10.0**power:.6g}") for power in range(first, last + 1) if power % step == 0 for lead in leads]
        values = [x for x in values if low * 0.999 <= x <= high * 1.001]
        if len(values) <= most:
            return values
    return []


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most about `most`."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(lead * power for lead in (1, 2, 2.5, 5, 10, 20) if (high - low) / (lead * power) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{step * k:.9g}") for k in range(first, last + 1)]


def bounds(values: Iterable[float | None], *, room: float = 1.08) -> tuple[float, float] | None:
    """The smallest and the largest positive number, a little widened; None if there is none."""
    positive = [x for x in values if x is not None and x > 0]
    return (min(positive) / room, max(positive) * room) if positive else None


def height_of(x: float, low: float, high: float) -> float:
    """Where `x` stands on a log axis, from 0 at `low` to 1 at `high`; cut off there."""
    return min(max(math.log(max(x, low) / low) / math.log(high / low), 0.0), 1.0)


def apart(wanted: Sequence[float], gap: float, low: float = 0.0, high: float = 1.0) -> list[float]:
    """Places as near to `wanted` as they may be that are at least `gap` apart, in the same order, within [low, high] if they fit.

    Less their gaps, the places need only be in order, which an isotonic regression does with the least squares of what they move.
    """
    order = np.argsort(wanted, kind="stable")
    gaps = gap * np.arange(len(wanted))
    fitted = isotonic_regression(np.clip(wanted, low, high)[order] - gaps).x
    places = np.empty(len(wanted))
    places[order] = np.maximum(np.minimum(fitted, high - gaps[-1:]), low) + gaps
    return [float(place) for place in places]


def safe(text: str) -> str:
    """Words of a caller's as Plotly's half-HTML shows them literally."""
    return html.escape(text, quote=False)


def note(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """Words at a place, given in shares of the plotting area unless `more` names axes."""
    place = {"text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "middle"}
    return place | {"showarrow": False} | more


def hover(label: str, *lines: str) -> str:
    """What the pointer reads: a name, and lines of plain words."""
    return "<br>".join([f"<b>{safe(label)}</b>", *map(safe, lines)])


def wrapped(text: str, most: int) -> str:
    """A label on at most two lines of about `most` letters, escaped; what does not fit is cut off."""
    return "<br>".join(map(safe, textwrap.wrap(text, most, max_lines=2, placeholder="…", break_on_hyphens=False)))


def nothing(words: str) -> Figure:
    """A figure that says why it is empty."""
    annotation, hidden = note(words, 0.5, 0.5, xanchor="center", font={"color": QUIET}), axis(visible=False)
    return figure(120).update_layout(xaxis=hidden, yaxis=hidden, annotations=[annotation])
