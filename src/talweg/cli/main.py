"""The command line: `talweg race digits`.

Thin: it reads words, calls the library and shows what comes back. A caller's mistake is one sentence on standard error and exit
code 2, never a traceback.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Annotated

import typer

from talweg._version import __version__
from talweg.checks import InputError
from talweg.cli import batch, catalogues, local_minima, predict, race, surface
from talweg.cli.process import INTERRUPTED, say, set_up_jax

app = typer.Typer(
    help="On my model and my data: which gradient-descent method, which learning rate, which batch size - and how sure are you?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


def _fail(sentence: str) -> None:
    say(f"talweg: {sentence}")
    sys.exit(2)


@app.callback(invoke_without_command=True)
def common(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of all commands."""
    if version:
        print(f"talweg {__version__}")
        raise typer.Exit


def playground(
    port: Annotated[int | None, typer.Option(help="Port to listen at, 0 for any; otherwise 8080 or the next that is free.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open the page in the browser.")] = False,
) -> None:
    """Open the live page: drag a learning rate, watch networks race, short lessons. For this machine only."""
    set_up_jax()
    from talweg.app import play

    play(port, browser=not no_browser)


for command in (
    *(race.race, batch.batch, surface.surface, race.show, race.code, predict.predict, race.landscape, race.races),
    *(catalogues.methods, catalogues.problems, playground),
    *(local_minima.diagnose, local_minima.basins, local_minima.escape),
):
    app.command()(command)
app.command("play", hidden=True)(playground)
