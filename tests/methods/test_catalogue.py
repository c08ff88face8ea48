"""The catalogue finds what files define, and says what is not finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from talweg import methods
from talweg.checks import InputError
from talweg.methods.catalogue import discovered

FINISHED = """
from talweg.methods.adam import Adam
class _Base(Adam):
    pass
class Toy(_Base):
    name, label, source, helps = "toy", "Toy", "Nobody 2026", "to see whether a file is enough"
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A new package, which can be imported by its name."""
    folder = tmp_path / f"package_{abs(hash(request.node.name))}"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def names(package: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, "utf-8")
    return [cls.name for cls in discovered(package.name, package)]


def test_what_a_file_defines_is_found_and_what_it_imports_is_not(package: Path) -> None:
    assert names(package, toy=FINISHED, _draft="1 / 0", base="1 / 0") == ["toy"]


def test_the_families_come_in_their_order_and_other_files_after_them(package: Path) -> None:
    files = {file: FINISHED.replace('"toy"', f'"{file}-toy"') for file in ("a", "matrices", "descent", "z")}
    assert names(package, **files) == ["descent-toy", "matrices-toy", "a-toy", "z-toy"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "1 / 0",
            r"toy: the file can't be imported \(ZeroDivisionError: division by zero\); finish it, or",
        ),
        (FINISHED.replace('"Nobody 2026"', '""'), "toy: Toy lacks source; finish it, or begin its name with an underscore"),
        (FINISHED + "class Other(Toy):\n    pass\n", "toy: Other lacks a name of its own; finish it, or"),
        (FINISHED + 'class Other(Toy):\n    name = "toy"\n', "toy: Other has the name of Toy, toy; give it another"),
    ],
)
def test_what_is_not_finished_is_said_in_a_sentence(package: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        names(package, toy=text)


def test_every_method_and_wrapper_has_its_name_in_the_package() -> None:
    for cls in (*methods.CATALOGUE.values(), *methods.WRAPPERS.values()):
        assert getattr(methods, cls.__name__) is cls
