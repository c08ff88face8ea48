"""What there is to see on a slice of the loss landscape, in sentences that are computed from its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import minimum_filter

from talweg.text.format import count, figures, listed, metric, sentence, share, shortened

Summary = Mapping[str, Any]

SMALL = 0.02  #: a barrier below this share of the way down from the start is none to speak of
ROUNDING = 1e-5  #: distances off the plane below this share of those on it
TOLD_APART = 0.1  #: losses that differ by less than this share are not worth a sentence


def headline(summary: Summary) -> str:
    """What stands above everything."""
    best = called(summary["contestants"][0])
    if summary["line"] is not None:
        other = called(summary["contestants"][1])
        if blocked(summary):
            return f"A barrier stands between {best} and {other}."
        return f"No barrier between {best} and {other}."
    if summary["explained"] is None:
        return f"The loss around where {best} ended."
    first, second = summary["explained"]
    return f"Two directions hold {share(first + second)} of the way of {descents(summary)}."


def sentences(summary: Summary) -> list[str]:
    """The slice, where the descents end on it, its lowest point, how many valleys it has, and the line."""
    return [
        words
        for words in (explained(summary), apart(summary), lowest(summary), valleys(summary), rim(summary), *straight(summary))
        if words
    ]


def explained(summary: Summary) -> str:
    """How much of the way the plane has."""
    if summary["explained"] is None:
        return (
            f"The two directions are random, each filter as long as that of the weights of {called(summary['contestants'][0])}: "
            "a step of 1 changes every filter by its own length."
        )
    first, second = (share(x) for x in summary["explained"])
    return f"The two directions explain {first} and {second} of the way of {descents(summary)} (of its squared distance from the centre)."


def apart(summary: Summary) -> str:
    """How far from each other the ends of the best two lie, on the slice and in truth."""
    if len(summary["contestants"]) < 2:
        return ""
    one, other = summary["contestants"][:2]
    gap = np.subtract(one["trajectory"][-1], other["trajectory"][-1])
    real = one["distances"][1]
    if summary["explained"] is None or summary["parameters"] <= 2:
        return f"{sentence(called(one))} and {called(other)} end {figures(real)} apart."
    return (
        f"{sentence(called(one))} and {called(other)} end {figures(float(np.linalg.norm(gap)))} apart on the slice, "
        f"{figures(real)} in all {summary['parameters']:,} dimensions."
    )


def lowest(summary: Summary) -> str:
    """Whether the slice goes below the end in its centre."""
    z = grid(summary)
    if not np.isfinite(z).any():
        return "The loss is not finite anywhere on the slice."
    least, centre = float(np.nanmin(z)), summary["contestants"][0]["loss"][-1]
    best = called(summary["contestants"][0])
    if least < (1 - TOLD_APART) * centre:
        return f"The lowest point of the slice has a {loss(summary)} of {figures(least)}, below the {figures(centre)} where {best} ended."
    return f"Nowhere on the slice is the {loss(summary)} much lower than the {figures(centre)} where {best} ended."


def valleys(summary: Summary) -> str:
    """How many points of the grid are lower than all eight around them."""
    z = np.where(np.isfinite(grid(summary)), grid(summary), np.inf)
    inner = (z == minimum_filter(z, size=3, mode="nearest")) & np.isfinite(z)
    inner[[0, -1], :] = inner[:, [0, -1]] = False
    found = int(inner.sum())
    if found == 0:
        return "At this resolution no point inside the slice is lower than all around it: it goes on down beyond the edge."
    return f"At this resolution it has {count(found, 'lowest point')} inside{': one valley' if found == 1 else ''}."


def rim(summary: Summary) -> str:
    """How far the loss rises to the edge, around random directions."""
    if summary["explained"] is not None:
        return ""
    z, centre = grid(summary), summary["contestants"][0]["loss"][-1]
    edge = np.concatenate([z[0], z[-1], z[1:-1, 0], z[1:-1, -1]])
    middle = float(np.median(np.where(np.isfinite(edge), edge, np.inf)))
    if not np.isfinite(middle):
        return "At the edge of the slice the loss is not finite in half of the places or more."
    return f"Along the edge of the slice the {loss(summary)} is {figures(middle)} in the median, against {figures(centre)} in the centre."


def straight(summary: Summary) -> list[str]:
    """What lies on the straight line between the best two."""
    found = summary["line"]
    if found is None:
        return []
    one, other = (called(c) for c in summary["contestants"][:2])
    what = "value" if summary["split"] == "function" else "training loss"
    begin = f"On the straight line between the ends of {one} and {other} the {what}"
    if found["endless"]:
        return [f"{begin} is not finite in places."]
    if found["barrier"] is None:
        return [f"{begin} is not known at the ends."]
    above = f"above the line between its two ends (the barrier){share_of_way(summary)}"
    said = (
        [f"{begin} rises {figures(found['barrier'])} {above}."]
        if found["barrier"] > 0
        else [f"{begin} never rises above the line between its two ends: no barrier."]
    )
    curve = [value for value in found["training_metric"] if value is not None]
    if curve and summary["metric_percent"]:
        first, last, least = map(metric(True), (curve[0], curve[-1], min(curve)))
        said.append(f"Training {summary['metric']} is {first} and {last} at the ends, and nowhere between them below {least}.")
    if summary.get("connection"):
        said.append(f"{sentence(summary['connection'])}.")
    return said


def share_of_way(summary: Summary) -> str:
    """The barrier as a share of how far the descents came down."""
    start, found = summary["contestants"][0]["loss"][0], summary["line"]
    down = start - 0.5 * (found["training_loss"][0] + found["training_loss"][-1])
    return f", {share(found['barrier'] / down)} of the way down from the start" if summary["split"] == "train" and down > 0 else ""


def blocked(summary: Summary) -> bool:
    """Whether the barrier is worth the word: more than 2 % of the way down from the start."""
    found = summary["line"]
    if found["endless"] or found["barrier"] is None:
        return True
    start, ends = summary["contestants"][0]["loss"][0], (found["training_loss"][0], found["training_loss"][-1])
    return bool(found["barrier"] > SMALL * abs(start - sum(ends) / 2))


def warnings(summary: Summary) -> list[str]:
    """What the picture can't show."""
    everything = f"{summary['parameters']:,}"
    said = [
        f"A slice through 2 of {everything} dimensions can hide walls and valleys: what is one basin here may be two, and a wall here may "
        "have a way around it."
    ]
    if summary["parameters"] <= 2:
        said = []  # the plane is everything
    far = max(summary["contestants"], key=lambda c: max(c["off"]))
    if max(far["off"]) > ROUNDING * max(1.0, *(max(map(abs, place)) for place in far["trajectory"])):
        said.append(
            f"Distances off the plane are not seen: the real weights of {called(far)} were up to {figures(max(far['off']))} off it. "
            + off_by(summary)
        )
    said += rerun(summary)
    if summary["examples"] < summary["of"]:
        said.append(f"The losses are means over {summary['examples']:,} of {summary['of']:,} examples, evenly spaced.")
    return [*(words.strip() for words in said), *summary["left_out"]]


def off_by(summary: Summary) -> str:
    """The end whose real loss is furthest from the ground it is drawn on."""
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
    return f"{sentence(called(c))} really ended at {figures(real)}, while the ground under its end is at {figures(below)}."


def rerun(summary: Summary) -> list[str]:
    """Whose descent did not end where it did in the race."""
    other = [
        f"{called(c)} ({figures(c['validation_loss'])} here, {figures(c['recorded_validation_loss'])} there)"
        for c in summary["contestants"]
        if c["recorded_validation_loss"] is not None
        and abs(c["validation_loss"] - c["recorded_validation_loss"]) > TOLD_APART * abs(c["recorded_validation_loss"])
    ]
    return [f"The descents were run again, and ended at another validation loss than in the race: {listed(other)}."] if other else []


def loss(summary: Summary) -> str:
    """The loss by its name."""
    return {"train": "training loss", "validation": "validation loss"}.get(summary["split"], "value")


def descents(summary: Summary) -> str:
    """The descent, or how many."""
    number = len(summary["contestants"])
    return f"the {number} descents" if number > 1 else "the descent"


def called(c: dict[str, Any]) -> str:
    """A contestant's name, not longer than a sentence bears."""
    return shortened(c["label"], 40)


def grid(summary: Summary) -> np.ndarray:
    """The losses of the slice, NaN where they are not finite."""
    return np.array(summary["loss"], float)
