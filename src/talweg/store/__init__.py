"""All that races record, in one SQLite file. Rows in, rows out; no JAX."""

from __future__ import annotations

from talweg.store.schema import FORMAT
from talweg.store.store import BATCH, RACE, Landmark, Lane, RaceRow, Speed, Store, check_store

__all__ = ["BATCH", "FORMAT", "RACE", "Landmark", "Lane", "RaceRow", "Speed", "Store", "check_store"]
