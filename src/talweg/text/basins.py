"""What many starts found, in words: how many basins, who found the best, and how likely there is a better one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talweg.text.format import count, figures, share, signed

Summary = Mapping[str, Any]
REACHED = 1e-4  #: of the way down: so near to the lowest value is it
ROUNDING = 1e-14  #: of the way down: a loss so near to nothing is rounding


def sentences(summary: Summary) -> list[str]:
    """What was found, by whom, and how sure it is that there is nothing better."""
    return [said for said in (*found(summary), known(summary), *others(summary), better(summary)) if said]


def found(summary: Summary) -> list[str]:
    """The basins, and how many of the starts of the first method ended in the best."""
    first = summary["methods"][0]
    many = count(first["basins"], "kind of end", "kinds of ends") if summary["data"] else count(first["basins"], "basin")
    best, lowest = first["best"], f"a loss of {height(summary, summary['basins'][0]['loss'])}"
    here = f"{best['count']:,} of them ({ends(best)}) {'comes' if best['count'] == 1 else 'come'} to the best, {lowest}"
    if best["count"] == summary["starts"]:
        here = f"all of them ({ends(best)}) come to the best, {lowest}"
    if best["count"] == 0:
        here = f"none comes to the best that any method found, {lowest}"
    said = [f"{count(summary['starts'], 'start')} of {first['label']} ended in {many}; {here}."]
    lost = [f"{first[word]:,} {words}" for word, words in (("diverged", "diverged"), ("not_converged", "had not converged")) if first[word]]
    return said + ([f"Of the others {' and '.join(lost)}."] if lost else [])


def known(summary: Summary) -> str:
    """The best found beside the lowest value."""
    if summary["optimum"] is None:
        return ""
    if found_lowest(summary):
        return f"That is the lowest value there is ({signed(summary['optimum'])})."
    return f"The lowest value there is, {signed(summary['optimum'])}, was not found."


def found_lowest(summary: Summary) -> bool:
    """Whether nothing better can be found, because the best is the lowest value there is."""
    lowest, best = summary["optimum"], summary["basins"][0]["loss"]
    return lowest is not None and bool(best - lowest <= REACHED * abs(summary["initial_gap"] or 1.0))


def height(summary: Summary, loss: float) -> str:
    """A loss; what is rounding beside the way down is nothing."""
    return "0" if abs(loss) <= ROUNDING * abs(summary["initial_gap"] or 0.0) else signed(loss)


def others(summary: Summary) -> list[str]:
    """How often the other methods found the best."""
    rest = summary["methods"][1:]
    said = [f"{row['label']} {share(row['best']['share'])} ({ends(row['best'])})" for row in rest]
    return [f"From the same starts, the best was found by: {'; '.join(said)}."] if said else []


def better(summary: Summary) -> str:
    """How likely the next start finds something else, or something better."""
    first = summary["methods"][0]
    unseen, limit = first["missing_mass"], small(summary["probability_of_lower"])
    if unseen is None:
        return ""
    more = ""
    if not summary["data"] and first["richness"]["value"] > first["basins"] + 0.5:
        low, high = (figures(first["richness"][end], 2) for end in ("low", "high"))
        more = f" There are some {figures(first['richness']['value'], 2)} basins or more ({low} – {high})."
    below = "" if found_lowest(summary) else f", and below the best with at most {limit}"
    if summary["data"] and first["basins"] > 0.5 * summary["starts"]:
        if not below:
            return "Nearly every start ends in a place of its own."
        return (
            "Nearly every start ends in a place of its own; the next one ends below the best with a probability of at most "
            f"{limit} (95 % confidence)."
        )
    return (
        f"The next start ends in one that was not seen yet with a probability of {small(unseen['low'])} – {small(unseen['high'])}"
        f"{below} (95 % confidence).{more}"
    )


def valleys(said: str) -> str:
    """What a connection says, of the two lowest ends."""
    if said.startswith("not known"):
        return f"Whether the two lowest ends lie in one valley is {said}."
    return f"{'The two lowest ends lie in' if said.startswith(('one', 'two')) else 'Between the two lowest ends'} {said}."


def ends(row: Mapping[str, float]) -> str:
    """The interval of a share."""
    return f"{small(row['low'])} – {small(row['high'])}"


def small(x: float) -> str:
    """A share as a percentage with two figures."""
    return "0 %" if x < 1e-9 else "100 %" if x == 1 else f"{figures(100 * x, 2)} %"
