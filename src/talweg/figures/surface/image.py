"""A scene without a browser: PNG, SVG and PDF by Matplotlib, GIF by Pillow, MP4 by ffmpeg. The colours and dashes of all pictures."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from talweg.checks import InputError
from talweg.figures.surface import trajectories
from talweg.figures.surface.grid import DEEP, HIGH, LINES, SLOPES, TINT, Grid, marked
from talweg.figures.surface.scene import Scene
from talweg.text import surface as words
from talweg.text.format import shortened

#: Plotly's dashes as Matplotlib writes them.
STROKES: dict[str, Any] = {
    "solid": "-",
    "dash": (0, (4, 2)),
    "dot": (0, (1, 1.4)),
    "dashdot": (0, (4, 1.6, 1, 1.6)),
    "longdash": (0, (7, 2.4)),
    "longdashdot": (0, (7, 2, 1, 2)),
}
MARKS = {"best": "*", "minimum": "*", "saddle": "D", "maximum": "^", "undecided": "s"}
INK = "#20242b"
FRAMES = 40  #: of an animation
SECONDS, HOLD = 5.0, 2.0  #: that it runs, and that its last frame stays
FAMILY = ["DejaVu Sans"]  # comes with Matplotlib, so that a picture is the same on all machines

LOOK: dict[Any, Any] = {"font.family": FAMILY, "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "talweg"}
LOOK |= {"axes.edgecolor": "#b8bec7", **dict.fromkeys(("axes.labelcolor", "text.color", "xtick.color", "ytick.color"), INK)}
#: No date in a file, so that the same scene gives the same bytes.
METADATA: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}


class Canvas:
    """The drawn scene: a figure, and the lines that an animation lengthens."""

    def __init__(self, scene: Scene, *, dots: int):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.scene = scene
        legend = 0.19 * len(scene.groups)  # inches
        self.figure = Figure(figsize=(10.0, 5.2 + legend), dpi=dots, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)
        bottom = 0.13 + legend / (5.2 + legend)
        self.space: Any = self.figure.add_axes((0.02, bottom - 0.05, 0.47, 0.97 - bottom), projection="3d", computed_zorder=False)
        self.plane = self.figure.add_axes((0.54, bottom, 0.37, 0.90 - bottom))
        self.lines: list[tuple[Any, Any, trajectories.Drawn]] = []
        self._ground()
        for group in scene.layers:
            for one, shown in zip(group, scene.parts(group), strict=True):
                self._trajectory(one.trajectory, shown)
        self._points()
        self._words()

    def _ground(self) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        grid = self.scene.grid
        heights = paint_ground(self.figure, self.plane, grid, grid.height.title)
        self.plane.set(xlabel=grid.names[0], ylabel=grid.names[1])
        x, y = np.meshgrid(grid.x, grid.y)
        slopes = LinearSegmentedColormap.from_list("slopes", SLOPES)
        every = max(1, len(grid.x) // 80)
        part = np.asarray(np.ma.filled(heights, np.nan), float)[::every, ::every]
        self.space.plot_surface(
            x[::every, ::every], y[::every, ::every], part, cmap=slopes, rcount=80, ccount=80, linewidth=0, antialiased=False, alpha=0.92
        )
        low, high = float(heights.min()), float(heights.max())
        self.space.set(xlim=grid.domain[0], ylim=grid.domain[1], zlim=(low, high if high > low else low + 1))
        self.space.set(xlabel=grid.names[0], ylabel=grid.names[1])
        few, labels = grid.height.ticks(grid.z, 5)
        self.space.set_zticks(few, labels=labels)
        self.space.tick_params(labelsize=7, pad=0)
        self.space.view_init(elev=42, azim=-118)
        self.space.set_box_aspect((1.2, 1.2, 0.62), zoom=1.05)
        for axis in (self.space.xaxis, self.space.yaxis, self.space.zaxis):
            axis.set_pane_color((1, 1, 1, 0))
            axis.line.set_color("#b8bec7")
            axis._axinfo["grid"].update(color="#e1e4e8", linewidth=0.5)

    def _trajectory(self, trajectory: trajectories.SingleTrajectory, shown: trajectories.Drawn) -> None:
        pen = {"color": trajectory.look.colour, "linestyle": STROKES[trajectory.look.dash], "solid_capstyle": "round", "zorder": 5}
        pen["alpha"] = trajectories.faint([shown], self.scene.grid)
        (flat,) = self.plane.plot(shown.x, shown.y, linewidth=1.5, **pen)
        (high,) = self.space.plot(shown.x, shown.y, shown.height, linewidth=1.8, **pen)
        self.lines.append((flat, high, shown))
        colour = trajectory.look.colour
        arrow = {"arrowstyle": "-|>", "mutation_scale": 9, "color": colour, "linewidth": 0, "shrinkA": 0, "shrinkB": 0}
        for before, tip in trajectories.arrows(shown, self.scene.grid.domain)[0]:
            self.plane.annotate("", xy=tip, xytext=before, zorder=6, arrowprops=arrow)
        symbol = trajectories.end_symbol(trajectory, self.scene.grid)
        fill = "white" if symbol == "circle-open" else colour
        marker = "X" if symbol == "x" else "o"
        self.plane.plot(shown.x[-1:], shown.y[-1:], marker, color=fill, markeredgecolor=colour, markersize=7, zorder=7)

    def _points(self) -> None:
        for kind, points in marked(self.scene.grid).items():
            pen: dict[str, Any] = {"color": INK, "markerfacecolor": INK if kind == "best" else "none", "zorder": 8, "marker": MARKS[kind]}
            places = np.array([at[:2] for at, *_ in points], float)
            self.plane.plot(*places.T, linestyle="none", markersize=11 if MARKS[kind] == "*" else 6, **pen)
            self.space.plot(*places.T, self.scene.grid.ground(places), linestyle="none", markersize=5, **pen)
        for x, y in {tuple(trajectory.plane[0]) for trajectory in self.scene.trajectories}:
            self.plane.plot([x], [y], "o", color=INK, markerfacecolor="none", markersize=8, markeredgewidth=1.6, zorder=8, clip_on=True)

    def _words(self) -> None:
        from matplotlib.lines import Line2D

        scene = self.scene
        self.figure.text(0.03, 0.965, scene.label, fontsize=12, fontweight="bold", va="top")
        self.figure.text(0.03, 0.915, shortened(scene.formula, 150), fontsize=9, va="top", color="#5d6570")
        if scene.groups:
            looks = [group[0].trajectory.look for group in scene.groups]
            handles = [Line2D([], [], color=look.colour, linestyle=STROKES[look.dash], linewidth=2) for look in looks]
            entries = [shortened(words.legend(group), 150) for group in scene.groups]
            at: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.025, 0.01)}
            self.figure.legend(handles, entries, **at, frameon=False, fontsize=8.5, handlelength=3.2)

    def frames(self) -> Iterator[np.ndarray]:
        """The picture after more and more steps, as arrays of red, green and blue."""
        markers = [self.plane.plot([], [], "o", color=flat.get_color(), markersize=6, zorder=9)[0] for flat, *_ in self.lines]
        drawn = {*markers, *(line for flat, high, _ in self.lines for line in (flat, high))}
        still = [artist for artist in (*self.plane.texts, *self.plane.lines) if artist not in drawn]
        ends = [artist for artist in still if artist.get_zorder() in (6, 7)]
        for artist in (*drawn, *ends):
            artist.set_visible(False)
        self.canvas.draw()
        ground: Any = self.canvas.copy_from_bbox(self.figure.bbox)
        # More of the first steps, where most happens.
        moments = np.unique(np.round(self.scene.steps * np.linspace(0, 1, FRAMES) ** 1.7).astype(int))
        for artist in drawn:
            artist.set_visible(True)
        for now in moments:
            self.canvas.restore_region(ground)
            for (flat, high, shown), dot in zip(self.lines, markers, strict=True):
                past = ~(shown.step > now)
                flat.set_data(shown.x[past], shown.y[past])
                high.set_data_3d(shown.x[past], shown.y[past], shown.height[past])
                known = np.flatnonzero(past & np.isfinite(shown.step))
                dot.set_data(shown.x[known[-1:]], shown.y[known[-1:]])
                self.plane.draw_artist(flat)
                self.plane.draw_artist(dot)
                self.space.draw_artist(high)
            yield np.asarray(self.canvas.buffer_rgba())[..., :3].copy()


def image(scene: Scene, kind: str = "png", *, dots: int = 150) -> bytes:
    """The scene as a PNG, SVG or PDF file."""
    from matplotlib import rc_context

    with rc_context(LOOK):
        made = Canvas(scene, dots=dots)
        written = io.BytesIO()
        made.figure.savefig(written, format=kind, metadata=METADATA[kind])
    return written.getvalue()


def gif(scene: Scene) -> bytes:
    """The descents as an animation; all frames share 64 colours, so that the file is small."""
    from matplotlib import rc_context
    from PIL import Image

    with rc_context(LOOK):
        pictures = [Image.fromarray(frame) for frame in Canvas(scene, dots=80).frames()]
    # Thin lines would lose their colours to the ground's: they have places of their own.
    named = {"#ffffff", INK, "#5d6570", "#b8bec7", *(trajectory.look.colour for trajectory in scene.trajectories)}
    own = [tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in sorted(named)][:40]
    ground = pictures[-1].quantize(64 - len(own), dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in own for part in colour), *ground[: 3 * (64 - len(own))]])
    reduced = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    written, each = io.BytesIO(), round(1000 * SECONDS / len(reduced))
    pauses = [each] * (len(reduced) - 1) + [round(1000 * HOLD)]
    reduced[0].save(written, "GIF", save_all=True, append_images=reduced[1:], duration=pauses, loop=0, optimize=False)
    return written.getvalue()


def mp4(scene: Scene, path: Path) -> None:
    """Write the descents as an MP4 file, which needs ffmpeg. Raises InputError without it, or if it fails."""
    from matplotlib import rc_context

    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError("surface: an .mp4 file needs the program ffmpeg, which is not installed; install it, or write a .gif")
    with rc_context(LOOK):
        pictures = list(Canvas(scene, dots=120).frames())
    high, wide = (size - size % 2 for size in pictures[0].shape[:2])  # this coding wants even numbers
    pace = len(pictures) / SECONDS
    pictures += [pictures[-1]] * round(HOLD * pace)
    read = f"-f rawvideo -pixel_format rgb24 -video_size {wide}x{high} -framerate {pace:g} -i -"
    write = "-y -loglevel error -pix_fmt yuv420p -movflags +faststart -f mp4"
    raw = b"".join(np.ascontiguousarray(picture[:high, :wide]).tobytes() for picture in pictures)
    ran = subprocess.run([program, *read.split(), *write.split(), str(path)], input=raw, capture_output=True, check=False)
    if ran.returncode:
        reason = (ran.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"surface: ffmpeg could not write the animation ({reason}); write a .gif instead")


def paint_ground(figure: Any, plane: Any, grid: Grid, title: str) -> np.ma.MaskedArray:
    """Tinted ground with contour lines and a bar of heights; what is drawn, as an array."""
    from matplotlib.colors import LinearSegmentedColormap

    heights = np.ma.masked_invalid(grid.height(grid.z))
    domain = (*grid.domain[0], *grid.domain[1])
    tint = LinearSegmentedColormap.from_list("tint", [[1 - share * (1 - part / 255) for part in TINT] for share in (DEEP, HIGH)])
    ground = plane.imshow(heights, extent=domain, origin="lower", aspect="auto", cmap=tint, interpolation="bilinear")
    if heights.count() and heights.min() < heights.max():
        plane.contour(grid.x, grid.y, heights, levels=LINES, colors="#60748a", linewidths=0.5, alpha=0.6, linestyles="solid")
    bar = figure.colorbar(ground, ax=plane, cax=plane.inset_axes((1.03, 0.0, 0.025, 1.0)))
    at, labels = grid.height.ticks(grid.z)
    bar.set_ticks(at, labels=labels)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=0)
    bar.set_label(title, fontsize=8)
    plane.set(xlim=grid.domain[0], ylim=grid.domain[1])
    plane.tick_params(length=0)
    for spine in plane.spines.values():
        spine.set_visible(False)
    return heights
