"""What programs of all libraries share: how they begin and end, the order of examples, and numbers as a person writes them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from talweg.dialects.convert import rate_alone
from talweg.dialects.spelling import Spelling
from talweg.problems.supervised import Start
from talweg.programs.recipe import Recipe

WIDTH = 120  #: of a line


def refusal(recipe: Recipe, library: str, spelling: Spelling, losses: Collection[str], starts: Collection[str]) -> str | None:
    """Why a library has no program, in a few words; None if it has: for these losses, and these starts of weights beside PyTorch's."""
    problem = recipe.problem
    if not isinstance(problem.start, Start):
        return "its model is one of your own"
    if problem.facts.get("loss") not in losses:
        return f"{library} has no module for its loss, {problem.facts.get('loss')}"
    if problem.facts["initialisation"] not in ("torch", *starts):
        return f"its weights start as {problem.facts['initialisation']}'s"
    if not (spelling.exact and rate_alone(recipe.method)):
        return f"{library} has no call of its own with the steps of {recipe.method!r}"
    return None


def docstring(recipe: Recipe) -> str:
    """What is trained, and what to expect."""
    words = [recipe.about + "."]
    if recipe.expected is not None:
        low, high, new = (recipe.expected[key] for key in ("low", "high", "rows"))
        loss = recipe.problem.facts["loss"]
        words += ["", f"Expected on {new:,} new rows: a {loss} loss of {recipe.expected['mean']:.4g} (95 % prediction interval"]
        words[-1] += f" {low:.4g} – {high:.4g})."
    words += ["Another seed: python program.py 1"]
    return '"""' + "\n".join(words) + '\n"""'


def head(recipe: Recipe, imports: list[str], others: list[str]) -> list[str]:
    """The first lines: docstring, imports of Python's own modules and of `others`, and the numbers of the training."""
    standard = sorted(["import sys", *imports])
    others = sorted(others, key=lambda line: (line.startswith("from"), line.split()[1]))
    return [
        *(docstring(recipe), "", *standard, "", *others, ""),
        "SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 0  # of the split, the first weights and the order of examples",
        *(f"STEPS = {recipe.steps:_}", *([] if recipe.batch == "full" else [f"BATCH = {recipe.batch}"]), ""),
    ]


def batches() -> list[str]:
    """A function that goes through the training rows."""
    return [
        "def batches(generator):",
        '    """Epoch after epoch in a new order; what is left after the last whole batch of one is dropped."""',
        "    while True:",
        "        order = generator.permutation(train)",
        "        yield from (order[first : first + BATCH] for first in range(0, len(order) - BATCH + 1, BATCH))",
        *("", ""),
    ]


def loop(full: bool) -> list[str]:
    """The first line or two of the loop over steps."""
    if full:
        return ["for step in range(1, STEPS + 1):", "    rows = train"]
    return ["for step, rows in zip(range(1, STEPS + 1), batches(np.random.default_rng(SEED))):"]


def progress(validation: str) -> list[str]:
    """The last lines of that loop; `validation` is how the loss on the validation rows is called for."""
    return [
        "    if step % max(1, STEPS // 10) == 0:",
        f'        print(f"step {{step:,}} of {{STEPS:,}}: validation loss {{{validation}:.4f}}")',
    ]


def result(recipe: Recipe, evaluated: str, *, unit: bool) -> list[str]:
    """The test, and whether it came out as expected; `evaluated` is how loss and metric on the test rows are called for."""
    metric = "accuracy {metric:.1%}" if recipe.problem.classes is not None else "R² {metric:.3f}"
    lines = [f"loss, metric = {evaluated}", f'print(f"test loss {{loss:.4f}}, {metric}")']
    if unit:
        lines += ['print(f"root mean squared error {unit * (1 - metric) ** 0.5:.4g}, in the unit of the target")']
    if recipe.expected is not None:
        low, high = (f"{recipe.expected[key]:.4g}" for key in ("low", "high"))
        lines += [f'print("as expected," if {low} <= loss <= {high} else "not as expected,", "which was {low} to {high}")']
    return lines


def rounded(value: Any) -> Any:
    """Numbers with six digits, also those of a pair: what is beyond them nobody has tuned."""
    if isinstance(value, tuple):
        return tuple(map(rounded, value))
    return float(short(value)) if isinstance(value, float) else value


def short(value: Any) -> str:
    """A number with six digits."""
    return f"{float(value):.6g}"
