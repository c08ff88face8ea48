"""Imports point down and never go round in a circle, the light parts stay light, and nothing is evaluated or pickled."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import talweg

HOME = Path(talweg.__file__).parent
FILES = sorted(HOME.rglob("*.py"))

# The house of the design from the ground up. A file imports only from floors below its own, and from its own room.
FLOORS = [
    ("_version", "checks", "trees", "summary"),
    ("oracle", "schedules"),
    ("store", "statistics", "text"),
    ("problems", "methods"),
    ("figures", "verdict"),
    ("dialects", "report"),
    ("engine", "results"),
    ("bridges", "programs"),
    ("landscape",),
    ("contestants",),
    ("studies",),
    ("racing",),
    ("app",),
    ("cli",),
    ("__main__",),
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
NO_JAX = ("summary", "store", "statistics", "text", "figures", "verdict", "report", "results")
HEAVY = {"plotly", "sklearn", "pandas", "skrub", "nicegui", "torch", "matplotlib", "keras", "tensorflow", "optax"}


def text(file: Path) -> str:
    return file.read_text("utf-8")


def module(file: Path) -> str:
    """The full name of a file's module."""
    parts = file.relative_to(HOME.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(file): file for file in FILES}


def room(file: Path) -> str:
    """The room of a file: `checks` of checks.py, `methods` of methods/adam.py; of the package's own door, `__init__`."""
    return file.relative_to(HOME).parts[0].removesuffix(".py")


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run: not those that are for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from running(node)


def imported(file: Path, source: str) -> Iterator[tuple[str, int]]:
    """The full name of every module and name that a file with this source imports, inside functions, too, with the line."""
    package = module(file).split(".") if file.name == "__init__.py" else module(file).split(".")[:-1]
    for node in running(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((f"{base}.{name.name}", node.lineno) for name in node.names)


def files_imported(file: Path, source: str) -> Iterator[tuple[Path, int]]:
    """The files of talweg that a file imports: the longest part of each name that is one."""
    for name, line in imported(file, source):
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if (found := MODULES.get(".".join(parts[:length]))) is not None:
                yield found, line
                break


def may_import(one: str, other: str) -> bool:
    """Whether a file of one room may import from another; nothing inside may use the package's own door, which hands out all."""
    return other != "__init__" and (one in (other, "__init__") or FLOOR[other] < FLOOR[one])


def test_every_file_has_a_floor_in_the_house():
    assert {room(file) for file in FILES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("file", FILES, ids=module)
def test_imports_point_down(file):
    wrong = [f"line {line}: {module(other)}" for other, line in files_imported(file, text(file)) if not may_import(room(file), room(other))]
    assert [one for one in wrong if not one.endswith(": talweg")] == []


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """The names that lie on a circle of arrows, each circle once: what is left when all that nobody, or that nothing, needs is gone."""
    sorter = graphlib.TopologicalSorter(arrows)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return [error.args[1]]
    return []


def test_no_imports_go_round_in_a_circle_of_files():
    arrows = {module(file): {module(other) for other, _ in files_imported(file, text(file))} - {module(file), "talweg"} for file in FILES}
    assert circles(arrows) == []


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert not circles({"a": {"b"}, "b": {"c"}, "d": {"a"}})


@pytest.mark.parametrize(
    ("one", "other", "allowed"),
    [
        ("methods", "oracle", True),
        ("racing", "verdict", True),
        ("methods", "methods", True),
        ("methods", "problems", False),
        ("problems", "methods", False),
        ("engine", "racing", False),
        ("studies", "racing", False),
        ("text", "verdict", False),
        ("figures", "verdict", False),
        ("checks", "__init__", False),
    ],
)
def test_the_rule_itself_allows_and_forbids_what_the_design_says(one, other, allowed):
    assert may_import(one, other) == allowed


def test_the_reader_of_imports_sees_every_form_of_them():
    file = HOME / "methods" / "example.py"
    lines = ["import talweg.oracle", "from talweg import checks, run", "from ..problems import base", "from . import space"]
    lines += ["if TYPE_CHECKING:", "    from talweg.racing import api"]
    source = "\n".join([*lines, "def f():", "    from talweg.racing import plan"])
    found = [(module(other), line) for other, line in files_imported(file, source)]
    wanted = [("talweg.oracle", 1), ("talweg.checks", 2), ("talweg", 2), ("talweg.problems.base", 3), ("talweg.methods.space", 4)]
    assert found == [*wanted, ("talweg.racing.plan", 8)]


# ---- what stays light --------------------------------------------------------------------------------------------------------


def needs(name: str) -> set[str]:
    """All that the files of a room import, and all that the files imported by them do."""
    found: set[str] = set()
    waiting = [file for file in FILES if room(file) == name]
    seen = set(waiting)
    while waiting:
        file = waiting.pop()
        found |= {one.split(".")[0] for one, _ in imported(file, text(file))}
        more = {other for other, _ in files_imported(file, text(file)) if room(other) != "__init__"} - seen
        seen |= more
        waiting += more
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


@pytest.mark.parametrize("file", FILES, ids=module)
def test_nothing_is_evaluated_or_pickled(file):
    assert forbidden(text(file)) == []


@pytest.mark.parametrize(
    "line", ["eval('1')", "exec('a = 1')", "import pickle", "from dill import load", "np.load(f, allow_pickle=True)", "pd.read_pickle(f)"]
)
def test_the_guard_sees_what_it_guards_against(line):
    assert forbidden(line)
    assert not forbidden("jax.jit(f)(x); model.eval(); session.exec(q); np.load(f, allow_pickle=False)")


@pytest.mark.parametrize("file", FILES, ids=module)
def test_a_file_says_what_it_is_and_is_small(file):
    tree = ast.parse(text(file))
    assert not tree.body or ast.get_docstring(tree)
    assert len(text(file).splitlines()) <= 400
