"""The command line: `talweg race digits`.

Thin: it reads words, calls the library and shows what comes back. A caller's mistake is one sentence on standard error and exit
code 2, never a traceback.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from talweg import checks
from talweg._version import __version__
from talweg.checks import InputError
from talweg.cli import local_minima
from talweg.cli.options import (
    JsonOption,
    OutOption,
    RaceArgument,
    StoreOption,
    duration,
    file_name,
    folder,
    names,
    place,
    say,
    set_up_jax,
    writable,
)

app = typer.Typer(
    help="On my model and my data: which gradient-descent method, which learning rate, which batch size - and how sure are you?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
INTERRUPTED = 130
REMEDIES = "Against local minima: noise, weight-noise, large-rate, warm-restarts, random-restarts, wider, momentum, adaptive; or all."


def main() -> None:
    """Run the command line; every way to fail ends in one sentence."""
    try:
        app()
    except InputError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        say("\ntalweg: stopped")
        sys.exit(INTERRUPTED)
    except (sqlite3.Error, OSError) as error:
        _fail(f"{error}; blocks that were finished are kept in the store, so the same command goes on once that is mended")


@app.command()
def race(
    problem: Annotated[
        str,
        typer.Argument(
            help="A name (see `talweg problems`), a file (CSV, TSV, Parquet, NPZ), or a formula such as 'x**2 + 10*y**2'.",
            show_default=False,
        ),
    ],
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    model: Annotated[str | None, typer.Option(help="linear, mlp:64,32[,tanh][,glorot] or cnn:8,16.")] = None,
    loss: Annotated[str | None, typer.Option(help="squared, absolute, huber, poisson, cross-entropy or hinge.")] = None,
    task: Annotated[str | None, typer.Option(help="classification or regression; otherwise recognised from the target.")] = None,
    methods: Annotated[str | None, typer.Option(help="For example adam,sgd@1,sgd@full,momentum@32:momentum=0.99.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the training data for each run.")] = None,
    budget: Annotated[str | None, typer.Option(help="Instead, what the whole race may take: 60s, 5m.")] = None,
    settings: Annotated[int, typer.Option(help="Settings tried for each method.")] = 64,
    seeds: Annotated[int, typer.Option(help="Fresh seeds that the best setting is reported on.")] = 16,
    goal_loss: Annotated[float | None, typer.Option(help="Target: a validation loss.")] = None,
    goal_accuracy: Annotated[float | None, typer.Option(help="Target: a validation accuracy, such as 0.95.")] = None,
    schedule: Annotated[str, typer.Option(help="How learning rates change: constant, cosine, one-cycle …")] = "constant",
    seed: Annotated[int, typer.Option(help="Seed of the settings and of all other seeds.")] = 0,
    remedies: Annotated[str | None, typer.Option(help=REMEDIES)] = None,
    probes: Annotated[bool, typer.Option("--probes", help="Look inside the methods, too: the report says why.")] = False,
    store: StoreOption = Path("talweg.db"),
    out: OutOption = Path("talweg-report"),
    json_file: JsonOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict alone.")] = False,
) -> None:
    """Race methods on a problem: tuned alike, repeated over seeds, with a verdict and a report."""
    seconds = duration(budget) if budget is not None else None
    writable(out, json_file)
    set_up_jax()
    from talweg.cli import live as terminal
    from talweg.contestants.remedies import line_up
    from talweg.problems import resolve
    from talweg.racing import api as racing

    console = terminal.console()
    chosen = resolve(problem, target=target, model=model, loss=loss, task=task)
    contestants, left_out = line_up(chosen, methods, checks.whole("race", "settings", settings), schedule, remedies)
    if not quiet:
        terminal.introduce(console, chosen, contestants, settings, seeds, left_out)
    live = terminal.Live(console, contestants, "steps" if chosen.train is None else "epochs")
    command = shlex.join(["talweg", *sys.argv[1:]])
    try:
        with _live(console, live, quiet):
            done = racing.race(
                chosen,
                methods,
                epochs=epochs,
                budget=seconds,
                settings=settings,
                seeds=seeds,
                goal_loss=goal_loss,
                goal_accuracy=goal_accuracy,
                schedule=schedule,
                seed=seed,
                store=store,
                listener=(lambda event: None) if quiet else live,
                command=command,
                probes=probes,
                remedies=remedies,
            )
    except KeyboardInterrupt:
        say(f"talweg: stopped; what is finished is kept in {store}, and the same command goes on from there:\n  {command}")
        raise typer.Exit(INTERRUPTED) from None
    _show(console, done, out, json_file, quiet)


@app.command()
def surface(
    function: Annotated[
        str,
        typer.Argument(help='A name (see `talweg problems`), or a formula: "x^2 + 3*sin(y)".', show_default=False, metavar="NAME|FORMULA"),
    ],
    methods: Annotated[str | None, typer.Option(help="For example sgd,momentum:momentum=0.99,adam.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of all methods; without it each gets the best of 32.")] = None,
    schedule: Annotated[str, typer.Option(help="How learning rates change: constant, cosine, one-cycle …")] = "constant",
    start: Annotated[str | None, typer.Option(help="Where they start: -1.2,1.")] = None,
    starts: Annotated[int | None, typer.Option(help="Instead, from so many random places.")] = None,
    steps: Annotated[int, typer.Option(help="Steps of each method.")] = 200,
    noise: Annotated[float | None, typer.Option(help="Standard deviation of noise on every gradient.")] = None,
    height: Annotated[str, typer.Option(help="auto, linear or log.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of random places and noise.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.html, .png, .svg, .pdf, .gif or .mp4; otherwise talweg-report/NAME.html.")
    ] = None,
) -> None:
    """Draw a function as a landscape, with the paths of several methods: a page with an animation, or a picture."""
    from talweg.studies import surface

    if out is not None:
        surface.ending(out)
    writable(out.parent if out is not None else Path("talweg-report"), None)
    from talweg.cli import live as terminal

    set_up_jax()
    chosen = surface.resolved(function, noise)
    at = None if start is None else place(start)
    command = shlex.join(["talweg", *sys.argv[1:]])
    made = surface.surface(chosen, methods, at, starts, steps, learning_rate, height=height, schedule=schedule, seed=seed, command=command)
    to = out if out is not None else Path("talweg-report") / f"{file_name(chosen.name)}.html"
    folder(to.parent)
    console = terminal.console()
    console.print(made.report(), soft_wrap=True, markup=False, highlight=False)
    console.print(f"picture  {made.save(to)}", soft_wrap=True, markup=False, highlight=False)


@app.command()
def show(
    name: RaceArgument = None, store: StoreOption = Path("talweg.db"), out: OutOption = Path("talweg-report"), json_file: JsonOption = None
) -> None:
    """Show a stored race again."""
    writable(out, json_file)
    from talweg.cli import live as terminal
    from talweg.racing.api import open_race

    _show(terminal.console(), open_race(name, store), out, json_file, quiet=False)


@app.command()
def code(
    name: RaceArgument = None,
    library: Annotated[str, typer.Option("--for", help="torch, keras, optax, tensorflow or sklearn.")] = "torch",
    method: Annotated[str | None, typer.Option(help="A contestant by its name in the table; the winner without it.")] = None,
    store: StoreOption = Path("talweg.db"),
) -> None:
    """Print the winner as code: optimizer and schedule, with what differs where a library can't take the same steps."""
    from talweg.dialects import CODE
    from talweg.racing.api import open_race

    checks.one_of("code", "library", library, CODE)
    done = open_race(name, store)
    print((done.best if method is None else done.tuned(method)).code(library), end="")


@app.command()
def landscape(
    name: RaceArgument = None,
    directions: Annotated[str, typer.Option(help="path: the principal directions of the descents; random: filter-normalised.")] = "path",
    line: Annotated[bool, typer.Option("--line", help="Also the straight line between the ends of the two best.")] = False,
    points: Annotated[int, typer.Option(help="Points of the slice on each side.")] = 41,
    split: Annotated[str, typer.Option(help="train or validation: the data of the loss.")] = "train",
    methods: Annotated[
        str | None, typer.Option(help="Contestants by their names in the table, with commas; the first nine without.")
    ] = None,
    store: StoreOption = Path("talweg.db"),
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.html, .png, .svg or .pdf.  [default: talweg-report/NAME-landscape.html]")
    ] = None,
) -> None:
    """The loss landscape of a race's network: a slice with the ways of its contestants, as a page or a picture."""
    from talweg.racing.api import open_race
    from talweg.studies import landscape as slices

    if out is not None:
        slices.ending(out)
    writable(out.parent if out is not None else Path("talweg-report"), None)
    done = open_race(name, store)
    set_up_jax()
    from talweg.cli import live as terminal
    from talweg.cli import tables

    chosen = names(methods)
    found = done.landscape(directions, split=split, contestants=chosen, points=points, line=line)
    to = out if out is not None else Path("talweg-report") / f"{file_name(found.problem.name)}-{done.name}-landscape.html"
    folder(to.parent)
    written = found.save(to)
    console = terminal.console()
    tables.verdict(console, {"verdict": {"sentences": found.sentences, "warnings": found.warnings}})
    console.print()
    console.print(f"landscape  {written}", soft_wrap=True, markup=False, highlight=False)


@app.command()
def races(store: StoreOption = Path("talweg.db")) -> None:
    """List what is in the store."""
    from talweg import verdict
    from talweg.cli import live as terminal
    from talweg.cli import tables
    from talweg.store import Store
    from talweg.verdict import record

    opened = Store(store, existing=True)
    rows = opened.races()
    if not rows:
        say(f"{store} holds no races yet; run talweg race first")
        return
    winners = []
    for row in rows:
        summary = verdict.judge(record.read(opened, row)) if row.finished else None
        tied = len(summary["verdict"]["tied"]) if summary else 0
        label = summary["contestants"][0]["label"] if summary else "unfinished"
        winners.append(label + (f", tied with {tied}" if tied else ""))
    tables.races(terminal.console(), rows, winners)


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="One method or wrapper, with all that is known of it.", show_default=False)] = None,
) -> None:
    """The catalogue of methods, and what can be wrapped around them: formula, defaults, search range, memory, source."""
    from talweg.cli import catalogues
    from talweg.cli import live as terminal
    from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS

    everything = CATALOGUE | WRAPPERS
    if name is not None:
        kind = everything[checks.one_of("methods", "method", name, everything)]
        catalogues.catalogue(terminal.console(), [(name, kind.summary(), kind.formula(), catalogues.facts(kind))])
        return
    usual = [kind for word, kind in CATALOGUE.items() if word not in VARIANTS]
    catalogues.methods(
        terminal.console(),
        [
            ("methods", usual),
            ("wrappers, as in clip-norm+adam: the outermost first", list(WRAPPERS.values())),
            ("the same names for other formulas, as other libraries have them", list(VARIANTS.values())),
        ],
    )


@app.command()
def problems() -> None:
    """The catalogue of problems that need no file: data sets and functions; a formula of one's own works, too."""
    from talweg.cli import catalogues
    from talweg.cli import live as terminal
    from talweg.problems.datasets import CATALOGUE
    from talweg.problems.surfaces.surface import SURFACES

    console = terminal.console()
    data = [(entry.name, entry.description, entry.source) for entry in CATALOGUE.values()]
    functions = [(shape.name, shape.description, shape.formula) for shape in SURFACES.values()]
    catalogues.problems(console, [("data sets", "source", data), ("functions to look at", "formula", functions)])


@app.command()
def play(
    port: Annotated[int | None, typer.Option(help="Port to listen at, 0 for any; otherwise 8080 or the next that is free.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open the page in the browser.")] = False,
) -> None:
    """Open the live page: drag a learning rate, watch networks race, seven lessons. For this machine only."""
    set_up_jax()
    from talweg.app import play as serve

    serve(port, browser=not no_browser)


app.command()(local_minima.diagnose)
app.command()(local_minima.basins)
app.command()(local_minima.escape)


@app.callback(invoke_without_command=True)
def common(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of all commands."""
    if version:
        print(f"talweg {__version__}")
        raise typer.Exit


def _show(console: Console, done: Any, out: Path, json_file: Path | None, quiet: bool) -> None:
    from talweg.cli import tables

    summary = done.summary
    name = file_name(summary["problem"]["name"])
    folder(out)
    path = done.report(out / f"{name}-{done.name}.html")
    if json_file is not None:
        from talweg.report import write_text

        write_text(json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n", json_file)
    if quiet:
        print(done.verdict)
        return
    tables.result(console, summary)
    timing = summary["timing"]
    console.print()
    console.print(f"[dim]{timing['lanes']:,} trainings, {timing['lane_steps']:,} steps in {timing['wall']:.1f} s[/]", soft_wrap=True)
    console.print(f"report  {path}", soft_wrap=True)


def _live(console: Console, live: Any, quiet: bool) -> Any:
    from rich.live import Live

    return (
        nullcontext()
        if quiet or not console.is_terminal
        else Live(live.renderable(), console=console, transient=True, refresh_per_second=8)
    )


def _fail(sentence: str) -> None:
    say(f"talweg: {sentence}")
    sys.exit(2)
