"""The store: what races write into it and read from it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from talweg.checks import InputError
from talweg.store import schema

PATIENCE = 100  # tenths of a second


@dataclass(eq=False)
class Lane:
    """One training, as recorded. Losses are NaN from where it diverged."""

    setting: int  #: the number of the setting in its search; −1 for the untuned method
    seed: int
    hyperparameters: Mapping[str, float]
    diverged_at: int | None
    steps: Int[np.ndarray, " points"]
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    metric: Float[np.ndarray, " points"]
    test_loss: float | None = None
    test_metric: float | None = None
    key: tuple[int, int] = field(default=(0, 0))  #: block and lane, by which a row is found again


@dataclass(frozen=True)
class RaceRow:
    """A race without its lanes."""

    race: str
    created: float
    finished: float | None
    problem: dict[str, Any]
    plan: dict[str, Any]
    run: dict[str, Any]
    wall: float
    compile: float
    origin: dict[str, Any] = field(default_factory=dict)  #: how the same problem is known and built again; empty for a race of format 1


class Store:
    """One SQLite file of races, made if it is not there (unless it must exist).

    **Who calls it.** The driver of a race alone writes: it enters the race, adds each finished block, and marks the end. Everybody
    else, verdict, reports, studies, the command line, only reads. Executors never see it.

    **What is promised.** Every method that writes is one transaction: all of it is there, or nothing. What goes in comes out with all
    its digits; what is not finite comes out as NaN. What is there stays: a block, a speed, a probe, an endpoint that is added a second
    time changes nothing, so whoever is unsure may simply add it again.

    **What a crash keeps.** All that was committed, so a race that was stopped, however, goes on after its last finished block. A file
    of an older format is brought to this one in a transaction, too (`talweg.store.schema`): a crash leaves the older file.

    **Several writers.** Several processes may write into one file at once, even the same race: the first to finish a block decides its
    rows. A writer waits up to a minute for another. The file must lie on a disk of this machine, as SQLite's write-ahead log needs.

    **What is never done.** Nothing is pickled: texts are JSON, weights are safetensors. A finished block is never changed.
    A file that is not a talweg store, or of a newer format, is never written to.

    Raises InputError when the file is not a talweg store, was made by a newer talweg, can't be written, or does not exist but must.
    """

    def __init__(self, path: str | Path, *, existing: bool = False):
        self.path = Path(path)
        if existing and not self.path.exists():
            raise InputError(f"store: there is no {self.path}; run talweg race first, or name another --store")
        if self.path.is_dir():
            raise InputError(f"store: {self.path} is a folder; give a file such as {self.path / 'talweg.db'}")
        if not self.path.parent.is_dir():
            raise InputError(f"store: the folder {self.path.parent} does not exist; make it, or choose another --store")
        try:
            self.db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            self._open_patiently()
        except sqlite3.OperationalError as error:
            raise InputError(f"store: {self.path} can't be used ({error}); choose another --store") from error
        except sqlite3.DatabaseError as error:
            raise InputError(f"store: {self.path} is not a talweg store; choose another --store") from error

    def _open_patiently(self) -> None:
        """Open, again if need be: SQLite does not wait for another process that turns on write-ahead logging just now, so this does."""
        self.db.execute("PRAGMA foreign_keys = ON")
        for left in range(PATIENCE, -1, -1):
            try:
                return schema.prepare(self.db, self.path)
            except sqlite3.OperationalError as error:
                if left == 0 or "locked" not in str(error):
                    raise
                time.sleep(0.1)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing. Raises InputError when the file can't be written: read-only, locked for a minute, the disk full."""
        try:
            with schema.transaction(self.db):
                yield
        except sqlite3.OperationalError as error:
            raise InputError(
                f"store: {self.path} can't be written ({error}); what was finished is kept, and the same race goes on from there "
                "once that is mended; or choose another --store"
            ) from error

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    def enter(
        self,
        race: str,
        problem: Mapping[str, Any],
        plan: Mapping[str, Any],
        run: Mapping[str, Any],
        origin: Mapping[str, Any] | None = None,
    ) -> RaceRow:
        """The row of a race, made if it is new; the first one to enter it decides its plan."""
        with self.writing():
            self.db.execute(
                "INSERT OR IGNORE INTO race (race, created, problem, plan, run, origin) VALUES (?, ?, ?, ?, ?, ?)",
                (race, time.time(), *(json.dumps(x) for x in (problem, plan, run, origin or {}))),
            )
        return self.race(race)

    def replan(self, race: str, plan: Mapping[str, Any]) -> None:
        """Record the plan again, once a budget in seconds has become one in epochs."""
        with self.writing():
            self.db.execute("UPDATE race SET plan = ? WHERE race = ?", (json.dumps(plan), race))

    def forget_empty(self, race: str) -> None:
        """Remove a race of which nothing was run."""
        with self.writing():
            self.db.execute("DELETE FROM race WHERE race = ? AND NOT EXISTS (SELECT 1 FROM block WHERE block.race = race.race)", (race,))

    def races(self) -> list[RaceRow]:
        """All races, the newest first."""
        query = "SELECT race, created, finished, problem, plan, run, wall, compile, origin FROM race ORDER BY created DESC, race"
        return [
            RaceRow(race, created, finished, json.loads(problem), json.loads(plan), json.loads(run), wall, compiling, json.loads(origin))
            for race, created, finished, problem, plan, run, wall, compiling, origin in self.db.execute(query)
        ]

    def race(self, prefix: str | None = None) -> RaceRow:
        """The race whose name begins so, or the newest. Raises InputError if there is none, or more than one."""
        races = self.races()
        if not races:
            raise InputError(f"store: {self.path} holds no races yet; run talweg race first")
        found = races[:1] if prefix is None else [r for r in races if r.race.startswith(prefix)]
        if len(found) != 1:
            known = ", ".join(r.race for r in races[:8])
            raise InputError(
                f"store: {'several races begin' if found else 'no race begins'} with {prefix!r} in {self.path}; it holds {known}"
            )
        return found[0]

    def has_block(self, race: str, contestant: str, rung: str, block: int) -> bool:
        """Whether a block was finished."""
        found = self.db.execute("SELECT 1 FROM block WHERE (race, contestant, rung, block) = (?, ?, ?, ?)", (race, contestant, rung, block))
        return found.fetchone() is not None

    def add_block(self, race: str, contestant: str, rung: str, block: int, steps: int, seconds: float, lanes: Sequence[Lane]) -> None:
        """Commit a finished block; if somebody else finished the same one first, theirs stays (it says the same)."""
        key = (race, contestant, rung, block)
        with self.writing():
            if self.has_block(*key):
                return
            self.db.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)", (*key, steps, seconds))
            self.db.executemany(
                "INSERT INTO lane VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        *key,
                        i,
                        lane.setting,
                        lane.seed,
                        json.dumps(dict(lane.hyperparameters)),
                        lane.diverged_at,
                        lane.test_loss,
                        lane.test_metric,
                    )
                    for i, lane in enumerate(lanes)
                ),
            )
            self.db.executemany(
                "INSERT INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (*key, i, *values)
                    for i, lane in enumerate(lanes)
                    for values in zip(
                        lane.steps.tolist(), *(_nullable(x) for x in (lane.training_loss, lane.validation_loss, lane.metric)), strict=True
                    )
                ),
            )

    def lanes(self, race: str, contestant: str, rung: str) -> list[Lane]:
        """The lanes of a rung, in order."""
        points: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        query = "SELECT block, lane, step, training_loss, validation_loss, metric FROM point WHERE (race, contestant, rung) = (?, ?, ?)"
        for block, lane, *values in self.db.execute(query + " ORDER BY block, lane, step", (race, contestant, rung)):
            points.setdefault((block, lane), []).append(tuple(values))
        query = "SELECT block, lane, setting, seed, hyperparameters, diverged_at, test_loss, test_metric FROM lane"
        rows = self.db.execute(
            query + " WHERE (race, contestant, rung) = (?, ?, ?) ORDER BY block, lane", (race, contestant, rung)
        ).fetchall()
        lanes = []
        for block, lane, setting, seed, numbers, diverged, test_loss, test_metric in rows:
            steps, *curves = np.array(points[block, lane], float).T
            training, validation, metric = curves
            row = Lane(setting, seed, json.loads(numbers), diverged, steps.astype(int), training, validation, metric)
            row.test_loss, row.test_metric, row.key = test_loss, test_metric, (block, lane)
            lanes.append(row)
        return lanes

    def add_speed(self, race: str, contestant: str, seconds_per_step: float, gradients_per_step: int) -> None:
        """Record what one step takes alone; the first measurement stays."""
        with self.writing():
            self.db.execute("INSERT OR IGNORE INTO speed VALUES (?, ?, ?, ?)", (race, contestant, seconds_per_step, gradients_per_step))

    def speeds(self, race: str) -> dict[str, tuple[float, int]]:
        """Seconds and gradient evaluations of a step alone, by contestant."""
        rows = self.db.execute("SELECT contestant, seconds_per_step, gradients_per_step FROM speed WHERE race = ?", (race,))
        return {name: (seconds, gradients) for name, seconds, gradients in rows}

    def add_weights(self, race: str, contestant: str, lane: int, tensors: bytes) -> None:
        """Record the parameters of a contestant's best final lane, as safetensors."""
        with self.writing():
            self.db.execute("INSERT OR REPLACE INTO weights VALUES (?, ?, ?, ?)", (race, contestant, lane, tensors))

    def weights(self, race: str, contestant: str) -> bytes | None:
        """The parameters of a contestant's best final lane, as safetensors."""
        row = self.db.execute("SELECT tensors FROM weights WHERE (race, contestant) = (?, ?)", (race, contestant)).fetchone()
        return None if row is None else row[0]

    def add_probes(self, race: str, contestant: str, steps: np.ndarray, probes: Mapping[str, Float[np.ndarray, "lanes points"]]) -> None:
        """Record what was seen inside a contestant's method; the first look stays."""
        with self.writing():
            self.db.executemany(
                "INSERT OR IGNORE INTO probe VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (race, contestant, name, lane, step, value)
                    for name, values in probes.items()
                    for lane, row in enumerate(values)
                    for step, value in zip(steps.tolist(), _nullable(row), strict=True)
                ),
            )

    def probes(self, race: str) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
        """By contestant: the steps, and by name an array of what was seen, lanes × steps, NaN where there was nothing."""
        found: dict[str, dict[str, dict[int, list[tuple[int, float]]]]] = {}
        rows = self.db.execute("SELECT contestant, name, lane, step, value FROM probe WHERE race = ? ORDER BY name, lane, step", (race,))
        for contestant, name, lane, step, value in rows:
            found.setdefault(contestant, {}).setdefault(name, {}).setdefault(lane, []).append((step, np.nan if value is None else value))
        seen = {}
        for contestant, names in found.items():
            arrays = {name: np.array([[value for _, value in row] for row in lanes.values()], float) for name, lanes in names.items()}
            first = next(iter(next(iter(names.values())).values()))
            seen[contestant] = (np.array([step for step, _ in first]), arrays)
        return seen

    def add_endpoints(self, race: str, contestant: str, endpoints: Mapping[int, Mapping[str, Any] | None]) -> None:
        """Record what the endpoints of final lanes are, by their seeds; the first look stays."""
        with self.writing():
            self.db.executemany(
                "INSERT OR IGNORE INTO endpoint VALUES (?, ?, ?, ?)",
                ((race, contestant, seed, json.dumps(_finite(evidence))) for seed, evidence in endpoints.items()),
            )

    def endpoints(self, race: str) -> dict[str, list[dict[str, Any] | None]]:
        """By contestant: what the endpoints of its final lanes are, None for those that could not be looked at."""
        found: dict[str, list[dict[str, Any] | None]] = {}
        for contestant, evidence in self.db.execute(
            "SELECT contestant, evidence FROM endpoint WHERE race = ? ORDER BY contestant, seed", (race,)
        ):
            found.setdefault(contestant, []).append(json.loads(evidence))
        return found

    def add_time(self, race: str, wall: float, compile_seconds: float) -> None:
        """Add to the time that a race has taken so far."""
        with self.writing():
            self.db.execute("UPDATE race SET wall = wall + ?, compile = compile + ? WHERE race = ?", (wall, compile_seconds, race))

    def finish(self, race: str) -> None:
        """Mark a race as finished, once."""
        with self.writing():
            self.db.execute("UPDATE race SET finished = coalesce(finished, ?) WHERE race = ?", (time.time(), race))

    def work(self, race: str) -> tuple[int, int]:
        """Lanes that were run, and their steps all together."""
        rows = self.db.execute(
            "SELECT count(*), coalesce(sum(steps), 0) FROM lane JOIN block USING (race, contestant, rung, block) WHERE race = ?", (race,)
        )
        lanes, steps = rows.fetchone()
        return lanes, steps


def _nullable(values: np.ndarray) -> list[float | None]:
    return [x if np.isfinite(x) else None for x in values.tolist()]


def _finite(evidence: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Numbers that are not finite as None, which JSON has."""
    if evidence is None:
        return None
    return {name: None if isinstance(value, float) and not np.isfinite(value) else value for name, value in evidence.items()}
