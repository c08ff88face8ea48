"""Write docs/methods.md from the catalogue: python docs/generate.py"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS, GradientDescent, Method, Range
from talweg.methods.kinds import bare

HEAD = """# Methods

Made from the catalogue by `python docs/generate.py`; `talweg methods` prints the same in a terminal. The formula is the one in the
docstring above the code. w parameters, g gradient, η learning rate; t counts steps from 1.

Where a method is searched: log-uniformly, and `1 − x` means that one minus the number is. The number of settings decides what is
searched at all: the first numbers always, those marked ² from 10 settings, those marked ³ from 26 (the default is 64).

What a method keeps is counted in numbers, beside the parameters, for an array of r × c = n of them; "vectors": for an array that is no
matrix.

"""

WRAPPED = """## Wrappers

Ideas that any method can have hold a method: `clip-norm+adam` on the command line, `ClipNorm(Adam(1e-3), 1.0)` in Python, several one
around the other, the outermost first. Their numbers stand beside those of the method: `clip-norm+adam@32:clip_norm=1`.

"""

OTHERS = """## The same names for other formulas

As other libraries have them; [Dialects](dialects.md) says which has which.

"""


def ranges(space: dict[str, Range]) -> str:
    """The search space in one cell."""
    return "<br>".join(f"{name}{' ²³'[reach.tier - 1].strip()} {reach}" for name, reach in space.items())


def defaults(kind: type[Method]) -> str:
    """The untuned numbers in one cell."""
    numbers = {field.name: field.default for field in fields(kind) if field.name not in bare(kind)}
    return "<br>".join(f"{name} {value:g}" for name, value in numbers.items())


def keeps(kind: type[Method]) -> str:
    """What its state costs."""
    overall = f" (+ {kind.overall})" if kind.overall else ""
    return kind.memory + overall


def table(kinds: Iterable[type[Method]]) -> str:
    """A row for each."""
    lines = ["| name | method | helps with | keeps | defaults | searched | source |", "|---|---|---|---|---|---|---|"]
    for kind in kinds:
        cells = (f"`{kind.name}`", kind.label, kind.helps, keeps(kind), defaults(kind), ranges(dict(kind.space)), kind.source)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def details(kinds: Iterable[type[Method]]) -> str:
    """Summary and formula of each."""
    return "\n".join(f"### {kind.label}\n\n{kind.summary()}\n\n```text\n{kind.formula()}\n```\n" for kind in kinds)


def page() -> str:
    """The whole page."""
    usual = [kind for name, kind in CATALOGUE.items() if name not in VARIANTS]
    full, single = (ranges(dict(GradientDescent.search_space(size))) for size in (None, 1))
    after = f"\nGradient descent on the whole training set (`sgd@full`): {full}; on one example (`sgd@1`): {single}.\n"
    parts = [HEAD, table(usual), after, "\n## Formulas\n\n", details(usual)]
    for head, kinds in ((WRAPPED, WRAPPERS), (OTHERS, VARIANTS)):
        parts += ["\n", head, table(kinds.values()), "\n", details(kinds.values())]
    return "".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("methods.md").write_text(page(), encoding="utf-8")
