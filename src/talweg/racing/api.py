"""`race(problem)`: from a problem to a verdict."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
from safetensors.numpy import load

from talweg import checks, dialects, schedules, verdict
from talweg.checks import InputError, InputTypeError
from talweg.contestants.contestant import Contestant
from talweg.contestants.remedies import line_up
from talweg.engine import restarts
from talweg.engine.cost import traced_step
from talweg.engine.environment import machine, versions
from talweg.methods import Method, catalogued, factory_named, factory_of
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened
from talweg.racing import events
from talweg.racing.plan import Goal, Plan, checked, identity
from talweg.racing.runner import Engine
from talweg.store import RaceRow, Store
from talweg.verdict import record

if TYPE_CHECKING:
    import pandas as pd

    from talweg.landscape import Diagnosis
    from talweg.studies.landscape import Landscape


def race(
    problem: Problem,
    methods: str | Sequence[str | Method | type[Method]] | Mapping[str, Any] | None = None,
    *,
    epochs: float | None = None,
    budget: float | None = None,
    settings: int = 64,
    seeds: int = 16,
    goal_loss: float | None = None,
    goal_accuracy: float | None = None,
    schedule: str = "constant",
    seed: int = 0,
    store: str | os.PathLike[str] | None = None,
    listener: events.Listener = events.silent,
    command: str | None = None,
    probes: bool = False,
    remedies: str | Sequence[str] | None = None,
) -> Race:
    """Which method is fastest on this problem, with which numbers, and how sure is that?

    Args:
        problem: what to minimise: `tw.problems.load("digits")`, `tw.problems.read("data.csv", target="y")`, or `tw.Problem(…)`.
        methods: `"adam,sgd@1,momentum@32:momentum=0.99"`, a list of such texts, method classes and methods with numbers (raced with
            just these), or a mapping of names to them; by default the article's nine.
        epochs: the budget of each lane in passes over the training data; by default 512 / √n, at most 100.
        budget: instead, the seconds that the whole race may take: the speed is measured, the epochs are chosen and recorded.
        settings: how many settings of each method are tried.
        seeds: how many fresh seeds the best setting is reported on.
        goal_loss, goal_accuracy: the target; by default the problem's own (`facts["goal_loss"]`), or where tuned mini-batch gradient
            descent has gone 95 % of its way.
        schedule: how the learning rate changes, a name of `tw.schedules.CATALOGUE`.
        seed: of the settings and of all other seeds.
        store: the SQLite file; a race that is already in it is not run again, an unfinished one goes on. By default a temporary one.
        listener: is told how the race goes (`talweg.racing.events`).
        command: how the race was started, for the record.
        probes: whether to look inside the methods, too, on a few seeds of the final: effective learning rates, gradients, turns. It
            changes no result, and may be asked of a race that is finished.
        remedies: against local minima, each added to every method: `"noise,wider"` or a list of names of
            `talweg.contestants.remedies.REMEDIES`; `"all"` leaves out what this problem can't have, and says so.

    Raises:
        InputError: something about the problem, a name or a number, in one sentence, before anything is compiled.
    """
    if not isinstance(problem, Problem):
        raise InputTypeError(f"race: problem must be a Problem such as tw.problems.load('digits'), got {problem!r}")
    if goal_loss is not None and goal_accuracy is not None:
        raise InputError("race: give either a goal loss or a goal accuracy, not both")
    if goal_loss is None and goal_accuracy is None:
        goal_loss = problem.facts.get("goal_loss")  # a problem may know where to stop
    goal = Goal("loss", goal_loss) if goal_accuracy is None else Goal("accuracy", goal_accuracy)
    checks.whole("race", "settings", settings)
    contestants, left_out = line_up(problem, methods, settings, schedule, remedies)
    plan = checked(problem, contestants, settings, seeds, epochs, seed, goal, budget)
    if store is None:
        folder = tempfile.mkdtemp(prefix="talweg-")
        store = Path(folder) / "talweg.db"
    with_store = Store(Path(store))
    name = identity(problem.fingerprint(), {**plan.describe(), **_own_formulas(problem, plan)})
    run = {"command": command, "versions": versions(), "machine": machine(), **({"left_out": left_out} if left_out else {})}
    row = with_store.enter(name, describe(problem), plan.describe(), run)
    looked = not probes or all(c.name in with_store.probes(name) for c in contestants if c.probed)
    if row.finished is None or not looked:
        _run(problem, plan, with_store, row, listener, probes)
    return Race(with_store, name, problem, contestants)


def open_race(name: str | None = None, store: str | os.PathLike[str] = "talweg.db") -> Race:
    """A finished race from a store: the one whose name begins so, or the newest. Raises InputError if there is none."""
    return Race(Store(Path(store), existing=True), name)


def _run(problem: Problem, plan: Plan, store: Store, row: RaceRow, listener: events.Listener, probes: bool) -> None:
    began = time.perf_counter()
    fitted = row.plan if row.plan.get("fitted") else None
    if fitted is not None:
        plan = dataclasses.replace(plan, epochs=fitted["epochs"])
    engine = Engine(problem, plan, store, row.race, listener)
    try:
        if row.finished is not None:
            return engine.probe()
        engine.prepare()
        if plan.budget_seconds is not None and fitted is None:
            plan = engine.fit_budget(plan.budget_seconds, time.perf_counter() - began)
            store.replan(row.race, {**plan.describe(), "fitted": True})
        engine.expect()
        engine.go()
        if probes:
            engine.probe()
        store.finish(row.race)
    except InputError:
        store.forget_empty(row.race)
        raise
    finally:
        store.add_time(row.race, time.perf_counter() - began, engine.compile_seconds)


def _own_formulas(problem: Problem, plan: Plan) -> dict[str, Any]:
    """Hashes of the traced steps of methods that are not in the catalogue: a name does not say what somebody's own method does."""
    params = jax.eval_shape(problem.start, jax.random.key(0))
    hashes = {}
    for contestant in plan.contestants:
        if not catalogued(contestant.kind):
            seen, _ = traced_step(problem, contestant.method(contestant.defaults(), 1), params, contestant.size)
            hashes[contestant.name] = hashlib.sha256(re.sub(r"0x[0-9a-f]+", "", str(seen)).encode()).hexdigest()
    return {"formulas": hashes} if hashes else {}


def describe(problem: Problem) -> dict[str, Any]:
    """What the store keeps of a problem."""
    return {
        "name": problem.name,
        "facts": dict(problem.facts),
        "notes": list(problem.notes),
        "parameters": problem.parameters(),
        "examples": problem.examples,
        "metric": problem.metric.name if problem.metric else None,
        "metric_percent": bool(problem.metric and problem.metric.percent),
    }


class Best:
    """A contestant ready to use: its method with the tuned numbers, its batch size, and the parameters of its best final run."""

    def __init__(
        self,
        method: Method | None,
        batch: int | str,
        hyperparameters: Mapping[str, float],
        params: Params,
        about: str = "",
        beside: Sequence[str] = (),
    ):
        self.method, self.batch, self.hyperparameters, self.params = method, batch, dict(hyperparameters), params
        self.about = about  #: a line on what it is and where its numbers come from
        self.beside = tuple(beside)  #: a sentence for each thing that it does beside choosing steps, which no optimizer has

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
        return f"Best({self.method!r}, batch={self.batch!r})"


class Race:
    """A finished race: `.verdict`, `.table()`, `.best`, `.report(path)`, `.summary`.

    All of it is computed from the store's rows, so a race can be looked at again without its problem, but `.best.params` has the
    problem's own structure only with it (a flat list of arrays otherwise), and `.best.method` is known for methods of the catalogue.
    """

    def __init__(self, store: Store, name: str | None = None, problem: Problem | None = None, contestants: Sequence[Contestant] = ()):
        row = store.race(name)
        if row.finished is None:
            raise InputError(
                f"race: {row.race} is not finished; run the same command again to go on ({row.run.get('command') or 'tw.race(…)'})"
            )
        self.store, self.name, self.problem, self.contestants = store, row.race, problem, contestants
        self.summary: dict[str, Any] = verdict.judge(record.read(store, row))

    @property
    def verdict(self) -> str:
        """The verdict in plain sentences."""
        return self.summary["verdict"]["text"]

    @property
    def winner(self) -> dict[str, Any]:
        """The winner's row of the summary."""
        return self.summary["contestants"][0]

    @property
    def best(self) -> Best:
        """The winner, ready to use."""
        return self.tuned(self.winner["name"])

    def tuned(self, name: str) -> Best:
        """A contestant by its name in the table, ready to use. Raises InputError for an unknown name."""
        rows = {row["name"]: row for row in self.summary["contestants"]}
        row = rows[checks.one_of("race", "contestant", name, rows)]
        tensors = load(self.store.weights(self.name, row["name"]) or b"")
        leaves = [tensors[str(i)] for i in range(len(tensors))]
        params: Params = leaves
        if self.problem is not None:
            learned = self.problem if row["width"] == 1 else widened(self.problem, row["width"])
            params = jax.tree.unflatten(jax.tree.structure(jax.eval_shape(learned.start, jax.random.key(0))), leaves)
        batch = "the whole training set at every step" if row["batch"] == "full" else f"batches of {row['batch']}"
        about = f"{row['label']} with {batch}, as tuned in race {self.name} on {self.summary['problem']['name']}"
        return Best(self._method(row), row["batch"], row["hyperparameters"], params, about, self._beside(row))

    def _beside(self, row: Mapping[str, Any]) -> list[str]:
        """What code for an optimizer can't say of a row."""
        said = []
        if row["restarts"] > 1:
            trainings = restarts.shares(self._steps(row), row["restarts"])
            said.append(
                f"train {len(trainings)} times for {trainings[0]:,} steps, each time from fresh weights with a new optimizer, and keep the "
                "weights with the lowest validation loss: that is not in this code"
            )
        if row["width"] > 1:
            said.append(f"the hidden layers of the model are {row['width']} times as wide as the problem's: that is not in this code")
        return said

    def _steps(self, row: Mapping[str, Any]) -> int:
        """All steps of a lane of a row."""
        per_step = (self.summary["problem"]["examples"] if row["batch"] == "full" else row["batch"]) * row["gradients_per_step"]
        return row["curves"]["examples"][-1] // per_step

    def _method(self, row: Mapping[str, Any]) -> Method | None:
        """The method of a row, with its schedule; None for somebody's own method in a race that comes from a store."""
        numbers = dict(row["hyperparameters"])
        known = next((c for c in self.contestants if c.name == row["name"]), None)
        steps = restarts.shares(self._steps(row), row["restarts"])[0]
        if known is not None:
            return known.method(numbers, steps)
        try:
            kind = factory_named("race", row["method"])
        except InputError:
            return None
        if (schedule := row["schedule"]) != "constant":
            numbers["learning_rate"] = schedules.over(
                schedule, numbers.get("learning_rate", kind().hyperparameters()["learning_rate"]), steps
            )
        return kind(**numbers)

    def table(self) -> pd.DataFrame:
        """The result table, one row for each contestant, in rank order."""
        import pandas as pd

        return pd.DataFrame([_flat(row) for row in self.summary["contestants"]]).set_index("rank")

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the report, one HTML file that works offline. Raises InputError if it can't be written."""
        from talweg import report

        return report.write(self.summary, path)

    def landscape(
        self,
        directions: str = "path",
        *,
        split: str = "train",
        contestants: Sequence[str] | None = None,
        points: int = 41,
        line: bool = False,
        problem: Problem | None = None,
        key: int = 0,
    ) -> Landscape:
        """The loss landscape around the winner's final weights, with the ways of the contestants in it.

        Args:
            directions: "path": the two principal directions of all ways together; "random": filter-normalised ones.
            split: the data that the loss is a mean over, "train" or "validation".
            contestants: their names in the table; by default the first nine.
            points: of the slice, on each side.
            line: whether to look along the straight line between the ends of the two best, too.
            problem: what was raced, for a race from a store whose problem is not a data set of the catalogue.
            key: of random directions.

        Each descends once more, with its tuned numbers and the first seed of the final. Raises InputError for an unknown name or
        word, a problem that is not the one raced or can't be built again, and if nobody has final weights.
        """
        from talweg.studies import landscape

        return landscape.landscape(
            self, directions, split=split, contestants=contestants, points=points, between=line, problem=problem, key=key
        )

    def diagnose(
        self, contestants: Sequence[str] | None = None, *, split: str = "train", problem: Problem | None = None, key: int = 0
    ) -> dict[str, Diagnosis]:
        """What the end of each contestant's best final run is: a minimum, a saddle, a slope; by label.

        Args:
            contestants: their names in the table; all without it. One whose weights are not finite is left out.
            split: the data that the loss is a mean over, "train" or "validation".
            problem: what was raced, for a race from a store whose problem is not a data set of the catalogue.
            key: of random vectors.

        Raises InputError for an unknown name, and a problem that is not the one raced or can't be built again.
        """
        from talweg.studies import endpoints

        return endpoints.diagnosed(self, contestants, split=split, problem=problem, key=key)

    def __repr__(self) -> str:
        return f"Race({self.name}, {self.summary['problem']['name']}: {self.verdict})"

    def _repr_html_(self) -> str:
        from talweg import report

        return report.html_fragment(self.summary)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {key: row[key] for key in ("rank", "name", "label", "method", "batch", "tied")}
    flat.update(row["hyperparameters"])
    for key in ("steps_to_target", "examples_to_target", "seconds_to_target", "speedup", "final_validation_loss"):
        flat.update({key: row[key]["median"], f"{key}_low": row[key]["low"], f"{key}_high": row[key]["high"]})
    for key in ("metric", "loss"):
        flat[f"test_{key}"] = row["test"][key]["median"] if row["test"][key] else None
    return {**flat, **{key: row[key] for key in ("reached", "diverged")}, "tuning_paid": row["default"]["gain_from_tuning"]}
