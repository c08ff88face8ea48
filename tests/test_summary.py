"""The JSON of every result is what its type says, and docs/json.md is made from the types."""

from __future__ import annotations

import importlib.util
import json
import math
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Literal, TypedDict, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import pytest

import talweg as tw
from talweg import summary
from talweg.landscape import diagnose
from talweg.problems import Problem, surface
from talweg.racing.result import Race
from talweg.results import Figures, Result

DOCS = Path(__file__).parent.parent / "docs"
MADE = runpy.run_path(str(Path(__file__).with_name("fake.py")))


def wrong(value: Any, hint: Any, at: str = "summary") -> Iterator[str]:
    """Where a value is not what an annotation says."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return
    if is_typeddict(hint):
        fields = get_type_hints(hint)
        if not isinstance(value, dict) or set(value) != set(fields):
            yield f"{at}: {sorted(set(value) ^ set(fields)) if isinstance(value, dict) else value!r}"
            return
        for name, field in fields.items():
            yield from wrong(value[name], field, f"{at}.{name}")
    elif origin in (Union, UnionType):
        found = [list(wrong(value, one, at)) for one in inner]
        if all(found):
            yield from min(found, key=len)
    elif origin is Literal:
        if value not in inner:
            yield f"{at}: {value!r} is none of {inner}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
        else:
            for k, one in enumerate(value):
                yield from wrong(one, inner[0], f"{at}[{k}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no dictionary"
        else:
            for name, one in value.items():
                yield from wrong(one, inner[1], f"{at}.{name}")
    elif not (type(value) is hint or (hint is float and type(value) is int)):
        yield f"{at}: {value!r} is no {hint}"


class Inner(TypedDict):
    """For the checker itself."""

    a: float | None
    b: list[int]


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, {"a": "x", "b": []}, {"a": None, "b": [True]}, {"a": None, "b": [1], "c": 2}, {"a": None, "b": None}, None]
)
def test_the_checker_sees_what_is_wrong(value: Any) -> None:
    assert list(wrong(value, Inner))
    assert not list(wrong({"a": 1, "b": [1, 2]}, Inner))
    assert not list(wrong({"a": None, "b": []}, Inner))


@pytest.mark.parametrize("case", MADE["CASES"])
def test_made_up_races_are_what_real_ones_are_promised_to_be(case: str) -> None:
    made = MADE["fresh"](case)
    assert list(wrong(made, summary.RaceSummary)) == []
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["recommendation"]["tied"] == made["verdict"]["tied"]
    names = [row["name"] for row in made["contestants"]]
    assert {entry["name"] for at in made["order"] for entry in at["ranking"]} == set(names)
    assert made["target"]["baseline"] in names


# ---- real results ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def raced(clouds: Problem) -> Race:
    return tw.race(clouds, "adam", settings=3, seeds=2, epochs=2, probes=True)


@pytest.fixture(scope="module")
def results(raced: Race, clouds: Problem) -> dict[str, Result]:
    valley = surface("himmelblau")
    return {
        "race": raced,
        "race of a function": tw.race(valley.problem(), "adam", settings=2, seeds=2, epochs=20),
        "batch": tw.batch(clouds, "sgd", sizes="8,16,full", settings=2, seeds=2, epochs=4),
        "landscape": raced.landscape(points=3, line=True),
        "diagnosis of a network": raced.diagnose(["adam"])["Adam"],
        "diagnosis of a point": diagnose(valley.problem(), (0.0, 0.0)),
        "basins": tw.basins(valley.problem(), starts=8, steps=20),
        "escape": tw.escape(valley.problem(), "sgd", "noise", starts=8, settings=1, steps=20),
        "surface": tw.surface("himmelblau", "adam", steps=5, learning_rate=0.1),
    }


CASES = {
    "race": summary.RaceSummary,
    "race of a function": summary.RaceSummary,
    "batch": summary.BatchSummary,
    "landscape": summary.LandscapeSummary,
    "diagnosis of a network": summary.DiagnosisSummary,
    "diagnosis of a point": summary.DiagnosisSummary,
    "basins": summary.BasinsSummary,
    "escape": summary.EscapeSummary,
    "surface": summary.SurfaceSummary,
}


@pytest.mark.parametrize("case", CASES)
def test_a_summary_has_exactly_the_keys_and_types_that_are_promised(results: dict[str, Result], case: str) -> None:
    result = results[case]
    assert list(wrong(result.summary, CASES[case])) == []
    assert result.summary["kind"] == result.kind
    assert json.loads(json.dumps(result.summary, allow_nan=False)) == result.summary


@pytest.mark.parametrize("case", CASES)
def test_every_result_has_sentences_figures_and_a_page_and_refuses_other_files(
    results: dict[str, Result], case: str, tmp_path: Path
) -> None:
    result = results[case]
    assert repr(result).startswith(f"{type(result).__name__}(")
    assert result.sentences[0] in repr(result)
    assert "<script" not in result._repr_html_()
    assert all(result.figures[name].to_plotly_json()["layout"] for name in result.figures)
    assert result.save(tmp_path / "page.HTML").read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(tw.InputError, match=rf"{result.kind}: the name of the file must end in \.html.*, got '.*page\.txt'"):
        result.save(tmp_path / "page.txt")


def test_a_figure_is_made_once_and_only_when_it_is_asked_for() -> None:
    made: list[str] = []
    figures = Figures({"one": lambda: made.append("one"), "two": lambda: made.append("two")})
    assert list(figures) == ["one", "two"]
    assert "two" in figures
    assert made == []
    assert figures["two"] is figures["two"]
    assert made == ["two"]


def test_plain_values_are_what_json_can_hold() -> None:
    given = {"a": np.array([[1.0, np.nan], [np.inf, 2.0]]), "b": (np.float32(0.5), np.int64(3), np.bool_(True)), "c": {"d": -math.inf}}
    assert summary.plain(given) == {"a": [[1.0, None], [None, 2.0]], "b": [0.5, 3, True], "c": {"d": None}}


# ---- documentation -----------------------------------------------------------------------------------------------------------


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_json_is_made_from_the_types() -> None:
    assert (DOCS / "json.md").read_text("utf-8") == generator().json_page(), "run python docs/generate.py"


def test_every_field_has_a_row_with_words() -> None:
    made = generator()
    for kind in made.tables():
        rows = list(made.fields_of(kind))
        assert [name for name, *_ in rows] == list(get_type_hints(kind))
