"""Imports point down, the light parts stay light, and nothing is evaluated or pickled."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import talweg

HOME = Path(talweg.__file__).parent
FILES = sorted(HOME.rglob("*.py"))

# The house of the design, row by row. A module imports only from rows above its own, and from its own package.
ROWS = [
    ("_version", "checks", "trees"),
    ("oracle", "probes", "schedules"),
    ("store", "pictures"),
    ("verdict", "report"),
    ("problems",),
    ("methods",),
    ("dialects",),
    ("bridges",),
    ("descent",),
    ("landscape",),
    ("racing",),
    ("view",),
    ("cli", "terminal", "__main__", "app"),
]
ROW = {name: number for number, names in enumerate(ROWS) for name in names}
# Neighbours of one row that may be used: the last row is the rim, where all is put together.
NEIGHBOURS = {(one, other) for one in ("cli", "__main__", "app") for other in ROWS[-1]}
# The two halves that never meet outside `descent`.
STRANGERS = {("methods", "problems"), ("problems", "methods")}

NO_JAX = ROWS[2] + ROWS[3]
HEAVY = {"plotly", "sklearn", "pandas", "skrub", "nicegui", "torch", "matplotlib", "keras", "tensorflow", "optax"}


def text(file: Path) -> str:
    return file.read_text("utf-8")


def part(file: Path) -> str:
    """The row's name of a file: `checks` of checks.py, `methods` of methods/adam.py, and of report_table.py `report`."""
    name = file.relative_to(HOME).parts[0].removesuffix(".py")
    return name if name in ROW or name == "__init__" else name.split("_")[0]


def imported(file: Path, source: str) -> Iterator[tuple[str, int]]:
    """The full name of every module and name that a file with this source imports, anywhere in it, with the line."""
    package = ["talweg", *file.relative_to(HOME).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((f"{base}.{name.name}", node.lineno) for name in node.names)


def parts_imported(file: Path, source: str) -> Iterator[tuple[str, int]]:
    """The parts of talweg that a file imports. The package's own door has no row, and nothing inside may use it."""
    for name, line in imported(file, source):
        if name.split(".")[0] == "talweg":
            inside = name.split(".")[1:] or ["__init__"]
            first = inside[0] if inside[0] in ROW or inside[0] == "__init__" else inside[0].split("_")[0]
            yield (first if first in ROW else "__init__"), line


def may_import(one: str, other: str) -> bool:
    if (one, other) in STRANGERS or other == "__init__":
        return False
    return one == other or ROW[other] < ROW[one] or (one, other) in NEIGHBOURS


def wrong_imports(file: Path) -> list[str]:
    one = part(file)
    if one == "__init__":
        return []
    return [
        f"{file.relative_to(HOME)}:{line} imports {other}" for other, line in parts_imported(file, text(file)) if not may_import(one, other)
    ]


def test_every_file_has_a_row_in_the_house():
    assert {part(file) for file in FILES} - {"__init__"} <= set(ROW)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_imports_point_down(file):
    assert wrong_imports(file) == []


@pytest.mark.parametrize(
    ("one", "other", "allowed"),
    [
        ("methods", "oracle", True),
        ("racing", "verdict", True),
        ("methods", "methods", True),
        ("methods", "problems", False),
        ("problems", "methods", False),
        ("descent", "racing", False),
        ("oracle", "schedules", False),
        ("checks", "__init__", False),
    ],
)
def test_the_rule_itself_allows_and_forbids_what_the_design_says(one, other, allowed):
    assert may_import(one, other) == allowed


def test_the_reader_of_imports_sees_every_form_of_them():
    file = HOME / "methods" / "example.py"
    lines = ["import talweg.oracle", "from talweg import checks, run", "from ..problems import base", "from . import space"]
    source = "\n".join([*lines, "def f():", "    from talweg.racing import plan"])
    found = list(parts_imported(file, source))
    assert found == [("oracle", 1), ("checks", 2), ("__init__", 2), ("problems", 3), ("methods", 4), ("racing", 6)]


# ---- what stays light --------------------------------------------------------------------------------------------------------


def needs(name: str) -> set[str]:
    """All that the files of a part import, and all that the parts imported by them do."""
    found: set[str] = set()
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for file in (file for file in FILES if part(file) == one):
            found |= {module.split(".")[0] for module, _ in imported(file, text(file))}
            waiting += [other for other, _ in parts_imported(file, text(file)) if other not in seen and other != "__init__"]
    return found


@pytest.mark.parametrize("name", NO_JAX)
def test_rows_and_pictures_need_no_jax(name):
    assert not needs(name) & {"jax", "jaxlib", "equinox", "optax"}


def test_what_a_part_needs_is_found_through_what_it_imports():
    assert "jax" in needs("methods")
    assert "numpy" in needs("methods")  # by way of checks


def test_importing_talweg_is_light():
    code = f"import sys, talweg; print([name for name in {sorted(HEAVY)!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert ran.stdout.strip() == "[]", ran.stdout + ran.stderr


# ---- habits of every file ----------------------------------------------------------------------------------------------------


def forbidden(source: str) -> list[str]:
    """Calls of eval and exec by that name, and every import of a module that unpickles."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec", "__import__"}:
            found.append(node.func.id)
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in PICKLES]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLES:
            found.append(str(node.module))
        if (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        ):
            found.append("allow_pickle")
        if isinstance(node, ast.Attribute) and node.attr in {"read_pickle", "to_pickle"}:
            found.append(node.attr)
    return found


PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_nothing_is_evaluated_or_pickled(file):
    assert forbidden(text(file)) == []


@pytest.mark.parametrize(
    "line", ["eval('1')", "exec('a = 1')", "import pickle", "from dill import load", "np.load(f, allow_pickle=True)", "pd.read_pickle(f)"]
)
def test_the_guard_sees_what_it_guards_against(line):
    assert forbidden(line)
    assert not forbidden("jax.jit(f)(x); model.eval(); session.exec(q); np.load(f, allow_pickle=False)")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOME)))
def test_a_file_says_what_it_is_and_is_small(file):
    tree = ast.parse(text(file))
    assert not tree.body or ast.get_docstring(tree)
    assert len(text(file).splitlines()) <= 400
