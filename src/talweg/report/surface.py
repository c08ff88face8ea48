"""A surface with descents on it as one page that needs nothing but itself: contours, 3-D surface, animation, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from talweg.figures.surface.outcomes import Outcome
from talweg.figures.surface.scene import Scene
from talweg.report import parts, shell
from talweg.report.table import stacked, swatch
from talweg.text import surface as words
from talweg.text.format import NOTHING, sentence, setting, signed, whole

SYMBOLS = {"best": "★", "minimum": "☆", "saddle": "◇", "maximum": "△", "undecided": "□"}
SHOWN_POINTS = 24


def html(scene: Scene, command: str = "") -> str:
    """The whole page; the same scene gives the same text."""
    drawn = {"contour": scene.contour(legend=False), "surface-3d": scene.surface_3d()}
    if scene.trajectories:
        drawn["losses"] = scene.losses()
    filled = {
        "player": player(scene) if scene.trajectories else "",
        "contour_words": escape(f"Contour lines of {scene.label} with the trajectory of each descent"),
        "surface_3d_words": escape(f"{scene.label} in three dimensions with the trajectory of each descent"),
        "table": table(scene) if scene.trajectories else "",
        "losses": LOSSES if scene.trajectories else "",
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


LOSSES = (
    '<figure><h2>Loss</h2><div class="plot" id="losses" role="img" aria-label="The loss of each descent after each step"></div>'
    "<figcaption>Vertical line: the step that the plots above show. Below the dotted line a descent has arrived.</figcaption>"
    "</figure>"
)


def player(scene: Scene) -> str:
    """The button and the slider of the animation."""
    steps = scene.steps
    slider = f'<input type="range" id="step" min="0" max="{steps}" value="{steps}" step="1" aria-label="Step">'
    button = '<button type="button" id="play" title="Space plays and pauses, the arrow keys go step by step">▶ Play</button>'
    return f'<div class="player">{button}{slider}<output id="now" for="step">step {steps:,} of {steps:,}</output></div>'


def table(scene: Scene) -> str:
    """One row for each method: its line, its learning rate, and its outcome."""
    heads = [
        ("Method", ""),
        ("Learning rate", ""),
        ("Outcome", "words"),
        ("Final loss", ""),
        ("Steps to the lowest point", ""),
    ]
    if scene.goal.within is None:
        heads = heads[:-1]
    head = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in heads)
    body = "".join(f"<tr>{''.join(_cells(group, scene, [name for name, _ in heads]))}</tr>" for group in scene.groups)
    lead = f'<p class="lead">{escape(words.arrival_note(scene.goal))}</p>'
    inner = f'<table class="told"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    box = f'<div class="box" tabindex="0" role="region" aria-labelledby="told">{inner}</div>'
    return f'<section aria-labelledby="told"><h2 id="told">Outcomes</h2>{lead}{box}</section>'


def _cells(group: Sequence[Outcome], scene: Scene, heads: Sequence[str]) -> list[str]:
    trajectory = group[0].trajectory
    others = ", ".join(f"{name} {setting(value)}" for name, value in trajectory.hyperparameters if name != "learning_rate")
    ends = [one.end for one in group if one.kind != "diverged"]
    reached = [one.step for one in group if one.kind == "reached"]
    shown = {
        "Method": f'<span class="who">{swatch(trajectory.look)}<span>{stacked(trajectory.label, others)}</span></span>',
        "Learning rate": stacked(setting(trajectory.learning_rate), "best of 32" if trajectory.tuned else ""),
        "Outcome": escape(words.summed(group)),
        "Final loss": stacked(signed(words.middle(ends)) if ends else "diverged", "median" if len(group) > 1 and ends else ""),
        "Steps to the lowest point": stacked(
            whole(words.middle(reached)) if reached else NOTHING, "median" if len(group) > 1 and reached else ""
        ),
    }
    cells = []
    for name in heads:
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        style = ' class="words"' if name == "Outcome" else ""
        cells.append(f'<{kind}{scope}{style} data-head="{escape(name)}">{shown[name]}</{kind}>')
    return cells


def facts(scene: Scene) -> str:
    """Formula, source, and the known critical points."""
    said = f'<p class="formula">{escape(scene.formula)}</p>' if scene.formula else ""
    said += f'<p class="lead">{escape(scene.source)}</p>' if scene.source else ""
    points = scene.points()
    items = [
        f'<li><span aria-hidden="true">{SYMBOLS[kind]}</span> {words.POINTS[kind]} {escape(at)}, value {escape(value)}</li>'
        for kind, at, value in points[:SHOWN_POINTS]
    ]
    if len(points) > SHOWN_POINTS:
        items.append(f"<li>and {len(points) - SHOWN_POINTS} more</li>")
    note = f'<p class="lead">{escape(sentence(scene.points_note))}.</p>' if scene.points_note else ""
    return said + (f'<ul class="points">{"".join(items)}</ul>{note}' if items else note)


def fragment(scene: Scene, image: str) -> str:
    """For notebooks: a picture, given as base64 of a PNG file, the sentences and the legend; no script."""
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in scene.sentences)
    rows = "".join(f"<li>{swatch(group[0].trajectory.look)} {escape(words.legend(group))}</li>" for group in scene.groups)
    alternative = escape(f"{scene.label}: {scene.headline}")
    picture = f'<img alt="{alternative}" style="max-width: 100%" src="data:image/png;base64,{image}">'
    return f'<div class="talweg"><p><b>{escape(scene.headline)}</b></p>{picture}<ul>{rows}</ul>{said}</div>'
