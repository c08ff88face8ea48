"""The command for batch sizes: which one reaches the same loss soonest, here and elsewhere."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from talweg.cli import options
from talweg.cli.process import command, file_name, folder, set_up_jax, stopped, writable, write_json


def batch(
    problem: options.Problem,
    target: options.Target = None,
    model: options.Model = None,
    init: options.Init = None,
    loss: options.Loss = None,
    task: options.Task = None,
    groups: options.Groups = None,
    time: options.Time = None,
    methods: Annotated[str, typer.Option(help="Tried at every size, such as momentum,adam.")] = "sgd,momentum,adam",
    sizes: Annotated[str | None, typer.Option(help="Batch sizes, such as 16,64,256,full; otherwise the powers of two.")] = None,
    settings: options.Settings = 16,
    seeds: Annotated[int, typer.Option(help="Fresh seeds that steps and losses are read off.")] = 32,
    epochs: options.Epochs = None,
    goal_loss: options.GoalLoss = None,
    clock: options.Clock = "auto",
    seed: options.Seed = 0,
    store: options.Store = options.STORE,
    out: options.Out = options.REPORTS,
    json_file: options.Json = None,
    quiet: options.Quiet = False,
) -> None:
    """Which batch size? Steps, examples and time to the same loss at every size, and the critical batch size."""
    writable(out, json_file)
    set_up_jax()
    from talweg.cli import live as terminal
    from talweg.problems import resolve
    from talweg.racing import batch as study
    from talweg.store import check_store
    from talweg.text.format import count

    numbers: dict[str, Any] = {"settings": settings, "seeds": seeds, "epochs": epochs, "goal_loss": goal_loss, "seed": seed, "clock": clock}
    study.check_options(methods, sizes, **numbers)
    check_store(store)
    console = terminal.console()
    chosen = resolve(problem, target=target, model=model, init=init, loss=loss, task=task, groups=groups, time=time)
    contestants = study.entered(chosen, methods, sizes)
    if not quiet:
        tried = len(study.chosen_sizes(chosen, sizes))
        each = f"{count(tried, 'batch size')} of {count(len(contestants) // tried, 'method')}, {count(settings, 'learning rate')} each"
        terminal.introduce(console, chosen, f"{each}, the best ones on {count(seeds, 'fresh seed')}")
    live = terminal.Live(console, contestants)
    try:
        with nullcontext() if quiet else live.shown():
            done = study.batch(
                chosen,
                methods,
                sizes=sizes,
                **numbers,
                store=store,
                listener=(lambda event: None) if quiet else live,
                command=command(),
            )
    except KeyboardInterrupt:
        stopped(store)
    show(console, done, out, json_file, quiet)


def show(console: Any, done: Any, out: Path, json_file: Path | None, quiet: bool) -> None:
    """The page and the numbers on disk, the table and the sentences on the terminal."""
    from talweg.cli import tables

    summary = done.summary
    folder(out)
    path = done.save(out / f"{file_name(summary['problem']['name'])}-batch-{done.name}.html")
    write_json(summary, json_file)
    if quiet:
        print(" ".join(done.sentences))
        return
    tables.batch_sizes(console, summary)
    console.print(f"\npage  {path}", soft_wrap=True, markup=False)
