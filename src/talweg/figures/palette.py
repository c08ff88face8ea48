"""One look for each method, the same in the terminal, the report and the live page.

Every colour has a contrast of at least 3 : 1 against white and against near-black, so that one colour serves light and dark pages,
and methods that share a dash stay apart for people who do not see red, green or blue (Machado et al. 2009; the tests measure it).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: Plotly's dashes, in the order in which they are handed out, and the same as SVG's `stroke-dasharray`.
DASHES: dict[str, str] = {"solid": "", "dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "11 4", "longdashdot": "11 3 2 3"}

#: Legible on light and dark: lines of thresholds and starts, quiet words.
QUIET = "#808893"


@dataclass(frozen=True)
class Look:
    """A colour (`#rrggbb`) and one of Plotly's dashes."""

    colour: str
    dash: str = "solid"

    @property
    def strokes(self) -> str:
        """The dash as SVG writes it; empty for a solid line."""
        return DASHES[self.dash]

    def faded(self, share: float) -> str:
        """The colour with `share` of its opacity, as CSS writes it."""
        red, green, blue = (int(self.colour[at : at + 2], 16) for at in (1, 3, 5))
        return f"rgba({red}, {green}, {blue}, {share:g})"


# The nine contestants of a usual race have the colours that are furthest apart; the younger relatives of a method lean on their
# dash. Gradient descent, against which all others are measured, is grey.
LOOKS: dict[str, Look] = {
    "sgd": Look("#7a828e"),
    "momentum": Look("#f0186f"),
    "nesterov": Look("#057e52"),
    "nesterov-shifted": Look("#057e52", "dash"),
    "adagrad": Look("#b5470f"),
    "adadelta": Look("#7f4fc0"),
    "rmsprop": Look("#d9770d"),
    "adam": Look("#2885eb"),
    "adamw": Look("#2885eb", "dash"),
    "amsgrad": Look("#1490a8", "longdash"),
    "adamax": Look("#5d63fa", "dashdot"),
    "nadam": Look("#0a8a86", "dot"),
    "radam": Look("#4a6f9e", "longdashdot"),
    "lion": Look("#96780f", "longdash"),
    "adabelief": Look("#5d63fa", "dot"),
    "yogi": Look("#7f4fc0", "dash"),
    "adan": Look("#f0186f", "dot"),
    "rprop": Look("#96780f", "dash"),
    "signsgd": Look("#96780f", "dot"),
    "signum": Look("#96780f", "dashdot"),
    "asgd": Look("#057e52", "dot"),
    "schedule-free": Look("#057e52", "dashdot"),
    "schedule-free-adamw": Look("#2885eb", "longdash"),
    "lamb": Look("#a8549b"),
    "lars": Look("#a8549b", "dash"),
    "adafactor": Look("#4d8a3a", "dot"),
    "prodigy": Look("#4d8a3a", "longdash"),
    "muon": Look("#b0525a", "dashdot"),
    "soap": Look("#b0525a", "dot"),
    "momentum-dampened": Look("#f0186f", "dash"),
    "adagrad-inside": Look("#b5470f", "dash"),
    "rmsprop-inside": Look("#d9770d", "dash"),
    "rmsprop-momentum": Look("#d9770d", "dot"),
    "rmsprop-centered": Look("#d9770d", "dashdot"),
    "rmsprop-centered-inside": Look("#d9770d", "longdash"),
    "rmsprop-centered-momentum": Look("#d9770d", "longdashdot"),
    "adam-hat": Look("#2885eb", "dot"),
    "amsgrad-hat": Look("#1490a8", "dash"),
    "amsgrad-corrected": Look("#1490a8", "dot"),
    "adamax-outside": Look("#5d63fa", "dash"),
    "nadam-constant": Look("#0a8a86", "dashdot"),
    "radam-corrected": Look("#4a6f9e", "dash"),
}

#: Gradient descent with the whole training set and with one example: darker and lighter than with mini-batches.
FULL, SINGLE = Look("#626973", "dash"), Look("#8b939f", "dot")

#: For a method of the user's own.
OTHERS = ("#96780f", "#a8549b", "#4a6f9e", "#4d8a3a", "#b0525a")


def look(method: str, batch: int | str | None = None) -> Look:
    """The look of a method by its catalogue name; `batch` ("full", 1, or any other number) tells the variants of gradient descent apart.

    A name that is not in the catalogue gets one of five other colours, always the same one.
    """
    if method == "sgd" and batch == "full":
        return FULL
    if method == "sgd" and batch == 1:
        return SINGLE
    if method in LOOKS:
        return LOOKS[method]
    if "+" in method:  # a wrapper around a method, which keeps its colour
        inside = look(method.rpartition("+")[2], batch)
        dashes = list(DASHES)
        return Look(inside.colour, dashes[(dashes.index(inside.dash) + 1) % len(dashes)])
    return Look(OTHERS[zlib.crc32(method.encode()) % len(OTHERS)], "longdashdot")


def looks(contestants: Iterable[Mapping[str, Any]]) -> dict[str, Look]:
    """The look of each contestant by its `name`; where two would look the same (Adam with two batch sizes), the later gets another dash."""
    given: dict[str, Look] = {}
    for contestant in contestants:
        wanted = look(contestant["method"], contestant["batch"])
        free = [Look(wanted.colour, dash) for dash in DASHES if Look(wanted.colour, dash) not in given.values()]
        given[contestant["name"]] = free[0] if wanted in given.values() and free else wanted
    return given
