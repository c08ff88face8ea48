"""Problems that need no file, by name: data sets that need no download, and surfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from talweg import checks
from talweg.checks import InputError
from talweg.problems import surfaces
from talweg.problems.base import Problem
from talweg.problems.learning import DEFAULT_MODEL, learning
from talweg.problems.quadratic import quadratic_deep

ROWS = 1000

#: features and target, the same at every call.
Builder = Callable[[], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class DatasetEntry:
    """A row of the catalogue."""

    name: str
    description: str  #: one line
    source: str
    builder: Builder | Callable[[], Problem]
    model: str | None = DEFAULT_MODEL  #: the model if none is asked for; None where the problem is complete as it is


def load(name: str, *, model: str | None = None, loss: str | None = None, task: str | None = None, seed: int = 0) -> Problem:
    """The named data set or surface, or a formula. The data are the same for every seed; the split follows `seed`.

    Raises InputError for an unknown name, model, loss or task, for a model, loss or task with a problem that has its own, and as
    `surface` does.
    """
    if isinstance(name, str) and name not in CATALOGUE and surfaces.is_surface(name):
        _alone(name, model, loss, task)
        return surfaces.surface(name).problem()
    entry = CATALOGUE[checks.one_of("problem", "name", name, [*CATALOGUE, *surfaces.SURFACES])]
    if entry.model is None:
        _alone(name, model, loss, task)
    built = entry.builder()
    if isinstance(built, Problem):
        return built
    return learning(*built, name=name, model=model or entry.model or DEFAULT_MODEL, loss=loss, task=task, seed=seed)


def _alone(name: str, model: str | None, loss: str | None, task: str | None) -> None:
    """Refuse a model, loss or task for a problem that has its own."""
    given = [word for word, value in (("model", model), ("loss", loss), ("task", task)) if value is not None]
    if given:
        raise InputError(f"{name}: this problem is a fixed function with its own loss and no model; leave out {' and '.join(given)}")


def _sklearn(name: str, features: str = "data") -> Builder:
    def build() -> tuple[np.ndarray, np.ndarray]:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")()
        return bunch[features], bunch["target"]

    return build


def _moons() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_moons

    return make_moons(ROWS, noise=0.2, random_state=0)


def _circles() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_circles

    return make_circles(ROWS, noise=0.1, factor=0.5, random_state=0)


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


CATALOGUE: dict[str, DatasetEntry] = {
    entry.name: entry
    for entry in (
        DatasetEntry("digits", "1,797 images of 8 × 8 pixels, ten digits", "scikit-learn (UCI)", _sklearn("digits", "images")),
        DatasetEntry("breast_cancer", "569 tumours, 30 measures, benign or malignant", "scikit-learn (UCI)", _sklearn("breast_cancer")),
        DatasetEntry("wine", "178 wines, 13 measures, three growers", "scikit-learn (UCI)", _sklearn("wine")),
        DatasetEntry("iris", "150 flowers, 4 measures, three species", "scikit-learn (Fisher 1936)", _sklearn("iris")),
        DatasetEntry("diabetes", "442 patients, 10 measures, progress of the disease", "scikit-learn (Efron 2004)", _sklearn("diabetes")),
        DatasetEntry("moons", "1,000 points in two half moons, noisy", "scikit-learn make_moons", _moons),
        DatasetEntry("circles", "1,000 points in two rings, noisy", "scikit-learn make_circles", _circles),
        DatasetEntry("spirals", "1,000 points on two spiral arms, noisy", "talweg", _spirals, model="mlp:32,32"),
        DatasetEntry("xor", "1,000 points in four clouds, labelled by exclusive or", "talweg", _xor),
        DatasetEntry("quadratic_deep", "a noisy quadratic bowl in 100 dimensions, 10 of them steep", "DeepOBS", quadratic_deep, model=None),
    )
}
