"""The networks of the page: the data, one training of each method, and the race that gives the verdict.

All of it follows from the state alone, so two pages with the same state share what was computed, and a reload finds it again.
"""

from __future__ import annotations

import atexit
import base64
import dataclasses
import functools
import hashlib
import re
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from talweg.app.state import DATA, Entry, NetworkState
from talweg.checks import InputError
from talweg.contestants.notation import listed
from talweg.figures.surface.grid import numbers
from talweg.problems import Problem, load, read
from talweg.racing import api as racing
from talweg.racing import events
from talweg.racing import result as result_
from talweg.studies.training import Training, predictions
from talweg.studies.training import train as trained

SIDE = 48  #: squares along each side of a picture of what a network says
SHOWN = 300  #: examples that are drawn on it
MARGIN = 0.12  #: around the examples
FILES = 16  #: that were handed in and are kept
SUFFIXES = (".csv", ".tsv", ".parquet")
ROWS_AT_MOST = 200_000
SETTINGS, SEEDS = 16, 8  #: of the race

#: Colours of classes: apart from each other for people who do not see red, green or blue (Okabe & Ito 2008, without black and yellow).
CLASSES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f4fc0", "#96780f", "#626973", "#b0525a")


@functools.cache
def own_folder() -> Path:
    """A folder that goes when the process ends."""
    folder = tempfile.mkdtemp(prefix="talweg-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class Uploads:
    """Files that were handed in, under a name made of their content; the oldest are forgotten."""

    def __init__(self) -> None:
        self._paths: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, content: bytes) -> str:
        """The key of a file. Raises InputError if it is no table that can be read."""
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise InputError(f"network: the file must be a table ({', '.join(SUFFIXES)}), got {Path(name).name!r}")
        stem = re.sub(r"[^\w-]+", "-", Path(name).stem)[:40].strip("-") or "table"
        key = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
        with self._lock:
            try:
                path = own_folder() / key
                path.write_bytes(content)
            except OSError as error:
                why = error.strerror or error
                raise InputError(f"network: {Path(name).name} can't be kept ({why}); make room and try again") from error
            self._paths[key] = path
            self._paths.move_to_end(key)
            while len(self._paths) > FILES:
                self._paths.popitem(last=False)[1].unlink(missing_ok=True)
        self.columns(key)
        return key

    def path(self, key: str) -> Path:
        """Where a file is. Raises InputError if it is not kept (any more)."""
        if key not in self._paths:
            raise InputError(f"network: there is no data set {key!r}; choose one of {', '.join(DATA)}, or hand the file in again")
        return self._paths[key]

    def columns(self, key: str) -> list[str]:
        """The names of the columns of a file."""
        from talweg.problems.tables import files

        path = self.path(key)
        return [name for name, _ in (files.from_parquet(path) if path.suffix == ".parquet" else files.from_text(path, []))]


uploads = Uploads()


@functools.lru_cache(maxsize=8)
def loaded(data: str, target: str, model: str) -> Problem:
    """The data and the network; raises InputError as `tw.problems.load` and `read` do."""
    if data in DATA:
        return load(data, model=model)
    return read(uploads.path(data), target or None, model=model)


def of_state(state: NetworkState) -> Problem:
    """The problem of a state."""
    problem = loaded(state.data, state.target, state.model)
    if problem.examples > ROWS_AT_MOST:
        raise InputError(f"{problem.name}: the page takes at most {ROWS_AT_MOST:,} rows; race it on the command line: talweg race")
    return problem


def named(state: NetworkState, entry: Entry) -> str:
    """A method with the batch of the page, unless it has its own."""
    return entry.name if "@" in entry.name else f"{entry.name}@{state.batch}"


def plane(problem: Problem) -> tuple[np.ndarray, tuple[tuple[float, float], tuple[float, float]]] | None:
    """The corners of a grid over the data, and its ends, if the data have two features; None otherwise."""
    x = np.asarray(problem.train[0])
    if x.ndim != 2 or x.shape[1] != 2:
        return None
    low, high = x.min(axis=0), x.max(axis=0)
    room = MARGIN * np.maximum(high - low, 1e-6)
    ends = tuple((float(a), float(b)) for a, b in zip(low - room, high + room, strict=True))
    across, up = (np.linspace(a, b, SIDE) for a, b in ends)
    grid = np.stack(np.meshgrid(across, up[::-1]), axis=-1).reshape(-1, 2)
    return grid.astype(x.dtype), (ends[0], ends[1])


def shares(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Where values lie between the smallest and the largest of others: 0 to 1."""
    low, high = float(np.min(of)), float(np.max(of))
    return (values - low) / ((high - low) or 1.0)


def picture(problem: Problem) -> dict[str, Any]:
    """What all methods' pictures share: the examples, their classes, the ends of the plane. Empty where there is no plane."""
    drawn = plane(problem)
    if drawn is None:
        return {}
    x, y = np.asarray(problem.train[0])[:SHOWN], np.asarray(problem.train[1])[:SHOWN]
    classes = problem.classes
    shade = y.astype(float) if classes else shares(y, y)
    return {
        "ends": drawn[1],
        "side": SIDE,
        "x": numbers(x[:, 0], 3),
        "y": numbers(x[:, 1], 3),
        "shade": numbers(shade, 3),
        "colours": CLASSES[: len(classes)] if classes and len(classes) <= len(CLASSES) else CLASSES[:2],
        "many": bool(classes and len(classes) > 2),
        "numbers": not classes,
    }


def frames(problem: Problem, training: Training) -> list[str]:
    """What the network says over the plane at every measuring point, one byte for each square: a share of 255, or a class."""
    drawn = plane(problem)
    if drawn is None:
        return []
    outputs = predictions(training.trace.positions, drawn[0])
    if outputs.shape[-1] > 1:
        values = outputs.argmax(axis=-1) % len(CLASSES)
    elif problem.classes:
        values = np.round(255 / (1 + np.exp(-np.clip(np.nan_to_num(outputs[..., 0]), -30, 30))))
    else:
        values = np.round(255 * np.clip(shares(np.nan_to_num(outputs[..., 0]), np.asarray(problem.train[1])), 0, 1))
    return [base64.b64encode(part.astype(np.uint8).tobytes()).decode() for part in values]


CACHED = 64  #: trainings and races that are remembered


def train(state: NetworkState, entry: Entry) -> dict[str, Any]:
    """One method's training as the browser takes it. Raises InputError for hyperparameters out of range."""
    return _trained(dataclasses.replace(state, methods=(), at=-1, theme="auto"), entry)


@functools.lru_cache(maxsize=CACHED)
def _trained(state: NetworkState, entry: Entry) -> dict[str, Any]:
    problem = of_state(state).divided(state.seed)
    (contestant,) = listed(problem, named(state, entry), settings=1)
    training = trained(problem, contestant, state.epochs, hyperparameters=entry.hyperparameters, seed=state.seed)
    trace = training.trace
    return {
        "name": entry.name,
        "label": entry.label,
        "examples": [int(x) for x in trace.examples],
        "loss": numbers(trace.validation_loss),
        "metric": numbers(trace.metric),
        "measured": problem.metric.name if problem.metric else "",
        "percent": bool(problem.metric and problem.metric.percent),
        "rate": training.hyperparameters.get("learning_rate"),
        "tuned": training.tuned,
        "diverged": -1 if trace.diverged_at is None else trace.diverged_at,
        "frames": frames(problem, training),
    }


# ---- the verdict -------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(eq=False)
class Judged:
    """A race that is under way, finished, or failed; shared by all pages that ask for the same."""

    done: float = 0.0
    race: result_.Race | None = None
    trouble: str = ""
    report: Path | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.race is not None or bool(self.trouble)


_races: OrderedDict[str, Judged] = OrderedDict()
_lock = threading.Lock()
_racing = threading.Lock()  #: one race at a time: it takes all cores


def race_key(state: NetworkState) -> str:
    """What a race depends on: not the learning rates, which it finds, nor the step that is shown."""
    names = sorted(named(state, entry) for entry in state.methods)
    text = repr((state.data, state.target, state.model, state.epochs, names))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def judged(state: NetworkState) -> Judged | None:
    """The race of this state, if it was asked for."""
    return _races.get(race_key(state))


def judge(state: NetworkState, wanted: Callable[[], bool] = lambda: True) -> Judged:
    """Race the ticked methods fairly, each tuned alike; returns when it is over. Not begun once the page is closed."""
    key = race_key(state)
    with _lock:
        known = _races.get(key)
        if known is None or known.trouble:  # what failed may be tried again
            known = _races[key] = Judged()
            while len(_races) > CACHED:
                _races.popitem(last=False)
    if known.over:
        return known
    with _racing:
        if not known.over and wanted():
            _race(state, known, key)
        elif not known.over:
            _races.pop(key, None)
            known.trouble = "the race was not begun, since its page was closed"
    return known


def _race(state: NetworkState, known: Judged, key: str) -> None:
    def listen(event: events.Event) -> None:
        if isinstance(event, events.Going):
            known.done = event.done

    names = ",".join(named(state, entry) for entry in state.methods)
    try:
        race = racing.race(of_state(state), names, epochs=state.epochs, settings=SETTINGS, seeds=SEEDS, listener=listen)
        known.report = race.save(own_folder() / f"{key}.html")
        known.race = race
    except InputError as error:
        known.trouble = str(error)
    except Exception as error:  # whatever it is, the page must say so and go on
        known.trouble = f"the race failed: {error}"
        raise


def report_of(key: str) -> Path | None:
    """The report of a race by its key."""
    known = _races.get(key)
    return known.report if known is not None else None
