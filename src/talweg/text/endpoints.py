"""What the endpoint of a run is, in words: its kind, the gradient, the curvature, and the edge of stability."""

from __future__ import annotations

from talweg.summary import Row, Summary
from talweg.text.format import count, figures, listed, share, signed

#: The kinds of a point, and how many runs end so.
KINDS = {
    "minimum": "at a minimum",
    "saddle": "at a saddle point",
    "maximum": "at a maximum",
    "not converged": "not converged",
    "undecided": "undecided",
}
REACHED = 1e-4  #: of the initial gap: a loss so near to the lowest value is it
NEAR_THE_EDGE = 0.9  #: of the sharpness above which steps are unstable
NOT_FINITE = "The curvature is not finite at this point."
SPECTRUM_HOVER = "eigenvalue about %{customdata[0]}<br>%{customdata[1]} % of the directions<extra></extra>"

#: The heads of the report's table, with what the pointer reads.
HEADS = (
    ("Method", "its line as in the plots"),
    ("Endpoints", "of the final runs, by gradient norm and the signs of the curvature"),
    ("Gradient SNR", "signal-to-noise ratio of the gradient: its norm over its standard error; around 1 it can't be told from noise"),
    ("Sharpness", "largest eigenvalue of the Hessian: the median of the final runs, the lowest and the highest below"),
    ("Edge of stability", "sharpness over the value above which full-batch steps of this method and learning rate are unstable"),
    ("Near its own best", "final runs whose validation loss is within 1 % of the initial gap of the best of them"),
    ("Near the best of all", "the same, of the best run of all methods"),
)
NOTE = (
    "Measured on at most 256 training examples. A run has converged where its gradient norm is less than twice its standard error; "
    "an eigenvalue counts where it exceeds its own noise and rounding. Most endpoints of networks have many flat directions and a few of "
    "slightly negative curvature. talweg diagnose examines the best run of each method more closely."
)


def sentences(summary: Summary) -> list[str]:
    """What the point is, its gradient, its curvature, the escape direction, and the edge of stability."""
    return [words for words in (verdict(summary), gradient(summary), trace(summary), escape_direction(summary), edge(summary)) if words]


def verdict(summary: Summary) -> str:
    """What the point is, and why."""
    low, high, kind = summary["smallest"], summary["largest"], summary["point"]
    if low is None or high is None:
        return f"Undecided: {NOT_FINITE[0].lower()}{NOT_FINITE[1:]}"
    interval = f"({signed(low)} to {signed(high)})"
    if kind == "minimum":
        lowest = is_lowest(summary)
        which = "A minimum" if lowest is None else "The global minimum" if lowest else "A local minimum"
        values = f"Its loss is {signed(summary['loss'])}, that of the global minimum {signed(summary['optimum'])}."
        return f"{which}: all eigenvalues of the Hessian are positive {interval}.{f' {values}' if lowest is False else ''}"
    if kind == "maximum":
        return f"A maximum: all eigenvalues of the Hessian are negative {interval}."
    if kind == "saddle":
        return f"A saddle point: the Hessian has positive and negative eigenvalues {interval}."
    if kind == "not converged":
        return (
            f"Not converged: a Newton step would lower the loss ({figures(summary['loss'])}) by about {figures(summary['decrement'], 2)}."
        )
    if summary["kink"]:
        jump = figures(summary["gradient_rounding"], 2)
        return f"Undecided: the point lies on a kink, where the gradient jumps by {jump}, and its curvature is not informative."
    tolerance = summary["smallest_tolerance"]
    if high <= summary["largest_tolerance"] and low >= -tolerance:
        return "Undecided: the loss is flat here, no eigenvalue of the Hessian can be told from zero."
    if low < -tolerance:
        return f"Undecided: there is negative curvature ({signed(low)}), but no direction whose curvature is surely positive."
    return (
        f"Undecided: the smallest eigenvalue of the Hessian, {signed(low)}, can't be told from zero (± {figures(tolerance, 2)}). Without "
        "negative curvature the point may be a minimum, the flat floor of a valley, or a degenerate saddle point."
    )


def is_lowest(summary: Summary) -> bool | None:
    """Whether no loss is lower; None where that is not known."""
    optimum, gap, loss = summary.get("optimum"), summary["initial_gap"], summary["loss"]
    if optimum is None or gap is None:
        return None
    return bool(loss - optimum <= REACHED * max(abs(gap), abs(loss)) + summary["loss_rounding"])


def gradient(summary: Summary) -> str:
    """The gradient norm against its noise."""
    norm, sampling, rounding = summary["gradient_norm"], summary["gradient_sampling"], summary["gradient_rounding"]
    if norm is None:
        return ""
    if sampling:
        error = f"its standard error over {count(summary['examples'], 'example')} ({figures(sampling, 2)})"
        return f"The gradient norm is {figures(norm)}, {figures(norm / sampling, 2)} times {error}."
    if norm == 0:
        return "The gradient is zero."
    if rounding and norm <= 4 * rounding:
        return f"The gradient norm is {figures(norm)}, no more than rounding ({figures(rounding, 2)})."
    if summary["point"] != "not converged":
        return f"The gradient norm is {figures(norm)}; a Newton step would lower the loss by {figures(summary['decrement'], 2)}."
    return f"The gradient norm is {figures(norm)}, of which {figures(rounding, 2)} is rounding."


def trace(summary: Summary) -> str:
    """The trace of the Hessian, its negative part, and how it was computed."""
    d, value, negative = summary["dimensions"], summary["trace"], summary["negative"]
    if value is None or d < 3:
        return ""
    error = f" ± {figures(summary['trace_error'], 2)}" if summary["trace_error"] else ""
    down = f"; {share(negative)} of the {d:,} directions have negative curvature" if negative else ""
    how = "the whole Hessian" if summary["whole"] else f"Lanczos' method, {count(summary['products'], 'Hessian-vector product')}"
    return f"The trace of the Hessian is {signed(value)}{error}{down} ({how})."


def escape_direction(summary: Summary) -> str:
    """How far the loss falls along the lowest curvature, of a saddle point or a maximum."""
    lower, loss = summary["escape_loss"], summary["loss"]
    if lower is None or lower >= loss:
        return ""
    change = f"from {signed(loss)} to {signed(lower)}, at a distance of {figures(summary['escape_distance'], 2)}"
    return f"Along the direction of most negative curvature the loss falls {change}."


def edge(summary: Summary) -> str:
    """The sharpness against the value above which the method's steps are unstable."""
    part, name = summary["edge"], summary["method"]
    if name is None:
        return ""
    if part is None:
        return f"The edge of stability of {name} is not known: the rule 2 / η is for gradient descent."
    if part <= 0:
        return ""
    where = (
        "Beyond the edge of stability" if part > 1 / NEAR_THE_EDGE else "At the edge of stability" if part >= NEAR_THE_EDGE else "Stable"
    )
    steps = f"full-batch steps of {name} with learning rate {figures(summary['learning_rate'])}"
    return f"{where}: the sharpness is {figures(summary['largest'])}, and {steps} are unstable above {figures(summary['threshold'])}."


def kinds(endpoints: Row) -> str:
    """What the final runs ended in: 12 at a minimum, 4 not converged."""
    parts = [f"{number} {KINDS[kind]}" for kind, number in sorted(endpoints["points"].items(), key=lambda pair: -pair[1])]
    diverged = endpoints["lanes"] - endpoints["diagnosed"]
    return ", ".join([*parts, *([f"{diverged} diverged"] if diverged else [])])


def diagnosed(summary: Summary) -> list[Row]:
    """The contestants whose endpoints were diagnosed."""
    return [c for c in summary["contestants"] if c.get("endpoints") and c["endpoints"]["diagnosed"]]


def of_race(summary: Summary) -> list[str]:
    """The endpoints of the first contestant's final runs, how many converged, and who is beyond the edge of stability."""
    contestants = diagnosed(summary)
    if not contestants:
        return []
    label, first = contestants[0]["label"], contestants[0]["endpoints"]
    words = [
        f"{first['near_own_best']} of {count(first['lanes'], 'final run')} of {label} end within 1 % of the initial gap of the best one. "
        f"Endpoints: {kinds(first)}."
    ]
    points = [c["endpoints"]["points"] for c in contestants]
    total = sum(sum(of.values()) for of in points)
    minima, open_ended = (sum(of.get(kind, 0) for of in points) for kind in ("minimum", "not converged"))
    if open_ended > total / 2:
        words.append(f"{open_ended:,} of all {total:,} final runs have not converged: a larger budget would lower their loss.")
    elif minima == total:
        words.append(f"All {total:,} final runs converged to a minimum.")
    best = max(contestants, key=lambda c: c["endpoints"]["near_best"])
    if best["endpoints"]["near_best"]:
        runs = f"{best['endpoints']['near_best']} of {best['endpoints']['lanes']} runs"
        words.append(f"{best['label']} most often reaches the lowest loss of all, to within 1 % of the initial gap: in {runs}.")
    beyond = [c["label"] for c in contestants if (c["endpoints"]["edge"] or 0) >= NEAR_THE_EDGE]
    return [*words, *([f"At or beyond the edge of stability: {listed(beyond)}."] if beyond else [])]
