"""Write docs/methods.md from the catalogue: python docs/generate.py"""

from __future__ import annotations

from pathlib import Path

from talweg.methods import CATALOGUE, GradientDescent, Method, Range

HEAD = """# Methods

Made from the catalogue by `python docs/generate.py`; `talweg methods` prints the same in a terminal. The formula is the one in the
docstring above the code. w parameters, g gradient, η learning rate; t counts steps from 1.

Where a method is searched: log-uniformly, and `1 − x` means that one minus the number is. The number of settings decides what is
searched at all: the first numbers always, those marked ² from 10 settings, those marked ³ from 26 (the default is 64).

"""


def ranges(space: dict[str, Range]) -> str:
    """The search space in one cell."""
    return "<br>".join(f"{name}{' ²³'[reach.tier - 1].strip()} {reach}" for name, reach in space.items())


def defaults(kind: type[Method]) -> str:
    """The untuned numbers in one cell."""
    return "<br>".join(f"{name} {value:g}" for name, value in kind().numbers().items())


def page() -> str:
    """The whole page."""
    lines = ["| name | method | defaults | searched | source |", "|---|---|---|---|---|"]
    for name, kind in CATALOGUE.items():
        lines.append(f"| `{name}` | {kind.label} | {defaults(kind)} | {ranges(dict(kind.space))} | {kind.source} |")
    full, single = (ranges(dict(GradientDescent.search_space(size))) for size in (None, 1))
    after = f"\nGradient descent on the whole training set (`sgd@full`): {full}; on one example (`sgd@1`): {single}.\n"
    details = [f"## {kind.label}\n\n{kind.summary()}\n\n```text\n{kind.formula()}\n```\n" for kind in CATALOGUE.values()]
    return HEAD + "\n".join(lines) + "\n" + after + "\n" + "\n".join(details)


if __name__ == "__main__":
    Path(__file__).with_name("methods.md").write_text(page(), encoding="utf-8")
