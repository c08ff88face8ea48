"""How often each remedy reached the best known value, as a figure."""

from __future__ import annotations

from plotly.graph_objects import Scatter

from talweg.figures import layout
from talweg.figures.palette import FULL, LOOKS, QUIET
from talweg.summary import Summary
from talweg.text import escape as words

OPEN = ("can't be told", "not known")
COLOURS = {"helps": LOOKS["nesterov"].colour, "hurts": LOOKS["adagrad"].colour, **dict.fromkeys(OPEN, QUIET), "plain": FULL.colour}
LINE = 46  # pixels of the figure for each arm
LETTERS, FEW = 34, 21  # of a label's line, on a page and on a narrow one


def rates(summary: Summary) -> layout.Figure:
    """How often each arm reached the best known value, with its interval; a line shows the plain method."""
    arms = summary["arms"][::-1]
    labels = [words.beside(arm, summary) for arm in arms]
    title, short_title = words.axis(summary)
    narrow = {
        "margin.l": 150,
        "margin.r": 14,
        "yaxis.ticktext": [layout.wrapped(label, FEW) for label in labels],
        "xaxis.title.text": short_title,
        "xaxis.tickvals": [0, 50, 100],
    }
    made = layout.figure(84 + LINE * len(arms), left=250, bottom=60, top=14, narrow=narrow)
    notes = []
    for at, arm in enumerate(arms):
        rate, verdict, colour = arm["rate"], arm["verdict"], COLOURS[arm["verdict"]]
        x = 100 * rate["median"]
        above, below = (abs(100 * rate[end] - x) for end in ("high", "low"))
        symbol = "circle-open" if verdict in OPEN else "circle"
        made.add_trace(
            Scatter(
                x=[x],
                y=[at],
                error_x={"symmetric": False, "array": [above], "arrayminus": [below], "thickness": 2, "width": 5, "color": colour},
                mode="markers",
                marker={"size": 12, "color": colour, "symbol": symbol, "line": {"width": 2, "color": colour}},
                hovertemplate=f"<b>{layout.safe(arm['label'])}</b><br>{words.hover(arm)}<extra></extra>",
                cliponaxis=False,
            )
        )
        if verdict in ("helps", "hurts"):
            side = "right" if x > 75 else "left" if x < 25 else "center"
            pen = {"color": colour, "size": 12}
            notes.append(layout.note(words.mark(arm), x, at, xref="x", yref="y", yshift=15, xanchor=side, font=pen))
    plain = 100 * summary["arms"][0]["rate"]["median"]
    line = {"color": QUIET, "dash": "dot", "width": 1.5}
    return made.update_layout(
        xaxis=layout.axis(title, range=[-2, 102], tickvals=[0, 20, 40, 60, 80, 100]),
        yaxis=layout.axis(
            tickvals=list(range(len(arms))),
            ticktext=[layout.wrapped(label, LETTERS) for label in labels],
            range=[-0.6, len(arms) - 0.4],
            showgrid=False,
        ),
        annotations=notes,
    ).add_vline(plain, line=line)
