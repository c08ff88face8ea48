"""The commands for who may be stuck: where did a descent end, is there anything better, and which remedy helps?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from talweg import checks
from talweg.checks import InputError
from talweg.cli_parts import JsonOption, StoreOption, place, set_up_jax, writable

TargetOption = Annotated[str | None, typer.Option(help="Column to predict, of a file.")]
ModelOption = Annotated[str | None, typer.Option(help="linear, mlp:64,32[,tanh][,glorot] or cnn:8,16.")]
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


def refuse(given: Mapping[str, Any]) -> None:
    """Refuse options that say nothing about a race."""
    for word, value in given.items():
        if value is not None:
            raise InputError(f"diagnose: --{word} is for a problem; a race has its own. Name a problem, or leave it out")


def _of_race(name: str | None, method: str | None, split: str, seed: int, store: Path) -> list[tuple[str, Any]]:
    from talweg import cli_landscape
    from talweg.cli import app
    from talweg.racing import open_race

    done = open_race(name, store)
    set_up_jax()
    problem = cli_landscape.recalled(done, typer.main.get_command(app).commands["race"])  # type: ignore[attr-defined]  # a group of commands
    chosen = None if method is None else [word.strip() for word in method.split(",") if word.strip()]
    found = done.diagnose(chosen, split=split, problem=problem, key=seed)
    return [(f"{label}, its best final run", diagnosis) for label, diagnosis in found.items()]


def _of_problem(
    problem: Any, at: str | None, method: str, rate: float | None, steps: int, epochs: float | None, split: str, seed: int
) -> tuple[str, Any]:
    """A point that is given, or where a descent ends; the method goes with it, for the edge of stability."""
    from talweg.landscape import diagnose as look
    from talweg.racing import walks, watching
    from talweg.racing.contestants import listed
    from talweg.racing.plan import usual_epochs

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
        path = walks.Walker(problem, contestant).walk(
            walks.starting_places(problem), checks.whole("diagnose", "steps", steps), numbers=numbers, seed=seed
        )
        if path.diverged_at[0] >= 0:
            raise InputError(f"diagnose: the descent diverged at step {path.diverged_at[0]:,}; give a smaller --learning-rate")
        numbers, params, length = dict(path.numbers), path.positions[0, -1], f"{path.steps:,} steps"
    else:
        budget = usual_epochs(problem) if epochs is None else epochs
        run = watching.watch(problem, contestant, budget, numbers=numbers, points=1, seed=seed)
        if run.diverged_at >= 0:
            raise InputError(f"diagnose: the descent diverged at step {run.diverged_at:,}; give a smaller --learning-rate")
        import jax

        numbers, params = dict(run.numbers), jax.tree.map(lambda leaf: leaf[-1], run.params)
        length = f"{budget:g} epochs"
    tuned = "" if rate is not None else ", tuned"
    title = f"{problem.name} after {length} of {contestant.label} (learning rate {numbers.get('learning_rate', 0):.3g}{tuned})"
    return title, look(problem, params, method=contestant.method(numbers, steps), split=split, key=seed)


def _show(found: Sequence[tuple[str, Any]], json_file: Path | None) -> None:
    from talweg import terminal

    console = terminal.console()
    for title, diagnosis in found:
        terminal.diagnosis(console, title, diagnosis.sentences)
    if json_file is not None:
        from talweg.report import write_text

        rows = [{"of": title, **diagnosis.summary, "sentences": diagnosis.sentences} for title, diagnosis in found]
        write_text(json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n", json_file)
