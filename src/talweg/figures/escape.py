"""How often each remedy reached the best known value, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from talweg.figures.palette import FULL, LOOKS, QUIET
from talweg.text.basins import ends, small

if TYPE_CHECKING:
    from talweg.figures.layout import Figure
from talweg.text.escape import FEW, LETTERS, VERDICTS, Row, Summary, aim, beside, points

COLOURS = {"helps": LOOKS["nesterov"].colour, "hurts": LOOKS["adagrad"].colour, "can't be told": QUIET, "plain": FULL.colour}
LINE = 46  # pixels of the figure for each arm


def rates(summary: Summary) -> Figure:
    """How often each arm reached the best known value, with its interval; a line shows the plain method."""
    from plotly.graph_objects import Scatter

    from talweg.figures import layout

    arms = list(reversed(summary["arms"]))
    labels = [beside(arm, summary) for arm in arms]
    narrow = {
        "margin.l": 150,
        "margin.r": 14,
        "yaxis.ticktext": [layout.wrapped(label, FEW) for label in labels],
        "xaxis.title.text": "reached it, % of the trials",
        "xaxis.tickvals": [0, 50, 100],
    }
    made = layout.figure(84 + LINE * len(arms), left=250, bottom=60, top=14, narrow=narrow)
    plain = summary["arms"][0]["rate"]["median"]
    for at, arm in enumerate(arms):
        rate, colour = arm["rate"], COLOURS[arm["verdict"]]
        above, below = (100 * abs(rate[end] - rate["median"]) for end in ("high", "low"))
        words = f"{small(rate['median'])} ({ends(rate)})<br>{VERDICTS[arm['verdict']]}"
        made.add_trace(
            Scatter(
                x=[100 * rate["median"]],
                y=[at],
                error_x={"symmetric": False, "array": [above], "arrayminus": [below], "thickness": 2, "width": 5, "color": colour},
                mode="markers",
                marker={"size": 12, "color": colour, "symbol": mark(arm), "line": {"width": 2, "color": colour}},
                hovertemplate=f"<b>{layout.safe(arm['label'])}</b><br>{words}<extra></extra>",
                cliponaxis=False,
            )
        )
    seen = [
        layout.note(
            f"{arm['verdict']}: {points(arm['gain']['median'])} points",
            100 * arm["rate"]["median"],
            at,
            xref="x",
            yref="y",
            yshift=15,
            xanchor="right" if arm["rate"]["median"] > 0.75 else "left" if arm["rate"]["median"] < 0.25 else "center",
            font={"color": COLOURS[arm["verdict"]], "size": 12},
        )
        for at, arm in enumerate(arms)
        if arm["verdict"] in ("helps", "hurts")
    ]
    line = {"color": QUIET, "dash": "dot", "width": 1.5}
    made.update_layout(
        xaxis=layout.axis(f"reached {aim(summary)}, % of the trials", range=[-2, 102], tickvals=[0, 20, 40, 60, 80, 100]),
        yaxis=layout.axis(
            tickvals=list(range(len(arms))),
            ticktext=[layout.wrapped(label, LETTERS) for label in labels],
            range=[-0.6, len(arms) - 0.4],
            showgrid=False,
        ),
        annotations=seen,
        shapes=[{"type": "line", "x0": 100 * plain, "x1": 100 * plain, "y0": 0, "y1": 1, "yref": "paper", "line": line}],
    )
    return made


def mark(arm: Row) -> str:
    """Plotly's symbol: full where a difference was seen, empty where none was."""
    return "circle-open" if arm["verdict"] == "can't be told" else "circle"
