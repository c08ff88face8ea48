"""The command that draws a function with the descents of several methods."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talweg.cli import options
from talweg.cli.process import check_file, command, save, set_up_jax


def surface(
    function: Annotated[
        str,
        typer.Argument(help='A name (see `talweg problems`), or a formula: "x^2 + 3*sin(y)".', show_default=False, metavar="NAME|FORMULA"),
    ],
    methods: options.Methods = None,
    learning_rate: options.LearningRate = None,
    schedule: options.Schedule = "constant",
    start: Annotated[str | None, typer.Option(help="Where they start: -1.2,1.")] = None,
    starts: Annotated[int | None, options.STARTS] = None,
    steps: Annotated[int, options.STEPS] = 200,
    noise: Annotated[float | None, typer.Option(help="Standard deviation of noise on every gradient.")] = None,
    height: Annotated[str, typer.Option(help="auto, linear or log.")] = "auto",
    seed: options.Seed = 0,
    out: Annotated[Path | None, options.file_option("FILE.html, .png, .svg, .pdf, .gif or .mp4", "NAME.html")] = None,
) -> None:
    """Draw a function as a landscape, with the trajectories of several methods: a page with an animation, or a picture."""
    from talweg.studies import surface as study

    check_file(out, study.View)
    from talweg.cli import live

    set_up_jax()
    chosen = study.resolved(function, noise)
    at = None if start is None else options.place(start, "surface")
    made = study.surface(chosen, methods, at, starts, steps, learning_rate, height=height, schedule=schedule, seed=seed, command=command())
    console = live.console()
    console.print(made.report(), soft_wrap=True, markup=False)
    console.print(f"figure  {save(made, out, chosen.name)}", soft_wrap=True, markup=False)
