"""The command that predicts the rows of a file with what a race recommends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from talweg.checks import InputError
from talweg.cli import options
from talweg.cli.process import folder, set_up_jax, writable

if TYPE_CHECKING:
    from talweg.problems.coding import Coding

SHOWN = 10  #: rows, where no file is written


def predict(
    file: Annotated[str, typer.Argument(help="The rows to predict: CSV, TSV, Parquet or NPZ, as was raced.", show_default=False)],
    name: options.Race = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Of classes: also how probable each is.")] = False,
    seed: options.Seed = 0,
    store: options.Store = options.STORE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="FILE.csv; without it the first rows are shown.")] = None,
) -> None:
    """Predict the rows of a file: train what a race recommends on all of its rows, and ask it."""
    if out is not None:
        if out.suffix.lower() != ".csv":
            raise InputError(f"predict: predictions are written as CSV, give --out a file such as predictions.csv, got {out}")
        writable(out.parent)
    from talweg.problems.tables.read import new_rows
    from talweg.racing import training
    from talweg.racing.api import open_race

    done = open_race(name, store)
    set_up_jax()
    ready = training.ready(done)
    if probabilities:
        ready.coding.check_probabilities()
    inputs = ready.coding.inputs(new_rows(file))
    outputs = training.train(ready, seed).outputs(inputs)
    print(ready.sentence)
    _show(ready.coding, outputs, out, probabilities)


def _show(coding: Coding, outputs: np.ndarray, out: Path | None, probabilities: bool) -> None:
    """One row for each of the file's: into a file, or the first ones on the terminal."""
    import pandas as pd

    from talweg.text import training as words

    answers = pd.DataFrame({coding.target: coding.answers(outputs)})
    if probabilities and coding.labels is not None:
        names = [f"probability_{label}" for label in coding.labels]
        answers = answers.join(pd.DataFrame(coding.probabilities(outputs), columns=names))
    if out is not None:
        folder(out.parent)
        answers.to_csv(out, index=False)
        print(f"predictions  {out}")
        return
    answers.index += 1
    print(answers.head(SHOWN).to_string())
    if len(answers) > SHOWN:
        print(words.more(len(answers) - SHOWN))
