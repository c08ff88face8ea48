"""A landscape with descents on it as one page that needs nothing but itself: map, mountain, animation, and what became of whom."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from talweg.figures.surface import outcomes
from talweg.figures.surface.outcomes import Outcome
from talweg.figures.surface.scene import Scene
from talweg.report import parts, shell
from talweg.report.table import stacked, swatch
from talweg.text.format import NOTHING, figures, sentence, setting, whole

SYMBOLS = {"lowest point": "★", "local minimum": "☆", "saddle": "◇", "maximum": "△", "flat point": "□"}
SHOWN_POINTS = 24


def html(scene: Scene, command: str = "") -> str:
    """The whole page; the same scene gives the same text."""
    drawn = {"contour": scene.contour(words=False), "mountain": scene.mountain()}
    if scene.trajectories:
        drawn["losses"] = scene.losses()
    filled = {
        "player": player(scene) if scene.trajectories else "",
        "contour_words": escape(f"Contour lines of {scene.label} with the path of each descent"),
        "mountain_words": escape(f"{scene.label} in three dimensions with the path of each descent"),
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
    "<figcaption>The upright line is the step that the pictures above show; under the dotted line a descent has arrived.</figcaption>"
    "</figure>"
)


def player(scene: Scene) -> str:
    """The button and the slider of the animation."""
    steps = scene.steps
    slider = f'<input type="range" id="step" min="0" max="{steps}" value="{steps}" step="1" aria-label="Step">'
    button = '<button type="button" id="play" title="Space plays and pauses, the arrow keys go step by step">▶ Play</button>'
    return f'<div class="player">{button}{slider}<output id="now" for="step">step {steps:,} of {steps:,}</output></div>'


def table(scene: Scene) -> str:
    """One row for each method: its line, its learning rate, and what became of it."""
    aim = scene.judged[0]
    heads = [
        ("Method", ""),
        ("Learning rate", ""),
        ("What became of it", "words"),
        ("Loss at the end", ""),
        ("Steps to the lowest point", ""),
    ]
    if aim.within is None:
        heads = heads[:-1]
    head = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in heads)
    body = "".join(f"<tr>{''.join(_cells(group, scene, [name for name, _ in heads]))}</tr>" for group in scene.groups)
    note = f"Arrived is who comes within {aim.text}." if aim.within is not None else "No lowest value is known, so nobody can arrive."
    lead = f'<p class="lead">{escape(note)}</p>'
    inner = f'<table class="told"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    box = f'<div class="box" tabindex="0" role="region" aria-labelledby="told">{inner}</div>'
    return f'<section aria-labelledby="told"><h2 id="told">What became of them</h2>{lead}{box}</section>'


def _cells(group: Sequence[Outcome], scene: Scene, heads: Sequence[str]) -> list[str]:
    trail, aim = group[0].trail, scene.judged[0]
    others = ", ".join(f"{name} {setting(value)}" for name, value in trail.numbers if name != "learning_rate")
    ends = [one.end for one in group if one.kind != "diverged"]
    reached = [one.step for one in group if one.kind == "reached"]
    words = {
        "Method": f'<span class="who">{swatch(trail.look)}<span>{stacked(trail.label, others)}</span></span>',
        "Learning rate": stacked(setting(trail.learning_rate), "best of 32" if trail.tuned else ""),
        "What became of it": escape(outcomes.summed(group, aim)),
        "Loss at the end": stacked(
            figures(outcomes.middle(ends)).replace("-", "−") if ends else "diverged", "median" if len(group) > 1 and ends else ""
        ),
        "Steps to the lowest point": stacked(
            whole(outcomes.middle(reached)) if reached else NOTHING, "median" if len(group) > 1 and reached else ""
        ),
    }
    cells = []
    for name in heads:
        kind, scope = ("th", ' scope="row"') if name == "Method" else ("td", "")
        style = ' class="words"' if name == "What became of it" else ""
        cells.append(f'<{kind}{scope}{style} data-head="{escape(name)}">{words[name]}</{kind}>')
    return cells


def facts(scene: Scene) -> str:
    """Formula, source, and the known points of slope zero."""
    said = f'<p class="formula">{escape(scene.formula)}</p>' if scene.formula else ""
    said += f'<p class="lead">{escape(scene.source)}</p>' if scene.source else ""
    points = scene.points()
    items = [
        f'<li><span aria-hidden="true">{SYMBOLS[kind]}</span> {escape(kind)} {escape(at)}, value {escape(value)}</li>'
        for kind, at, value in points[:SHOWN_POINTS]
    ]
    if len(points) > SHOWN_POINTS:
        items.append(f"<li>and {len(points) - SHOWN_POINTS} more</li>")
    note = f'<p class="lead">{escape(sentence(scene.points_note))}.</p>' if scene.points_note else ""
    return said + (f'<ul class="points">{"".join(items)}</ul>{note}' if items else note)


def fragment(scene: Scene, image: str) -> str:
    """For notebooks: a picture, given as base64 of a PNG file, the sentences and the legend; no script."""
    words = "".join(f"<p>{escape(said)}</p>" for said in scene.sentences)
    rows = "".join(f"<li>{swatch(group[0].trail.look)} {escape(outcomes.legend(group, scene.judged[0]))}</li>" for group in scene.groups)
    alternative = escape(f"{scene.label}: {scene.headline}")
    picture = f'<img alt="{alternative}" style="max-width: 100%" src="data:image/png;base64,{image}">'
    return f'<div class="talweg"><p><b>{escape(scene.headline)}</b></p>{picture}<ul>{rows}</ul>{words}</div>'
