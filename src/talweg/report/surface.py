"""A surface with descents on it as one page that needs nothing but itself: contours, 3-D surface, animation, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from talweg.figures.surface.outcomes import Outcome
from talweg.figures.surface.scene import Scene
from talweg.report import parts, shell
from talweg.report.table import stacked, swatch
from talweg.text import surface as words
from talweg.text.format import sentence

SYMBOLS = {"best": "★", "minimum": "☆", "saddle": "◇", "maximum": "△", "undecided": "□"}
SHOWN_POINTS = 24


def html(scene: Scene, command: str = "") -> str:
    """The whole page; the same scene gives the same text."""
    drawn = {"contour": scene.contour(legend=False), "surface-3d": scene.surface_3d()}
    if scene.trajectories:
        drawn["losses"] = scene.losses()
    filled = {
        "player": player(scene) if scene.trajectories else "",
        "contour_words": escape(words.CONTOUR_ALT.format(scene.label)),
        "surface_3d_words": escape(words.SURFACE_3D_ALT.format(scene.label)),
        "table": table(scene) if scene.trajectories else "",
        "losses": parts.picture("losses", "Loss", words.LOSS_CAPTION) if scene.trajectories else "",
        "facts": facts(scene),
        "command": f"<section><h2>The command</h2><pre>{escape(command)}</pre></section>" if command else "",
        "animation": shell.data(scene.animation()),
    }
    return shell.page(
        "surface.html",
        filled,
        drawn,
        title=f"{scene.label}: {scene.headline}" if scene.trajectories else scene.label,
        over=f"talweg surface · {scene.label}",
        headline=scene.headline,
        verdict=parts.paragraphs(scene.sentences),
        styles=("surface.css",),
        scripts=("surface.js",),
    )


def player(scene: Scene) -> str:
    """The button and the slider of the animation."""
    steps = scene.steps
    slider = f'<input type="range" id="step" min="0" max="{steps}" value="{steps}" step="1" aria-label="Step">'
    button = '<button type="button" id="play" title="Space plays and pauses, the arrow keys go step by step">▶ Play</button>'
    return f'<div class="player">{button}{slider}<output id="now" for="step">step {steps:,} of {steps:,}</output></div>'


def table(scene: Scene) -> str:
    """One row for each method: its line, its learning rate, and its outcome."""
    heads = words.cells(scene.groups[0])
    head = "".join(f'<th scope="col"{_class(name)}>{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{_cells(group)}</tr>" for group in scene.groups)
    lead = f'<p class="lead">{escape(words.arrival_note(scene.goal))}</p>'
    inner = f'<table class="outcomes"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return parts.section("outcomes", "Outcomes", lead, parts.box("outcomes", inner))


def _cells(group: Sequence[Outcome]) -> str:
    html = ""
    for name, cell in words.cells(group).items():
        text = stacked(*cell)
        if name == "Method":
            who = f'<span class="who">{swatch(group[0].trajectory.look)}<span>{text}</span></span>'
            html += f'<th scope="row" data-head="{name}">{who}</th>'
        else:
            html += f'<td{_class(name)} data-head="{name}">{text}</td>'
    return html


def _class(head: str) -> str:
    return ' class="words"' if head == "Outcome" else ""


def facts(scene: Scene) -> str:
    """Formula, source, and the known critical points."""
    about = f'<p class="formula">{escape(scene.formula)}</p>' if scene.formula else ""
    about += f'<p class="lead">{escape(scene.source)}</p>' if scene.source else ""
    points = scene.points()
    items = [
        f'<li><span aria-hidden="true">{SYMBOLS[kind]}</span> {words.POINTS[kind]} {escape(at)}, value {escape(value)}</li>'
        for kind, at, value in points[:SHOWN_POINTS]
    ]
    if len(points) > SHOWN_POINTS:
        items.append(f"<li>and {len(points) - SHOWN_POINTS} more</li>")
    note = f'<p class="lead">{escape(sentence(scene.points_note))}.</p>' if scene.points_note else ""
    return about + (f'<ul class="points">{"".join(items)}</ul>{note}' if items else note)


def fragment(scene: Scene, image: str) -> str:
    """For notebooks: a picture, given as base64 of a PNG file, the sentences and the legend; no script."""
    below = "".join(f"<p>{escape(one)}</p>" for one in scene.sentences)
    rows = "".join(f"<li>{swatch(group[0].trajectory.look)} {escape(words.legend(group))}</li>" for group in scene.groups)
    alternative = escape(f"{scene.label}: {scene.headline}")
    picture = f'<img alt="{alternative}" style="max-width: 100%" src="data:image/png;base64,{image}">'
    return f'<div class="talweg"><p><b>{escape(scene.headline)}</b></p>{picture}<ul>{rows}</ul>{below}</div>'
