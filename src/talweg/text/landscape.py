"""A slice of the loss landscape in words: what the plane explains, where the runs end, and the barrier between the best two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import minimum_filter

from talweg.summary import Row, Summary
from talweg.text.captions import short
from talweg.text.format import bare, batch_size, count, figures, listed, metric, sentence, share, shortened, signed

SMALL = 0.02  #: a barrier below this share of the initial gap counts as none
ROUNDING = 1e-5  #: distances off the plane below this share of those on it
TOLD_APART = 0.1  #: relative difference from which on two losses are worth a sentence


def headline(summary: Summary) -> str:
    """What stands above everything."""
    best = short(summary["contestants"][0])
    line = summary["line"]
    if line is not None:
        blocked = line["endless"] or line["barrier"] is None or line["barrier"] > SMALL * abs(initial_gap(summary))
        barrier = "barrier" if summary["split"] == "function" else "loss barrier"
        where = f"on the straight line between {best} and {short(summary['contestants'][1])}"
        return f"{'A' if blocked else 'No'} {barrier} {where}."
    if summary["explained"] is None:
        return f"The loss around the endpoint of {best}."
    return f"Two directions explain {share(sum(summary['explained']))} of {trajectories(summary)}."


def sentences(summary: Summary) -> list[str]:
    """The slice, the endpoints on it, its lowest point, its local minima, and the line between the best two."""
    words = (explained(summary), apart(summary), lowest(summary), local_minima(summary), rim(summary), *straight_line(summary))
    return [one for one in words if one]


def explained(summary: Summary) -> str:
    """How much of the trajectories the plane explains."""
    if summary["explained"] is None:
        kind = f"random and filter-normalised to the weights of {short(summary['contestants'][0])}"
        return f"The two directions are {kind}: a step of 1 changes every filter by its own norm."
    first, second = (share(x) for x in summary["explained"])
    return f"The two directions explain {first} and {second} of {trajectories(summary)} (of the squared distance from the centre)."


def apart(summary: Summary) -> str:
    """How far from each other the endpoints of the best two lie, on the slice and in all dimensions."""
    if len(summary["contestants"]) < 2:
        return ""
    one, other = summary["contestants"][:2]
    begin, distance = f"The endpoints of {short(one)} and {short(other)} are", figures(one["distances"][1])
    if summary["explained"] is None or summary["parameters"] <= 2:
        return f"{begin} {distance} apart."
    on_slice = float(np.linalg.norm(np.subtract(one["trajectory"][-1], other["trajectory"][-1])))
    return f"{begin} {figures(on_slice)} apart on the slice and {distance} in all {summary['parameters']:,} dimensions."


def lowest(summary: Summary) -> str:
    """Whether the slice goes below the endpoint in its centre."""
    z = grid(summary)
    if not np.isfinite(z).any():
        return "The loss is not finite anywhere on the slice."
    least, centre = float(np.nanmin(z)), summary["contestants"][0]["loss"][-1]
    middle = f"the {signed(centre)} of {short(summary['contestants'][0])} in the centre"
    if least < (1 - TOLD_APART) * centre:
        return f"The lowest point of the slice has a {loss(summary)} of {signed(least)}, below {middle}."
    return f"Nowhere on the slice is the {loss(summary)} more than {share(TOLD_APART)} below {middle}."


def local_minima(summary: Summary) -> str:
    """How many points of the grid are lower than all eight around them."""
    z = np.where(np.isfinite(grid(summary)), grid(summary), np.inf)
    inner = (z == minimum_filter(z, size=3, mode="nearest")) & np.isfinite(z)
    number = int(inner[1:-1, 1:-1].sum())
    if number == 0:
        what = "value" if summary["split"] == "function" else "loss"
        return f"At this resolution the slice has no interior local minimum: the {what} falls further beyond the edge."
    return f"At this resolution the slice has {count(number, 'interior local minimum', 'interior local minima')}."


def rim(summary: Summary) -> str:
    """How far the loss rises to the edge, around random directions."""
    if summary["explained"] is not None:
        return ""
    z = grid(summary)
    edge = np.concatenate([z[0], z[-1], z[1:-1, 0], z[1:-1, -1]])
    median, centre = float(np.median(np.where(np.isfinite(edge), edge, np.inf))), summary["contestants"][0]["loss"][-1]
    if not np.isfinite(median):
        return "On at least half of the edge of the slice the loss is not finite."
    return f"The median {loss(summary)} along the edge of the slice is {signed(median)}, against {signed(centre)} in the centre."


def straight_line(summary: Summary) -> list[str]:
    """The loss on the straight line between the best two."""
    line = summary["line"]
    if line is None:
        return []
    one, other = (short(c) for c in summary["contestants"][:2])
    what = "value" if summary["split"] == "function" else "training loss"
    begin = f"On the straight line between the endpoints of {one} and {other} the {what}"
    if line["endless"] or line["barrier"] is None:
        return [f"{begin} is not finite {'everywhere' if line['endless'] else 'at the endpoints'}."]
    gap = initial_gap(summary)
    part = f", {share(line['barrier'] / gap)} of the initial gap" if summary["split"] == "train" and gap > 0 else ""
    above = f"above the linear interpolation of its endpoints (the barrier){part}"
    flat = f"{begin} never rises above the linear interpolation of its endpoints: no barrier."
    words = [f"{begin} rises by {figures(line['barrier'])} {above}." if line["barrier"] > 0 else flat]
    curve = [value for value in line["training_metric"] if value is not None]
    if curve and summary["metric_percent"]:
        first, last, least = map(metric(True), (curve[0], curve[-1], min(curve)))
        words.append(f"Training {summary['metric']} is {first} and {last} at the endpoints and at least {least} between them.")
    return [*words, *filter(None, [summary.get("connection")])]


def initial_gap(summary: Summary) -> float:
    """The loss at the start above the mean of the two endpoints."""
    ends = summary["line"]["training_loss"]
    return float(summary["contestants"][0]["loss"][0] - (ends[0] + ends[-1]) / 2)


def connection(rises: Sequence[float | None], tolerance: float, share: float, *, separate: bool) -> str:
    """Whether two solutions lie in one valley.

    `rises` is how far the loss rises above the higher endpoint: on the straight line, on the one after matching hidden units (None
    without any), and along a trained curve. Up to `tolerance`, a `share` of the initial gap, a rise counts as none. `separate`: there are
    no other connections.
    """
    names = ("on the straight line", "on the straight line after matching hidden units", "along the trained curve")
    free = [(name, rise) for name, rise in zip(names, rises, strict=True) if rise is not None and rise <= tolerance]
    straight, matched, curve = ("" if rise is None or rise <= tolerance else f"{rise:.2g}" for rise in rises)
    line = f"{names[0]} it rises by {straight}{f' ({matched} after matching hidden units)' if matched else ''}" if straight else ""
    if free:
        name, rise = free[0]
        never = f"the loss never rises {f'more than {rise:.2g} ' if rise > 0 else ''}above its endpoints"
        words = f"The two solutions lie in one valley: {name} {never}{f'; {line}' if line else ''}"
    elif any(rise is not None and np.isnan(rise) for rise in rises):
        return "Whether the two solutions lie in one valley is not known: the loss is not finite at both endpoints."
    elif separate:
        only = "with one parameter there is no other connection"
        words = f"The two solutions lie in two valleys: {names[0]} the loss rises by {straight}, and {only}"
    else:
        high = f"{names[2]} the loss rises by {curve} above its endpoints; {line}"
        words = f"No connection without a barrier was found: {high}; another curve may have none"
    return f"{words}; a rise up to {tolerance:.2g} counts as none ({100 * share:g} % of the initial gap)."


def warnings(summary: Summary) -> list[str]:
    """What the plot can't show."""
    words = []
    if summary["parameters"] > 2:  # otherwise the plane is everything
        words.append(
            f"A slice through 2 of {summary['parameters']:,} dimensions can mislead: what looks like one basin may be two, and a barrier "
            "on the slice may be avoidable in the other dimensions."
        )
    far = max(summary["contestants"], key=lambda c: max(c["off"]))
    if max(far["off"]) > ROUNDING * max(1.0, *(max(map(abs, place)) for place in far["trajectory"])):
        words.append(
            f"Distances from the plane are not shown: the weights of {short(far)} were up to {figures(max(far['off']))} away from it."
        )
        words[-1] += projection(summary)
    words += repeated(summary)
    if summary["examples"] < summary["of"]:
        words.append(f"Losses are means over {summary['examples']:,} of {summary['of']:,} examples.")
    return [*words, *summary["left_out"]]


def projection(summary: Summary) -> str:
    """The endpoint whose loss is furthest from that of its projection."""
    z = grid(summary)
    ground = RegularGridInterpolator((summary["y"], summary["x"]), z, bounds_error=False, fill_value=np.nan)
    rows = []
    for c in summary["contestants"]:
        below, real = float(ground(c["trajectory"][-1][::-1])[0]), c["loss"][-1]
        if np.isfinite(below) and real is not None and real > 0:
            rows.append((abs(np.log(below / real)) if below > 0 else 0.0, below, real, short(c)))
    difference, below, real, name = max(rows, default=(0.0, 0.0, 0.0, ""))
    if difference < TOLD_APART:
        return ""
    return f" The loss at the endpoint of {name} is {figures(real)}, that at its projection on the plane {figures(below)}."


def repeated(summary: Summary) -> list[str]:
    """Whose run did not end at the same loss as in the race."""
    other = [
        f"{short(c)} ({figures(c['validation_loss'])} instead of {figures(c['recorded_validation_loss'])})"
        for c in summary["contestants"]
        if c["recorded_validation_loss"] is not None
        and abs(c["validation_loss"] - c["recorded_validation_loss"]) > TOLD_APART * abs(c["recorded_validation_loss"])
    ]
    return [f"Run again, these methods ended at another validation loss than in the race: {listed(other)}."] if other else []


def loss(summary: Summary) -> str:
    """The loss by its name."""
    return {"train": "training loss", "validation": "validation loss"}.get(summary["split"], "value")


def trajectories(summary: Summary) -> str:
    """The trajectory, or how many."""
    number = len(summary["contestants"])
    return f"the {number} trajectories" if number > 1 else "the trajectory"


def grid(summary: Summary) -> np.ndarray:
    """The losses of the slice, NaN where they are not finite."""
    return np.array(summary["loss"], float)


# ---- the figures and the page -------------------------------------------------------------------------------------------------


def legend(label: str, final_loss: float) -> str:
    """A contestant's entry of the legend."""
    return f"{shortened(label, 32)} {signed(final_loss)}"


def hover(label: str, c: Row, k: int) -> str:
    """What the pointer reads at a point of a trajectory; `label` is safe HTML."""
    return f"<b>{label}</b><br>step {c['steps'][k]:,}: loss {signed(c['loss'][k])}<br>{figures(c['off'][k])} away from the plane"


def line_hover(name: str, value: str, at: float) -> str:
    """What the pointer reads on the line between two endpoints."""
    return f"<b>{name}</b><br>{value} at {share(at)} of the line"


def barrier(line: Row) -> str:
    """What stands beside the barrier."""
    return f"barrier {figures(line['barrier'])}"


def axes(summary: Summary) -> tuple[str, str]:
    """The titles of the two axes."""
    if summary["explained"] is None:
        return "first random direction (1: every filter moved by its norm)", "second random direction"
    first, second = (share(x) for x in summary["explained"])
    return f"first direction: {first} explained", f"second direction: {second} explained"


def caption(summary: Summary) -> str:
    """What is drawn on the plane."""
    legend = "Ring: the common start; dots: positions during training; beside each name: its final loss."
    return f"{sentence(loss(summary))} on the slice. {legend}"


CAPTION_3D = "The same in 3-D; drag to turn. Each trajectory is drawn on the surface, which need not be its actual loss."
CAPTION_LINE = "Loss along the line; dotted: linear interpolation of the endpoints, above which a barrier is counted."
CAPTION_METRIC = "{} along the same line."


REFERENCES = (
    "Li, Xu, Taylor, Studer & Goldstein, “Visualizing the loss landscape of neural nets”, 2018; the line: Goodfellow, Vinyals & Saxe, "
    "“Qualitatively characterizing neural network optimization problems”, 2015."
)
READ = (
    "The centre, (0, 0), is the endpoint of the winner; x and y are distances in weight space along the two unit directions that explain "
    "most of all trajectories together (the first two singular vectors of positions minus final weights).",
    "Every point of the slice is the loss of a whole network, with the weights of the centre moved by x and y. Trajectories are projected "
    "onto this plane.",
    "Principal directions make any long trajectory look like an arc, even a random walk (Antognini & Sohl-Dickstein, 2018): a bend alone "
    "is no evidence of a curved valley.",
    REFERENCES,
)
READ_RANDOM = (
    "The centre, (0, 0), is the endpoint of the winner. Both directions are random and scaled filter by filter to the norm of the weights, "
    "so that networks with larger or smaller weights can be compared; biases are not moved.",
    "Two random directions explain little of a trajectory: the shape of the surface is informative, the positions of the trajectories on "
    "it are not.",
    REFERENCES,
)


def computed(summary: Summary) -> list[tuple[str, str, str]]:
    """Names, values and details of everything that somebody needs to compute it again."""
    kind = "principal directions of the trajectories" if summary["explained"] is not None else "random directions, filter-normalised"
    over = "" if summary["split"] == "function" else f"{loss(summary)} over {count(summary['examples'], 'example')}"
    runs = ", ".join(map(_run, summary["contestants"]))
    line = summary["line"]
    return [
        ("problem", summary["problem"], ", ".join(filter(None, [summary["model"], count(summary["parameters"], "parameter")]))),
        ("slice", f"{len(summary['x'])} × {len(summary['y'])} points", ", ".join(filter(None, [kind, over]))),
        ("line", f"{count(len(line['at']), 'point')} over a distance of {figures(line['distance'])}" if line is not None else "", ""),
        ("runs", runs, "run again with the tuned hyperparameters, from the start of one of the final seeds"),
        ("seed", str(summary["seed"]), ""),
        ("race", str(summary["race"]), ""),
    ]


def _run(c: Row) -> str:
    """A contestant's run, with its batch said once."""
    label = short({**c, "label": bare(c["label"], {}, c["batch"])})
    return f"{label} (batch {batch_size(c['batch'])}, {count(c['steps'][-1], 'step')}, final loss {signed(c['loss'][-1])})"
