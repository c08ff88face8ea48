"""The eigenvalues of a Hessian as a figure: how many directions curve up, how many down, and how many are flat."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from plotly.graph_objects import Bar

from talweg.figures import layout
from talweg.figures.palette import OTHERS
from talweg.summary import Summary
from talweg.text import endpoints as words
from talweg.text.format import signed

BINS = 60
UP, DOWN = OTHERS[2], OTHERS[4]


def density(
    eigenvalues: Float[np.ndarray, " nodes"], weights: Float[np.ndarray, " nodes"], summary: Summary | None = None
) -> layout.Figure:
    """Which share of the eigenvalues lies where, on a scale that shows one direction among thousands.

    Args:
        eigenvalues, weights: of a spectral density; the weights add up to one.
        summary: of a diagnosis, for its extreme eigenvalues.
    """
    finite = np.isfinite(eigenvalues)
    if not finite.any():
        return layout.nothing(words.NOT_FINITE)
    eigenvalues, weights = eigenvalues[finite], weights[finite]
    low, high = float(eigenvalues.min()), float(eigenvalues.max())
    span = max(high - low, 1e-12 * max(abs(low), abs(high)), 1e-30)
    edges = np.linspace(low - 0.02 * span, high + 0.02 * span, BINS + 1)
    shares, _ = np.histogram(eigenvalues, edges, weights=weights)
    middle = (edges[1:] + edges[:-1]) / 2
    shown = shares > 0
    least = float(shares[shown].min()) / 2
    made = layout.figure(300, left=72)
    made.add_trace(
        Bar(
            x=middle[shown].tolist(),
            y=(shares[shown] - least).tolist(),
            base=[least] * int(shown.sum()),
            width=float(edges[1] - edges[0]) * 0.9,
            marker={"color": [DOWN if x < 0 else UP for x in middle[shown]]},
            customdata=[[signed(x), signed(100 * y, 2)] for x, y in zip(middle[shown], shares[shown], strict=True)],
            hovertemplate=words.SPECTRUM_HOVER,
        )
    )
    top = float(shares.max()) * 1.5
    extremes = [summary[name] for name in ("smallest", "largest") if summary and summary[name] is not None]
    notes = [layout.note(signed(x), x, 1.0, xref="x", yanchor="bottom", xanchor="center") for x in extremes]
    return made.update_layout(
        xaxis=layout.axis("curvature (eigenvalue of the Hessian)", zeroline=True, zerolinecolor=layout.INK, zerolinewidth=1),
        yaxis=layout.log_axis(least, top, "share of directions (log scale)", most=6),
        annotations=notes,
        margin={"t": 28},
    )
