"""The figures say what the summary says, whatever happened in the race."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from talweg.figures import race
from talweg.figures.panels import learning_rates
from talweg.text import captions
from talweg.text.format import times

MADE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))
fresh, CASES = MADE["fresh"], list(MADE["CASES"])
FIGURES = [race.curves, learning_rates, race.tuning, race.speedups, race.orders]
CAPTIONS = [captions.curves, captions.learning_rates, captions.tuning, captions.speedups, captions.orders]


def words(figure: Any) -> str:
    """All text beside the axes."""
    return "\n".join(note.text for note in figure.layout.annotations if note.visible is not False)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_can_be_drawn_of_every_race_and_is_always_the_same(draw: Any, case: str) -> None:
    once, again = draw(fresh(case)).to_json(), draw(fresh(case)).to_json()
    assert once == again
    json.loads(once, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", FIGURES)
def test_what_changes_on_a_narrow_page_exists_on_the_wide_one(draw: Any, case: str) -> None:
    figure = draw(fresh(case))
    for path in figure.layout.meta["narrow"]:
        place = figure.layout
        for key in path.replace("[", ".").replace("]", "").split(".")[:-1]:
            place = place[int(key)] if key.isdigit() else place[key]
        assert path.rsplit(".", 1)[-1] in place


@pytest.mark.parametrize("draw", [race.curves, learning_rates, race.tuning, race.orders])
def test_every_contestant_is_named(draw: Any) -> None:
    summary = fresh("summary")
    drawn_words = words(draw(summary))
    assert [c["label"] for c in summary["contestants"] if c["label"] not in drawn_words] == []


def test_a_label_of_the_users_own_cannot_become_markup() -> None:
    for draw in FIGURES:
        assert "<img" not in json.dumps(json.loads(draw(fresh("long_names")).to_json()))


def test_the_curves_are_the_medians_and_the_target_is_marked() -> None:
    summary = fresh("summary")
    figure = race.curves(summary)
    for c in summary["contestants"]:
        (line,) = [trace for trace in figure.data if trace.name == c["label"]]
        assert list(line.y) == c["curves"]["validation_loss"]["median"]
        assert list(line.x) == c["curves"]["examples"]
    assert "target 0.146" in words(figure)


def test_a_target_that_is_an_accuracy_has_no_line_among_losses() -> None:
    summary = fresh("none_reached")
    summary["target"]["value"] = 0.5
    assert "target" not in words(race.curves(summary))


def test_who_diverged_is_said_beside_the_line() -> None:
    summary = fresh("summary")
    losses = summary["contestants"][3]["curves"]["validation_loss"]
    for line in losses.values():
        line[10:] = [None] * 31
    assert words(race.curves(summary)).count("diverged") == 1
    assert "RMSprop diverges" in captions.curves(summary)


def test_an_exploding_run_does_not_press_the_others_flat() -> None:
    summary = fresh("summary")
    summary["contestants"][3]["curves"]["validation_loss"]["median"][5] = 1e12
    assert 10 ** race.curves(summary).layout.yaxis.range[1] < 5


def test_a_panel_shows_each_setting_once_as_what_happened_to_it() -> None:
    summary = fresh("summary")
    summary["contestants"] = summary["contestants"][:1]
    search = summary["contestants"][0]["search"]
    symbols: dict[str, int] = {}
    for trace in learning_rates(summary).data:
        symbols[trace.marker.symbol or "circle"] = symbols.get(trace.marker.symbol or "circle", 0) + len(trace.x)
    lost = sum(point["diverged"] for point in search)
    slow = sum(not point["diverged"] and point["loss"] > 0.98 * 2.5 for point in search)
    assert slow > 0
    assert symbols == {"x-thin": lost, "circle-open": slow, "circle": len(search) - lost - slow}


def test_too_slow_is_said_only_where_it_happened() -> None:
    summary = fresh("two")
    assert words(learning_rates(summary)).count("too slow") == 2
    for point in summary["contestants"][0]["search"]:
        point["loss"] = None if point["diverged"] else min(point["loss"], 1.0)
    assert words(learning_rates(summary)).count("too slow") == 1


def test_a_setting_that_overshot_is_not_called_too_slow() -> None:
    summary = fresh("summary")
    for c in summary["contestants"]:
        for point in c["search"]:
            if point["learning_rate"] < c["good_range"][0]:
                point["loss"] = 40.0
    assert "too slow" not in words(learning_rates(summary))
    assert "too slow" not in captions.learning_rates(summary)


def test_panels_do_not_overlap_in_any_number_of_columns() -> None:
    figure = learning_rates(fresh("summary"))
    patches: list[dict[str, Any]] = [{}, figure.layout.meta["narrow"]]
    for patch in patches:
        axes = [
            (
                patch.get(f"xaxis{k}.domain") or figure.layout[f"xaxis{k}"].domain,
                patch.get(f"yaxis{k}.domain") or figure.layout[f"yaxis{k}"].domain,
            )
            for k in ("", *range(2, 10))
        ]
        for k, (x, y) in enumerate(axes):
            assert 0 <= x[0] < x[1] <= 1
            assert 0 <= y[0] < y[1] <= 1
            for other_x, other_y in axes[:k]:
                assert x[0] >= other_x[1] or other_x[0] >= x[1] or y[0] >= other_y[1] or other_y[0] >= y[1]


def test_speedups_are_written_beside_their_rows_and_a_miss_is_said() -> None:
    summary = fresh("summary")
    drawn_words = words(race.speedups(summary))
    assert times(summary["contestants"][0]["speedup"]["median"]) in drawn_words
    assert drawn_words.count("target not reached") == 1
    assert words(race.speedups(fresh("none_reached"))).count("target not reached") == 9


def test_only_the_winners_group_is_tinted() -> None:
    tints = [shape for shape in race.speedups(fresh("summary")).layout.shapes if shape.type == "rect"]
    assert [(shape.y0 + shape.y1) / 2 for shape in tints] == [8, 7]


def test_the_order_has_the_places_of_the_ranking() -> None:
    summary = fresh("summary")
    summary["order"][0]["ranking"].reverse()
    lines = [trace for trace in race.orders(summary).data if trace.mode == "lines"]
    assert list(lines[0].y) == [9, 1, 1]
    assert "Adam leads at 50 %" in captions.orders(summary)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("caption", CAPTIONS)
def test_every_caption_is_whole_sentences(caption: Any, case: str) -> None:
    drawn_words = caption(fresh(case))
    assert drawn_words.endswith(".")
    assert "None" not in drawn_words
    assert "  " not in drawn_words


def test_captions_follow_the_numbers() -> None:
    summary = fresh("summary")
    assert captions.curves(summary).startswith("Adam reaches the target first")
    summary["contestants"][2]["examples_to_target"]["median"] = 100.0
    assert captions.curves(summary).startswith("Momentum reaches the target first, after 100 examples")
    summary["contestants"][0]["speedup"]["low"] = 0.9
    assert "The interval includes 1 for Adam" in captions.speedups(summary)
    summary["contestants"][0]["speedup"]["high"] = 0.95
    assert "Adam is significantly slower" in captions.speedups(summary)
    summary["contestants"][5]["tuning"]["expected"] = [0.1] * 32
    assert captions.tuning(summary).startswith(
        "The expected best loss comes within 5 % of the best of all settings after 1 setting for Adagrad,"
    )
    summary["contestants"][4]["good_range"] = [1e-6, 10.0]
    assert "AdaDelta is the least sensitive to the learning rate" in captions.learning_rates(summary)
