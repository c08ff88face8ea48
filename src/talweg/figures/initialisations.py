"""How much it matters how weights start, as a figure."""

from __future__ import annotations

from collections.abc import Sequence

from talweg.figures import layout
from talweg.figures.palette import FULL, LOOKS, QUIET
from talweg.summary import Row
from talweg.text import initialisations as words

LINE = 34  # pixels of the figure for each row


def forest(rows: Sequence[Row]) -> layout.Figure:
    """The mean validation loss with each initialisation and its interval, the lowest on top; a line shows the race's own."""
    upwards = [*reversed(rows)]
    narrow = {"margin.l": 110, "margin.r": 14, "xaxis.title.text": words.NARROW_AXIS}
    figure = layout.figure(84 + LINE * len(rows), left=150, bottom=60, top=14, narrow=narrow)
    for at, row in enumerate(upwards):
        loss, colour = row["validation_loss"], _colour(row)
        figure.add_scatter(
            x=[loss["mean"]],
            y=[at],
            error_x={
                "symmetric": False,
                "array": [loss["high"] - loss["mean"]],
                "arrayminus": [loss["mean"] - loss["low"]],
                "thickness": 2,
                "width": 5,
                "color": colour,
            },
            mode="markers",
            marker={"size": 11, "color": colour, "symbol": "diamond" if row["own"] else _symbol(row)},
            hovertemplate=f"<b>{layout.safe(row['name'])}</b><br>{words.hover(row)}<extra></extra>",
            cliponaxis=False,
        )
    own = next(row for row in rows if row["own"])
    ends = [row["validation_loss"][end] for row in rows for end in ("low", "high")]
    room = 0.04 * (max(ends) - min(ends) or 1.0)
    low, high = min(ends) - room, max(ends) + room
    return figure.update_layout(
        xaxis=layout.axis(words.AXIS, range=[low, high], tickvals=layout.linear_ticks(low, high)),
        yaxis=layout.axis(
            tickvals=list(range(len(rows))),
            ticktext=[layout.safe(words.label(row)) for row in upwards],
            range=[-0.6, len(rows) - 0.4],
            showgrid=False,
        ),
    ).add_vline(own["validation_loss"]["mean"], line={"color": QUIET, "dash": "dot", "width": 1.5})


def _symbol(row: Row) -> str:
    return "circle" if words.differs(row) else "circle-open"


def _colour(row: Row) -> str:
    if row["own"]:
        return FULL.colour
    if not words.differs(row):
        return QUIET
    return LOOKS["nesterov" if row["difference"]["mean"] < 0 else "adagrad"].colour
