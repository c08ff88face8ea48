"""The landscape of a race: the same descents again, one slice with all of their ways, the page, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talweg as tw
from commands import run
from talweg.checks import InputError
from talweg.figures import landscape as pictures
from talweg.problems import Problem
from talweg.racing.result import Race
from talweg.report import landscape as page
from talweg.studies.landscape import Landscape
from talweg.text import landscape

SMALL: dict[str, Any] = {"methods": "adam", "settings": 4, "seeds": 2, "epochs": 4}


@pytest.fixture(scope="module")
def raced(clouds: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return tw.race(clouds, **SMALL, store=tmp_path_factory.mktemp("raced") / "talweg.db")


@pytest.fixture(scope="module")
def shown(raced: Race) -> Landscape:
    return raced.landscape(points=9, line=True)


def test_the_descents_are_those_of_the_race(raced: Race, shown: Landscape, clouds: Problem) -> None:
    assert [one.name for one in shown.reruns] == [row["name"] for row in raced.summary["contestants"]]
    for one, trace in zip(shown.reruns, shown.traces, strict=True):
        final = raced.store.lanes(raced.name, one.name, "final")
        lane = next(lane for lane in final if lane.seed == shown.seed)
        assert trace.steps[-1] == lane.steps[-1]
        assert trace.validation_loss[-1] == pytest.approx(lane.validation_loss[-1], rel=1e-3)
        assert one.recorded == lane.validation_loss[-1]
    starts = [trajectory[0] for trajectory in shown.slice.trajectories]
    np.testing.assert_allclose(starts, [starts[0]] * len(starts), atol=1e-6)  # one start for all


def test_the_winner_ends_in_the_centre_and_the_line_joins_the_best_two(shown: Landscape) -> None:
    np.testing.assert_allclose(shown.slice.trajectories[0][-1], 0, atol=1e-6)
    first, second = shown.traces[:2]
    assert shown.line is not None
    assert shown.line.validation_loss[0] == pytest.approx(first.validation_loss[-1], rel=1e-4)
    assert shown.line.validation_loss[-1] == pytest.approx(second.validation_loss[-1], rel=1e-4)
    assert shown.summary["contestants"][0]["distances"][1] == pytest.approx(shown.line.distance, rel=1e-5)


def test_what_is_said_is_what_was_computed(shown: Landscape) -> None:
    text, summary = " ".join([*shown.sentences, *shown.warnings]), shown.summary
    assert json.loads(json.dumps(summary, allow_nan=False)) == json.loads(json.dumps(summary))
    first, second = (landscape.share(one) for one in summary["explained"])
    assert f"explain {first} and {second}" in text
    one, other = summary["contestants"][:2]
    gap = np.linalg.norm(np.subtract(one["trajectory"][-1], other["trajectory"][-1]))
    assert f"are {landscape.figures(float(gap))} apart on the slice" in text
    assert "A slice through 2 of 21 dimensions can mislead" in text
    assert "Distances from the plane are not shown" in text
    assert len(shown.sentences) == len(set(shown.sentences))


def changed(shown: Landscape, **more: Any) -> dict[str, Any]:
    """The summary with other numbers in it."""
    return {**json.loads(json.dumps(shown.summary)), **more}


def test_a_barrier_is_called_one_only_if_it_is_worth_the_word(shown: Landscape) -> None:
    line = shown.summary["line"]
    flat = {**line, "barrier": 0.0, "endless": False}
    assert landscape.headline(changed(shown, line=flat)).startswith("No loss barrier on the straight line")
    assert "never rises above the linear interpolation of its endpoints: no barrier" in " ".join(
        landscape.sentences(changed(shown, line=flat))
    )
    high = {**line, "barrier": 10.0, "endless": False}
    assert landscape.headline(changed(shown, line=high)).startswith("A loss barrier on the straight line")
    endless = {**line, "barrier": None, "endless": True}
    assert "is not finite everywhere" in " ".join(landscape.sentences(changed(shown, line=endless)))


def test_a_descent_that_ends_elsewhere_than_in_the_race_is_said(shown: Landscape) -> None:
    summary = changed(shown)
    assert not [words for words in landscape.warnings(summary) if "Run again" in words]
    summary["contestants"][1]["recorded_validation_loss"] = 2 * summary["contestants"][1]["validation_loss"]
    assert [words for words in landscape.warnings(summary) if "ended at another validation loss than in the race" in words]


def test_local_minima_are_counted(shown: Landscape) -> None:
    x = np.linspace(-2, 2, 9)
    one, two = x[:, None] ** 2 + x**2, (x[:, None] ** 2 - 1) ** 2 + x**2
    assert "has 1 interior local minimum." in landscape.local_minima(changed(shown, loss=one.tolist()))
    assert "has 2 interior local minima." in landscape.local_minima(changed(shown, loss=two.tolist()))
    assert "falls further beyond the edge" in landscape.local_minima(changed(shown, loss=(one * 0 + x).tolist()))


def test_holes_in_the_slice_do_no_harm(shown: Landscape) -> None:
    summary = changed(shown)
    summary["loss"][0][0] = summary["loss"][4][4] = None
    page.html(summary)
    everywhere = changed(shown, loss=[[None] * 9 for _ in range(9)])
    page.html(everywhere)
    assert "not finite anywhere" in " ".join(landscape.sentences(everywhere))


@pytest.mark.parametrize("figure", [pictures.plane, pictures.surface_3d])
def test_every_trajectory_is_drawn_in_its_look(shown: Landscape, figure: Callable[[Any], Any]) -> None:
    traces = [trace for trace in figure(shown.summary).data if trace.type.startswith("scatter") and trace.mode == "lines"]
    for one in shown.reruns:
        colours = [trace.line.color for trace in traces if trace.name.startswith(one.label)]
        assert colours == [pictures.looks(shown.summary["contestants"])[one.name].colour]


def test_random_directions_have_other_words(raced: Race) -> None:
    drawn = raced.landscape("random", points=5, contestants=["adam"], split="validation")
    assert drawn.summary["explained"] is None
    assert [one.name for one in drawn.reruns] == ["adam"]
    text = " ".join(drawn.sentences)
    assert "The two directions are random" in text
    assert "The median validation loss along the edge of the slice is" in text
    page.html(drawn.summary)


def test_the_page_says_everything_and_loads_nothing(shown: Landscape, tmp_path: Path) -> None:
    path = shown.save(tmp_path / "landscape.html")
    text = path.read_text("utf-8")
    words = unescape(text.replace('<span class="whole">', "").replace("</span>", ""))
    for sentence in [*shown.sentences[1:], *shown.warnings]:
        assert sentence in words
    assert "default-src 'none'" in text
    assert text.count('class="plot"') == 4
    assert shown.save(tmp_path / "again.html").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_slice_is_a_picture_too(shown: Landscape, tmp_path: Path, kind: str, begins: bytes) -> None:
    path = shown.save(tmp_path / f"slice.{kind}")
    assert path.read_bytes().startswith(begins)
    assert shown.save(tmp_path / f"again.{kind}").read_bytes() == path.read_bytes()
    fragment = shown._repr_html_()
    assert "data:image/png;base64," in fragment
    assert all(escape(sentence) in fragment for sentence in shown.sentences)
    with pytest.raises(InputError, match=r"must end in \.html, \.png, \.svg or \.pdf, got"):
        shown.save(tmp_path / "slice.jpg")


@pytest.mark.browser
@pytest.mark.parametrize("size", ["1280,1800", "500,2600"])
def test_a_browser_draws_all_four_pictures(shown: Landscape, tmp_path: Path, dumped: Any, in_space: tuple[str, ...], size: str) -> None:
    document = dumped(shown.save(tmp_path / "landscape.html"), f"--window-size={size}", *in_space)
    assert "data-problem" not in document
    assert document.count('data-drawn="yes"') == 4


# ---- races from a store ------------------------------------------------------------------------------------------------------


def test_a_race_from_a_store_needs_its_problem_and_no_other(raced: Race, shown: Landscape, clouds: Problem) -> None:
    stored = tw.open_race(raced.name, raced.store.path)
    with pytest.raises(InputError, match=r"was run on 'clouds', whose data are not in the store; in Python, give them: tw\.open_race"):
        stored.landscape()
    again = stored.landscape(points=9, line=True, problem=clouds)
    np.testing.assert_allclose(again.slice.loss, shown.slice.loss, rtol=1e-5)
    other = tw.problems.load("iris")
    with pytest.raises(InputError, match=r"iris is not what race \w+ was run on \(clouds\): its name and .* differ"):
        stored.landscape(problem=other)
    with pytest.raises(InputError, match="problem must be the Problem that was raced, got 'iris'"):
        stored.landscape(problem="iris")  # type: ignore[arg-type]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "directions": ({"directions": "pca"}, "unknown kind of directions 'pca'; "),
    "contestants": ({"contestants": ["adm"]}, "unknown contestant 'adm'; did you mean adam?"),
    "nobody": ({"contestants": []}, "contestants must name at least one of"),
    "points": ({"points": 1}, "points must be at least 3, got 1"),
    "split": ({"split": "test"}, "unknown split 'test'"),
    "line": ({"line": True, "contestants": ["adam"]}, "a line needs the ends of two contestants"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_sentence(raced: Race, case: str) -> None:
    arguments, sentence = MISTAKES[case]
    with pytest.raises(InputError, match=sentence):
        raced.landscape(**arguments)


def test_the_command_builds_the_problem_of_a_file_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(60, 2))]
    (tmp_path / "own.csv").write_text("\n".join(["a,b,bigger", *rows]))
    small = ("--settings", "2", "--seeds", "2", "--epochs", "1", "--methods", "adam", "-q")
    assert run("race", "own.csv", "--target", "bigger", "--model", "linear", *small).code == 0
    drawn = run("landscape", "--line", "--points", "5", "-o", "seen.html")
    assert drawn.code == 0
    text = " ".join(drawn.out.split())
    assert "The two directions explain" in text
    assert "counts as none" in text  # of the ways between the best two
    assert (tmp_path / "seen.html").exists()
    (tmp_path / "own.csv").unlink()
    lost = run("landscape")
    assert lost.code == 2
    assert f"its data were in {tmp_path / 'own.csv'}, which can't be read any more" in lost.errors


def test_the_command_knows_data_sets_and_its_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tw.race(tw.problems.load("iris", model="mlp:3"), methods="adam", settings=2, seeds=2, epochs=1, store="talweg.db")
    drawn = run("landscape", "--directions", "random", "--points", "5", "--methods", "adam")
    assert drawn.code == 0
    (written,) = (tmp_path / "talweg-report").glob("iris-*-landscape.html")
    assert written.name in drawn.out
    assert "The loss around the endpoint of Adam." in drawn.out
    for words, sentence in (
        (("--directions", "pca"), "unknown kind of directions 'pca'"),
        (("-o", "seen.txt"), "must end in .html, .png, .svg or .pdf, got 'seen.txt'"),
        (("-o", "talweg.db/seen.html"), "can't be written"),
        (("nothing",), "no race"),
    ):
        refused = run("landscape", *words)
        assert refused.code == 2
        assert sentence in refused.errors


def test_the_eye_stands_where_no_wall_hides_the_trajectories(shown: Landscape) -> None:
    """A wall between y > 0 and the usual eye, and a way behind it: the eye goes to the other side."""
    x = np.linspace(-2, 2, 9)
    wall = np.where(np.abs(x[:, None] + 0.5) < 0.3, 5.0, 0.1) + 0 * x
    summary = changed(shown, x=x.tolist(), y=x.tolist(), loss=wall.tolist())
    for c in summary["contestants"]:
        c["trajectory"] = [[0.2, 0.0], [0.0, 0.1]]
    eye = pictures.surface_3d(summary).layout.scene.camera.eye
    assert eye.y > 0
    flipped = {**summary, "loss": wall[::-1].tolist()}
    for c in flipped["contestants"]:
        c["trajectory"] = [[0.2, 0.0], [0.0, -0.1]]
    assert pictures.surface_3d(flipped).layout.scene.camera.eye.y < 0


def test_a_function_of_two_numbers_is_its_own_plane_and_nothing_is_hidden() -> None:
    bowl = Problem(loss=lambda w, _: (w[0] ** 2 - 1) ** 2 + w[1] ** 2, start=lambda key: np.array([0.6, 1.5]), name="bowl")
    drawn = tw.race(bowl, methods="adam", settings=2, seeds=2, epochs=30).landscape(points=5, line=True)
    assert drawn.warnings == []
    text = " ".join(drawn.sentences)
    assert "apart." in text
    assert "the value" in text
    assert "loss" not in text
    assert "What it can" not in page.html(drawn.summary)
    assert drawn.slice.explained is not None
    assert sum(drawn.slice.explained) == pytest.approx(1, abs=1e-6)
