"""What many starts reached, in words: how many basins, who reached the lowest, and how likely there is a lower one."""

from __future__ import annotations

from collections.abc import Mapping

from talweg.summary import Summary
from talweg.text.format import count, figures, signed

REACHED = 1e-4  #: of the initial gap: so near to the lowest value is it
ROUNDING = 1e-14  #: of the initial gap: a loss so near to zero is rounding


def sentences(summary: Summary) -> list[str]:
    """The basins, who reached the lowest, and how likely there is a lower one."""
    return [words for words in (reached(summary), lost(summary), optimum(summary), others(summary), unseen(summary)) if words]


def reached(summary: Summary) -> str:
    """The basins, and how many of the starts of the first method reached the lowest loss."""
    first, best = summary["methods"][0], summary["methods"][0]["best"]
    who = "all" if best["count"] == summary["starts"] else count(best["count"], "start")
    lowest = f"{who} ({bounds(best)}) at the lowest loss" if best["count"] else "none at the lowest loss of all methods"
    many = count(first["basins"], "kind of endpoint", "kinds of endpoints") if summary["data"] else count(first["basins"], "basin")
    loss = height(summary, summary["basins"][0]["loss"])
    return f"{count(summary['starts'], 'start')} of {first['label']} ended in {many}: {lowest}, {loss}."


def lost(summary: Summary) -> str:
    """How many starts of the first method reached no basin."""
    first = summary["methods"][0]
    parts = [f"{first[key]:,} {words}" for key, words in (("diverged", "diverged"), ("not_converged", "did not converge")) if first[key]]
    return f"Of the other starts, {' and '.join(parts)}." if parts else ""


def optimum(summary: Summary) -> str:
    """The best loss beside the lowest value."""
    if summary["optimum"] is None:
        return ""
    value = signed(summary["optimum"])
    return f"This is the global minimum ({value})." if is_optimal(summary) else f"The global minimum, {value}, was not reached."


def is_optimal(summary: Summary) -> bool:
    """Whether nothing can be lower."""
    lowest, best = summary["optimum"], summary["basins"][0]["loss"]
    return lowest is not None and bool(best - lowest <= REACHED * abs(summary["initial_gap"] or 1.0))


def height(summary: Summary, loss: float) -> str:
    """A loss; what is rounding beside the initial gap is zero."""
    return "0" if abs(loss) <= ROUNDING * abs(summary["initial_gap"] or 0.0) else signed(loss)


def others(summary: Summary) -> str:
    """How often the other methods reached the lowest loss."""
    rates = [f"{row['label']} {percent(row['best']['share'])} ({bounds(row['best'])})" for row in summary["methods"][1:]]
    return f"Of the same starts, these shares reached the lowest loss: {', '.join(rates)}." if rates else ""


def unseen(summary: Summary) -> str:
    """How likely the next start ends somewhere new, or lower."""
    first = summary["methods"][0]
    missing, richness = first["missing_mass"], first["richness"]
    if missing is None:
        return ""
    limit = f"with a probability of at most {percent(summary['probability_of_lower'])} (95 % confidence)"
    if summary["data"] and first["basins"] > 0.5 * summary["starts"]:
        alone = "Nearly every start has an endpoint of its own"
        return f"{alone}." if is_optimal(summary) else f"{alone}; the next one reaches a lower loss {limit}."
    new = f"The next start ends in a new {'kind of endpoint' if summary['data'] else 'basin'} with a probability of {bounds(missing)}"
    words = f"{new} (95 % confidence)." if is_optimal(summary) else f"{new}, and at a lower loss {limit}."
    if not summary["data"] and richness["value"] > first["basins"] + 0.5:
        value, low, high = (figures(richness[key], 2) for key in ("value", "low", "high"))
        words += f" By Chao's estimate there are at least {value} basins ({low} – {high})."
    return words


def bounds(row: Mapping[str, float]) -> str:
    """The interval of a share."""
    return f"{percent(row['low'])} – {percent(row['high'])}"


def percent(x: float) -> str:
    """A share as a percentage with two figures."""
    return "0 %" if x < 1e-9 else "100 %" if x == 1 else f"{figures(100 * x, 2)} %"
