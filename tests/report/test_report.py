"""The report: one file that needs nothing else, says what the summary says, and is written whole or not at all."""

from __future__ import annotations

import runpy
from html import escape
from pathlib import Path
from typing import Any

import pytest

from markup import Page
from talweg.checks import InputError
from talweg.report import fragment, page, write_text
from talweg.report.shell import data

MADE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))
fresh, CASES = MADE["fresh"], list(MADE["CASES"])


def write(summary: Any, path: str | Path) -> Path:
    """Write the report of a race."""
    return write_text(page.html(summary), path)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    return {case: write(fresh(case), folder / f"{case}.html") for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_well_formed_and_its_ids_are_its_own(written: dict[str, Path], case: str) -> None:
    html = Page(written[case].read_text("utf-8"))
    ids = [attributes["id"] for _, attributes in html.attributes if "id" in attributes]
    assert len(set(ids)) == len(ids)
    known = [attributes["aria-labelledby"] for _, attributes in html.attributes if "aria-labelledby" in attributes]
    assert set(known) <= set(ids)


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_loaded_from_elsewhere(written: dict[str, Path], case: str) -> None:
    text = written[case].read_text("utf-8")
    html = Page(text)
    assert not [tag for tag, attributes in html.attributes if {"src", "href", "srcset", "data", "action"} & set(attributes)]
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert text.count("plotly.js v") == 1
    assert sum(len(script) > 1_000_000 for script in html.scripts) == 1


@pytest.mark.parametrize("case", CASES)
def test_every_contestant_is_in_the_table_once(written: dict[str, Path], case: str) -> None:
    text = written[case].read_text("utf-8")
    body = text[text.index("<tbody>") : text.index("</tbody>")]
    for c in fresh(case)["contestants"]:
        assert body.count(f">{escape(c['label'])}<") == 1
    assert body.count("<tr") == len(fresh(case)["contestants"])


def test_words_of_the_users_own_are_shown_and_never_run(written: dict[str, Path]) -> None:
    text = written["long_names"].read_text("utf-8")
    html = Page(text)
    assert "<script>alert('digits')</script>" in html.text
    assert "The column </script><b>age</b> was dropped & more" in html.text
    assert len(html.scripts) == 3
    assert not [tag for tag, _ in html.attributes if tag in ("img", "b")]


def test_nothing_in_a_figure_can_end_its_script() -> None:
    assert "<" not in data({"curves": {"name": "</script><!--<script>"}})


def test_the_numbers_of_the_summary_are_in_the_page(tmp_path: Path) -> None:
    summary = fresh("summary")
    c = summary["contestants"][2]
    c["to_target"]["seconds"] = {"value": 0.00123, "low": 0.00111, "high": 0.0456}
    c["to_target"]["speedup"] = {"value": 7.77, "low": 6.66, "high": 8.88}
    c["validation_loss"] = {"mean": 0.31415, "low": 0.2718, "high": 0.5772}
    c["validation_metric"] = {"mean": 0.8123, "low": 0.8012, "high": 0.8234}
    c["test"] = {"metric": {"mean": 0.8642, "low": 0.8531, "high": 0.8753}, "loss": None}
    c["hyperparameters"]["learning_rate"], c["good_range"], c["failed"] = 0.04242, [0.0123, 0.234], 0.4375
    c["default"]["gain"] = {"mean": 0.0555, "low": 0.0444, "high": 0.0666}
    c |= {"steps": 777, "epochs": 7.7, "training_seconds": 0.0777, "why": "It stalls."}
    text = Page(write(summary, tmp_path / "race.html").read_text("utf-8")).text
    for sentence in (
        *("1.2 ms 1.1 ms – 46 ms ≥ 7.8× the baseline", "0.314 0.272 – 0.577 44 % of seeds fail", "7.7 epochs 777 steps", "78 ms"),
        *("81.2 % 80.1 – 82.3", "86.4 % 85.3 – 87.5", "0.0424 0.0123 – 0.234", "0.0555 0.0444 – 0.0666", "It stalls."),
    ):
        assert sentence.replace("1.1 ms – 46 ms", "1.1 – 46") in text, sentence


def test_an_unsteady_time_is_a_range_in_the_table(written: dict[str, Path]) -> None:
    text = Page(written["remedies"].read_text("utf-8")).text
    assert "about 9.3 ms 9.3 – 20, unsteady" in text


def test_the_answer_is_what_a_reader_meets_first(written: dict[str, Path]) -> None:
    text = written["summary"].read_text("utf-8")
    body = Page(text[text.index("<main>") : text.index("</main>") + 7]).text
    places = [
        body.index(words)
        for words in (
            *("Use Adam (learning rate 0.0112, batch 64, 24 epochs): validation loss 0.105", "Use Adam with learning rate 0.0112, b1"),
            *("On 360 new rows expect", "How to use it", "Warnings", "What else was found", "Results", "Quality: expected"),
        )
    ]
    assert places == sorted(places)


def test_what_was_run_can_be_run_again(written: dict[str, Path]) -> None:
    text = Page(written["summary"].read_text("utf-8")).text
    for sentence in (
        "talweg race digits",
        "jax 0.10.2",
        "2 × cpu",
        "32 settings per contestant, 16 final seeds, 32 fresh seeds for the promise",
        "a1b2c3d4e5f6",
        "51,792 examples",
        "20 % of the rows are the test part",
    ):
        assert sentence in text


def test_a_tie_is_called_a_tie_and_a_miss_a_miss(written: dict[str, Path]) -> None:
    heads = {case: Page(written[case].read_text("utf-8")).text for case in CASES}
    assert "It is tied in validation loss with Nesterov" in heads["summary"]
    assert "No other contestant is tied with it" in heads["two"]
    assert "It does not reach the target within the budget: a validation accuracy of" in heads["none_reached"]
    assert "Everything diverged" in heads["all_diverged"]
    assert "Nothing was learned" in heads["nothing_learned"]
    for case in ("all_diverged", "nothing_learned", "function_diverged"):
        assert "Use Adam" not in heads[case]
        assert "How to use it" not in heads[case]


def test_what_is_recommended_has_a_star_of_its_own(written: dict[str, Path]) -> None:
    counts = {case: written[case].read_text("utf-8").count('title="recommended"') for case in CASES}
    assert counts == {case: 0 if case in ("all_diverged", "nothing_learned", "function_diverged") else 1 for case in CASES}


def test_a_doubt_stands_before_the_table(written: dict[str, Path]) -> None:
    text = Page(written["summary"].read_text("utf-8")).text
    assert text.count(MADE["EDGE"]) == 1
    assert text.index(MADE["EDGE"]) < text.index("Results")


def test_the_same_summary_gives_the_same_file(written: dict[str, Path], tmp_path: Path) -> None:
    again = write(fresh("summary"), tmp_path / "again.html")
    assert again.read_bytes() == written["summary"].read_bytes()


def test_an_older_report_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "race.html").write_text("old")
    assert write(fresh("two"), str(tmp_path / "race.html")) == tmp_path / "race.html"
    assert (tmp_path / "race.html").read_text("utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["race.html"]


def test_a_path_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"folder of '.*missing/race\.html' does not exist; make it first"):
        write(fresh("two"), tmp_path / "missing" / "race.html")
    with pytest.raises(InputError, match="must name a file, got the folder"):
        write(fresh("two"), tmp_path)
    with pytest.raises(InputError, match=r"cannot write .* choose a path that can be written"):
        write(fresh("two"), tmp_path / ("a" * 300 + ".html"))


def test_a_write_that_fails_half_way_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "race.html").write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write(fresh("two"), tmp_path / "race.html")
    assert (tmp_path / "race.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["race.html"]


@pytest.mark.parametrize("case", CASES)
def test_the_fragment_for_notebooks_is_small_and_has_the_verdict_and_everybody(case: str) -> None:
    text = fragment.html(fresh(case))
    html = Page(text)
    assert len(text) < 40_000
    assert html.scripts == []
    for c in fresh(case)["contestants"]:
        assert c["label"] in html.text
    for sentence in fresh(case)["verdict"]["sentences"]:
        assert sentence[1:] in html.text


@pytest.mark.browser
@pytest.mark.parametrize("case", ["summary", "all_diverged", "function_diverged", "long_names"])
@pytest.mark.parametrize(
    "page", [("--window-size=1400,900",), ("--window-size=500,900", "--blink-settings=preferredColorScheme=0")], ids=["wide", "narrow dark"]
)
def test_a_browser_draws_every_picture_without_an_error(written: dict[str, Path], dumped: Any, case: str, page: tuple[str, ...]) -> None:
    document = dumped(written[case], *page)
    assert "data-problem" not in document
    places = document.split('class="plot js-plotly-plot"')[1:]
    assert len(places) == 6
    for place in places:
        assert 'data-drawn="yes"' in place.split(">")[0]
        assert 'class="main-svg"' in place
    assert ("rgb(230, 233, 238)" in document) == (len(page) > 1)  # the figures' ink is that of a dark page


@pytest.mark.browser
def test_the_browser_test_would_see_an_error(written: dict[str, Path], tmp_path: Path, dumped: Any) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(written["two"].read_text("utf-8").replace("Plotly.newPlot(place", "Plotly.noPlot(place"), encoding="utf-8")
    assert "data-problem" in dumped(broken)
