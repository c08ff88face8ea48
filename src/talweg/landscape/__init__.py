"""The loss landscape of a network of one's own: slices of it, lines and curves through it."""

from __future__ import annotations

from talweg.landscape.curves import Connection, Curve, connected, curve
from talweg.landscape.diagnosis import Diagnosis, diagnose
from talweg.landscape.directions import Plane, filter_normalised, principal
from talweg.landscape.lines import Line, line
from talweg.landscape.matching import matched
from talweg.landscape.slices import Slice, slice

__all__ = [
    "Connection",
    "Curve",
    "Diagnosis",
    "Line",
    "Plane",
    "Slice",
    "connected",
    "curve",
    "diagnose",
    "filter_normalised",
    "line",
    "matched",
    "principal",
    "slice",
]
