"""What is minimised: functions, models with data, tables of one's own."""

from __future__ import annotations

from talweg.problems.base import Metric, Problem
from talweg.problems.datasets import load
from talweg.problems.supervised import from_arrays
from talweg.problems.surfaces.surface import SURFACES, CriticalPoint, Surface, surface
from talweg.problems.tables.read import from_frame, read, resolve

__all__ = ["SURFACES", "CriticalPoint", "Metric", "Problem", "Surface", "from_arrays", "from_frame", "load", "read", "resolve", "surface"]
