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
COLOURS: dict[str, dict[str, str]] = {
    "#7a828e": {"sgd": "solid"},
    "#f0186f": {"momentum": "solid", "adan": "dot", "momentum-dampened": "dash"},
    "#057e52": {"nesterov": "solid", "nesterov-shifted": "dash", "asgd": "dot", "schedule-free": "dashdot"},
    "#b5470f": {"adagrad": "solid", "adagrad-inside": "dash"},
    "#7f4fc0": {"adadelta": "solid", "yogi": "dash"},
    "#d9770d": {
        "rmsprop": "solid",
        "rmsprop-inside": "dash",
        "rmsprop-momentum": "dot",
        "rmsprop-centered": "dashdot",
        "rmsprop-centered-inside": "longdash",
        "rmsprop-centered-momentum": "longdashdot",
    },
    "#2885eb": {"adam": "solid", "adamw": "dash", "schedule-free-adamw": "longdash", "adam-hat": "dot"},
    "#1490a8": {"amsgrad": "longdash", "amsgrad-hat": "dash", "amsgrad-corrected": "dot"},
    "#5d63fa": {"adamax": "dashdot", "adabelief": "dot", "adamax-outside": "dash"},
    "#0a8a86": {"nadam": "dot", "nadam-constant": "dashdot"},
    "#4a6f9e": {"radam": "longdashdot", "radam-corrected": "dash"},
    "#96780f": {"lion": "longdash", "rprop": "dash", "signsgd": "dot", "signum": "dashdot"},
    "#a8549b": {"lamb": "solid", "lars": "dash"},
    "#4d8a3a": {"adafactor": "dot", "prodigy": "longdash"},
    "#b0525a": {"muon": "dashdot", "soap": "dot"},
}
LOOKS = {name: Look(colour, dash) for colour, dashes in COLOURS.items() for name, dash in dashes.items()}

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
        inner, dashes = look(method.rpartition("+")[2], batch), list(DASHES)
        return Look(inner.colour, dashes[(dashes.index(inner.dash) + 1) % len(dashes)])
    return Look(OTHERS[zlib.crc32(method.encode()) % len(OTHERS)], "longdashdot")


def looks(contestants: Iterable[Mapping[str, Any]]) -> dict[str, Look]:
    """The look of each contestant by its `name`; where two would look the same (Adam with two batch sizes), the later gets another dash."""
    looks: dict[str, Look] = {}
    for contestant in contestants:
        usual = look(contestant["method"], contestant["batch"])
        free = [Look(usual.colour, dash) for dash in DASHES if Look(usual.colour, dash) not in looks.values()]
        looks[contestant["name"]] = free[0] if usual in looks.values() and free else usual
    return looks
