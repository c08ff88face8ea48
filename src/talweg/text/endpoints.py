"""Where a descent ended, in words. Used by the library, the command line and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talweg.text.format import count, figures, listed, share, signed

Summary = Mapping[str, Any]

KINDS = ("minimum", "saddle", "maximum", "not converged", "undecided")
PLACES = {
    "minimum": "in a minimum",
    "saddle": "at a saddle",
    "maximum": "on a maximum",
    "not converged": "not converged",
    "undecided": "flat or undecided",
}
REACHED = 1e-4  #: of the way down from the start: a loss so near to the lowest value is it
NEAR_THE_EDGE = 0.9  #: of the sharpness at which steps begin to grow


def sentences(summary: Summary) -> list[str]:
    """What the point is, its gradient, its curvature, the way out, and the edge of stability."""
    return [words for words in (verdict(summary), gradient(summary), curved(summary), way_out(summary), edge(summary)) if words]


def verdict(summary: Summary) -> str:
    """What the point is, and why."""
    low, high, kind = summary["smallest"], summary["largest"], summary["point"]
    if low is None or high is None:
        return "Undecided: the curvature is not finite here."
    between = f"the curvature lies between {signed(low)} and {signed(high)}"
    if kind == "minimum":
        return f"This is {which(summary)}: it goes up in every direction ({between}).{compared(summary)}"
    if kind == "maximum":
        return f"This is a maximum: it goes down in every direction ({between})."
    if kind == "saddle":
        return f"This is a saddle: up in some directions, down in others ({between})."
    if kind == "not converged":
        left = f"as far as curvature tells, the loss ({figures(summary['loss'])}) can still fall by some {figures(summary['decrement'], 2)}"
        return f"This is a slope: the descent has not ended, {left}."
    if summary["kink"]:
        jump = figures(summary["gradient_rounding"], 2)
        return f"Undecided: there is a kink here, the gradient jumps by {jump} from one number to the next, and curvature says nothing."
    if high <= summary["largest_tolerance"] and low >= -summary["smallest_tolerance"]:
        return "Undecided: it is flat here, no direction has a curvature that can be told from zero."
    if low < -summary["smallest_tolerance"]:
        return f"Undecided: it goes down in some directions ({signed(low)}), and whether it goes up in any can't be told."
    return (
        f"Undecided: the lowest curvature, {signed(low)}, can't be told from zero (± {figures(summary['smallest_tolerance'], 2)}). "
        "Nothing goes down as far as curvature tells: a minimum, the flat floor of a valley, or a saddle of higher order."
    )


def which(summary: Summary) -> str:
    """Which minimum it is, where the lowest value is known."""
    best = lowest_known(summary)
    return "a minimum" if best is None else "the global minimum" if best else "a local minimum"


def compared(summary: Summary) -> str:
    """A local minimum beside the lowest value."""
    if lowest_known(summary) is not False:
        return ""
    return f" Its loss is {signed(summary['loss'])}, and the lowest there is {signed(summary['optimum'])}."


def lowest_known(summary: Summary) -> bool | None:
    """Whether the loss is the lowest there is; None where that is not known."""
    if summary.get("optimum") is None or summary["initial_gap"] is None:
        return None
    return bool(
        summary["loss"] - summary["optimum"] <= REACHED * max(abs(summary["initial_gap"]), abs(summary["loss"])) + summary["loss_rounding"]
    )


def gradient(summary: Summary) -> str:
    """The gradient against its noise."""
    slope, sampling, rounding = summary["gradient_norm"], summary["gradient_sampling"], summary["gradient_rounding"]
    if slope is None:
        return ""
    said = f"The gradient has length {figures(slope)}"
    if sampling:
        noise = f"the noise that {count(summary['examples'], 'example')} leave in it ({figures(sampling, 2)})"
        return f"{said}, {figures(slope / sampling, 2)} times {noise}."
    if slope == 0:
        return "The gradient is zero."
    if rounding and slope <= 4 * rounding:
        return f"{said}, which is rounding: moving the point by its last digit changes it by {figures(rounding, 2)}."
    if summary["point"] != "not converged":
        return f"{said}; a Newton step would gain {figures(summary['decrement'], 2)}."
    return f"{said}; of that, {figures(rounding, 2)} is rounding."


def curved(summary: Summary) -> str:
    """How the Hessian was looked at, its trace and its negative part."""
    d, trace = summary["dimensions"], summary["trace"]
    if trace is None or d < 3:
        return ""
    about = f" ± {figures(summary['trace_error'], 2)}" if summary["trace_error"] else ""
    negative = summary["negative"]
    down = f"; {share(negative)} of the {d:,} directions curve down beyond doubt" if negative else ""
    how = "the whole Hessian" if summary["whole"] else f"Lanczos' method, {count(summary['products'], 'product')} with the Hessian"
    return f"The trace is {signed(trace)}{about}{down} ({how})."


def way_out(summary: Summary) -> str:
    """The way out of a saddle."""
    after = summary["escape_loss"]
    if after is None or after >= summary["loss"]:
        return ""
    return (
        f"The way out, along the lowest curvature: {figures(summary['escape_distance'], 2)} away the loss is "
        f"{signed(after)} instead of {signed(summary['loss'])}."
    )


def edge(summary: Summary) -> str:
    """The sharpness against where the method's steps begin to grow."""
    part, name = summary["edge"], summary["method"]
    if name is None:
        return ""
    if part is None:
        return f"How sharp a minimum {name} can stand is not known: the rule 2 / η is for gradient descent."
    at = f"the sharpness is {figures(summary['largest'])}"
    grow = f"full-batch steps of {name} with learning rate {figures(summary['learning_rate'])} grow above {figures(summary['threshold'])}"
    if part > 1 / NEAR_THE_EDGE:
        return f"Beyond the edge of stability: {at}, and {grow}."
    if part >= NEAR_THE_EDGE:
        return f"At the edge of stability: {at}, and {grow}."
    return f"Stable: {at}, and {grow}." if part > 0 else ""


def kinds(ended: Mapping[str, Any]) -> str:
    """What the final lanes ended in: 12 minimum, 4 slope."""
    order = sorted(ended["points"].items(), key=lambda pair: -pair[1])
    said = [f"{number} {PLACES[kind]}" for kind, number in order]
    lost = ended["lanes"] - ended["diagnosed"]
    return ", ".join([*said, *([f"{lost} diverged"] if lost else [])])


def of_race(summary: Mapping[str, Any]) -> list[str]:
    """Where the winner's final runs ended, how alike they are, and who went beyond the edge of stability."""
    looked = [c for c in summary["contestants"] if c.get("endpoints") and c["endpoints"]["diagnosed"]]
    if not looked:
        return []
    first = looked[0]
    ended, label = first["endpoints"], first["label"]
    said = [
        f"Of the {count(ended['lanes'], 'final run')} of {label}, {ended['near_own_best']} ended as good as its best one: {kinds(ended)}."
    ]
    total = sum(sum(c["endpoints"]["points"].values()) for c in looked)
    minima = sum(c["endpoints"]["points"].get("minimum", 0) for c in looked)
    slopes = sum(c["endpoints"]["points"].get("not converged", 0) for c in looked)
    if slopes > total / 2:
        said.append(f"Most of all runs, {slopes:,} of {total:,}, were still on a slope: a larger budget would bring them lower.")
    elif minima == total:
        said.append(f"All {total:,} final runs ended in a minimum.")
    best = max(looked, key=lambda c: c["endpoints"]["near_best"])
    if best["endpoints"]["near_best"]:
        number = f"{best['endpoints']['near_best']} of {best['endpoints']['lanes']} runs"
        said.append(f"The lowest loss of all was reached, to within 1 % of the way down, most often by {best['label']}: {number}.")
    beyond = [c["label"] for c in looked if (c["endpoints"]["edge"] or 0) >= NEAR_THE_EDGE]
    if beyond:
        said.append(f"At the edge of stability or beyond it: {listed(beyond)}.")
    return said
