"""Problems that need no file, by name: data sets that need no download, and surfaces."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from talweg import checks
from talweg.checks import InputError
from talweg.problems import losses, synthetic
from talweg.problems.base import Problem
from talweg.problems.quadratic import quadratic_deep
from talweg.problems.source import Source
from talweg.problems.supervised import DEFAULT_MODEL, from_arrays
from talweg.problems.surfaces import surface as surfaces

ROWS = 1000
OF_MODEL = ("model", "init")
SETTINGS = (*OF_MODEL, "loss", "task", "metric")

#: features and target, the same at every call.
Builder = Callable[..., tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class DatasetEntry:
    """A row of the catalogue: arrays to learn from, or a complete problem."""

    name: str
    description: str  #: one line
    source: str
    builder: (
        Builder | Callable[..., Problem]
    )  #: a complete problem's is called with its options, and with the model and its init if asked for
    model: str | None = DEFAULT_MODEL  #: the model if none is asked for; None for a complete problem

    @property
    def takes(self) -> tuple[str, ...]:
        """What may be asked for."""
        return SETTINGS if self.model is not None else tuple(set(OF_MODEL) & inspect.signature(self.builder).parameters.keys())

    @property
    def options(self) -> tuple[str, ...]:
        """The whole numbers that may follow the name, as in `parity:bits=5`."""
        return tuple(word for word in inspect.signature(self.builder).parameters if word not in OF_MODEL)


@dataclass(frozen=True)
class FromSklearn:
    """A builder by a function of `sklearn.datasets`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=lambda: {"return_X_y": True})

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        from sklearn import datasets

        x, y = getattr(datasets, self.name)(**self.options)
        return (x.reshape(-1, 8, 8) if self.name == "load_digits" else x), y

    def __str__(self) -> str:
        """The call as it is written."""
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"


def find(text: str) -> DatasetEntry | None:
    """The row that a name means, with or without options; None if it is not in the catalogue."""
    entry = CATALOGUE.get(text.partition(":")[0].strip())
    return entry if entry is not None and (entry.options or text == entry.name) else None


def load(
    name: str,
    *,
    model: str | None = None,
    init: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    metric: str | None = None,
    seed: int = 0,
) -> Problem:
    """The named data set or surface, or a formula. The data are the same for every seed; the split follows `seed`.

    Raises InputError for an unknown name, option or setting, for a setting that a complete problem has of its own, and as `surface`
    does.
    """
    settings: dict[str, Any] = {"model": model, "init": init, "loss": losses.named(loss), "task": task, "metric": metric}
    entry = find(name) if isinstance(name, str) else None
    if entry is None and isinstance(name, str) and surfaces.is_surface(name):
        _refuse(name, settings, "is a fixed function with its own loss and no model")
        return surfaces.surface(name).problem()
    if entry is None:
        entry = CATALOGUE[checks.one_of("problem", "name", name, [*CATALOGUE, *surfaces.SURFACES])]
    own = {word: value for word, value in settings.items() if word not in entry.takes}
    _refuse(name, own, "has its own loss and task" if entry.takes else "is a fixed function with its own loss and no model")
    own_model = {} if entry.model is not None else {word: settings[word] for word in OF_MODEL if settings[word] is not None}
    built = entry.builder(**_options(name, entry), **own_model)
    if isinstance(built, Problem):
        return dataclasses.replace(built, name=name, source=Source.of("catalogue", name, **own_model))
    problem = from_arrays(*built, **{**settings, "model": model or entry.model}, name=name, seed=seed)
    return dataclasses.replace(problem, source=Source.of("catalogue", name, **settings, seed=seed))


def _refuse(name: str, settings: dict[str, str | None], why: str) -> None:
    """Refuse settings for a problem that has its own."""
    forbidden = [word for word, value in settings.items() if value is not None]
    if forbidden:
        raise InputError(f"{name}: this problem {why}; leave out {' and '.join(forbidden)}")


def _options(text: str, entry: DatasetEntry) -> dict[str, int]:
    """`parity:bits=5` as whole numbers."""
    numbers = surfaces.read_options(entry.name, text.partition(":")[2], list(entry.options))
    for option, value in numbers.items():
        if not value.is_integer():
            raise InputError(f"{entry.name}: {option} must be a whole number, got {value:g}")
    return {option: int(value) for option, value in numbers.items()}


def _spirals() -> tuple[np.ndarray, np.ndarray]:
    """Two arms of one and a half turns, the second the first one turned by half a turn."""
    generator = np.random.default_rng(0)
    turn = 3 * np.pi * np.sqrt(generator.uniform(0.02, 1, ROWS // 2))
    arm = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1)
    x = np.concatenate([arm, -arm]) + generator.normal(0, 0.4, (ROWS, 2))
    return x, np.repeat([0, 1], ROWS // 2)


def _xor() -> tuple[np.ndarray, np.ndarray]:
    """Four clouds around (±1, ±1); the label says whether the signs of the centre differ."""
    generator = np.random.default_rng(0)
    centre = np.tile([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]], (ROWS // 4, 1))
    return centre + generator.normal(0, 0.45, centre.shape), (centre.prod(1) < 0).astype(int)


MOONS = FromSklearn("make_moons", {"n_samples": ROWS, "noise": 0.2, "random_state": 0})
CIRCLES = FromSklearn("make_circles", {"n_samples": ROWS, "noise": 0.1, "factor": 0.5, "random_state": 0})

DATA: tuple[tuple[Any, ...], ...] = (
    ("digits", "1,797 images of 8 × 8 pixels, ten digits", "scikit-learn (UCI)", FromSklearn("load_digits")),
    ("breast_cancer", "569 tumours, 30 features, benign or malignant", "scikit-learn (UCI)", FromSklearn("load_breast_cancer")),
    ("wine", "178 wines, 13 features, three growers", "scikit-learn (UCI)", FromSklearn("load_wine")),
    ("iris", "150 flowers, 4 features, three species", "scikit-learn (Fisher 1936)", FromSklearn("load_iris")),
    ("diabetes", "442 patients, 10 features, progress of the disease", "scikit-learn (Efron 2004)", FromSklearn("load_diabetes")),
    ("moons", "1,000 points in two half moons, noisy", "scikit-learn make_moons", MOONS),
    ("circles", "1,000 points in two rings, noisy", "scikit-learn make_circles", CIRCLES),
    ("spirals", "1,000 points on two spiral arms, noisy", "talweg", _spirals, "mlp:32,32"),
    ("xor", "1,000 points in four clouds, labelled by exclusive or", "talweg", _xor),
)
TEACHER = "what one network of 6 rectified units says, learned by another such: bad minima; or teacher-student:units=2 … 64"
COMPLETE: tuple[tuple[str, str, str, Callable[..., Problem]], ...] = (
    ("quadratic_deep", "a noisy quadratic bowl in 100 dimensions, 10 of them steep", "DeepOBS", quadratic_deep),
    ("xor-2-2-1", "exclusive or for the smallest network that can: plateaus and valleys to infinity", synthetic.XOR, synthetic.xor),
    ("parity", "is the number of ones among 4 bits odd? Every bit matters; or parity:bits=2 … 10", synthetic.PARITY, synthetic.parity),
    ("two-spirals", "194 points on two spiral arms of three turns", synthetic.SPIRALS, synthetic.two_spirals),
    ("deep-linear", "a linear map learned by three layers: saddles, and no bad minimum", synthetic.LINEAR, synthetic.deep_linear),
    ("teacher-student", TEACHER, synthetic.TEACHER, synthetic.teacher_student),
)
CATALOGUE = {row[0]: DatasetEntry(*row) for row in DATA} | {row[0]: DatasetEntry(*row, model=None) for row in COMPLETE}
