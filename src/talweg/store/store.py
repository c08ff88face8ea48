"""The store: what races write into it and read from it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from talweg.checks import InputError
from talweg.store import schema
from talweg.summary import plain

JSON = Mapping[str, Any]
PATIENCE = 100  # tenths of a second
RACE, BATCH = "race", "batch"  #: the kinds of races that a store holds


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
    key: tuple[int, int] = (0, 0)  #: block and lane, by which a row is found again
    schedule: str = "constant"  #: how its learning rate changed
    row_deviation: float | None = None  #: standard deviation of the loss over the held-out rows, at the end


#: The columns of a lane after its hyperparameters, by the names that they have in `Lane`.
LANE_COLUMNS = ("diverged_at", "test_loss", "test_metric", "schedule", "row_deviation")


class Speed(NamedTuple):
    """What one step of one lane takes that has the machine to itself, in seconds, and how many gradients it asks for."""

    seconds: float
    gradients: int
    low: float  #: the least of the better of two rounds of measurements …
    high: float  #: … and of the other
    steady: bool = True  #: whether the two agree


class Landmark(NamedTuple):
    """What a predictor that needs no race comes to with one seed's split; NaN where it is not known."""

    validation_loss: float
    validation_metric: float
    test_loss: float
    test_metric: float


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

    @property
    def kind(self) -> str:
        """Whether it is a race or a batch ladder."""
        return str(self.plan.get("kind", RACE))


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

    def _write(self, statement: str, *values: Any) -> None:
        """One statement as a transaction."""
        with self.writing():
            self.db.execute(statement, values)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.db.close()

    def enter(self, race: str, problem: JSON, plan: JSON, run: JSON, origin: JSON | None = None) -> RaceRow:
        """The row of a race, made if it is new; the first one to enter it decides its plan."""
        texts = [json.dumps(part) for part in (problem, plan, run, origin or {})]
        statement = "INSERT OR IGNORE INTO race (race, created, problem, plan, run, origin) VALUES (?, ?, ?, ?, ?, ?)"
        self._write(statement, race, time.time(), *texts)
        return self.race(race)

    def replan(self, race: str, plan: JSON) -> None:
        """Record the plan again, once a budget in seconds has become one in epochs."""
        self._write("UPDATE race SET plan = ? WHERE race = ?", json.dumps(plan), race)

    def forget_empty(self, race: str) -> None:
        """Remove a race of which nothing was run."""
        self._write("DELETE FROM race WHERE race = ? AND NOT EXISTS (SELECT 1 FROM block WHERE block.race = race.race)", race)

    def races(self) -> list[RaceRow]:
        """All races, the newest first."""
        query = "SELECT race, created, finished, problem, plan, run, wall, compile, origin FROM race ORDER BY created DESC, race"
        return [
            RaceRow(race, created, finished, json.loads(problem), json.loads(plan), json.loads(run), wall, compiling, json.loads(origin))
            for race, created, finished, problem, plan, run, wall, compiling, origin in self.db.execute(query)
        ]

    def race(self, prefix: str | None = None, kind: str | None = None) -> RaceRow:
        """The race whose name begins so, or the newest; of one kind, or of any. Raises InputError if there is none, or more than one."""
        races = [row for row in self.races() if kind is None or row.kind == kind]
        if not races:
            what, how = ("batch ladders", "batch") if kind == BATCH else ("races", "race")
            raise InputError(f"store: {self.path} holds no {what} yet; run talweg {how} first")
        named = races[:1] if prefix is None else [row for row in races if row.race.startswith(prefix)]
        if len(named) != 1:
            known, how_many = ", ".join(row.race for row in races[:8]), "several races begin" if named else "no race begins"
            raise InputError(f"store: {how_many} with {prefix!r} in {self.path}; it holds {known}")
        return named[0]

    def has_block(self, race: str, contestant: str, rung: str, block: int) -> bool:
        """Whether a block was finished."""
        query = "SELECT 1 FROM block WHERE (race, contestant, rung, block) = (?, ?, ?, ?)"
        return self.db.execute(query, (race, contestant, rung, block)).fetchone() is not None

    def add_block(self, race: str, contestant: str, rung: str, block: int, steps: int, seconds: float, lanes: Sequence[Lane]) -> None:
        """Commit a finished block; if somebody else finished the same one first, theirs stays (it says the same)."""
        key = (race, contestant, rung, block)
        rows = [
            (*key, i, one.setting, one.seed, json.dumps(dict(one.hyperparameters)), *(getattr(one, name) for name in LANE_COLUMNS))
            for i, one in enumerate(lanes)
        ]
        points = [
            (*key, i, *point)
            for i, one in enumerate(lanes)
            for point in zip(*map(plain, (one.steps, one.training_loss, one.validation_loss, one.metric)), strict=True)
        ]
        with self.writing():
            if self.has_block(*key):
                return
            self.db.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)", (*key, steps, seconds))
            self.db.executemany("INSERT INTO lane VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self.db.executemany("INSERT INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", points)

    def lanes(self, race: str, contestant: str, rung: str) -> list[Lane]:
        """The lanes of a rung, in order."""
        rung_of, key = "WHERE (race, contestant, rung) = (?, ?, ?) ORDER BY block, lane", (race, contestant, rung)
        points: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        query = f"SELECT block, lane, step, training_loss, validation_loss, metric FROM point {rung_of}, step"
        for block, lane, *values in self.db.execute(query, key):
            points.setdefault((block, lane), []).append(tuple(values))
        lanes = []
        query = f"SELECT block, lane, setting, seed, hyperparameters, {', '.join(LANE_COLUMNS)} FROM lane {rung_of}"
        for block, lane, setting, seed, hyperparameters, *others in self.db.execute(query, key):
            steps, training, validation, metric = np.array(points[block, lane], float).T
            more = dict(zip(LANE_COLUMNS, others, strict=True))
            first = setting, seed, json.loads(hyperparameters), more.pop("diverged_at")
            lanes.append(Lane(*first, steps.astype(int), training, validation, metric, key=(block, lane), **more))
        return lanes

    def rungs(self, race: str) -> dict[str, list[str]]:
        """By contestant, the rungs of which there are blocks, in the order in which they were run."""
        rungs: dict[str, list[str]] = {}
        query = "SELECT contestant, rung FROM block WHERE race = ? GROUP BY contestant, rung ORDER BY min(rowid)"
        for contestant, rung in self.db.execute(query, (race,)):
            rungs.setdefault(contestant, []).append(rung)
        return rungs

    def add_speed(self, race: str, contestant: str, speed: Speed) -> None:
        """Record what one step takes by itself; the first measurement stays."""
        self._write("INSERT OR IGNORE INTO speed VALUES (?, ?, ?, ?, ?, ?, ?)", race, contestant, *speed)

    def speeds(self, race: str) -> dict[str, Speed]:
        """What one step takes by itself, by contestant."""
        query = "SELECT contestant, seconds_per_step, gradients_per_step, low, high, steady FROM speed WHERE race = ?"
        return {
            name: Speed(seconds, gradients, seconds if low is None else low, seconds if high is None else high, bool(steady))
            for name, seconds, gradients, low, high, steady in self.db.execute(query, (race,))
        }

    def add_landmarks(self, race: str, name: str, landmarks: Mapping[int, Landmark]) -> None:
        """Record what a predictor that needs no race comes to, by seed; the first one stays."""
        rows = [(race, name, seed, *map(plain, landmark)) for seed, landmark in landmarks.items()]
        with self.writing():
            self.db.executemany("INSERT OR IGNORE INTO landmark VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def landmarks(self, race: str) -> dict[str, dict[int, Landmark]]:
        """By name and seed."""
        landmarks: dict[str, dict[int, Landmark]] = {}
        query = "SELECT name, seed, validation_loss, validation_metric, test_loss, test_metric FROM landmark WHERE race = ?"
        for name, seed, *values in self.db.execute(query, (race,)):
            landmarks.setdefault(name, {})[seed] = Landmark(*(np.nan if value is None else value for value in values))
        return landmarks

    def add_weights(self, race: str, contestant: str, lane: int, tensors: bytes) -> None:
        """Record the parameters of a contestant's best final lane, as safetensors."""
        self._write("INSERT OR REPLACE INTO weights VALUES (?, ?, ?, ?)", race, contestant, lane, tensors)

    def weights(self, race: str, contestant: str) -> bytes | None:
        """The parameters of a contestant's best final lane, as safetensors."""
        row = self.db.execute("SELECT tensors FROM weights WHERE (race, contestant) = (?, ?)", (race, contestant)).fetchone()
        return None if row is None else row[0]

    def add_probes(self, race: str, contestant: str, steps: np.ndarray, probes: Mapping[str, Float[np.ndarray, "lanes points"]]) -> None:
        """Record the training dynamics of a few of a contestant's lanes; the first recording stays."""
        rows = [
            (race, contestant, name, lane, *point)
            for name, values in probes.items()
            for lane, curve in enumerate(values)
            for point in zip(plain(steps), plain(curve), strict=True)
        ]
        with self.writing():
            self.db.executemany("INSERT OR IGNORE INTO probe VALUES (?, ?, ?, ?, ?, ?)", rows)

    def probes(self, race: str) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
        """By contestant: the steps, and by probe an array, lanes × steps, NaN where there was nothing."""
        points: dict[str, dict[str, list[tuple[int, float | None]]]] = {}
        query = "SELECT contestant, name, step, value FROM probe WHERE race = ? ORDER BY contestant, name, lane, step"
        for contestant, name, *point in self.db.execute(query, (race,)):
            points.setdefault(contestant, {}).setdefault(name, []).append(tuple(point))
        probes = {}
        for contestant, names in points.items():
            steps = np.unique([step for step, _ in next(iter(names.values()))])
            arrays = {name: np.array([value for _, value in curve], float).reshape(-1, len(steps)) for name, curve in names.items()}
            probes[contestant] = steps, arrays
        return probes

    def add_endpoints(self, race: str, contestant: str, endpoints: Mapping[int, JSON | None]) -> None:
        """Record what the endpoints of final lanes are, by their seeds; the first diagnosis stays."""
        rows = [(race, contestant, seed, json.dumps(plain(evidence))) for seed, evidence in endpoints.items()]
        with self.writing():
            self.db.executemany("INSERT OR IGNORE INTO endpoint VALUES (?, ?, ?, ?)", rows)

    def endpoints(self, race: str) -> dict[str, list[dict[str, Any] | None]]:
        """By contestant: what the endpoints of its final lanes are, None for those that diverged."""
        endpoints: dict[str, list[dict[str, Any] | None]] = {}
        query = "SELECT contestant, evidence FROM endpoint WHERE race = ? ORDER BY contestant, seed"
        for contestant, evidence in self.db.execute(query, (race,)):
            endpoints.setdefault(contestant, []).append(json.loads(evidence))
        return endpoints

    def add_time(self, race: str, wall: float, compile_seconds: float) -> None:
        """Add to the time that a race has taken so far."""
        self._write("UPDATE race SET wall = wall + ?, compile = compile + ? WHERE race = ?", wall, compile_seconds, race)

    def finish(self, race: str) -> None:
        """Mark a race as finished, once."""
        self._write("UPDATE race SET finished = coalesce(finished, ?) WHERE race = ?", time.time(), race)

    def work(self, race: str) -> tuple[int, int]:
        """Lanes that were run, and their steps all together."""
        query = "SELECT count(*), coalesce(sum(steps), 0) FROM lane JOIN block USING (race, contestant, rung, block) WHERE race = ?"
        return self.db.execute(query, (race,)).fetchone()


def check_store(path: str | Path) -> None:
    """Find out before the work whether a store can be here; none is made yet. Raises InputError as `Store` does."""
    if Path(path).exists():
        Store(path).close()
    elif not Path(path).parent.is_dir():
        raise InputError(f"store: the folder {Path(path).parent} does not exist; make it, or choose another --store")
