"""Pages from the code: python docs/generate.py writes docs/surfaces.md and docs/json.md; docs/methods.md is made when mkdocs builds."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS, GradientDescent, Method, Range
from talweg.methods.factories import required
from talweg.problems import SURFACES, CriticalPoint, Surface, surface
from talweg.problems.surfaces import catalogue, critical_points, formula
from talweg.summary import BasinsSummary, BatchSummary, DiagnosisSummary, EscapeSummary, LandscapeSummary, RaceSummary, SurfaceSummary

HEAD = """# Methods

Made from the catalogue; `talweg methods` prints the same in a terminal. The formula is the one in the
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
    """The untuned hyperparameters in one cell."""
    untuned = {field.name: field.default for field in fields(kind) if field.name not in required(kind)}
    return "<br>".join(f"{name} {value:g}" for name, value in untuned.items())


def keeps(kind: type[Method]) -> str:
    """What its state costs."""
    scalar_state = f" (+ {kind.scalar_state})" if kind.scalar_state else ""
    return kind.memory + scalar_state


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


# ---- surfaces -------------------------------------------------------------------------------------------------------------------

SURFACE_HEAD = """# Surfaces

Made from the catalogue by `python docs/generate.py`; `talweg problems` prints the names in a terminal. Functions of a few numbers are
problems like all others, and fast ones:

```
talweg race himmelblau
talweg race rosenbrock:dimensions=10
talweg race 'x**2 + 10*y**2'
```

```python
import talweg as tw

surface = tw.problems.surface("himmelblau")
surface.critical  # minima, saddles, maxima: CriticalPoint(at, value, kind, best)
surface.heights([0, 1, 2], [0, 1])  # values on a grid
tw.race(surface.problem())
tw.trajectories(surface.problem(), "adam,momentum", starts=[[-4, 0], [4, 4]], steps=300)
```

## Options

After a colon, separated by commas: `rosenbrock:dimensions=10,noise=0.5`.

- `dimensions`: 2 to 10,000, for those that have a form for it. Then only the global minimum is listed.
- `condition`: of `valley`, its condition number, 100 without it.
- `noise`: σ makes any function a noisy one, a formula, too. The problem then has 256 training rows ξ of standard deviation σ whose mean
  is exactly zero, and a batch has the loss f(x) + (mean of its ξ) · x: its gradient is that of f plus noise of standard deviation σ/√n for
  a batch of n, and on all rows it is f itself. The usual batch is 1. Losses are always measured on all rows, so without the noise.

"""

FORMULA_HEAD = """## Formulas of your own

`x**2 + 10*y**2`, or with the part to be looked at and a start: `sin(x) * y on 0..6, -1..1 from 2, 0.5`.

- Variables: `x` and `y`, or `x1`, `x2`, … up to `x{variables}`. There are always two at least.
- Numbers are floats; `pi` (or `π`) and `e`. Operators: `+ - * /`, and `**` or `^` for powers, with Python's precedence; `²` and `³`.
- Functions: {functions}; `min` and `max` of two or more.
- `on lowest..highest` is the domain, one range for all variables or one for each; without it {low:g}..{high:g}.
- `from` a number for each variable is the start; without it a point in the upper part of the domain where the formula is finite and slopes.
- `:noise=0.5` at the end adds noise.

A formula has at most {longest} characters. It is read by Python's `ast` and checked node by node against this list; nothing is evaluated by
Python. A mistake is one sentence that names the character.

The lowest value of a formula is not known. Its critical points are searched for by Newton's method from a grid of {side} × {side} starts
and classified by the eigenvalues of the Hessian. There may be more of them than that finds; points where the function has a kink are not
found, and those that are not isolated (the floor of `x**2`) are not listed. A point whose Hessian has an eigenvalue of zero is
"undecided".

## The catalogue

"Critical points" are those inside the domain: minima, saddles, maxima. They are tested: the gradient is zero there, the Hessian's
eigenvalues have the signs they should, and the turns of the gradient around the domain are minima + maxima − saddles, as Poincaré and
Hopf say.

"""


def point(found: CriticalPoint) -> str:
    """Where it is, and its value."""
    return f"({', '.join(f'{x:.6g}' for x in found.at)}) at {found.value:.6g}"


def counted(found: Surface) -> str:
    """How many critical points of each kind there are beside the best minima."""
    others = [p.kind for p in found.critical if not p.best]
    plural = {"minimum": "minima", "saddle": "saddles", "maximum": "maxima", "undecided": "undecided"}
    words = [f"{others.count(kind)} {plural[kind] if others.count(kind) > 1 else kind}" for kind in plural if kind in others]
    return ", ".join(words) or "none"


def surface_page() -> str:
    """The page of the surfaces."""
    functions = ", ".join(f"`{name}`" for name, (_, arguments) in formula.FUNCTIONS.items() if arguments)
    sizes = {"variables": formula.MOST_VARIABLES, "longest": formula.LONGEST, "side": critical_points.SIDE, "functions": functions}
    parts = [SURFACE_HEAD, FORMULA_HEAD.format(low=formula.USUAL[0], high=formula.USUAL[1], **sizes)]
    for name, shape in SURFACES.items():
        found = surface(name)
        domain = " × ".join(f"[{low:g}, {high:g}]" for low, high in found.domain)
        best = "; ".join(point(p) for p in found.best) or "none: it falls without end"
        rows = {
            "domain, start": f"{domain}, ({', '.join(f'{x:g}' for x in found.start)})",
            "global minima": best,
            "other critical points": counted(found) + (f" ({found.critical_note})" if found.critical_note != catalogue.ALL_LISTED else ""),
            "in more dimensions": "yes" if shape.several else "no",
            "source": found.source,
        }
        table = "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows.items())])
        teaches = found.description[0].upper() + found.description[1:]
        parts.append(
            f"### {found.label[0].upper() + found.label[1:]}\n\n`{name}`: {teaches}.\n\n```text\n{found.formula}\n```\n\n{table}\n\n"
        )
    return "".join(parts).rstrip() + "\n"


# ---- JSON -----------------------------------------------------------------------------------------------------------------------

JSON_HEAD = """# What `--json` holds

Made from the types in `talweg.summary` by `python docs/generate.py`.

`talweg race … --json race.json` writes the summary: all that the table, the verdict and the report are made from. In Python it is
`race.summary`, and every study has such a summary, too. It is plain JSON; what is not finite or not known is `null`. What the statistics
mean is in [Protocol](protocol.md).

```python
import json

race = json.load(open("race.json", encoding="utf-8"))
print(race["verdict"]["headline"])
for row in race["contestants"]:
    print(row["label"], row["validation_loss"]["mean"], "tied" if row["tied"] else "")
```

Everything else, each training's curve included, is in the store, an SQLite file.

"""

SUMMARIES = (RaceSummary, BatchSummary, BasinsSummary, EscapeSummary, LandscapeSummary, DiagnosisSummary, SurfaceSummary)
FIELD = re.compile(r"^    (\w+): (.+?)  #: (.+)$", re.MULTILINE)


def tables() -> Iterator[type]:
    """Every type once: each summary, then what it is made of."""
    waiting, seen = list(SUMMARIES), set[type]()
    while waiting:
        kind = waiting.pop(0)
        if kind not in seen:
            seen.add(kind)
            yield kind
            waiting = [inner for hint in get_type_hints(kind).values() for inner in typed_dicts(hint)] + waiting


def typed_dicts(hint: Any) -> Iterator[type]:
    """The types of dictionaries in an annotation."""
    if is_typeddict(hint):
        yield hint
    for inner in get_args(hint):
        yield from typed_dicts(inner)


def anchored(annotation: str) -> str:
    """An annotation in words, with links to the tables of other types."""
    words = annotation.replace(" | None", " or null").replace(" | ", " or ").replace("Any", "anything")
    return re.sub(r"\b[A-Z]\w+\b(?=[\], ]|$)", lambda m: f"[{m[0]}](#{m[0].lower()})", words)


def fields_of(kind: type) -> Iterator[tuple[str, str, str]]:
    """Name, annotation and words of each field, those of the type that it extends first."""
    source = inspect.getsource(kind)
    above = re.search(r"\((\w+)\)", source)[1]  # TypedDicts have no bases when they run
    if above != "TypedDict":
        yield from fields_of(getattr(sys.modules[kind.__module__], above))
    yield from FIELD.findall(source)


def json_page() -> str:
    """The page of the summaries."""
    parts = [JSON_HEAD]
    for kind in tables():
        lines = ["| key | type | content |", "|---|---|---|"]
        for name, annotation, words in fields_of(kind):
            escaped = words.replace("|", "\\|")
            lines.append(f"| `{name}` | {anchored(annotation)} | {escaped} |")
        table = "\n".join(lines)
        about = f"{inspect.cleandoc(kind.__doc__)}\n\n" if kind.__doc__ else ""
        parts.append(f"{'##' if kind in SUMMARIES else '###'} {kind.__name__}\n\n{about}{table}\n\n")
    return "".join(parts).rstrip() + "\n"


def on_files(files: Any, config: Any) -> Any:
    """Give mkdocs, which calls this, the page of the methods."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "methods.md", content=page()))
    return files


if __name__ == "__main__":
    Path(__file__).with_name("json.md").write_text(json_page(), encoding="utf-8")
    Path(__file__).with_name("surfaces.md").write_text(surface_page(), encoding="utf-8")
