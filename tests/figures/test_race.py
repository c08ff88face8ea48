"""The figures say what the summary says, whatever happened in the race."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from talweg.figures import forest, race
from talweg.figures.panels import learning_rates
from talweg.text import captions
from talweg.text.format import measured

MADE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))
fresh, CASES = MADE["fresh"], list(MADE["CASES"])
FIGURES = [forest.quality, forest.speed, race.curves, learning_rates, race.tuning, race.orders]
CAPTIONS = [captions.quality, captions.speed, captions.curves, captions.learning_rates, captions.tuning, captions.orders]


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


@pytest.mark.parametrize(("count", "key"), [("time", "seconds"), ("steps", "steps"), ("examples", "examples"), ("gradients", "examples")])
def test_the_curves_are_the_means_over_what_is_counted_and_target_and_landmarks_are_marked(count: str, key: str) -> None:
    summary = fresh("summary")
    summary["target"]["count"] = count
    figure = race.curves(summary)
    for c in summary["contestants"]:
        (line,) = [trace for trace in figure.data if trace.name == c["label"]]
        assert list(line.y) == c["curves"]["validation_loss"]["mean"][1:]
        assert list(line.x) == c["curves"][key][1:]
    for mark in ("target 0.104", "constant prediction 2.3", "logistic regression 0.139"):
        assert mark in words(figure)


def test_each_curve_has_a_dot_at_the_length_of_its_training() -> None:
    summary = fresh("summary")
    dots = [(trace.x[0], trace.y[0]) for trace in race.curves(summary).data if trace.mode == "markers" and len(trace.x) == 1]
    wanted = []
    for c in summary["contestants"]:
        k = c["curves"]["steps"].index(c["steps"])
        wanted.append((c["curves"]["seconds"][k], c["curves"]["validation_loss"]["mean"][k]))
    assert dots == wanted


def test_names_of_near_losses_stand_apart() -> None:
    notes = race.curves(fresh("two")).layout.annotations
    heights = sorted(note.y for note in notes if note.text.startswith(("target", "ridge")))
    assert heights[1] - heights[0] > 0.03


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
    summary["contestants"][3]["curves"]["validation_loss"]["mean"][5] = 1e12
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


def test_losses_are_written_beside_their_rows_with_the_landmarks_above() -> None:
    summary = fresh("summary")
    drawn_words = words(forest.quality(summary))
    for c in summary["contestants"]:
        assert f"<b>{measured(c['validation_loss']['mean'])}</b>" in drawn_words
    assert "logistic regression" in drawn_words
    assert "constant prediction 2.3 →" in drawn_words


def test_the_names_of_landmarks_that_are_close_together_stand_above_each_other() -> None:
    summary = fresh("nothing_learned")
    notes = [note for note in forest.quality(summary).layout.annotations if note.y == 1 and note.yref == "paper"]
    names = {note.text: note.yshift or 0 for note in notes if "constant" in note.text or "logistic" in note.text}
    assert sorted(names.values()) == [0, 15]


def test_the_margin_is_a_band_above_the_lowest_loss() -> None:
    summary = fresh("summary")
    (band,) = [shape for shape in forest.quality(summary).layout.shapes if shape.type == "rect" and shape.yref == "paper"]
    lowest = summary["contestants"][0]["validation_loss"]["mean"]
    assert (band.x0, band.x1) == pytest.approx((lowest, lowest + summary["target"]["margin"]))


def test_a_linear_model_that_is_better_than_all_is_in_the_picture() -> None:
    summary = fresh("summary")
    summary["landmarks"][1]["validation_loss"] = {"mean": 0.08, "low": 0.079, "high": 0.081}
    assert 10 ** forest.quality(summary).layout.xaxis.range[0] < 0.08


def test_curves_of_a_single_measuring_point_are_an_empty_picture_without_an_error() -> None:
    summary = fresh("two")
    for c in summary["contestants"]:
        curves = c["curves"]
        curves |= {key: curves[key][:1] for key in ("steps", "examples", "seconds")}
        curves["validation_loss"] = {key: values[:1] for key, values in curves["validation_loss"].items()}
    assert race.curves(summary).to_json()


def test_who_is_far_off_stands_at_the_edge_and_presses_nobody_flat() -> None:
    figure = forest.quality(fresh("summary"))
    (mark,) = [trace for trace in figure.data if trace.mode == "markers" and trace.marker.symbol == "triangle-right"]
    assert "batch gradient descent" in mark.hovertemplate
    assert 10 ** figure.layout.xaxis.range[1] < 0.2


def test_a_contestant_whose_seeds_all_failed_has_no_point_but_is_said_to_have_diverged() -> None:
    summary = fresh("summary")
    summary["contestants"][3]["failed"] = 1.0
    figure = forest.quality(summary)
    assert words(figure).count("diverged") == 1
    assert len([trace for trace in figure.data if trace.mode == "markers"]) == 8


def test_speed_is_in_order_of_speed_and_a_miss_is_said() -> None:
    summary = fresh("summary")
    summary["contestants"][2]["to_target"]["rank"] = 0.5
    figure = forest.speed(summary)
    assert list(figure.layout.yaxis.ticktext)[:4] == ["momentum", "<b>Adam</b>", "<b>Nesterov</b>", "RMSprop"]
    assert "7.4 ms" in words(figure)
    assert words(figure).count("not reached") == 6
    assert words(forest.speed(fresh("none_reached"))).count("not reached") == 9


def test_rings_are_at_the_looser_target_and_order_those_that_reach_no_other() -> None:
    summary = fresh("none_reached")
    for k, c in enumerate(summary["contestants"]):
        c["to_target"]["loose_steps"] = None if k == 0 else 100.0 - 10 * k
        c["seconds_per_step"]["seconds"] = 0.001
    summary["target"] |= {"loose": 0.4, "count": "time"}
    figure = forest.speed(summary)
    rings = {trace.y[0]: trace.x[0] for trace in figure.data if trace.mode == "markers" and trace.marker.symbol == "circle-open"}
    assert rings == {8 - k: pytest.approx(0.02 + 0.01 * k) for k in range(8)}  # from the top, the soonest first; one has none
    assert figure.layout.yaxis.ticktext[0] == summary["contestants"][8]["label"]
    assert captions.speed(summary) == "No contestant reaches the target. Rings: a validation loss of 0.4, a tenth of the gap still open."
    summary["target"]["loose"] = None
    assert not [trace for trace in forest.speed(summary).data if trace.mode == "markers"]


def test_an_unsteady_time_is_drawn_as_a_range_in_words() -> None:
    drawn_words = words(forest.speed(fresh("remedies")))
    assert "about 4.6 ms" in drawn_words
    assert "4.1 – 11 ms, unsteady" in drawn_words or "4.1 – 11, unsteady" in drawn_words


def test_only_the_group_of_the_best_is_tinted() -> None:
    for draw in (forest.quality, forest.speed):
        tints = [shape for shape in draw(fresh("summary")).layout.shapes if shape.type == "rect" and shape.xref == "paper"]
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
    assert captions.speed(summary).startswith("Adam reaches the target first")
    summary["contestants"][2]["to_target"]["rank"] = 0.5
    summary["contestants"][2]["to_target"]["seconds"] = {"value": 0.001, "low": 0.0009, "high": 0.0011}
    assert captions.speed(summary).startswith("Momentum reaches the target first, after 1.0 ms")
    summary["contestants"][1]["tied"] = False
    assert captions.quality(summary).startswith("Adam has the lowest validation loss. Nesterov, momentum")
    summary["contestants"][5]["tuning"]["expected"] = [0.1] * 32
    assert captions.tuning(summary).startswith(
        "The expected best loss comes within 5 % of the best of all settings after 1 setting for Adagrad,"
    )
    summary["contestants"][4]["good_range"] = [1e-6, 10.0]
    assert "AdaDelta is the least sensitive to the learning rate" in captions.learning_rates(summary)
