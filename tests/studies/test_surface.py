"""The picture of a function: what the library gives, what the command writes, and what a browser does with the page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import commands
import talweg as tw
from markup import Page
from talweg.figures.surface import image
from talweg.studies import surface

RATE = 0.002


@pytest.fixture(scope="module")
def valley() -> surface.View:
    return tw.surface("rosenbrock", "sgd,adam", steps=40, learning_rate=RATE)


@pytest.fixture(scope="module")
def page(valley: surface.View, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return valley.save(tmp_path_factory.mktemp("page") / "valley.html")


def run(*words: str) -> tuple[int, str, str]:
    """`talweg surface …`: exit code, what it printed, what it said on standard error."""
    result = commands.run("surface", *words)
    return result.code, result.out, result.errors


# ---- the library -----------------------------------------------------------------------------------------------------------------


def test_a_view_has_the_paths_the_figures_and_the_sentences(valley: surface.View) -> None:
    assert [path.name for path in valley.trajectories] == ["sgd", "adam"]
    assert len(valley.scene.trajectories) == 2
    assert valley.scene.grid.height.kind == "log"
    legend = " ".join(trace.name for trace in valley.figures["contour"].data if trace.showlegend is not False and trace.name)
    assert "Adam, learning rate 0.002:" in legend.replace("<br>", " ")
    assert {trace.type for trace in valley.figures["surface"].data} == {"surface", "scatter3d"}
    assert valley.sentences[0].startswith("No method comes within 0.001 of the lowest value in 40 steps; ")
    assert "View(Rosenbrock: No method" in repr(valley)


def test_a_notebook_shows_a_picture_that_needs_no_script(valley: surface.View) -> None:
    shown = valley._repr_html_()
    assert "<script" not in shown
    assert "data:image/png;base64," in shown
    assert "gradient descent, learning rate 0.002:" in shown


def test_the_drawn_path_ends_where_the_descent_ends(valley: surface.View) -> None:
    figure, scene = valley.scene.contour(legend=False), valley.scene
    for method, group in zip(scene.animation()["methods"], scene.layers, strict=True):
        line = figure.data[method["plane"]]
        assert len(line.x) == len(method["line"])
        np.testing.assert_allclose([line.x[-1], line.y[-1]], group[0].trajectory.positions[-1], rtol=1e-3)
        assert len(figure.data[method["plane"] + 2].x) == len(method["arrows"])
        assert len(scene.surface_3d().data[method["space"]].x) == len(method["line"])


def test_a_formula_has_a_lowest_point_only_if_nothing_in_the_picture_lies_below() -> None:
    assert [best for *_, best in surface.grid(tw.problems.surface("x**2 + 10*y**2"), 21).critical] == [True]
    points = surface.grid(tw.problems.surface("x**3 - 3*x + y**2"), 21).critical
    assert {kind: best for _, _, kind, best in points} == {"minimum": False, "saddle": False}


def test_where_nothing_can_be_tuned_for_all_take_one_learning_rate() -> None:
    made = tw.surface("saddle", "sgd", steps=30)
    assert made.scene.grid.height.kind == "linear"
    assert not made.scene.trajectories[0].tuned
    assert any("no lowest value is known to tune for" in sentence.lower() for sentence in made.sentences)


def test_a_learning_rate_that_is_too_large_is_said_to_diverge() -> None:
    made = tw.surface("rosenbrock", "sgd", steps=20, learning_rate=0.5)
    assert made.scene.headline == "Gradient descent diverges"
    assert re.search(r"Gradient descent with learning rate 0\.5 diverged at step \d; a cross", " ".join(made.sentences))


def test_noise_dimensions_and_a_start_outside_are_said() -> None:
    noisy = tw.surface(tw.problems.surface("rosenbrock"), "sgd,sgd@full", noise=0.5, steps=5, learning_rate=RATE)
    assert any("noise of standard deviation 0.5 (full-batch gradient descent" in sentence for sentence in noisy.sentences)
    many = tw.surface("rosenbrock:dimensions=4", "sgd", steps=5, learning_rate=RATE)
    assert any("4 coordinates; the plots show the first two" in sentence for sentence in many.sentences)
    outside = tw.surface("rosenbrock", "sgd", start=[3.0, 1.0], steps=3, learning_rate=1e-5)
    assert "1 start lies outside the plot." in outside.sentences
    assert "from the start" in outside.report()


def test_random_starts_are_in_the_domain_and_the_same_for_the_same_seed() -> None:
    himmelblau = tw.problems.surface("himmelblau")
    places = surface.starting_places(himmelblau, None, 8, 3)
    assert ((places >= -5) & (places <= 5)).all()
    np.testing.assert_array_equal(places, surface.starting_places(himmelblau, None, 8, 3))
    assert not np.array_equal(places, surface.starting_places(himmelblau, None, 8, 4))
    made = tw.surface("himmelblau", "sgd", starts=3, steps=10, learning_rate=0.01)
    assert len(made.scene.trajectories) == 3
    assert len(made.scene.animation()["methods"][0]["spans"]) == 3


MISTAKES = {
    "a name": (("rosenbrok",), {}, "did you mean rosenbrock?"),
    "no surface": ((3,), {}, "expected a name, a formula or a tw.problems.surface, got int"),
    "a height": (("saddle",), {"height": "tall"}, "unknown height 'tall'; known: auto, linear, log"),
    "an ending": (("saddle",), {"path": "saddle.bmp"}, "must end in .html, .png, .svg, .pdf, .gif or .mp4, got 'saddle.bmp'"),
    "a folder": (("saddle",), {"path": "nowhere/at/all.png"}, "does not exist"),
    "a start": (("saddle",), {"start": [1, 2, 3]}, "a start must be 2 numbers"),
    "both": (("saddle",), {"start": [1, 2], "starts": 3}, "got both"),
    "many steps": (("saddle",), {"steps": 30_000}, "steps must be at most 20,000"),
    "many starts": (("saddle",), {"starts": 33}, "starts must be at most 32"),
    "noise": (("saddle",), {"noise": -1.0}, "noise must lie in"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str) -> None:
    words, more, sentence = MISTAKES[mistake]
    with pytest.raises(tw.InputError, match=re.escape(sentence)) as error:
        tw.surface(*words, **more)
    assert "\n" not in str(error.value)


# ---- files ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "first"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("gif", b"GIF89a")])
def test_a_still_picture_needs_no_browser(valley: surface.View, tmp_path: Path, kind: str, first: bytes) -> None:
    path = valley.save(tmp_path / f"valley.{kind}")
    assert path.read_bytes().startswith(first)
    assert [file.name for file in tmp_path.iterdir()] == [f"valley.{kind}"]
    if kind == "svg":
        text = path.read_text("utf-8")
        assert "Adam, learning rate 0.002:" in unescape(text)
        assert "#2885eb" in text
    if kind != "gif":
        assert image.image(valley.scene, kind) == path.read_bytes()  # no date in it


def test_a_gif_moves_in_the_colours_of_the_methods(valley: surface.View, tmp_path: Path) -> None:
    with Image.open(valley.save(tmp_path / "valley.gif")) as picture:
        assert picture.n_frames > 20
        first = np.asarray(picture.convert("RGB"), int)
        picture.seek(picture.n_frames - 1)
        last = np.asarray(picture.convert("RGB"), int)
    blue = [0x28, 0x85, 0xEB]
    assert (last == blue).all(axis=2).sum() > (first == blue).all(axis=2).sum() > 0  # there, a legend and a dot


def test_a_film_needs_ffmpeg_and_says_so(valley: surface.View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image.shutil, "which", lambda name: None)
    with pytest.raises(tw.InputError, match=r"needs the program ffmpeg, which is not installed; install it, or write a \.gif"):
        valley.save(tmp_path / "valley.mp4")
    assert not list(tmp_path.iterdir())


def test_a_film_is_what_ffmpeg_makes_of_the_frames(valley: surface.View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\nfor last; do :; done\nwc -c > "$last"\n')
    program.chmod(0o755)
    monkeypatch.setattr(image.shutil, "which", lambda name: str(program))
    size = int(valley.save(tmp_path / "valley.mp4").read_text())
    assert size % (3 * 2 * 2) == 0
    program.write_text("#!/bin/sh\necho no such codec >&2\nexit 1\n")
    with pytest.raises(tw.InputError, match="ffmpeg could not write the animation"):
        valley.save(tmp_path / "other.mp4")


# ---- the command ---------------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_page_and_prints_what_is_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, errors = run("rosenbrock", "--methods", "sgd", "--learning-rate", "0.002", "--steps", "40", "--start=-1.2,1")
    assert (code, errors) == (0, "")
    assert "gradient descent, learning rate 0.002:" in out
    text = (tmp_path / "talweg-report" / "rosenbrock.html").read_text("utf-8")
    assert "talweg surface rosenbrock --methods sgd" in text
    assert tw.problems.surface("rosenbrock").formula in text
    code, out, _ = run("x^2 + 10*y^2", "--methods", "sgd", "--steps", "40", "--out", "bowl.png")
    assert code == 0
    assert (tmp_path / "bowl.png").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("saddle", "-o", "saddle.bmp"), "must end in .html"),
        (("saddle", "--start", "1;2"), "a point must be numbers with commas between them"),
        (("saddle", "--height", "tall"), "unknown height"),
        (("saddle", "--steps", "0"), "steps must be at least 1"),
        (("x +", "-o", "a.png"), "x +"),
        (("saddle", "-o", "file/saddle.png"), "can't be written"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_sentence(
    words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    code, out, errors = run(*words)
    assert (code, out) == (2, "")
    assert errors.startswith("talweg: ")
    assert errors.count("\n") == 1
    assert sentence in errors


# ---- the page ------------------------------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_needs_nothing_but_itself(page: Path) -> None:
    text = page.read_text("utf-8")
    parsed = Page(text)
    assert not [tag for tag, attributes in parsed.attributes if {"src", "href", "srcset", "data", "action"} & set(attributes)]
    assert text.count("plotly.js v") == 1
    assert "default-src 'none'" in text
    for words in ("lowest point (1, 1), value 0", "Adam", "above the lowest value", "step 40 of 40", "Rosenbrock"):
        assert words in parsed.text


def test_the_same_view_gives_the_same_page(valley: surface.View, page: Path, tmp_path: Path) -> None:
    assert valley.save(tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_words_of_a_caller_are_shown_and_never_run(tmp_path: Path) -> None:
    made = tw.surface("rosenbrock", {"<b>mine</b></script>": tw.methods.Adam(0.01)}, steps=5)
    parsed = Page(made.save(tmp_path / "page.html").read_text("utf-8"))
    assert "<b>mine</b></script>" in parsed.text
    assert not [tag for tag, _ in parsed.attributes if tag == "b"]
    assert len(parsed.scripts) == 4


DRIVER = """<script>
(async () => {
  const root = document.documentElement, place = document.getElementById("contour");
  const until = async (ready) => { for (let k = 0; k < 400 && !ready(); k += 1) await new Promise((go) => setTimeout(go, 20)); };
  const drawn = () => place.data.filter((t) => t.mode === "lines").map((t) => t.x.filter((v) => v !== null).length).reduce((a, b) => a + b);
  await until(() => ["contour", "surface-3d", "losses"].every((name) => document.getElementById(name).dataset.drawn));
  root.dataset.whole = drawn();
  const slider = document.getElementById("step");
  slider.value = 5;
  slider.dispatchEvent(new Event("input"));
  await until(() => root.dataset.step === "5");
  root.dataset.five = drawn();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  await until(() => root.dataset.step === "6");
  root.dataset.six = drawn();
  document.getElementById("play").click();
  await until(() => Number(root.dataset.step) >= 12);
  root.dataset.played = drawn();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
  const space = document.getElementById("surface-3d");
  root.dataset.space = space.data.filter((t) => t.mode === "lines")[0].x.filter((v) => v !== null).length;
  root.dataset.paused = document.getElementById("play").textContent;
})();
</script></body>"""


@pytest.mark.browser
def test_a_browser_plays_the_descents_on_a_narrow_dark_page(page: Path, tmp_path: Path, dumped: Any, in_space: tuple[str, ...]) -> None:
    driven = tmp_path / "driven.html"
    driven.write_text(page.read_text("utf-8").replace("</body>", DRIVER), encoding="utf-8")
    shown = dumped(driven, "--window-size=500,500", "--blink-settings=preferredColorScheme=0", "--virtual-time-budget=30000", *in_space)
    root = dict(re.findall(r'data-([a-z]+)="([^"]*)"', shown[: shown.index("<head>")]))
    assert "problem" not in root
    assert 0 < int(root["five"]) < int(root["six"]) < int(root["played"]) < int(root["whole"])
    assert int(root["space"]) > 0
    assert root["paused"] == "▶ Play"
    assert "rgb(230, 233, 238)" in shown
