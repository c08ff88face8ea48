"""A finished race: its verdict, ready to be shown, used and studied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import numpy as np
from safetensors.numpy import load

from talweg import checks, dialects
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine import restarts
from talweg.landscape import Diagnosis, diagnose
from talweg.methods import Method, catalogued, factory_named, factory_of
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened
from talweg.racing.recall import raced_problem
from talweg.racing.reruns import reruns
from talweg.results import Figures, Result
from talweg.store import Store
from talweg.studies import landscape as study
from talweg.summary import ContestantSummary, RaceSummary
from talweg.verdict import record
from talweg.verdict.judge import judge

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Best:
    """A contestant ready to use: its method with the tuned hyperparameters, its batch size, and the parameters of its best final run."""

    method: Method | None
    batch: int | str
    hyperparameters: Mapping[str, float]
    params: Params
    about: str = ""  #: a line on what it is and where its hyperparameters come from
    beside: Sequence[str] = ()  #: a sentence for each thing that it does beside choosing steps, which no optimizer has

    def code(self, to: str) -> str:
        """A snippet that runs, with the optimizer and its schedule: `to` is torch, keras, optax, tensorflow or sklearn.

        Its steps are the race's; where the library can't take them, comments say what differs. Raises InputError for a method of
        somebody's own, whose formula no other library knows.
        """
        if self.method is None or not catalogued(factory_of(self.method)):
            raise InputError(
                f"code: {self.about} is a method of your own, whose formula {to} does not know; in Python, tw.torch_optimizer and "
                "talweg.bridges.optax.transformation take the method itself"
            )
        return dialects.code(self.method, to, about="\n# ".join([self.about, *self.beside]))

    def __repr__(self) -> str:
        return f"Best({self.method!r}, batch={self.batch!r})"  # the parameters would fill the screen


class Race(Result):
    """A finished race: `.verdict`, `.table()`, `.best`, `.save(path)`, `.summary`.

    All of it is computed from the store's rows, so a race can be opened again without its problem, but `.best.params` has the
    problem's own structure only with it (a flat list of arrays otherwise), and `.best.method` is known for methods of the catalogue.
    """

    kind: ClassVar[str] = "race"

    def __init__(self, store: Store, name: str | None = None, problem: Problem | None = None, contestants: Sequence[Contestant] = ()):
        row = store.race(name)
        if row.finished is None:
            raise InputError(
                f"race: {row.race} is not finished; run the same command again to go on ({row.run.get('command') or 'tw.race(…)'})"
            )
        self.store, self.name, self.problem, self.contestants = store, row.race, problem, contestants
        self._summary = judge(record.read(store, row))

    @property
    def summary(self) -> RaceSummary:
        return self._summary

    @property
    def verdict(self) -> str:
        """The verdict in plain sentences."""
        return self.summary["verdict"]["text"]

    @property
    def sentences(self) -> list[str]:
        return self.summary["verdict"]["sentences"]

    @property
    def warnings(self) -> list[str]:
        """What to know before believing it: edges of the search, methods that do worse than a case of themselves, doubts."""
        return self.summary["verdict"]["warnings"]

    @property
    def figures(self) -> Figures:
        """Those of the report, by name: curves, speedups, learning_rates, tuning, orders …"""
        from talweg.report import page

        return Figures({name.replace("-", "_"): partial(figure, self.summary) for name, _, figure, _ in page.pictures(self.summary)})

    @property
    def winner(self) -> ContestantSummary:
        """The winner's row of the summary."""
        return self.summary["contestants"][0]

    @property
    def best(self) -> Best:
        """The winner, ready to use."""
        return self.tuned(self.winner["name"])

    def tuned(self, name: str) -> Best:
        """A contestant by its name in the table, ready to use. Raises InputError for an unknown name."""
        row = self._row(name)
        batch = "the whole training set at every step" if row["batch"] == "full" else f"batches of {row['batch']}"
        about = f"{row['label']} with {batch}, as tuned in race {self.name} on {self.summary['problem']['name']}"
        return Best(self.method(name), row["batch"], row["hyperparameters"], self._weights(row, self.problem), about, self._beside(row))

    def _row(self, name: str) -> ContestantSummary:
        rows = {row["name"]: row for row in self.summary["contestants"]}
        return rows[checks.one_of("race", "contestant", name, rows)]

    def _weights(self, row: ContestantSummary, problem: Problem | None) -> Params:
        """The weights of a contestant's best final run; a list of arrays without the problem that knows their structure."""
        tensors = load(self.store.weights(self.name, row["name"]) or b"")
        leaves = [tensors[str(i)] for i in range(len(tensors))]
        if problem is None:
            return leaves
        return jax.tree.unflatten(jax.tree.structure(jax.eval_shape(_learned(row, problem).start, jax.random.key(0))), leaves)

    def _beside(self, row: ContestantSummary) -> list[str]:
        """What code for an optimizer can't say of a row."""
        sentences = []
        if row["restarts"] > 1:
            trainings = restarts.shares(self._steps(row), row["restarts"])
            sentences.append(
                f"train {len(trainings)} times for {trainings[0]:,} steps, each time from fresh weights with a new optimizer, and keep the "
                "weights with the lowest validation loss: that is not in this code"
            )
        if row["width"] > 1:
            sentences.append(f"the hidden layers of the model are {row['width']} times as wide as the problem's: that is not in this code")
        return sentences

    def _steps(self, row: ContestantSummary) -> int:
        """All steps of a lane of a row."""
        batch = row["batch"]
        examples = batch if isinstance(batch, int) else self.summary["problem"]["examples"]
        return row["curves"]["examples"][-1] // (examples * row["gradients_per_step"])

    def method(self, name: str) -> Method | None:
        """The tuned method of a contestant, with its schedule; None for somebody's own in a race that comes from a store."""
        row = self._row(name)
        contestant = next((c for c in self.contestants if c.name == name), None)
        if contestant is None:
            try:
                factory = factory_named("race", row["method"])
            except InputError:
                return None
            contestant = Contestant(name, row["label"], factory, None, schedule=row["schedule"])
        return contestant.method(row["hyperparameters"], restarts.shares(self._steps(row), row["restarts"])[0])

    def table(self) -> pd.DataFrame:
        """The result table, one row for each contestant, in rank order."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.summary["contestants"]]).set_index("rank")

    def landscape(
        self,
        directions: str = "trajectory",
        *,
        split: str = "train",
        contestants: Sequence[str] | None = None,
        points: int = 41,
        line: bool = False,
        problem: Problem | None = None,
        key: int = 0,
    ) -> study.Landscape:
        """The loss landscape around the winner's final weights, with the trajectories of the contestants in it.

        Args:
            directions: "trajectory": the two principal directions of all trajectories together; "random": filter-normalised ones.
            split: the data that the loss is a mean over, "train" or "validation".
            contestants: their names in the table; by default the first nine.
            points: of the slice, on each side.
            line: whether to evaluate the straight line between the endpoints of the two best, too.
            problem: what was raced, for a race from a store whose problem can't be built again from its source.
            key: of random directions.

        Each descends once more, with its tuned hyperparameters and the first seed of the final. Raises InputError for an unknown name or
        word, a problem that is not the one raced or can't be built again, and if no contestant has final weights.
        """
        raced = raced_problem(self, problem)
        trainings, seed, left_out = reruns(self, contestants)
        return study.landscape(
            raced,
            trainings,
            directions,
            seed=seed,
            split=split,
            points=points,
            between=line,
            key=key,
            race=self.name,
            left_out=left_out,
            command=self.summary["run"].get("command"),
        )

    def diagnose(
        self, contestants: Sequence[str] | None = None, *, split: str = "train", problem: Problem | None = None, key: int = 0
    ) -> dict[str, Diagnosis]:
        """What the endpoint of each contestant's best final run is: a minimum, a saddle, not converged …; by label.

        Args:
            contestants: their names in the table; all without it. One whose weights are not finite is left out.
            split: the data that the loss is a mean over, "train" or "validation".
            problem: what was raced, for a race from a store whose problem can't be built again from its source.
            key: of random vectors.

        Raises InputError for an unknown name, and a problem that is not the one raced or can't be built again.
        """
        raced = raced_problem(self, problem)
        diagnoses = {}
        for row in self.summary["contestants"] if contestants is None else map(self._row, contestants):
            params = self._weights(row, raced)
            if all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params)):
                diagnoses[row["label"]] = diagnose(_learned(row, raced), params, method=self.method(row["name"]), split=split, key=key)
        return diagnoses

    def _page(self) -> str:
        from talweg.report import page

        return page.html(self.summary)

    def _repr_html_(self) -> str:
        from talweg.report import fragment

        return fragment.html(self.summary)

    def _name(self) -> str:
        return f"{self.name}, {self.summary['problem']['name']}"


def _learned(row: ContestantSummary, problem: Problem) -> Problem:
    """The problem whose weights a contestant learned: its own, or one with wider hidden layers."""
    return problem if row["width"] == 1 else widened(problem, row["width"])


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {key: row[key] for key in ("rank", "name", "label", "method", "batch", "tied")}
    flat.update(row["hyperparameters"])
    for key in ("steps_to_target", "examples_to_target", "seconds_to_target", "speedup", "final_validation_loss"):
        flat.update({key: row[key]["median"], f"{key}_low": row[key]["low"], f"{key}_high": row[key]["high"]})
    for key in ("metric", "loss"):
        flat[f"test_{key}"] = row["test"][key]["median"] if row["test"][key] else None
    return {**flat, **{key: row[key] for key in ("reached", "diverged")}, "gain_from_tuning": row["default"]["gain_from_tuning"]}
