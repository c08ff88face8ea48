"""The options of the command line, each spelled once, and how their values are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from talweg.checks import InputError

STORE, REPORTS = Path("talweg.db"), Path("talweg-report")  # where races are kept and reports written, without another word

# ---- what a problem is
Problem = Annotated[
    str,
    typer.Argument(
        help="A name (see `talweg problems`), a file (CSV, TSV, Parquet, NPZ), or a formula such as 'x**2 + 10*y**2'.",
        show_default=False,
    ),
]
Target = Annotated[str | None, typer.Option(help="Column to predict, of a file.")]
Model = Annotated[str | None, typer.Option(help="linear, mlp:64,32[,tanh][,glorot] or cnn:8,16.")]
Init = Annotated[str | None, typer.Option(help="How weights start: torch (the default), keras, flax, sklearn, he, glorot, lecun or small.")]
Loss = Annotated[
    str | None,
    typer.Option(
        help="squared (mse, l2), absolute (mae, l1), huber (smooth-l1), poisson, cross-entropy (ce, bce, log, log-loss) or hinge; "
        "otherwise cross-entropy for labels, squared for numbers."
    ),
]
Task = Annotated[str | None, typer.Option(help="classification or regression; otherwise recognised from the target.")]
Groups = Annotated[str | None, typer.Option(help="Column whose rows stay together, such as patient: train, validate or test.")]
Time = Annotated[str | None, typer.Option(help="Column of dates or numbers: the past trains, the future validates and tests.")]
Split = Annotated[str, typer.Option(help="train or validation: the data of the loss.")]

# ---- what is run on it
Methods = Annotated[str | None, typer.Option(help="For example adam,sgd@1,sgd@full,momentum@32:momentum=0.99.")]
REMEDIES = typer.Option(
    help="Against local minima, some of noise, weight-noise, large-rate, warm-restarts, random-restarts, wider, momentum, adaptive; "
    "all takes what fits."
)
STARTS = typer.Option(help="Random starts, the same ones for every method.")
STEPS = typer.Option(help="Steps of each descent, on a function.")
Clock = Annotated[str, typer.Option(help="Whose steps are timed: jax, torch or keras; PyTorch's where that can be had.")]
GoalLoss = Annotated[float | None, typer.Option(help="Target: a validation loss.")]
Epochs = Annotated[float | None, typer.Option(help="Passes over the training data of each run.")]
LearningRate = Annotated[float | None, typer.Option(help="Of all methods; without it each is tuned.")]
Schedule = Annotated[str, typer.Option(help="How learning rates change: constant, cosine, one-cycle …")]
Settings = Annotated[int, typer.Option(help="Settings tried in the search of each.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random: starts, settings, orders of examples, noise.")]

# ---- where results are
Race = Annotated[str | None, typer.Argument(help="The beginning of a race's name; the newest without it.", show_default=False)]
Store = Annotated[Path, typer.Option("--store", help="SQLite file that keeps all races.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write all numbers to this file.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the report.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict alone.")]


def file_option(suffixes: str, default: str) -> OptionInfo:
    """The option of a command that writes one file: the `suffixes` that it may have, and its name in the usual folder."""
    return typer.Option("--out", "-o", help=f"{suffixes}; otherwise {REPORTS / default}.")


def place(text: str, who: str) -> list[float]:
    """The numbers of `-1.2,1`."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{who}: a point must be numbers with commas between them, such as -1.2,1, got {text!r}") from None


def duration(text: str) -> float:
    """Seconds of `60`, `60s`, `5m`, `1.5h`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*", text)
    if not match:
        raise InputError(f"race: the budget must be a time such as 60s, 5m or 1h, got {text!r}")
    return float(match[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600}[match[2] or "s"]
