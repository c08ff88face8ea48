"""A slice of the loss landscape without a browser: PNG, SVG and PDF by Matplotlib, in the colours and dashes of all pictures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from talweg.figures import landscape
from talweg.figures.surface import trajectories
from talweg.figures.surface.image import INK, LOOK, METADATA, STROKES, paint_ground
from talweg.summary import Summary
from talweg.text import landscape as words
from talweg.text.format import shortened

INCHES = (10.0, 5.4)
DOTS = 150


def image(summary: Summary, kind: str = "png") -> bytes:
    """The slice with the trajectories as a PNG, SVG or PDF file; with the line between the best two beside it, if there is one."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(LOOK):
        made = Figure(figsize=INCHES, dpi=DOTS, facecolor="white")
        FigureCanvasAgg(made)
        made.text(0.03, 0.965, shortened(words.headline(summary).rstrip("."), 90), fontsize=12, fontweight="bold", va="top")
        made.text(0.03, 0.912, shortened(words.explained(summary), 150), fontsize=9, va="top", color="#5d6570")
        made.text(0.03, 0.02, shortened(" ".join(words.warnings(summary)[:1]), 170), fontsize=7.5, color="#5d6570")
        plane = made.add_axes((0.07, 0.15, 0.43, 0.70))
        _slice(summary, made, plane)
        made.legend(*_legend(summary), loc="upper left", bbox_to_anchor=(0.62, 0.87), frameon=False, fontsize=8.5, handlelength=3.2)
        if summary["line"] is not None:
            _line(summary, made.add_axes((0.67, 0.15, 0.30, 0.28)))
        written = io.BytesIO()
        made.savefig(written, format=kind, metadata=METADATA[kind])
    return written.getvalue()


def _slice(summary: Summary, figure: Any, plane: Any) -> None:
    ground = landscape.ground_of(summary)
    paint_ground(figure, plane, ground, landscape.loss_title(summary, ground))
    first, second = words.axes(summary)
    plane.set(xlabel=first, ylabel=second)
    for one in reversed(landscape.trajectories_of(summary)):
        shown = trajectories.drawn(one, ground)
        plane.plot(shown.x, shown.y, color=one.look.colour, linestyle=STROKES[one.look.dash], linewidth=1.6, zorder=5)
        plane.plot(*one.plane[-1:].T, "o", color=one.look.colour, markersize=6, zorder=7, clip_on=True)
        plane.plot(*one.plane[:1].T, "o", color=INK, markerfacecolor="none", markersize=8, markeredgewidth=1.6, zorder=8)
    for at, *_ in ground.critical:
        plane.plot(*at, "*", color=INK, markersize=11, zorder=8, clip_on=False)


def _legend(summary: Summary) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    descents = landscape.trajectories_of(summary)
    handles = [Line2D([], [], color=one.look.colour, linestyle=STROKES[one.look.dash], linewidth=2) for one in descents]
    ring = Line2D([], [], color=INK, marker="o", markerfacecolor="none", linestyle="none")
    star = Line2D([], [], color=INK, marker="*", markersize=10, linestyle="none")
    return [*handles, ring, star], [*(words.legend(one.label, one.loss[-1]) for one in descents), "start", "lowest point"]


def _line(summary: Summary, axes: Any) -> None:
    line = summary["line"]
    for name, look in (("training", landscape.TRAINING), ("validation", landscape.VALIDATION)):
        loss = np.array(line[f"{name}_loss"], float)
        if np.isfinite(loss).any():
            axes.plot(line["at"], loss, color=look.colour, linestyle=STROKES[look.dash], linewidth=1.6, label=name)
    labels = [shortened(c["label"], 20) for c in summary["contestants"][:2]]
    axes.set_xticks([0, 1], labels=labels, fontsize=8)
    for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):  # within the picture
        label.set_horizontalalignment(side)
    axes.set_ylabel("loss", fontsize=8)
    axes.tick_params(labelsize=8, length=0)
    axes.legend(frameon=False, fontsize=7.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color="#e1e4e8", linewidth=0.6)
