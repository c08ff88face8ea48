"""The JSON of every result, what `.summary` and `--json` hold, as types. docs/json.md is made from them.

Each class is a table there, and each field a row with the words that stand beside it here. A number that is not finite or not known is
None. No JAX, and nothing of the other rooms.
"""

from __future__ import annotations

from talweg.summary.batch import BatchSummary
from talweg.summary.race import ContestantSummary, RaceSummary
from talweg.summary.studies import BasinsSummary, DiagnosisSummary, EscapeSummary, LandscapeSummary, SurfaceSummary
from talweg.summary.values import Row, Summary, plain

__all__ = [
    "BasinsSummary",
    "BatchSummary",
    "ContestantSummary",
    "DiagnosisSummary",
    "EscapeSummary",
    "LandscapeSummary",
    "RaceSummary",
    "Row",
    "Summary",
    "SurfaceSummary",
    "plain",
]
