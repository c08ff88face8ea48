"""What is minimised: functions, models with data, tables of one's own."""

from __future__ import annotations

from talweg.problems.base import Measure, Problem
from talweg.problems.datasets import load
from talweg.problems.supervised import learning
from talweg.problems.surfaces.surface import SURFACES, CriticalPoint, Surface, surface
from talweg.problems.tables.read import from_frame, read, resolve

__all__ = [
    "SURFACES",
    "CriticalPoint",
    "Measure",
    "Problem",
    "Surface",
    "from_frame",
    "learning",
    "load",
    "read",
    "resolve",
    "surface",
]
