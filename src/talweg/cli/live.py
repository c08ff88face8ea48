"""Live progress in a terminal, and what is said before a race."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich import live
from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from talweg.cli.tables import named
from talweg.contestants.contestant import Contestant
from talweg.problems.base import Problem
from talweg.problems.base import count as rows_of
from talweg.racing.events import Event, Expected, Going, Prepared, Probed
from talweg.text.format import count, figures, seconds

WIDE = 200  # columns where there is no terminal to ask, as in a file


def console() -> Console:
    """Standard output."""
    out = Console(highlight=False)
    return out if out.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=WIDE)


class Live:
    """Progress while a race runs: a line for each contestant, and one for the whole."""

    def __init__(self, console: Console, contestants: Sequence[Contestant], counted: str = "epochs"):
        self.console, self.counted = console, counted  # what a budget is counted in: steps, where there are no data
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="default", finished_style="green"),
            TextColumn("{task.fields[rung]:<9}"),
            TextColumn("{task.fields[best]}"),
            TextColumn("{task.fields[diverged]}"),
            console=console,
            transient=True,
        )
        self.whole = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="cyan"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {
            c.name: self.progress.add_task(
                named({"label": c.label, "method": c.method_name, "batch": c.batch}), total=1.0, rung="", best="", diverged=""
            )
            for c in contestants
        }
        self.total = self.whole.add_task("compiling", total=1.0)
        self.prepared = 0

    def shown(self) -> AbstractContextManager[Any]:
        """While it is open, progress is redrawn in place; nothing in a pipe."""
        if not self.console.is_terminal:
            return nullcontext()
        return live.Live(Group(self.progress, self.whole), console=self.console, transient=True, refresh_per_second=8)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Prepared):
            self.prepared += 1
            self.progress.update(self.tasks[event.contestant], rung="compiled")
            self.whole.update(self.total, completed=self.prepared / len(self.tasks))
        elif isinstance(event, Expected):
            before = f"; {count(event.blocks_found, 'rung')} finished before" if event.blocks_found else ""
            self.console.print(
                f"[dim]about {seconds(event.seconds)} from here, {figures(event.epochs)} {self.counted} for each lane{before}[/]"
            )
            self.whole.reset(self.total, description="racing", total=1.0)
        elif isinstance(event, Going):
            best = "" if math.isinf(event.best) else f"best loss {figures(event.best)}"
            diverged = f"[yellow]{event.diverged} of {event.lanes} diverged[/]" if event.diverged else ""
            self.progress.update(
                self.tasks[event.contestant], completed=event.contestant_done, rung=event.rung, best=f"{best:<17}", diverged=diverged
            )
            self.whole.update(self.total, completed=event.done)
        elif isinstance(event, Probed):
            self.progress.update(self.tasks[event.contestant], completed=1.0, rung="probed")
            self.whole.update(self.total, description="training dynamics")


def introduce(console: Console, problem: Problem, who: str, left_out: Sequence[str] = ()) -> None:
    """On what and `who` is about to be raced, before anything runs, and who is `left_out`."""
    facts, parameters = problem.facts, f"{problem.parameters():,}"
    parts = {"train": problem.train, "validate": problem.validation, "test": problem.test}
    sizes = {word: f"{rows_of(part):,}" for word, part in parts.items() if part is not None}
    about = [
        f"[bold]{escape(problem.name)}[/]",
        (problem.task or "") + (f", {len(problem.classes)} classes" if problem.classes else ""),
        f"{' / '.join(sizes.values())} examples to {', '.join(sizes)}" if sizes else "",
        f"{facts['features']} features" if "features" in facts else "",
        f"{parameters} variables" if problem.task == "surface" else f"{problem.model or 'model'}, {parameters} parameters",
        f"{facts['loss']} loss" if "loss" in facts else "",
    ]
    console.print(" · ".join(part for part in about if part))
    for note in (*problem.notes, *left_out):
        console.print(Text(f"  {note}", style="dim"))
    console.print(f"[dim]{who}[/]")


@contextmanager
def working(console: Console) -> Iterator[Callable[[str], None]]:
    """While it is open, a function that shows its label on one line, which goes away in the end; in a pipe nothing is shown."""
    with console.status("preparing") as status:
        yield lambda label: status.update(Text(label))
