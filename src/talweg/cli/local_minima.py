"""The commands for who may be stuck: where did a descent end, is there anything better, and which remedy helps?"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from talweg import checks
from talweg.checks import InputError
from talweg.cli.options import JsonOption, StoreOption, file_name, folder, names, place, set_up_jax, writable

TargetOption = Annotated[str | None, typer.Option(help="Column to predict, of a file.")]
ModelOption = Annotated[str | None, typer.Option(help="linear, mlp:64,32[,tanh][,glorot] or cnn:8,16.")]
ProblemArgument = Annotated[
    str,
    typer.Argument(
        help="A name (see `talweg problems`), a file (CSV, TSV, Parquet, NPZ), or a formula such as 'x**4 - x**2 + y**2'.",
        show_default=False,
    ),
]
StepsOption = Annotated[int | None, typer.Option(help="Steps of each descent; otherwise 1,000 on a function.")]
EpochsOption = Annotated[float | None, typer.Option(help="Instead, passes over the training data.")]
MOST_COORDINATES = 4  #: of a point that a table still shows
REMEDIES = "Some of large-rate, warm-restarts, noise, weight-noise, random-restarts, wider, momentum, adaptive; all takes what fits."
LossOption = Annotated[str | None, typer.Option(help="squared, absolute, huber, poisson, cross-entropy or hinge.")]


def diagnose(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A race, by the beginning of its name (the newest without it), or a problem: a name, a file or a formula.",
            metavar="[RACE|PROBLEM]",
            show_default=False,
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="The point of a function, such as 1,1; without it a descent finds one.")] = None,
    method: Annotated[str | None, typer.Option(help="Of a race: a contestant by its name. Of a problem: who descends.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the descent; without it one is tuned.")] = None,
    steps: Annotated[int, typer.Option(help="Steps of a descent on a function.")] = 1000,
    epochs: Annotated[float | None, typer.Option(help="Passes over the training data of a descent on data.")] = None,
    split: Annotated[str, typer.Option(help="train or validation: the data of the loss.")] = "train",
    seed: Annotated[int, typer.Option(help="Seed of the descent and of random vectors.")] = 0,
    target: TargetOption = None,
    model: ModelOption = None,
    loss: LossOption = None,
    store: StoreOption = Path("talweg.db"),
    json_file: JsonOption = None,
) -> None:
    """Where did it end: a minimum, a saddle, a slope? The gradient against its noise, the curvature, the edge of stability."""
    writable(Path(), json_file)
    if name is None or re.fullmatch(r"[0-9a-f]{4,}", name):
        refuse({"at": at, "learning-rate": learning_rate, "epochs": epochs, "target": target, "model": model, "loss": loss})
        found = _of_race(name, method, split, seed, store)
    else:
        from talweg.problems import resolve

        set_up_jax()
        problem = resolve(name, target=target, model=model, loss=loss)
        found = [_of_problem(problem, at, method or "sgd", learning_rate, steps, epochs, split, seed)]
    _show(found, json_file)


def basins(
    problem: ProblemArgument,
    methods: Annotated[str, typer.Option(help="Who descends, from the same starts: momentum,adam.")] = "momentum",
    starts: Annotated[int, typer.Option(help="Random starts.")] = 256,
    steps: StepsOption = None,
    epochs: EpochsOption = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of all methods; without it each gets the best on 16 other starts.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the starts and the orders of examples.")] = 0,
    connection: Annotated[bool, typer.Option(help="On data: whether the best two lie in one valley, which takes some seconds.")] = True,
    target: TargetOption = None,
    model: ModelOption = None,
    loss: LossOption = None,
    json_file: JsonOption = None,
) -> None:
    """Is there anything better? Many starts, the basins that they end in, and how likely a lower one is."""
    writable(Path(), json_file)
    set_up_jax()
    from talweg.cli import live, tables
    from talweg.problems import resolve
    from talweg.studies.basins import basins as search

    console = live.console()
    chosen = resolve(problem, target=target, model=model, loss=loss)
    with live.working(console) as working:
        found = search(chosen, methods, starts, steps=steps, epochs=epochs, learning_rate=learning_rate, seed=seed, progress=working)
        joined, notes = _connected(found, working) if connection else ([], [])
    summary = found.summary
    tables.basins(console, summary, _places(found))
    said = [*found.sentences, *joined]
    tables.diagnosis(console, _descents(summary), said)
    tables.notes(console, notes)
    _write({**summary, "sentences": said}, json_file)


def escape(
    problem: ProblemArgument,
    method: Annotated[str, typer.Option(help="The method that is to be remedied, one, such as adam@32.")] = "sgd",
    remedies: Annotated[str, typer.Option(help=REMEDIES)] = "all",
    trials: Annotated[int, typer.Option(help="Fresh starts that each remedy is judged by.")] = 256,
    steps: StepsOption = None,
    epochs: EpochsOption = None,
    settings: Annotated[int, typer.Option(help="Settings that each remedy is tuned with.")] = 32,
    goal_loss: Annotated[float | None, typer.Option(help="The value to be reached; otherwise the lowest that is known, or found.")] = None,
    within: Annotated[
        float | None, typer.Option(help="Share of the way down that may be left: 0.001, or 0.02 of the lowest that was found.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of starts, settings and everything else.")] = 0,
    target: TargetOption = None,
    model: ModelOption = None,
    loss: LossOption = None,
    json_file: JsonOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="FILE.html; otherwise talweg-report/NAME-escape.html.")] = None,
) -> None:
    """Does noise help, a large learning rate, a restart, a wider network? Remedies at equal cost, with intervals, and a page."""
    from talweg.studies import escape as escaping

    if out is not None:
        escaping.ending(out)
    writable(out.parent if out is not None else Path("talweg-report"), json_file)
    set_up_jax()
    from talweg.cli import live, tables
    from talweg.problems import resolve

    console = live.console()
    chosen = resolve(problem, target=target, model=model, loss=loss)
    with live.working(console) as working:
        found = escaping.escape(
            chosen,
            method,
            remedies,
            trials=trials,
            steps=steps,
            epochs=epochs,
            settings=settings,
            within=within,
            goal_loss=goal_loss,
            seed=seed,
            progress=working,
        )
    summary = found.summary
    tables.arms(console, summary)
    tables.diagnosis(console, f"{summary['problem']}, {summary['trials']:,} trials of each arm", found.sentences)
    tables.notes(console, found.left_out)
    to = out if out is not None else Path("talweg-report") / f"{file_name(chosen.name)}-escape.html"
    folder(to.parent)
    written = found.save(to, shlex.join(["talweg", *sys.argv[1:]]))
    _write({**summary, "sentences": found.sentences}, json_file)
    console.print()
    console.print(f"page  {written}", soft_wrap=True, markup=False, highlight=False)


def _connected(found: Any, working: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """What there is to say of a way between the best two ends on data; and why nothing, if that can't be looked for."""
    from talweg.text.basins import valleys

    if found.problem.train is None or len(found.basins) < 2:
        return [], []
    working("a way between the two lowest ends")
    try:
        return [valleys(found.connection.sentence)], []
    except InputError as error:
        return [], [f"Not looked for: a way between the two lowest ends ({error})."]


def _places(found: Any) -> list[str]:
    """Where each basin's lowest point is, of a function of a few variables."""
    import jax
    import numpy as np

    from talweg.text.format import figures

    points = [np.asarray(leaf) for basin in found.basins for leaf in jax.tree.leaves(basin.params)]
    if found.problem.train is not None or any(point.ndim != 1 or len(point) > MOST_COORDINATES for point in points):
        return []
    return [f"({', '.join(figures(round(float(x), 5)).replace('-', '−', 1) for x in point)})" for point in points]


def _descents(summary: Mapping[str, Any]) -> str:
    """What was run."""
    first = summary["methods"][0]
    rate = "" if len(summary["methods"]) > 1 else f" of {first['label']} (learning rate {first['numbers'].get('learning_rate', 0):.3g})"
    return f"{summary['problem']}, {summary['starts']:,} starts{rate}, {summary['steps']:,} steps each"


def refuse(given: Mapping[str, Any]) -> None:
    """Refuse options that say nothing about a race."""
    for word, value in given.items():
        if value is not None:
            raise InputError(f"diagnose: --{word} is for a problem; a race has its own. Name a problem, or leave it out")


def _of_race(name: str | None, method: str | None, split: str, seed: int, store: Path) -> list[tuple[str, Any]]:
    from talweg.racing.api import open_race

    done = open_race(name, store)
    set_up_jax()
    found = done.diagnose(names(method), split=split, key=seed)
    return [(f"{label}, its best final run", diagnosis) for label, diagnosis in found.items()]


def _of_problem(
    problem: Any, at: str | None, method: str, rate: float | None, steps: int, epochs: float | None, split: str, seed: int
) -> tuple[str, Any]:
    """A point that is given, or where a descent ends; the method goes with it, for the edge of stability."""
    from talweg.contestants.notation import listed
    from talweg.engine.cost import usual_epochs
    from talweg.landscape import diagnose as look
    from talweg.studies import training, trajectories

    if at is not None:
        if problem.train is not None and "surface" not in problem.facts:
            raise InputError(f"diagnose: --at is a point of a function, and {problem.name} is no function of a few numbers; leave it out")
        return f"{problem.name} at {at}", look(problem, place(at, "diagnose"), learning_rate=rate, split=split, key=seed)
    entries = listed(problem, method, settings=1)
    if len(entries) != 1:
        raise InputError(f"diagnose: one method descends, got {len(entries)}; name one, such as --method adam")
    contestant = entries[0]
    numbers = {} if rate is None else {"learning_rate": rate}
    if "surface" in problem.facts:
        path = trajectories.Walker(problem, contestant).walk(
            trajectories.starting_places(problem), checks.whole("diagnose", "steps", steps), numbers=numbers, seed=seed
        )
        if path.diverged_at[0] >= 0:
            raise InputError(f"diagnose: the descent diverged at step {path.diverged_at[0]:,}; give a smaller --learning-rate")
        numbers, params, length = dict(path.numbers), path.positions[0, -1], f"{path.steps:,} steps"
    else:
        budget = usual_epochs(problem) if epochs is None else epochs
        run = training.watch(problem, contestant, budget, numbers=numbers, points=1, seed=seed)
        if run.diverged_at >= 0:
            raise InputError(f"diagnose: the descent diverged at step {run.diverged_at:,}; give a smaller --learning-rate")
        import jax

        numbers, params = dict(run.numbers), jax.tree.map(lambda leaf: leaf[-1], run.params)
        length = f"{budget:g} epochs"
    tuned = "" if rate is not None else ", tuned"
    title = f"{problem.name} after {length} of {contestant.label} (learning rate {numbers.get('learning_rate', 0):.3g}{tuned})"
    return title, look(problem, params, method=contestant.method(numbers, steps), split=split, key=seed)


def _show(found: Sequence[tuple[str, Any]], json_file: Path | None) -> None:
    from talweg.cli import live, tables

    console = live.console()
    for title, diagnosis in found:
        tables.diagnosis(console, title, diagnosis.sentences)
    _write([{"of": title, **diagnosis.summary, "sentences": diagnosis.sentences} for title, diagnosis in found], json_file)


def _write(numbers: Any, json_file: Path | None) -> None:
    if json_file is not None:
        from talweg.report import write_text

        write_text(json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False) + "\n", json_file)
