"""The loss landscape of a network of one's own: slices of it, straight lines through it, and the paths of descents in it."""

from __future__ import annotations

from talweg.landscape.diagnosis import Diagnosis, diagnose
from talweg.landscape.directions import Plane, filter_normalised, principal
from talweg.landscape.follow import follow
from talweg.landscape.lines import Line, line
from talweg.landscape.slices import Slice, slice

__all__ = ["Diagnosis", "Line", "Plane", "Slice", "diagnose", "filter_normalised", "follow", "line", "principal", "slice"]
