"""A finished race: its verdict, ready to be shown, used and studied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import jax
import numpy as np
from safetensors.numpy import load

from talweg import dialects, programs
from talweg.checks import InputError
from talweg.contestants import lookup
from talweg.contestants.contestant import Contestant
from talweg.engine import restarts
from talweg.landscape import Diagnosis, diagnose
from talweg.methods import Method, catalogued, factory_named, factory_of
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened
from talweg.racing import training
from talweg.racing.recall import raced_problem, source_of
from talweg.racing.reruns import reruns
from talweg.results import Figures, Result
from talweg.store import Store
from talweg.studies import initialisations
from talweg.studies import landscape as study
from talweg.summary import ContestantSummary, RaceSummary
from talweg.summary.studies import InitialisationRow
from talweg.text import initialisations as initialisation_words
from talweg.text.format import bare
from talweg.verdict import quality, record
from talweg.verdict.judge import judge

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Best:
    """A contestant ready to use: its method with the tuned hyperparameters and schedule, its batch size, how long to train, and the
    parameters of its best final run. Of what is recommended, also what to expect."""

    method: Method | None
    batch: int | str
    hyperparameters: Mapping[str, float]
    params: Params
    steps: int  #: how long to train
    epochs: float  #: the same in passes over the training data
    schedule: str  #: how the learning rate changes
    label: str
    about: str = ""  #: a line on what it is and where its hyperparameters come from
    beside: Sequence[str] = ()  #: a sentence for each thing that it does beside choosing steps, which no optimizer has
    expected: Mapping[str, Any] = field(default_factory=dict)  #: the summary's `recommendation`; empty of another contestant
    reason: str | None = None  #: why nothing is recommended; the method is None then

    def code(self, to: str) -> str:
        """A snippet that runs, with the optimizer and its schedule: `to` is torch, keras, optax, tensorflow or sklearn.

        Its steps are the race's; where the library can't take them, comments say what differs. Raises InputError for a method of
        somebody's own, whose formula no other library knows.
        """
        if self.method is None and self.reason:
            raise InputError(f"code: nothing is recommended: {self.reason}; name a contestant (--method) to have its code all the same")
        if self.method is None or not catalogued(factory_of(self.method)):
            raise InputError(
                f"code: {self.about} is a method of your own, whose formula {to} does not know; in Python, tw.torch_optimizer and "
                "talweg.bridges.optax.transformation take the method itself"
            )
        return dialects.code(self.method, to, about="\n# ".join([self.about, *self.beside]))

    def __repr__(self) -> str:
        if self.method is None and self.reason:
            return f"Best(None: {self.reason})"
        return f"Best({self.method!r}, batch={self.batch!r}, steps={self.steps})"  # the parameters would fill the screen


class Race(Result):
    """A finished race: `.verdict`, `.table()`, `.best`, `.save(path)`, `.summary`.

    All of it is computed from the store's rows, so a race can be opened again without its problem, but `.best.params` has the
    problem's own structure only with it (a flat list of arrays otherwise), and `.best.method` is known for methods of the catalogue.
    """

    kind: ClassVar[str] = "race"

    def __init__(
        self,
        store: Store,
        name: str | None = None,
        problem: Problem | None = None,
        contestants: Sequence[Contestant] = (),
        *,
        count: str = "time",
        stopped: bool = False,
    ):
        row = store.race(name, self.kind)
        if row.finished is None and not stopped:
            raise InputError(
                f"race: {row.race} is not finished; run the same command again to go on ({row.run.get('command') or 'tw.race(…)'})"
            )
        self.store, self.name, self.problem, self.contestants = store, row.race, problem, contestants
        self._summary = judge(record.read(store, row), count)

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
        """The row of what is recommended; of the first in rank where nothing is."""
        return self._row(self.summary["recommendation"]["name"] or self.summary["contestants"][0]["name"])

    @property
    def recommendation(self) -> Best:
        """What to use: `.method` ready for `tw.torch_optimizer`, `.batch`, `.steps`; where it is nothing, no method and a `.reason`."""
        expected = self.summary["recommendation"]
        best = replace(self.tuned(self.winner["name"]), label=expected["label"] or "", expected=expected, reason=expected["reason"])
        return best if expected["method"] else replace(best, method=None)

    @property
    def best(self) -> Best:
        """The same as `recommendation`."""
        return self.recommendation

    def tuned(self, name: str | int) -> Best:
        """A contestant by its name, label or rank in the table, ready to use. Raises InputError for an unknown one."""
        row = self._row(name)
        batch = "the whole training set at every step" if row["batch"] == "full" else f"batches of {row['batch']}"
        trained = f"{bare(row['label'], {}, row['batch'])} with {batch} for {row['steps']:,} steps"
        about = f"{trained}, as tuned in race {self.name} on {self.summary['problem']['name']}"
        return Best(
            self.method(name),
            row["batch"],
            row["hyperparameters"],
            self._weights(row, self.problem),
            row["steps"],
            row["epochs"],
            row["schedule"],
            row["label"],
            about,
            self._beside(row),
        )

    def program(self, to: str = "torch", name: str | int | None = None, *, problem: Problem | None = None) -> str:
        """A whole program that trains what is recommended, or a contestant, as a person of that library writes it; without talweg.

        Data, split, model, optimizer, length and evaluation are the race's; of what is recommended the interval for new data is checked
        at its end. Raises InputError where there is none, with the reason: then `.code(to)` has the optimizer alone.

        Args:
            to: the library, torch or optax.
            name: of a contestant: its name, label or rank in the table; without it, what is recommended.
            problem: what was raced, for a race from a store whose problem can't be built again from its source.
        """
        best = self.best if name is None else self.tuned(name)
        best.code("torch")  # refuses what is no method of the catalogue, and nothing
        assert best.method is not None
        known = self.problem if problem is None else problem
        row = self.store.race(self.name)
        programs.check(row.problem["name"], source_of(row) if known is None else known.source, to)  # before a table is read again
        raced = raced_problem(self, problem, "program")
        expected = best.expected.get("expected_on_new_data")
        return programs.program(programs.Recipe(best.about, raced, best.method, best.batch, best.steps, expected, tuple(best.beside)), to)

    def _row(self, name: str | int) -> ContestantSummary:
        row: ContestantSummary = lookup.named("race", self.summary["contestants"], name)
        return row

    def _weights(self, row: ContestantSummary, problem: Problem | None) -> Params:
        """The weights of a contestant's best final run; a list of arrays without the problem that knows their structure."""
        tensors = load(self.store.weights(self.name, row["name"]) or b"")
        leaves = [tensors[str(i)] for i in range(len(tensors))]
        if problem is None:
            return leaves
        return jax.tree.unflatten(jax.tree.structure(jax.eval_shape(_learned(row, problem).start, jax.random.key(0))), leaves)

    def _best_seed(self, row: ContestantSummary) -> int:
        """The seed of a contestant's best final run, whose weights are kept: the first one with the lowest last validation loss."""
        lanes = self.store.lanes(self.name, row["name"], "final")
        return min(lanes, key=lambda lane: (quality.final_loss(lane), lane.key)).seed

    def _beside(self, row: ContestantSummary) -> list[str]:
        """What code for an optimizer can't say of a row."""
        sentences = []
        if row["restarts"] > 1:
            trainings = restarts.shares(row["steps"], row["restarts"])
            sentences.append(
                f"train {len(trainings)} times for {trainings[0]:,} steps, each time from fresh weights with a new optimizer, and keep the "
                "weights with the lowest validation loss: that is not in this code"
            )
        if row["width"] > 1:
            sentences.append(f"the hidden layers of the model are {row['width']} times as wide as the problem's: that is not in this code")
        return sentences

    def method(self, name: str | int) -> Method | None:
        """The tuned method of a contestant, with its schedule; None for somebody's own in a race that comes from a store."""
        row = self._row(name)
        contestant = self._contestant(row)
        if contestant is None:
            return None
        return contestant.method(row["hyperparameters"], restarts.shares(row["steps"], row["restarts"])[0], row["schedule"])

    def _contestant(self, row: ContestantSummary) -> Contestant | None:
        """The contestant of a row, as far as training needs it; None for somebody's own method in a race that comes from a store."""
        known = next((c for c in self.contestants if c.name == row["name"]), None)
        if known is not None:
            return known
        try:
            factory = factory_named("race", row["method"])
        except InputError:
            return None
        size = None if isinstance(row["batch"], str) else row["batch"]
        return Contestant(row["name"], row["label"], factory, size, restarts=row["restarts"], width=row["width"])

    def train(self, seed: int = 0, *, problem: Problem | None = None) -> training.Trained:
        """What is recommended, trained on all rows (training, validation and test) for the same number of steps: `.predict(rows)`.

        Args:
            seed: of the start and the order of examples.
            problem: what was raced, for a race from a store whose problem can't be built again from its source.

        Raises InputError where nothing is recommended, for restarts, a function without rows, a problem that is not the one raced or can't
        be built again, and if the training diverges.
        """
        return training.train(training.ready(self, problem), seed)

    def initialisations(self, problem: Problem | None = None) -> list[InitialisationRow]:
        """How much it matters how weights start: what is recommended, trained with every initialisation on the same fresh seeds.

        From then on, summary, verdict and report have it, too. Raises InputError where nothing is recommended, for a function or a
        model of one's own, and for a problem that is not the one raced or can't be built again.
        """
        best, row = self.recommendation, self.winner
        contestant = self._contestant(row)
        if best.method is None or contestant is None:
            raise InputError(f"init: {best.reason or f'{best.label} is a method of your own, which the store does not know'}")
        if self.summary["initialisations"] is None:
            raced = raced_problem(self, problem)
            seeds = np.random.SeedSequence((self.summary["run"]["seed"], 77)).generate_state(initialisations.SEEDS).tolist()
            rows = initialisations.initialisations(raced, contestant, row["hyperparameters"], row["steps"], row["schedule"], seeds)
            words = initialisation_words.sentence(cast("list[Any]", rows))
            self.summary["initialisations"] = rows
            self.summary["verdict"]["sentences"].append(words)
            self.summary["verdict"]["text"] += f" {words}"
        return self.summary["initialisations"] or []

    def table(self) -> pd.DataFrame:
        """The result table, one row for each contestant, in rank order."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.summary["contestants"]]).set_index("rank")

    def landscape(
        self,
        directions: str = "trajectory",
        *,
        split: str = "train",
        contestants: str | Sequence[str | int] | None = None,
        points: int = 41,
        line: bool = False,
        problem: Problem | None = None,
        key: int = 0,
    ) -> study.Landscape:
        """The loss landscape around the winner's final weights, with the trajectories of the contestants in it.

        Args:
            directions: "trajectory": the two principal directions of all trajectories together; "random": filter-normalised ones.
            split: the data that the loss is a mean over, "train" or "validation".
            contestants: their names, labels or ranks in the table; by default the first nine.
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
        self, contestants: str | Sequence[str | int] | None = None, *, split: str = "train", problem: Problem | None = None, key: int = 0
    ) -> dict[str, Diagnosis]:
        """What the endpoint of each contestant's best final run is: a minimum, a saddle, not converged …; by label.

        Args:
            contestants: their names, labels or ranks in the table; all without it. One whose weights are not finite is left out.
            split: the data that the loss is a mean over, "train" or "validation", as the run had them.
            problem: what was raced, for a race from a store whose problem can't be built again from its source.
            key: of random vectors.

        Raises InputError for an unknown name, and a problem that is not the one raced or can't be built again.
        """
        raced = raced_problem(self, problem)
        diagnoses = {}
        rows = self.summary["contestants"]
        for row in rows if contestants is None else lookup.all_named("race", rows, contestants):
            params = self._weights(row, raced)
            if all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params)):
                learned, method = _learned(row, raced).divided(self._best_seed(row)), self.method(row["name"])
                diagnoses[row["label"]] = diagnose(learned, params, method=method, split=split, key=key)
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
    flat: dict[str, Any] = {key: row[key] for key in ("rank", "name", "label", "method", "batch", "tied", "schedule", "steps", "epochs")}
    flat.update(row["hyperparameters"])
    means = {"validation_loss": row["validation_loss"], "validation_metric": row["validation_metric"], "excess": row["excess"]}
    means |= {f"test_{key}": row["test"][key] for key in ("metric", "loss")}
    for key, numbers in means.items():
        flat.update({key: None, f"{key}_low": None, f"{key}_high": None} if numbers is None else _ends(key, numbers, "mean"))
    for key in ("steps", "examples", "gradients", "seconds"):
        flat.update(_ends(f"{key}_to_target", row["to_target"][key], "value"))
    flat.update(_ends("speedup", row["to_target"]["speedup"], "value"))
    flat["gain_from_tuning"] = row["default"]["gain"]["mean"] if row["default"] else None
    return {**flat, **{key: row[key] for key in ("training_seconds", "failed", "diverged", "why")}}


def _ends(key: str, numbers: Mapping[str, float | None], middle: str) -> dict[str, float | None]:
    return {key: numbers[middle], f"{key}_low": numbers["low"], f"{key}_high": numbers["high"]}
