"""The commands for who may be stuck: what is the endpoint of a run, is there anything better, and which remedy helps?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from talweg.checks import InputError
from talweg.cli import options
from talweg.cli.process import check_file, command, save, set_up_jax, writable, write_json
from talweg.summary import Summary

MOST_COORDINATES = 4  #: of a point that a table still shows


def diagnose(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A race, by the beginning of its name (the newest without it), or a problem: a name, a file or a formula.",
            metavar="[RACE|PROBLEM]",
            show_default=False,
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="A point of a function, such as 1,1; otherwise the endpoint of a descent.")] = None,
    method: Annotated[str | None, typer.Option(help="Of a race: a contestant, by name, label or rank. Of a problem: who descends.")] = None,
    learning_rate: options.LearningRate = None,
    steps: Annotated[int, options.STEPS] = 1000,
    epochs: options.Epochs = None,
    split: options.Split = "train",
    seed: options.Seed = 0,
    target: options.Target = None,
    model: options.Model = None,
    init: options.Init = None,
    loss: options.Loss = None,
    task: options.Task = None,
    store: options.Store = options.STORE,
    json_file: options.Json = None,
) -> None:
    """Is the endpoint of a run a minimum, a saddle, not converged? The gradient against its noise, curvature, the edge of stability."""
    writable(Path(), json_file)
    if name is None or re.fullmatch(r"[0-9a-f]{4,}", name):
        of_descent = {"at": at, "learning-rate": learning_rate, "epochs": epochs}
        of_problem = {"target": target, "model": model, "init": init, "loss": loss, "task": task}
        for option, value in {**of_descent, **of_problem}.items():
            if value is not None:
                raise InputError(f"diagnose: --{option} is for a problem; a race has its own. Name a problem, or leave it out")
        from talweg.racing.api import open_race

        stored = open_race(name, store)
        set_up_jax()
        of_contestants = stored.diagnose(method, split=split, key=seed)
        diagnoses = {f"{label}, its best final run": diagnosis for label, diagnosis in of_contestants.items()}
    else:
        set_up_jax()
        from talweg.contestants import notation
        from talweg.problems import resolve
        from talweg.studies.diagnose import diagnose as diagnose_problem

        notation.check(method)
        diagnosis = diagnose_problem(
            resolve(name, target=target, model=model, init=init, loss=loss, task=task),
            method or "sgd",
            at=None if at is None else options.place(at, "diagnose"),
            learning_rate=learning_rate,
            steps=steps,
            epochs=epochs,
            split=split,
            seed=seed,
        )
        diagnoses = {diagnosis.of: diagnosis}
    from talweg.cli import live, tables

    console = live.console()
    for title, diagnosis in diagnoses.items():
        tables.diagnosis(console, title, diagnosis.sentences)
    write_json([{"of": title, **diagnosis.summary, "sentences": diagnosis.sentences} for title, diagnosis in diagnoses.items()], json_file)


def basins(
    problem: options.Problem,
    methods: Annotated[str, typer.Option(help="Who descends, from the same starts: momentum,adam.")] = "momentum",
    starts: Annotated[int, options.STARTS] = 256,
    steps: Annotated[int | None, options.STEPS] = None,
    epochs: options.Epochs = None,
    learning_rate: options.LearningRate = None,
    seed: options.Seed = 0,
    connection: Annotated[bool, typer.Option(help="On data: whether the two best endpoints lie in one valley; takes seconds.")] = True,
    target: options.Target = None,
    model: options.Model = None,
    init: options.Init = None,
    loss: options.Loss = None,
    task: options.Task = None,
    json_file: options.Json = None,
) -> None:
    """Is there anything better? Many starts, the basins that they end in, and how likely a lower one is."""
    writable(Path(), json_file)
    set_up_jax()
    from talweg.cli import live, tables
    from talweg.problems import resolve
    from talweg.studies import basins as study

    numbers: dict[str, Any] = {"steps": steps, "epochs": epochs, "learning_rate": learning_rate, "seed": seed}
    study.check_options(methods, starts, **numbers)
    console = live.console()
    chosen = resolve(problem, target=target, model=model, init=init, loss=loss, task=task)
    with live.working(console) as working:
        result = study.basins(chosen, methods, starts, **numbers, progress=working)
        sentences, notes = list(result.sentences), []
        if connection:
            working("the connection between the two lowest endpoints")
            try:
                sentences += [joined.sentence] if (joined := result.connection) else []
            except InputError as error:
                notes.append(f"Not computed: the connection between the two lowest endpoints ({error}).")
    summary = result.summary
    tables.basins(console, summary, _places(result))
    tables.diagnosis(console, _descents(summary), sentences)
    tables.notes(console, notes)
    write_json({**summary, "sentences": sentences}, json_file)


def escape(
    problem: options.Problem,
    method: Annotated[str, typer.Option(help="The method to be remedied, such as adam@32.")] = "sgd",
    remedies: Annotated[str, options.REMEDIES] = "all",
    starts: Annotated[int, options.STARTS] = 256,
    steps: Annotated[int | None, options.STEPS] = None,
    epochs: options.Epochs = None,
    settings: options.Settings = 32,
    goal_loss: Annotated[float | None, typer.Option(help="The loss to reach; otherwise the lowest known, or reached by any arm.")] = None,
    within: Annotated[float | None, typer.Option(help="Share of the initial gap that may be left: 0.001, or 0.02 on data.")] = None,
    seed: options.Seed = 0,
    target: options.Target = None,
    model: options.Model = None,
    init: options.Init = None,
    loss: options.Loss = None,
    task: options.Task = None,
    json_file: options.Json = None,
    out: Annotated[Path | None, options.file_option("FILE.html", "NAME-escape.html")] = None,
) -> None:
    """Does noise help, a large learning rate, a restart, a wider network? Remedies at equal cost, with intervals, and a page."""
    from talweg.studies import escape as escaping

    check_file(out, escaping.Escape, json_file)
    set_up_jax()
    from talweg.cli import live, tables
    from talweg.problems import resolve

    numbers: dict[str, Any] = {"starts": starts, "steps": steps, "epochs": epochs, "settings": settings}
    numbers |= {"within": within, "goal_loss": goal_loss, "seed": seed}
    escaping.check_options(method, remedies, **numbers)
    console = live.console()
    chosen = resolve(problem, target=target, model=model, init=init, loss=loss, task=task)
    with live.working(console) as working:
        result = escaping.escape(chosen, method, remedies, **numbers, progress=working, command=command())
    summary = result.summary
    tables.arms(console, summary)
    tables.diagnosis(console, f"{summary['problem']}, {summary['starts']:,} starts of each arm", result.sentences)
    tables.notes(console, result.left_out)
    written = save(result, out, chosen.name, "escape")
    write_json({**summary, "sentences": result.sentences}, json_file)
    console.print(f"\npage  {written}", soft_wrap=True, markup=False)


def _places(result: Any) -> list[str]:
    """Where each basin's lowest point is, of a function of a few variables."""
    import jax
    import numpy as np

    from talweg.text.format import figures

    points = [np.asarray(leaf) for basin in result.basins for leaf in jax.tree.leaves(basin.params)]
    if result.problem.train is not None or any(point.ndim != 1 or len(point) > MOST_COORDINATES for point in points):
        return []
    return [f"({', '.join(figures(round(float(x), 5)).replace('-', '−', 1) for x in point)})" for point in points]


def _descents(summary: Summary) -> str:
    """What was run."""
    from talweg.text.format import bare

    first, *others = summary["methods"]
    value = first["hyperparameters"].get("learning_rate", 0)
    rate = "" if others else f" of {bare(first['label'], {'learning_rate': value})} (learning rate {value:.3g})"
    return f"{summary['problem']}, {summary['starts']:,} starts{rate}, {summary['steps']:,} steps each"
