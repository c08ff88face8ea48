"""Who races: what may be typed, what is searched, and who joins."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import jax
import numpy as np
import pytest

from talweg import schedules
from talweg.checks import InputError
from talweg.contestants.contestant import WEIGHT_DECAY
from talweg.contestants.design import cube
from talweg.contestants.notation import NINE, enter, parse
from talweg.contestants.remedies import line_up
from talweg.methods import CATALOGUE, WRAPPERS, Adam, ClipNorm, Elementwise, GradientDescent, Momentum
from talweg.methods.catalogue import plain
from talweg.methods.space import Range, Space
from talweg.problems import Problem


class Signs(Elementwise):
    """A method of somebody's own."""

    space: ClassVar[Space] = {"learning_rate": Range(1e-4, 1e-1)}
    learning_rate: Any = 1e-3

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -self.learning_rate * g / (abs(g) + 1e-12), ()


class Fixed:
    """An oracle whose gradient is the same everywhere."""

    def __init__(self, gradient: np.ndarray):
        self.always = gradient

    def gradient(self, at: Any) -> np.ndarray:
        return self.always


def names(problem: Problem, methods: Any, settings: int = 8) -> list[str]:
    return [entry.name for entry in enter(problem, methods, settings)]


@pytest.fixture
def bowl() -> Problem:
    """A function without data."""
    return Problem(loss=lambda x, _: (x**2).sum(), start=lambda key: np.ones(2), name="bowl")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("adam", (None, "adam", None, {})),
        (" adam ", (None, "adam", None, {})),
        ("sgd@1", (None, "sgd", "1", {})),
        ("sgd@full", (None, "sgd", "full", {})),
        ("momentum@32:momentum=0.99", (None, "momentum", "32", {"momentum": 0.99})),
        ("adam:b1=0.8:eps=1e-6", (None, "adam", None, {"b1": 0.8, "eps": 1e-6})),
        ("adam:b1=0.8:eps=1e-6@32", (None, "adam", "32", {"b1": 0.8, "eps": 1e-6})),
        ("mine=adam", ("mine", "adam", None, {})),
        ("mine=adam@8:b1=0.8", ("mine", "adam", "8", {"b1": 0.8})),
    ],
)
def test_what_is_typed_is_read_in_its_parts(text: str, parts: tuple[Any, ...]) -> None:
    name, kind, batch, numbers = parse(text)
    assert (name, kind.name, batch, numbers) == parts


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("Nesterov", "nesterov"),
        ("AdaDelta", "adadelta"),
        ("mini-batch gradient descent", "sgd"),
        ("Mini-batch gradient descent (32)", "sgd@32"),
        ("stochastic gradient descent", "sgd@1"),
        ("batch gradient descent", "sgd@full"),
        ("Adam (batch 16)", "adam@16"),
        ("RMSprop (batch full)", "rmsprop@full"),
        ("RMSprop (centered)", "rmsprop-centered"),
        ("Schedule-Free AdamW@4:b1=0.8", "schedule-free-adamw@4:b1=0.8"),
        ("clipped by norm + ADAM", "clip-norm+adam"),
        ("mine=Nesterov", "mine=nesterov"),
    ],
)
def test_a_method_goes_by_what_a_table_calls_it_too(shown: str, typed: str) -> None:
    assert parse(shown) == parse(typed)


def test_methods_may_be_typed_as_the_table_shows_them(clouds: Problem) -> None:
    assert names(clouds, "Nesterov,mini-batch gradient descent, stochastic gradient descent") == ["plain-adam", "nesterov", "sgd", "sgd@1"]


def test_every_label_of_the_article_is_understood_and_no_two_methods_go_by_one_name(clouds: Problem) -> None:
    for entry in enter(clouds, None, 8)[1:]:
        assert names(clouds, entry.label) == names(clouds, entry.name)
    for kind in (CATALOGUE, WRAPPERS):
        known = [{plain(name), plain(cls.label)} for name, cls in kind.items()]
        assert sum(map(len, known)) == len(set[str]().union(*known))


def test_a_text_of_several_methods_is_cut_at_the_commas_between_methods(bowl: Problem, clouds: Problem) -> None:
    assert names(clouds, "adam,sgd@1,sgd@full,momentum@32:momentum=0.99") == [
        *("plain-adam", "adam", "sgd@1", "sgd@full", "momentum@32:momentum=0.99")
    ]
    assert names(clouds, "adam:b1=0.8,eps=1e-6, lion") == ["plain-adam", "adam:b1=0.8:eps=1e-06", "lion"]
    assert names(clouds, "a=adam,b=adam") == ["plain-adam", "a", "b"]
    assert names(clouds, "adam:b1=0.8,b=adam") == ["plain-adam", "adam:b1=0.8", "b"]
    assert names(bowl, "adam") == ["sgd", "adam"]


def test_the_articles_nine_race_by_default_after_the_baseline(bowl: Problem, clouds: Problem) -> None:
    assert names(clouds, None) == ["plain-adam", *NINE]
    assert [entry.reference for entry in enter(clouds, None, 8)] == [True] + 9 * [False]
    assert len(names(bowl, None)) == 7  # a function without data has one batch
    assert not any(entry.reference for entry in enter(bowl, None, 8))


def test_plain_adam_always_takes_part_on_data_as_it_comes(clouds: Problem) -> None:
    for text in ("adam", "sgd", "adam@32", "adam:learning_rate=0.001"):
        first, second = enter(clouds, text, 64)
        assert (first.name, first.label, first.size, first.reference, second.reference) == ("plain-adam", "plain Adam", 32, True, False)
        assert first.fixed == first.defaults() == Adam().hyperparameters()
        assert first.fixed["learning_rate"] == 0.001
        assert (dict(first.space), first.decays) == ({}, False)


def test_plain_adam_of_a_handful_of_examples_takes_all_of_them() -> None:
    x = np.zeros((12, 2), np.float32)
    few = Problem(loss=lambda w, x: (x @ w).mean(), start=lambda key: np.zeros(2, np.float32), train=x)
    assert enter(few, "sgd", 8)[0].examples_per_step(12) == 12


def test_on_a_function_the_baseline_is_tuned_gradient_descent_which_joins_if_it_was_not_asked_for(bowl: Problem) -> None:
    first, second = enter(bowl, "adam", 8)
    assert (first.name, first.reference, second.reference, set(first.space)) == ("sgd", True, False, {"learning_rate"})
    assert enter(bowl, "sgd:learning_rate=0.1,adam", 8)[0].reference  # a fixed number is no baseline
    asked = enter(bowl, "adam,sgd", 8)
    assert [(entry.name, entry.reference) for entry in asked] == [("sgd", False), ("adam", False)]


def test_what_is_used_now_races_as_it_is(clouds: Problem, bowl: Problem) -> None:
    _, current, adam = enter(clouds, "adam", 64, current="adam@16:learning_rate=0.01")
    assert (current.name, current.label, current.size, current.reference) == ("current", "the current method", 16, False)
    assert current.fixed == {**Adam().hyperparameters(), "learning_rate": 0.01}
    assert (dict(current.space), current.decays, current.schedule) == ({}, False, "constant")
    assert adam.space
    assert [entry.name for entry in enter(bowl, "adam", 8, current="sgd")] == ["sgd", "current", "adam"]
    with pytest.raises(InputError, match="did you mean adam"):
        enter(clouds, "sgd", 8, current="adma")


def test_every_method_is_raced_at_each_batch_size_that_is_named(clouds: Problem, bowl: Problem) -> None:
    entries = enter(clouds, "sgd@1,sgd,adam@4:b1=0.8", 8, batches=" 4,16,full ")
    usual = entries[2].size
    assert usual == 16  # so sgd@16 is sgd, and not raced twice
    assert [(entry.name, entry.size) for entry in entries[1:]] == [
        *(("sgd@1", 1), ("sgd", usual), ("adam@4:b1=0.8", 4)),
        *(("sgd@4", 4), ("adam@16:b1=0.8", 16), ("sgd@full", None), ("adam@full:b1=0.8", None)),
    ]
    assert entries[5].fixed == {"b1": 0.8}
    assert len({entry.label for entry in entries}) == len(entries)
    named = enter(clouds, {"mine": Momentum}, 8, batches=[4, "full"])
    assert [(entry.name, entry.size) for entry in named[1:]] == [("mine", usual), ("mine@4", 4), ("mine@full", None)]
    for wrong, sentence in (("0", "at least 1, or full, got '0'"), ("4,ful", "got 'ful'"), (" ,", "no batch sizes"), ("49", "got 48")):
        with pytest.raises(InputError, match=sentence):
            enter(clouds, "sgd", 8, batches=wrong)
    with pytest.raises(InputError, match="a function without data"):
        enter(bowl, "sgd", 8, batches="4")


def test_decay_is_tried_unless_a_schedule_is_named(clouds: Problem) -> None:
    for schedule, decays, decay in ((None, True, schedules.DECAY), ("constant", False, None), ("cosine", False, "cosine")):
        plain, adam = enter(clouds, "adam", 8, schedule)
        assert (adam.decays, adam.decay, adam.schedule) == (decays, decay, schedule or "constant")
        assert (plain.decays, plain.decay, plain.schedule) == (False, None, "constant")
    assert not enter(clouds, "adam:learning_rate=0.1", 8)[1].decays  # what is given is raced as it is


def test_a_lane_has_its_schedule_and_length_and_all_are_of_one_structure(clouds: Problem) -> None:
    adam = enter(clouds, "adam", 8)[1]
    constant, decaying, longer = (
        adam.lane({"learning_rate": 0.5}, steps, schedule) for steps, schedule in ((10, "constant"), (10, "cosine"), (40, "cosine"))
    )
    assert len({jax.tree.structure(method) for method in (constant, decaying, longer)}) == 1
    rates = [[float(schedules.at(method, t).learning_rate) for t in (0, 5, 10)] for method in (constant, decaying, longer)]
    assert rates[0] == [0.5, 0.5, 0.5]
    np.testing.assert_allclose(rates[1], [0.5, 0.25, 0.0], atol=1e-6)
    assert rates[2][2] == pytest.approx(0.5 * 0.5 * (1 + np.cos(np.pi / 4)))
    alone = adam.method({"learning_rate": 0.5}, 10, "cosine")
    assert rates[1] == pytest.approx([float(schedules.at(alone, t).learning_rate) for t in (0, 5, 10)])


def test_in_the_first_settings_of_a_search_the_learning_rate_is_tuned_alone(clouds: Problem) -> None:
    adam = enter(clouds, "adam", 64)[1]
    points = cube(8, 0)
    tuned, alone = adam.settings(points), adam.settings(points, alone=3)
    assert [adam.rate_alone(setting) for setting in alone] == [True] * 3 + [False] * 5
    assert alone[3:] == tuned[3:]
    assert [setting["learning_rate"] for setting in alone] == [setting["learning_rate"] for setting in tuned]
    assert {setting["b1"] for setting in alone[:3]} == {0.9}


def test_names_and_labels_are_all_different(clouds: Problem) -> None:
    entries = enter(clouds, ["adam", "adam", Adam, Adam(0.1), Adam(0.2), "sgd@full", "sgd@1", "sgd@4"], 8)
    assert len({entry.name for entry in entries}) == len({entry.label for entry in entries}) == 9
    labels = {entry.label for entry in entries}
    assert {"Adam", "Adam (2)", "batch gradient descent", "stochastic gradient descent", "mini-batch gradient descent (4)"} <= labels


def test_methods_may_be_classes_instances_and_a_mapping_of_names(clouds: Problem) -> None:
    entries = {entry.name: entry for entry in enter(clouds, {"fixed": Momentum(0.5, 0.25), "class": Momentum, "text": "adam@4"}, 30)}
    assert entries["fixed"].fixed == {"learning_rate": 0.5, "momentum": 0.25}
    assert entries["fixed"].space == {}
    assert set(entries["class"].space) == {"learning_rate", "momentum", "weight_decay"}
    assert (entries["text"].label, entries["text"].size) == ("text", 4)
    own = enter(clouds, [Signs], 8)[1]
    assert (own.name, own.label, set(own.space)) == ("signs", "Signs", {"learning_rate"})


def test_a_description_is_json(clouds: Problem) -> None:
    methods = [Momentum(np.float32(0.5), np.float64(0.25)), Adam(np.array(0.1)), Signs(0.5), "adam:b1=0.5"]
    for entry in enter(clouds, methods, 30):
        assert json.loads(json.dumps(entry.describe())) == entry.describe()


def test_more_settings_open_more_numbers(clouds: Problem) -> None:
    tunable = [set(enter(clouds, "adam", settings)[1].space) for settings in (9, 10, 26)]
    few = {"learning_rate", "b1", "weight_decay"}
    assert tunable == [{"learning_rate"}, few, few | {"eps"}]


def test_a_fixed_number_is_not_searched(clouds: Problem) -> None:
    entry = enter(clouds, "adam:learning_rate=0.5", 30)[1]
    assert set(entry.space) == {"b1", "eps", "weight_decay"}
    method = entry.method({"b1": 0.75}, 10)
    assert (method.hyperparameters()["learning_rate"], method.hyperparameters()["b1"]) == (0.5, 0.75)


def test_weight_decay_is_searched_for_all_contestants_of_a_race_on_data_and_the_untuned_ones_have_none(
    clouds: Problem, bowl: Problem
) -> None:
    plain, *entries = enter(clouds, "adam,sgd@full,lion,adamw,clip-norm+rmsprop,schedule-free-adamw", 16)
    assert "weight_decay" not in {**plain.space, **plain.defaults()}
    for entry in entries:
        assert entry.space["weight_decay"] == WEIGHT_DECAY
        method = entry.method({"learning_rate": 0.5, "weight_decay": 0.25}, 10)
        assert method.hyperparameters()["weight_decay"] == 0.25
        assert str(method).count("weight_decay") == 1
        untuned = entry.method(entry.defaults(), 10).hyperparameters()["weight_decay"]
        assert untuned == (0.01 if entry.name == "adamw" else 0.0)  # AdamW has it by default
    assert not any("weight_decay" in entry.space for entry in enter(bowl, "adam,sgd", 16))


def test_what_is_not_tuned_gets_no_weight_decay(clouds: Problem) -> None:
    _, current, given, fixed, *_ = enter(clouds, [Adam(0.5), "adam:weight_decay=0.25"], 16, current="sgd:learning_rate=0.5")
    assert "weight_decay" not in {**current.fixed, **current.space, **given.fixed, **given.space}
    assert fixed.fixed == {"weight_decay": 0.25}
    assert "weight_decay" not in fixed.space


def test_every_method_may_be_typed_with_weight_decay(clouds: Problem) -> None:
    _, factory, _, numbers = parse("sgd:learning_rate=0.5:weight_decay=0.25")
    params, gradient = np.array([2.0]), np.array([1.0])
    move, _ = factory(**numbers).step(Fixed(gradient), params, factory(**numbers).init(params), 0, jax.random.key(0))
    np.testing.assert_allclose(move, -0.5 * (gradient + 0.25 * params))


def test_all_contestants_search_the_same_points_of_the_unit_cube(clouds: Problem) -> None:
    points = cube(8, 3)
    np.testing.assert_array_equal(points, cube(8, 3))
    assert (points != cube(8, 4)).all()
    for entry in enter(clouds, "adam,sgd,lion", 8)[1:]:
        positions = [entry.space["learning_rate"].position(numbers["learning_rate"]) for numbers in entry.settings(points)]
        np.testing.assert_allclose(positions, points[:, 0])


def test_the_points_fill_the_range_evenly() -> None:
    first = np.sort(cube(64, 0)[:, 0])
    assert np.all(np.floor(first * 64) == np.arange(64))  # one in every sixty-fourth
    assert cube(1, 0).shape == (1, 8)
    assert cube(13, 0).shape == (13, 8)


@pytest.mark.parametrize("name", schedules.CATALOGUE)
def test_a_schedule_stands_where_the_learning_rate_stood(clouds: Problem, name: str) -> None:
    entry = enter(clouds, "adam", 8, name)[1]
    rate: Any = entry.method({"learning_rate": 0.5}, 100).hyperparameters()["learning_rate"]
    if name == "constant":
        assert rate == 0.5
        return
    assert type(rate) is schedules.CATALOGUE[name]
    assert vars(rate)["initial"] == 0.5


BAD: dict[str, tuple[Any, str]] = {
    "an unknown name": ("adamm", "unknown method 'adamm'; did you mean adam"),
    "nothing": ("", "no methods were given"),
    "an empty list": ([], "no methods were given"),
    "only commas": (",,", "no methods were given"),
    "a batch of words": ("adam@many", "needs a batch size or full after the @"),
    "no batch": ("adam@", "needs a batch size or full after the @"),
    "a batch of nothing": ("adam@0", "batch size must be at least 1"),
    "a negative batch": ("adam@-1", "batch size must be at least 1"),
    "a large batch": ("adam@49", "a batch of 49 needs as many training examples, got 48"),
    "an unknown number": ("adam:b3=1", "unknown number 'b3'; known: learning_rate, b1, b2, eps"),
    "no value": ("adam:b1", "needs number=value after the colon"),
    "a value in words": ("adam:b1=big", "needs number=value after the colon"),
    "a number out of range": ("momentum:momentum=1", "momentum must lie in [0, 1), got 1"),
    "not a number": ("adam:learning_rate=nan", "learning_rate must lie in"),
    "an infinite number": ("adam:learning_rate=inf", "learning_rate must lie in"),
    "a number for a method": ([3], "a method must be a name such as 'adam@32', a method, its class or a transformation"),
    "another class": ([dict], "a method must be a name"),
    "a number alone": (3, "a method must be a name"),
    "a schedule": (Adam(schedules.Cosine(0.1, 10)), "schedule"),
    "many numbers": (Adam(np.array([0.1, 0.2])), "learning_rate must be a single number"),
    "an unknown name in a mapping": ({"mine": "adamm"}, "did you mean adam"),
}


@pytest.mark.parametrize(("methods", "sentence"), BAD.values(), ids=BAD)
def test_a_mistake_in_the_methods_is_one_sentence(clouds: Problem, methods: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        enter(clouds, methods, 8)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_schedule_is_one_sentence(clouds: Problem) -> None:
    with pytest.raises(InputError, match="unknown schedule 'cosin'; did you mean cosine"):
        enter(clouds, "adam", 8, "cosin")


def test_a_batch_needs_data(bowl: Problem) -> None:
    assert enter(bowl, "sgd", 8)[0].size is None
    assert enter(bowl, "sgd@full", 8)[0].size is None
    assert GradientDescent.name in CATALOGUE


def test_wrappers_are_typed_before_the_method_and_bring_their_numbers(clouds: Problem) -> None:
    (_, entry, _) = enter(clouds, "clip-norm+adam@8:clip_norm=3,sgd", 64)
    assert (entry.name, entry.label, entry.size) == ("clip-norm+adam@8:clip_norm=3", "Adam, clipped by norm (batch 8), clip_norm 3", 8)
    assert list(entry.space) == ["learning_rate", "b1", "eps", "weight_decay"]
    made = entry.method({"learning_rate": 0.1}, 10)
    assert repr(made).startswith("ClipNorm(Adam(learning_rate=0.1, ")
    assert made.hyperparameters()["clip_norm"] == 3.0
    assert entry.describe()["method"] == "clip-norm+adam"


def test_a_wrapped_method_of_the_callers_own_races_with_its_numbers(clouds: Problem) -> None:
    (_, entry) = enter(clouds, [ClipNorm(Signs(0.5), clip_norm=2.0)], 8)
    assert entry.fixed == {"learning_rate": 0.5, "clip_norm": 2.0}
    assert not entry.space
    assert repr(entry.method({}, 10)) == "ClipNorm(Signs(learning_rate=0.5), clip_norm=2.0)"


def test_a_method_that_asks_for_two_gradients_is_charged_for_two(clouds: Problem) -> None:
    _, plain, sam = enter(clouds, "sgd,sam+sgd", 8)
    assert (plain.gradients, sam.gradients) == (1, 2)
    assert sam.examples_per_step(clouds.examples) == 2 * plain.examples_per_step(clouds.examples)
    assert enter(clouds, "sam+sgd@full", 8)[1].examples_per_step(48) == 96


def test_more_numbers_than_the_cube_has_columns_are_refused(clouds: Problem) -> None:
    with pytest.raises(InputError, match=r"has 9 numbers to search \(.*\), at most 8 can be; fix some"):
        enter(clouds, "velocity+clip-norm+clip-value+l2+weight-decay+sam+ema+noisy+sgd", 64)


def test_numbers_that_a_race_or_a_remedy_adds_are_counted_too(clouds: Problem, bowl: Problem) -> None:
    eight = "velocity+clip-norm+clip-value+l2+sam+ema+noisy+sgd"
    (entry,) = (one for one in enter(bowl, eight, 64) if one.name == eight)
    assert len(entry.space) == 8
    with pytest.raises(InputError, match=r"has 9 numbers to search \(.*weight_decay\), at most 8 can be; fix some"):
        enter(clouds, eight, 64)
    with pytest.raises(InputError, match=r"weight-noise\+.* has 9 numbers to search"):
        line_up(bowl, eight, 64, remedies="weight-noise")


@pytest.mark.parametrize("text", ["adam:learning_rate=1e-2,b1=0.8@16", "adam@16:learning_rate=1e-2:b1=0.8"])
def test_what_is_used_now_is_typed_with_its_batch_at_either_place(clouds: Problem, text: str) -> None:
    current = next(entry for entry in enter(clouds, "sgd", 8, current=text) if entry.name == "current")
    assert (current.size, current.fixed["learning_rate"], current.fixed["b1"], current.space) == (16, 1e-2, 0.8, {})
    with pytest.raises(InputError, match="must be one method, such as adam:learning_rate=1e-3@32, got 'adam,sgd'"):
        enter(clouds, "sgd", 8, current="adam,sgd")
