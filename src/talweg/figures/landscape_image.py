"""A slice of the loss landscape without a browser: PNG, SVG and PDF by Matplotlib, in the colours and dashes of all pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from talweg.figures import landscape
from talweg.figures.surface import grid, trajectories
from talweg.figures.surface.grid import LINES
from talweg.figures.surface.image import INK, LOOK, METADATA, STROKES, tint
from talweg.text import landscape as words
from talweg.text.format import figures, shortened

Summary = Mapping[str, Any]

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
        beside = 0.40 if summary["line"] is not None else 0.15
        made.legend(*_named(summary), loc="upper left", bbox_to_anchor=(0.62, 0.87), frameon=False, fontsize=8.5, handlelength=3.2)
        if summary["line"] is not None:
            _line(summary, made.add_axes((0.67, 0.15, 0.30, beside - 0.12)))
        written = io.BytesIO()
        made.savefig(written, format=kind, metadata=METADATA[kind])
    return written.getvalue()


def _slice(summary: Summary, made: Any, plane: Any) -> None:
    ground = landscape.ground_of(summary)
    height = grid.scaled(ground.z, ground.lowest, landscape.scale(ground))
    heights = np.ma.masked_invalid(height(ground.z))
    (left, right), (low, high) = ground.domain
    seen = plane.imshow(heights, extent=(left, right, low, high), origin="lower", aspect="auto", cmap=tint(), interpolation="bilinear")
    if heights.count() and heights.min() < heights.max():
        plane.contour(ground.x, ground.y, heights, levels=LINES, colors="#60748a", linewidths=0.5, alpha=0.6, linestyles="solid")
    bar = made.colorbar(seen, ax=plane, cax=plane.inset_axes((1.03, 0.0, 0.025, 1.0)))
    at, labels = height.ticks(ground.z)
    bar.set_ticks(at, labels=labels)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=0)
    bar.set_label(landscape.loss_title(summary, ground), fontsize=8)
    first, second = words.axes(summary)
    plane.set(xlim=(left, right), ylim=(low, high), xlabel=first, ylabel=second)
    plane.tick_params(length=0)
    for spine in plane.spines.values():
        spine.set_visible(False)
    for trajectory in reversed(landscape.descents(summary)):
        shown = trajectories.drawn(trajectory, ground, height)
        plane.plot(shown.x, shown.y, color=trajectory.look.colour, linestyle=STROKES[trajectory.look.dash], linewidth=1.6, zorder=5)
        plane.plot(*trajectory.plane[-1:].T, "o", color=trajectory.look.colour, markersize=6, zorder=7, clip_on=True)
        plane.plot(*trajectory.plane[:1].T, "o", color=INK, markerfacecolor="none", markersize=8, markeredgewidth=1.6, zorder=8)
    for at_lowest, *_ in ground.critical:
        plane.plot(*at_lowest, "*", color=INK, markersize=11, zorder=8, clip_on=False)


def _named(summary: Summary) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    drawn = landscape.descents(summary)
    handles = [Line2D([], [], color=trajectory.look.colour, linestyle=STROKES[trajectory.look.dash], linewidth=2) for trajectory in drawn]
    entries = [f"{shortened(trajectory.label, 32)} {figures(trajectory.loss[-1])}" for trajectory in drawn]
    ring = Line2D([], [], color=INK, marker="o", markerfacecolor="none", linestyle="none")
    star = Line2D([], [], color=INK, marker="*", markersize=10, linestyle="none")
    return [*handles, ring, star], [*entries, "start", "lowest point"]


def _line(summary: Summary, axes: Any) -> None:
    found = summary["line"]
    at = np.array(found["at"], float)
    for name, look in (("training", landscape.TRAINING), ("validation", landscape.VALIDATION)):
        loss = np.array(found[f"{name}_loss"], float)
        if np.isfinite(loss).any():
            axes.plot(at, loss, color=look.colour, linestyle=STROKES[look.dash], linewidth=1.6, label=name)
    labels = [shortened(c["label"], 20) for c in summary["contestants"][:2]]
    axes.set_xticks([0, 1], labels=labels, fontsize=8)
    axes.set_ylabel("loss", fontsize=8)
    axes.tick_params(labelsize=8, length=0)
    axes.legend(frameon=False, fontsize=7.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(axis="y", color="#e1e4e8", linewidth=0.6)
