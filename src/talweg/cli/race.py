"""The commands for races: run one, list them, show one again, its code, its loss landscape."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from talweg import checks
from talweg.checks import InputError
from talweg.cli import options
from talweg.cli.process import check_file, command, file_name, folder, save, say, set_up_jax, stopped, writable, write_json


def race(
    problem: options.Problem,
    target: options.Target = None,
    model: options.Model = None,
    init: options.Init = None,
    loss: options.Loss = None,
    task: options.Task = None,
    groups: options.Groups = None,
    time: options.Time = None,
    methods: options.Methods = None,
    epochs: options.Epochs = None,
    budget: Annotated[str | None, typer.Option(help="Instead, what the whole race may take: 60s, 5m.")] = None,
    settings: options.Settings = 32,
    seeds: Annotated[int, typer.Option(help="Fresh seeds of the final, and as many of the promise.")] = 32,
    goal_loss: options.GoalLoss = None,
    goal_accuracy: Annotated[float | None, typer.Option(help="Target: a validation accuracy, such as 0.95.")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="How learning rates change: constant, cosine, one-cycle …; without it, decay is raced, too.")
    ] = None,
    current: Annotated[str | None, typer.Option(help="What you use now, such as adam@32:learning_rate=1e-3: is it good enough?")] = None,
    batches: Annotated[str | None, typer.Option(help="Sizes at which each method is raced, too, such as 16,64,full.")] = None,
    count: Annotated[str, typer.Option(help="What speed is counted in: time, steps, examples or gradients.")] = "time",
    clock: options.Clock = "auto",
    seed: options.Seed = 0,
    remedies: Annotated[str | None, options.REMEDIES] = None,
    dynamics: Annotated[
        bool, typer.Option("--dynamics", "--probes", help="Record the training dynamics, too: the report says why.")
    ] = False,
    store: options.Store = options.STORE,
    out: options.Out = options.REPORTS,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
) -> None:
    """Race methods on a problem: tuned alike, repeated over seeds, with a verdict and a report."""
    seconds = options.duration(budget) if budget is not None else None
    writable(out, json_file)
    set_up_jax()
    from talweg.cli import live as terminal
    from talweg.contestants.remedies import line_up
    from talweg.problems import resolve
    from talweg.racing import api as racing
    from talweg.store import check_store
    from talweg.text.format import count as counted

    goals: dict[str, Any] = {"goal_loss": goal_loss, "goal_accuracy": goal_accuracy}
    numbers: dict[str, Any] = {"epochs": epochs, "budget": seconds, "settings": settings, "seeds": seeds, "seed": seed}
    racing.check_options(methods, remedies, schedule=schedule, batches=batches, **numbers, **goals)
    check_store(store)
    console = terminal.console()
    every_init = init == "all"
    init = None if every_init else init
    chosen = resolve(problem, target=target, model=model, init=init, loss=loss, task=task, groups=groups, time=time)
    contestants, left_out = line_up(chosen, methods, settings, schedule, remedies, current, batches)
    if not quiet:
        each = f"{counted(len(contestants), 'contestant')}, {counted(settings, 'setting')} each"
        terminal.introduce(console, chosen, f"{each}, the best one on {counted(seeds, 'fresh seed')}", left_out)
    live = terminal.Live(console, contestants, "steps" if chosen.train is None else "epochs")
    try:
        with nullcontext() if quiet else live.shown():
            done = racing.race(
                chosen,
                methods,
                **numbers,
                **goals,
                schedule=schedule,
                current=current,
                batches=batches,
                count=count,
                clock=clock,
                store=store,
                listener=(lambda event: None) if quiet else live,
                command=command(),
                probes=dynamics,
                remedies=remedies,
            )
    except KeyboardInterrupt as stop:
        so_far = getattr(stop, "race", None)
        if so_far is not None:
            _show(console, so_far, out, json_file, quiet)
        stopped(store)
    if every_init:
        done.initialisations()
    _show(console, done, out, json_file, quiet)


def show(
    name: options.Race = None, store: options.Store = options.STORE, out: options.Out = options.REPORTS, json_file: options.Json = None
) -> None:
    """Show a stored race, or batch ladder, again."""
    writable(out, json_file)
    from talweg.cli import live
    from talweg.racing.api import open_race
    from talweg.store import BATCH, Store

    if Store(store, existing=True).race(name).kind == BATCH:
        from talweg.cli import batch
        from talweg.racing.batch import open_batch

        return batch.show(live.console(), open_batch(name, store), out, json_file, quiet=False)
    _show(live.console(), open_race(name, store), out, json_file, quiet=False)


def races(store: options.Store = options.STORE) -> None:
    """List what is in the store."""
    from talweg.cli import live, tables
    from talweg.store import Store

    opened = Store(store, existing=True)
    rows = opened.races()
    if not rows:
        say(f"{store} holds no races yet; run talweg race first")
        return
    tables.races(live.console(), rows, [_came_to(opened, row) for row in rows])


def _came_to(store: Any, row: Any) -> str:
    """What a race recommends, in a few words."""
    from talweg.store import BATCH
    from talweg.verdict import record
    from talweg.verdict.judge import judge

    if not row.finished:
        return "unfinished"
    if row.plan.get("protocol") != record.PROTOCOL:
        return "run by an older talweg"
    if row.kind == BATCH:
        return "batch sizes: talweg show " + row.race
    summary = judge(record.read(store, row))
    if summary["verdict"]["winner"] is None:
        return "nothing recommended"
    tied = len(summary["verdict"]["tied"])
    return f"{summary['recommendation']['label']}{f', tied with {tied}' if tied else ''}"


def code(
    name: options.Race = None,
    library: Annotated[str, typer.Option("--for", help="torch, keras, optax, tensorflow or sklearn.")] = "torch",
    method: Annotated[str | None, typer.Option(help="A contestant by its name, label or rank in the table; the winner without it.")] = None,
    optimizer_only: Annotated[bool, typer.Option("--optimizer-only", help="Optimizer and schedule, without the program around.")] = False,
    store: options.Store = options.STORE,
) -> None:
    """Print the winner as a whole program; where none is written yet, optimizer and schedule, and what differs."""
    from talweg.dialects import CODE
    from talweg.racing.api import open_race

    checks.one_of("code", "library", library, CODE)
    done = open_race(name, store)
    best = done.best if method is None else done.tuned(method)
    optimizer = best.code(library)
    if optimizer_only:
        print(optimizer, end="")
        return
    try:
        print(done.program(library, method), end="")
    except InputError as why:
        print(f"# The optimizer alone. {why}\n{optimizer}", end="")


def landscape(
    name: options.Race = None,
    directions: Annotated[
        str, typer.Option(help="trajectory: the principal directions of the descents; random: filter-normalised.")
    ] = "trajectory",
    line: Annotated[bool, typer.Option("--line", help="Also the straight line between the endpoints of the two best.")] = False,
    points: Annotated[int, typer.Option(help="Points of the slice on each side.")] = 41,
    split: options.Split = "train",
    methods: Annotated[
        str | None, typer.Option(help="Contestants by their names, labels or ranks in the table, with commas; the first nine without.")
    ] = None,
    store: options.Store = options.STORE,
    out: Annotated[Path | None, options.file_option("FILE.html, .png, .svg or .pdf", "NAME-landscape.html")] = None,
) -> None:
    """The loss landscape of a race's network: a slice with the trajectories of its contestants, as a page or a picture."""
    from talweg.racing.api import open_race
    from talweg.studies.landscape import Landscape

    check_file(out, Landscape)
    done = open_race(name, store)
    set_up_jax()
    from talweg.cli import live, tables

    drawn = done.landscape(directions, split=split, contestants=methods, points=points, line=line)
    written = save(drawn, out, drawn.problem.name, done.name, "landscape")
    console = live.console()
    tables.verdict(console, {"verdict": {"sentences": drawn.sentences, "warnings": drawn.warnings}})
    console.print(f"\nlandscape  {written}", soft_wrap=True, markup=False)


def _show(console: Console, done: Any, out: Path, json_file: Path | None, quiet: bool) -> None:
    """The report and the numbers on disk, the table and the verdict on the terminal."""
    from talweg.cli import tables

    summary = done.summary
    name = file_name(summary["problem"]["name"])
    folder(out)
    path = done.save(out / f"{name}-{done.name}.html")
    write_json(summary, json_file)
    if quiet:
        print(done.verdict)
        return
    tables.result(console, summary)
    timing = summary["timing"]
    console.print(f"\n[dim]{timing['lanes']:,} trainings, {timing['lane_steps']:,} steps in {timing['wall']:.1f} s[/]", soft_wrap=True)
    console.print(f"report  {path}", soft_wrap=True)
