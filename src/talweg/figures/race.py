"""What a race showed, as figures. Each takes the summary of a race (plain dictionaries, see `verdict`) and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from talweg.figures import layout
from talweg.figures.lines import Line, drawn, examples_seen
from talweg.figures.palette import QUIET, Look, looks
from talweg.text import lookup
from talweg.text.format import figures, interval, loss_name, share, shortened, times, unit

Summary = Mapping[str, Any]

#: "3.1× (2.4 – 3.9)", or that the target was not reached.
speed = partial(interval, show=times, missing="not reached")


def curves(summary: Summary) -> layout.Figure:
    """Validation loss over examples seen: median over the final seeds, band from 10 to 90 % of them, and the target."""
    summary = lookup.lifted(summary)
    run = [c for c in summary["contestants"] if c.get("curves")]
    bounds = loss_bounds(summary, run)
    if bounds is None:
        return layout.nothing("No curve: nobody has a validation loss to show.")
    given, winner = looks(summary["contestants"]), summary["verdict"].get("winner")
    lines = []
    for c in run:
        x, loss = c["curves"]["examples"], c["curves"]["validation_loss"]
        hover = [
            f"<b>{layout.safe(c['label'])}</b><br>{figures(at)} {unit(summary['problem'])}s: loss {lookup.loss_words(summary, y)}"
            for at, y in zip(x, loss["median"], strict=True)
        ]
        cut = loss["median"][-1] is None
        line = Line(c["label"], given[c["name"]], x, loss["median"], loss["low"], loss["high"], hover, strong=c["name"] == winner, cut=cut)
        lines.append(line)
    made = drawn(
        lines,
        examples_seen(lines, summary["problem"]),
        layout.log_axis(*bounds, lookup.loss_axis(summary, loss_name(summary["problem"]))),
        bounds,
    )
    mark_target(made, summary, bounds)
    return made


def loss_bounds(summary: Summary, run: list[dict[str, Any]]) -> tuple[float, float] | None:
    """From the lowest loss to a little above the start; a run that explodes leaves the picture at its top."""
    lowest = layout.bounds(x for c in run for line in ("median", "low") for x in c["curves"]["validation_loss"][line])
    if lowest is None:
        return None
    start = summary["run"].get("start_loss")
    if start is None or start <= lowest[0]:
        return lowest
    return lowest[0], min(max(lowest[1], start * 1.15), start * 1.8)


def mark_target(made: layout.Figure, summary: Summary, bounds: tuple[float, float]) -> None:
    """The line that was to be reached, if it is a loss and lies in the picture."""
    target = summary["target"]
    value = target.get("value")
    if target.get("kind") != "loss" or value is None or not bounds[0] < value < bounds[1]:
        return
    made.add_shape(
        type="line", xref="x domain", x0=0, x1=1, yref="y", y0=value, y1=value, line={"color": QUIET, "width": 1.4, "dash": "dash"}
    )
    words = layout.note(
        f"target {figures(value + summary.get('lift', {}).get('base', 0.0))}",
        0.008,
        layout.height_of(value, *bounds),
        yshift=-10,
        font={"color": QUIET, "size": 12},
    )
    made.add_annotation(**words)


def tuning(summary: Summary) -> layout.Figure:
    """The best validation loss to be expected after trying n settings (Dodge et al. 2019).

    Only the winner and the baseline have bands: nine would hide each other.
    """
    summary = lookup.lifted(summary)
    run = [c for c in summary["contestants"] if c.get("tuning")]
    bounds = layout.bounds(x for c in run for line in ("expected", "low") for x in c["tuning"][line])
    if bounds is None:
        return layout.nothing("No curve: no setting of any contestant ended with a loss.")
    start = summary["run"].get("start_loss")
    bounds = (bounds[0], min(bounds[1], start * 1.15) if start and start > bounds[0] else bounds[1])
    given, winner = looks(summary["contestants"]), summary["verdict"].get("winner")
    lines, baseline = [], lookup.baseline(summary)
    for c in run:
        x, expected = c["tuning"]["settings"], c["tuning"]["expected"]
        tuned = c["tuning"]
        said = partial(lookup.loss_words, summary)
        ends = [{"median": y, "low": low, "high": high} for y, low, high in zip(expected, tuned["low"], tuned["high"], strict=True)]
        hover = [f"<b>{layout.safe(c['label'])}</b><br>best of {n}: loss {interval(d, show=said)}" for n, d in zip(x, ends, strict=True)]
        strong = c["name"] == winner
        line = Line(c["label"], given[c["name"]], x, expected, tuned["low"], tuned["high"], hover, strong, band=strong or c is baseline)
        lines.append(line)
    most = max(x for line in lines for x in line.x)
    at = [2**k for k in range(20) if 2**k <= most]
    across = layout.log_axis(1, max(most, 2), "settings tried (log scale)", tickvals=at, ticktext=[f"{x:,}" for x in at], showgrid=False)
    return drawn(
        lines,
        across,
        layout.log_axis(*bounds, lookup.loss_axis(summary, f"expected best {loss_name(summary['problem'])}")),
        bounds,
        height=430,
    )


def speedups(summary: Summary) -> layout.Figure:
    """How many times fewer examples each needs to the target than tuned mini-batch gradient descent, with 95 % intervals."""
    run = summary["contestants"]
    bounds = layout.bounds(lookup.median({"median": (c["speedup"] or {}).get(end)}) for c in run for end in ("median", "low", "high"))
    if not run:
        return layout.nothing("Nobody took part.")
    low, high = (min(bounds[0], 0.8), max(bounds[1], 1.25)) if bounds else (0.5, 2.0)
    baseline = lookup.baseline(summary)
    reference = baseline["label"] if baseline else "mini-batch gradient descent"
    narrow = {"margin.l": 128, "margin.r": 56, "xaxis.title.text": "speed-up (log scale)"}
    made = layout.figure(70 + 36 * len(run), left=226, right=150, top=8, bottom=58, narrow=narrow)
    for row, c in enumerate(run):
        forest_row(made, c, len(run) - 1 - row, looks(run)[c["name"]], (low, high), c is baseline)
    labels = [wrapped_label(c, 27) for c in run]
    made.update_layout(
        xaxis=layout.log_axis(
            low,
            high,
            f"times fewer {unit(summary['problem'])}s to the target than tuned {layout.safe(shortened(reference, 32))} (log scale)",
        ),
        yaxis=layout.axis(range=[-0.6, len(run) - 0.4], tickvals=list(range(len(run)))[::-1], ticktext=labels, showgrid=False),
        meta={"narrow": narrow | {"yaxis.ticktext": [wrapped_label(c, 16) for c in run]}},
    )
    made.add_shape(type="line", x0=1, x1=1, yref="paper", y0=0, y1=1, line={"color": QUIET, "width": 1.4, "dash": "dash"}, layer="below")
    return made


def wrapped_label(c: dict[str, Any], most: int) -> str:
    """A contestant's name beside its row, bold in the winner's group."""
    words = layout.wrapped(c["label"], most)
    return f"<b>{words}</b>" if c.get("tied") else words


def forest_row(made: layout.Figure, c: dict[str, Any], y: int, look: Look, scale: tuple[float, float], diamond: bool) -> None:
    """A point with its interval; the winner's group has a tinted row, and a contestant without a number is said to have none."""
    if c.get("tied"):
        made.add_shape(
            type="rect", xref="paper", x0=0, x1=1, y0=y - 0.44, y1=y + 0.44, fillcolor=look.faded(0.12), line={"width": 0}, layer="below"
        )
    d = c["speedup"] or {}
    middle = d.get("median")
    if middle is None:
        # The words stand beside the line at 1 (an annotation on a log axis is placed by the logarithm), on the side that has room.
        side = {"xanchor": "left", "xshift": 10} if layout.height_of(1, *scale) < 0.6 else {"xanchor": "right", "xshift": -10}
        made.add_annotation(**layout.note("did not reach the target", 0, y, xref="x", yref="y", font={"color": QUIET, "size": 12}, **side))
        return
    ends = (d.get("low") or scale[0], d.get("high") or middle)
    hover = f"<b>{layout.safe(c['label'])}</b><br>{speed(d)}<br>reached by {share(c.get('reached'))} of the seeds<extra></extra>"
    made.add_scatter(x=list(ends), y=[y, y], mode="lines", line={"color": look.colour, "width": 2.4}, hoverinfo="skip", cliponaxis=False)
    marker = {"color": look.colour, "size": 11 if c.get("tied") else 9, "symbol": "diamond" if diamond else "circle"}
    made.add_scatter(x=[middle], y=[y], mode="markers", marker=marker, hovertemplate=hover, cliponaxis=False)
    text, ends_text = (times(middle), "the baseline") if diamond else speed(d).partition(" ")[::2]
    shown = f"<b>{text}</b>"
    made.add_annotation(**layout.note(shown, 1, y, yref="y", xshift=10, font={"size": 12.5}))
    k = len(made.layout.annotations)
    made.add_annotation(**layout.note(ends_text, 1, y, yref="y", xshift=62, font={"size": 12, "color": QUIET}))
    made.layout.meta["narrow"][f"annotations[{k}].visible"] = False


def orders(summary: Summary) -> layout.Figure:
    """Who leads by validation loss at 25, 50 and 100 % of the budget; a ring marks those that cannot be told from the best there."""
    at = [stage for stage in summary.get("order") or [] if stage["ranking"]]
    if not at:
        return layout.nothing("No order: the race has no budget to divide.")
    given, n = looks(summary["contestants"]), len(at[0]["ranking"])
    made = layout.figure(84 + 40 * n, left=44, right=236, top=10, bottom=58)
    for entry in at[-1]["ranking"]:
        bump(made, at, entry, given[entry["name"]])
    notes = ends(at[-1]["ranking"], given)
    words = [f"{share(stage['share'])} of the budget<br>{figures(stage['examples'])} {unit(summary['problem'])}s" for stage in at]
    shorter = [f"{share(stage['share'])}<br>{figures(stage['examples'])}" for stage in at]
    narrow: layout.Patch = {"margin.r": 136, "margin.l": 26, "xaxis.ticktext": shorter}
    for k, note in enumerate(notes):
        narrow[f"annotations[{k}].text"] = layout.wrapped(at[-1]["ranking"][k]["label"], 16)
        narrow[f"annotations[{k}].font.size"] = 11.5 if note else 12
    made.update_layout(
        xaxis=layout.axis(range=[-0.12, len(at) - 0.88], tickvals=list(range(len(at))), ticktext=words),
        yaxis=layout.axis(range=[n + 0.5, 0.5], tickvals=list(range(1, n + 1)), showgrid=False),
        annotations=notes,
        meta={"narrow": narrow},
    )
    return made


def bump(made: layout.Figure, at: list[dict[str, Any]], entry: dict[str, Any], look: Look) -> None:
    """The line of one contestant through its places."""
    places: list[int | None] = []
    hover, rings = [], []
    for x, stage in enumerate(at):
        place, found = next((k, e) for k, e in enumerate(stage["ranking"], 1) if e["name"] == entry["name"])
        ended = lookup.median(found["loss"]) is not None
        places.append(place if ended else None)
        words = f"{share(stage['share'])} of the budget: place {place}, loss {interval(found['loss'], missing='diverged')}"
        hover.append(f"<b>{layout.safe(entry['label'])}</b><br>{words}")
        rings += [(x, place)] if found.get("tied") and ended else []
    stages = list(range(len(at)))
    pen = {"color": look.colour, "width": 2.4, "dash": look.dash, "shape": "spline", "smoothing": 0.6}
    made.add_scatter(x=stages, y=places, mode="lines", line=pen, hoverinfo="skip", cliponaxis=False)
    points = {
        "mode": "markers",
        "marker": {"color": look.colour, "size": 10},
        "customdata": hover,
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    made.add_scatter(x=stages, y=places, cliponaxis=False, **points)
    if rings:
        ring = {"symbol": "circle-open", "size": 19, "color": look.colour, "line": {"color": look.colour, "width": 1.8}}
        made.add_scatter(x=[r[0] for r in rings], y=[r[1] for r in rings], mode="markers", marker=ring, hoverinfo="skip", cliponaxis=False)


def ends(ranking: list[dict[str, Any]], given: dict[str, Look]) -> list[dict[str, Any]]:
    """The names beside the last places, with their loss and its interval."""
    notes = []
    for place, entry in enumerate(ranking, 1):
        words = layout.safe(shortened(entry["label"], 28))
        name = f"<b>{words}</b>" if entry.get("tied") else words
        loss = f"<span style='color:{QUIET};font-size:11px'>{interval(entry['loss'], missing='diverged')}</span>"
        notes.append(
            layout.note(
                f"{name}<br>{loss}", 1, place, yref="y", align="left", xshift=2, font={"color": given[entry["name"]].colour, "size": 12.5}
            )
        )
    return notes
