"""`talweg batch`: what it prints and writes, how it is shown again, and one sentence for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Output, run
from markup import Page

SMALL = ("batch", "iris", "--model", "mlp:4", "--methods", "sgd,adam", "--sizes", "4,16,full", "--settings", "2", "--seeds", "4")

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture(scope="module")
def tried(home: Path) -> tuple[Output, Path]:
    """A small ladder, and where its store, page and JSON are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("COLUMNS", "200")
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        return run(*SMALL, "--epochs", "20", "--json", "batch.json"), home


def test_it_prints_a_table_for_each_method_and_every_sentence(tried: tuple[Output, Path]) -> None:
    output, folder = tried
    assert (output.code, output.errors) == (0, "")
    summary = json.loads((folder / "batch.json").read_text("utf-8"))
    squeezed = " ".join(output.out.split())
    for sentence in (*summary["sentences"], *summary["warnings"]):
        assert " ".join(sentence.split()) in squeezed
    for ladder in summary["ladders"]:
        assert ladder["label"] in output.out
        assert [one["batch"] for one in ladder["sizes"]] == [4, 16, "full"]
    (page,) = (folder / "talweg-report").glob("iris-batch-*.html")
    assert str(page) in output.out.replace("\n", "")


def test_the_page_has_the_table_the_figures_and_how_it_was_run(tried: tuple[Output, Path]) -> None:
    (path,) = (tried[1] / "talweg-report").glob("iris-batch-*.html")
    text = path.read_text("utf-8")
    page = Page(text)
    assert f"talweg {' '.join(SMALL)} --epochs 20 --json batch.json" in page.text
    for name in ("steps", "costs", "quality"):
        assert f'id="{name}"' in text
    summary = json.loads((tried[1] / "batch.json").read_text("utf-8"))
    for sentence in summary["sentences"][1:]:
        assert " ".join(sentence.split()) in " ".join(page.text.split())


def test_it_is_shown_again_listed_and_not_taken_for_a_race(tried: tuple[Output, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    output, folder = tried
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    name = json.loads((folder / "batch.json").read_text("utf-8"))["run"]["race"]
    again = run("show", name[:6])
    assert again.code == 0
    assert again.out.strip() in output.out  # which begins with what is about to be run
    listed = run("races")
    assert name in listed.out
    refused = run("code", name)
    assert refused.code == 2
    assert refused.errors.count("\n") == 1


WRONG = {
    "a function": (("himmelblau",), "has no training and validation data"),
    "two sizes": (("iris", "--sizes", "4,full"), "at least 3 batch sizes, got 2"),
    "a size in a method": (("iris", "--methods", "adam@16"), "names a batch size"),
    "an unknown method": (("iris", "--methods", "adma"), "did you mean adam"),
    "no seeds": (("iris", "--seeds", "1"), "batch: seeds must be at least 2, got 1"),
    "no epochs": (("iris", "--epochs", "0"), "epochs"),
    "a clock": (("iris", "--clock", "sun"), "clock"),
    "a folder in the way": (("iris", "--store", "."), "is a folder"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_sentence(case: str) -> None:
    words, sentence = WRONG[case]
    output = run("batch", *words)
    assert output.code == 2
    assert output.out == ""
    assert sentence in output.errors
    assert output.errors.count("\n") == 1
    assert "Traceback" not in output.errors
