"""The tables of a store, and how a file of an older format becomes one of this format."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from talweg.checks import InputError

APPLICATION = 0x74616C77  # "talw", in the file's header: how a talweg store is known
FORMAT = 3  #: `PRAGMA user_version` of the files that this version writes

_CONTESTANT = "race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL"
_BLOCK = f"{_CONTESTANT}, rung TEXT NOT NULL, block INTEGER NOT NULL"
_LANE = f"{_BLOCK}, lane INTEGER NOT NULL"

#: By table: its columns and key.
TABLES = {
    "race": """(race TEXT PRIMARY KEY, created REAL NOT NULL, finished REAL, problem TEXT NOT NULL, plan TEXT NOT NULL, run TEXT NOT NULL,
        wall REAL NOT NULL DEFAULT 0, compile REAL NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT '{}')""",
    "speed": f"""({_CONTESTANT}, seconds_per_step REAL NOT NULL, gradients_per_step INTEGER NOT NULL,
        low REAL, high REAL, steady INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (race, contestant))""",
    "block": f"""({_BLOCK}, steps INTEGER NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (race, contestant, rung, block))""",
    "lane": f"""({_LANE}, setting INTEGER NOT NULL, seed INTEGER NOT NULL, hyperparameters TEXT NOT NULL, diverged_at INTEGER,
        test_loss REAL, test_metric REAL,
        schedule TEXT NOT NULL DEFAULT 'constant', row_deviation REAL, PRIMARY KEY (race, contestant, rung, block, lane))""",
    "point": f"""({_LANE}, step INTEGER NOT NULL, training_loss REAL, validation_loss REAL, metric REAL,
        PRIMARY KEY (race, contestant, rung, block, lane, step)) WITHOUT ROWID""",
    "weights": f"""({_CONTESTANT}, lane INTEGER NOT NULL, tensors BLOB NOT NULL, PRIMARY KEY (race, contestant))""",
    "probe": f"""({_CONTESTANT}, name TEXT NOT NULL, lane INTEGER NOT NULL, step INTEGER NOT NULL, value REAL,
        PRIMARY KEY (race, contestant, name, lane, step)) WITHOUT ROWID""",
    "landmark": """(race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, name TEXT NOT NULL, seed INTEGER NOT NULL, validation_loss REAL,
        validation_metric REAL, test_loss REAL, test_metric REAL, PRIMARY KEY (race, name, seed)) WITHOUT ROWID""",
    "endpoint": f"""({_CONTESTANT}, seed INTEGER NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (race, contestant, seed)) WITHOUT ROWID""",
}

#: Format 2 has other keys in the JSON of a problem and of an endpoint, and another name for one value. Quotes inside of a string are
#: escaped in JSON, so that nothing but keys and whole values matches.
PROBLEM = (('"measure": ', '"metric": '), ('"measure_percent": ', '"metric_percent": '), ('"lowest": ', '"optimum": '))
EVIDENCE = (
    ('"kind": "slope"', '"point": "not converged"'),
    ('"kind": ', '"point": '),
    ('"slope": ', '"gradient_norm": '),
    ('"slope_rounding": ', '"gradient_rounding": '),
    ('"slope_sampling": ', '"gradient_sampling": '),
    ('"way": ', '"initial_gap": '),
)

#: By format, the statements that make the next one of it. A store of any age is brought up by all that follow its own.
MIGRATIONS: dict[int, tuple[str, ...]] = {
    # The words of the field; the two tables that were made only when they were needed are always there; where a problem came from is kept;
    # its optimum stands beside the facts, too, with all its digits.
    1: (
        "ALTER TABLE race ADD COLUMN origin TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE lane RENAME COLUMN test_measure TO test_metric",
        "ALTER TABLE point RENAME COLUMN measure TO metric",
        *(f"UPDATE race SET problem = replace(problem, '{old}', '{new}')" for old, new in PROBLEM),
        "UPDATE race SET problem = json_set(problem, '$.optimum', json(problem -> '$.facts.optimum'))",
        f"CREATE TABLE IF NOT EXISTS probe {TABLES['probe']}",
        f"CREATE TABLE IF NOT EXISTS ending {TABLES['endpoint']}",
        "ALTER TABLE ending RENAME TO endpoint",
        *(f"UPDATE endpoint SET evidence = replace(evidence, '{old}', '{new}')" for old, new in EVIDENCE),
    ),
    # Protocol 2: landmarks, a schedule for each lane, and how far two measurements of a step are apart.
    2: (
        "ALTER TABLE speed ADD COLUMN low REAL",
        "ALTER TABLE speed ADD COLUMN high REAL",
        "ALTER TABLE speed ADD COLUMN steady INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE lane ADD COLUMN schedule TEXT NOT NULL DEFAULT 'constant'",
        "ALTER TABLE lane ADD COLUMN row_deviation REAL",
        f"CREATE TABLE IF NOT EXISTS landmark {TABLES['landmark']}",
    ),
}


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make an empty file a store, and bring an older one to this format: in one transaction each, so a crash leaves it as it was.

    Raises InputError for a file that is not a store or is of a newer format.
    """
    # in this order: another process may be making the store just now, and commits tables and numbers at once
    made = _tables(db) > 0
    if made and db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise InputError(f"store: {path} is not a talweg store but another SQLite file; choose another --store")
    if made and _format(db) > FORMAT:
        raise InputError(f"store: {path} was made by a newer talweg; update talweg or choose another --store")
    if not made:
        db.execute("PRAGMA journal_mode = WAL")
        with transaction(db):
            if not _tables(db):  # no other process was faster
                tables = [f"CREATE TABLE {name} {columns}" for name, columns in TABLES.items()]
                for statement in (*tables, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {FORMAT}"):
                    db.execute(statement)
    while (older := _format(db)) < FORMAT:
        with transaction(db):
            if _format(db) == older:
                for statement in (*MIGRATIONS[older], f"PRAGMA user_version = {older + 1}"):
                    db.execute(statement)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; other writers wait."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _tables(db: sqlite3.Connection) -> int:
    return db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _format(db: sqlite3.Connection) -> int:
    return db.execute("PRAGMA user_version").fetchone()[0]
