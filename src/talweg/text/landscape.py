"""A slice of the loss landscape in words: what the plane explains, where the descents end, and the barrier between the best two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import minimum_filter

from talweg.text.format import batch_size, count, figures, listed, metric, sentence, share, shortened

Summary = Mapping[str, Any]

SMALL = 0.02  #: a barrier below this share of the initial gap counts as none
ROUNDING = 1e-5  #: distances off the plane below this share of those on it
TOLD_APART = 0.1  #: relative difference from which on two losses are worth a sentence


def headline(summary: Summary) -> str:
    """What stands above everything."""
    best = called(summary["contestants"][0])
    if summary["line"] is not None:
        other = called(summary["contestants"][1])
        barrier = "barrier" if summary["split"] == "function" else "loss barrier"
        if blocked(summary):
            return f"A {barrier} separates {best} and {other}."
        return f"No {barrier} between {best} and {other}."
    if summary["explained"] is None:
        return f"The loss around the endpoint of {best}."
    first, second = summary["explained"]
    return f"Two directions explain {share(first + second)} of {descents(summary)}."


def sentences(summary: Summary) -> list[str]:
    """The slice, the endpoints on it, its lowest point, its local minima, and the line between the best two."""
    return [
        words
        for words in (explained(summary), apart(summary), lowest(summary), valleys(summary), rim(summary), *straight(summary))
        if words
    ]


def explained(summary: Summary) -> str:
    """How much of the trajectories the plane explains."""
    if summary["explained"] is None:
        return (
            "The two directions are random and filter-normalised to the weights of "
            f"{called(summary['contestants'][0])}: a step of 1 changes every filter by its own norm."
        )
    first, second = (share(x) for x in summary["explained"])
    return f"The two directions explain {first} and {second} of {descents(summary)} (of the squared distance from the centre)."


def apart(summary: Summary) -> str:
    """How far from each other the endpoints of the best two lie, on the slice and in all dimensions."""
    if len(summary["contestants"]) < 2:
        return ""
    one, other = summary["contestants"][:2]
    gap = np.subtract(one["trajectory"][-1], other["trajectory"][-1])
    real = one["distances"][1]
    if summary["explained"] is None or summary["parameters"] <= 2:
        return f"The endpoints of {called(one)} and {called(other)} are {figures(real)} apart."
    return (
        f"The endpoints of {called(one)} and {called(other)} are {figures(float(np.linalg.norm(gap)))} apart on the slice and "
        f"{figures(real)} in all {summary['parameters']:,} dimensions."
    )


def lowest(summary: Summary) -> str:
    """Whether the slice goes below the endpoint in its centre."""
    z = grid(summary)
    if not np.isfinite(z).any():
        return "The loss is not finite anywhere on the slice."
    least, centre = float(np.nanmin(z)), summary["contestants"][0]["loss"][-1]
    best = called(summary["contestants"][0])
    if least < (1 - TOLD_APART) * centre:
        return (
            f"The lowest point of the slice has a {loss(summary)} of {figures(least)}, below the {figures(centre)} of {best} in the centre."
        )
    return f"Nowhere on the slice is the {loss(summary)} more than {share(TOLD_APART)} below the {figures(centre)} of {best} in the centre."


def valleys(summary: Summary) -> str:
    """How many points of the grid are lower than all eight around them."""
    z = np.where(np.isfinite(grid(summary)), grid(summary), np.inf)
    inner = (z == minimum_filter(z, size=3, mode="nearest")) & np.isfinite(z)
    inner[[0, -1], :] = inner[:, [0, -1]] = False
    found = int(inner.sum())
    if found == 0:
        value = "value" if summary["split"] == "function" else "loss"
        return f"At this resolution the slice has no interior local minimum: the {value} falls further beyond the edge."
    return f"At this resolution the slice has {count(found, 'interior local minimum', 'interior local minima')}."


def rim(summary: Summary) -> str:
    """How far the loss rises to the edge, around random directions."""
    if summary["explained"] is not None:
        return ""
    z, centre = grid(summary), summary["contestants"][0]["loss"][-1]
    edge = np.concatenate([z[0], z[-1], z[1:-1, 0], z[1:-1, -1]])
    middle = float(np.median(np.where(np.isfinite(edge), edge, np.inf)))
    if not np.isfinite(middle):
        return "On at least half of the edge of the slice the loss is not finite."
    return f"The median {loss(summary)} along the edge of the slice is {figures(middle)}, against {figures(centre)} in the centre."


def straight(summary: Summary) -> list[str]:
    """What lies on the straight line between the best two."""
    found = summary["line"]
    if found is None:
        return []
    one, other = (called(c) for c in summary["contestants"][:2])
    what = "value" if summary["split"] == "function" else "training loss"
    begin = f"On the straight line between the endpoints of {one} and {other} the {what}"
    if found["endless"]:
        return [f"{begin} is not finite everywhere."]
    if found["barrier"] is None:
        return [f"{begin} is not finite at the endpoints."]
    above = f"above the linear interpolation of its endpoints (the barrier){share_of_gap(summary)}"
    said = (
        [f"{begin} rises {figures(found['barrier'])} {above}."]
        if found["barrier"] > 0
        else [f"{begin} never rises above the linear interpolation of its endpoints: no barrier."]
    )
    curve = [value for value in found["training_metric"] if value is not None]
    if curve and summary["metric_percent"]:
        first, last, least = map(metric(True), (curve[0], curve[-1], min(curve)))
        said.append(f"Training {summary['metric']} is {first} and {last} at the endpoints and at least {least} between them.")
    if summary.get("connection"):
        said.append(f"{sentence(summary['connection'])}.")
    return said


def share_of_gap(summary: Summary) -> str:
    """The barrier as a share of the initial gap."""
    start, found = summary["contestants"][0]["loss"][0], summary["line"]
    down = start - 0.5 * (found["training_loss"][0] + found["training_loss"][-1])
    return f", {share(found['barrier'] / down)} of the initial gap" if summary["split"] == "train" and down > 0 else ""


def blocked(summary: Summary) -> bool:
    """Whether the barrier is worth the word: more than 2 % of the initial gap."""
    found = summary["line"]
    if found["endless"] or found["barrier"] is None:
        return True
    start, ends = summary["contestants"][0]["loss"][0], (found["training_loss"][0], found["training_loss"][-1])
    return bool(found["barrier"] > SMALL * abs(start - sum(ends) / 2))


def warnings(summary: Summary) -> list[str]:
    """What the plot can't show."""
    everything = f"{summary['parameters']:,}"
    said = [
        f"A slice through 2 of {everything} dimensions can mislead: what looks like one basin may be two, and a barrier on the slice may "
        "be avoidable in the other dimensions."
    ]
    if summary["parameters"] <= 2:
        said = []  # the plane is everything
    far = max(summary["contestants"], key=lambda c: max(c["off"]))
    if max(far["off"]) > ROUNDING * max(1.0, *(max(map(abs, place)) for place in far["trajectory"])):
        said.append(
            f"Distances from the plane are not shown: the weights of {called(far)} were up to {figures(max(far['off']))} away from it. "
            + off_by(summary)
        )
    said += rerun(summary)
    if summary["examples"] < summary["of"]:
        said.append(f"Losses are means over {summary['examples']:,} of {summary['of']:,} examples.")
    return [*(words.strip() for words in said), *summary["left_out"]]


def off_by(summary: Summary) -> str:
    """The endpoint whose loss is furthest from that of its projection."""
    z = grid(summary)
    ground = RegularGridInterpolator((summary["y"], summary["x"]), z, bounds_error=False, fill_value=np.nan)
    found = []
    for c in summary["contestants"]:
        below, real = float(ground(c["trajectory"][-1][::-1])[0]), c["loss"][-1]
        if np.isfinite(below) and real is not None and real > 0:
            found.append((abs(np.log(below / real)) if below > 0 else 0.0, below, real, c))
    if not found or max(found, key=lambda row: row[0])[0] < TOLD_APART:
        return ""
    _, below, real, c = max(found, key=lambda row: row[0])
    return f"The loss at the endpoint of {called(c)} is {figures(real)}, that at its projection on the plane {figures(below)}."


def rerun(summary: Summary) -> list[str]:
    """Whose descent did not end at the same loss as in the race."""
    other = [
        f"{called(c)} ({figures(c['validation_loss'])} here, {figures(c['recorded_validation_loss'])} there)"
        for c in summary["contestants"]
        if c["recorded_validation_loss"] is not None
        and abs(c["validation_loss"] - c["recorded_validation_loss"]) > TOLD_APART * abs(c["recorded_validation_loss"])
    ]
    return [f"Run again, these descents ended at another validation loss than in the race: {listed(other)}."] if other else []


def loss(summary: Summary) -> str:
    """The loss by its name."""
    return {"train": "training loss", "validation": "validation loss"}.get(summary["split"], "value")


def descents(summary: Summary) -> str:
    """The trajectory, or how many."""
    number = len(summary["contestants"])
    return f"the {number} trajectories" if number > 1 else "the trajectory"


def called(c: dict[str, Any]) -> str:
    """A contestant's name, not longer than a sentence bears."""
    return shortened(c["label"], 40)


def grid(summary: Summary) -> np.ndarray:
    """The losses of the slice, NaN where they are not finite."""
    return np.array(summary["loss"], float)


# ---- the figures and the page -------------------------------------------------------------------------------------------------


def hover(label: str, c: dict[str, Any], k: int) -> str:
    """What the pointer reads at a point of a trajectory; `label` is safe HTML."""
    return f"<b>{label}</b><br>step {c['steps'][k]:,}: loss {figures(c['loss'][k])}<br>{figures(c['off'][k])} away from the plane"


def line_hover(name: str, value: str, at: float) -> str:
    """What the pointer reads on the line between two endpoints."""
    return f"<b>{name}</b><br>{value} at {share(at)} of the line"


def axes(summary: Summary) -> tuple[str, str]:
    """The titles of the two axes."""
    if summary["explained"] is None:
        return "first random direction (1: every filter moved by its norm)", "second random direction"
    first, second = (share(x) for x in summary["explained"])
    return f"first direction: {first} explained", f"second direction: {second} explained"


def height_title(summary: Summary, kind: str, base: float) -> str:
    """What the height is, on which scale."""
    if kind == "linear":
        return loss(summary)
    return f"{loss(summary)} (log)" if base == 0 else f"{loss(summary)} above {figures(base, 4)} (log)"


def caption(summary: Summary) -> str:
    """What is drawn on the plane."""
    words = f"{sentence(loss(summary))} on the slice. Ring: the common start; dots: positions during training; beside each name: its final "
    words += "loss."
    if summary["explained"] is not None:
        first, second = (share(x) for x in summary["explained"])
        words += f" The axes explain {first} and {second} of the trajectories."
    return words


CAPTION_3D = "The same in 3-D; drag to turn. Each trajectory is drawn on the surface, which need not be its actual loss."
CAPTION_LINE = "Loss along the line; dotted: linear interpolation of the endpoints, above which a barrier is counted."


def metric_caption(summary: Summary) -> str:
    """What is drawn beside the loss on the line."""
    return f"{sentence(str(summary['metric']))} along the same line."


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
    "Two random directions explain little of a trajectory: where the trajectories lie here means next to nothing, the shape of the "
    "surface does.",
    REFERENCES,
)


def computed(summary: Summary) -> list[tuple[str, str, str]]:
    """Names, values and details of everything that somebody needs to compute it again."""
    kind = "principal directions of the trajectories" if summary["explained"] is not None else "random directions, filter-normalised"
    over = "" if summary["split"] == "function" else f"{loss(summary)} over {count(summary['examples'], 'example')}"
    shown = ", ".join(
        f"{called(c)} (batch {batch_size(c['batch'])}, {count(c['steps'][-1], 'step')}, final loss {figures(c['loss'][-1])})"
        for c in summary["contestants"]
    )
    line = summary["line"]
    return [
        ("problem", summary["problem"], ", ".join(filter(None, [summary["model"], count(summary["parameters"], "parameter")]))),
        ("slice", f"{len(summary['x'])} × {len(summary['y'])} points", ", ".join(filter(None, [kind, over]))),
        ("line", f"{count(len(line['at']), 'point')} over a distance of {figures(line['distance'])}" if line is not None else "", ""),
        ("descents", shown, "run again with the tuned hyperparameters, from the start of one of the final seeds"),
        ("seed", str(summary["seed"]), ""),
        ("race", str(summary["race"]), ""),
    ]
