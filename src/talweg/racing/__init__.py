"""The race: all methods on one problem, tuned alike, repeated over seeds."""

from __future__ import annotations

from talweg.racing.api import Race, open_race, race
from talweg.racing.machine import use_all_cores
from talweg.racing.walks import Path, paths

__all__ = ["Path", "Race", "open_race", "paths", "race", "use_all_cores"]
