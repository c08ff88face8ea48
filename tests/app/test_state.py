"""A link is a state and a state is a link; what can't be taken is said, and nothing breaks."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.app.lessons import LESSONS, Lesson
from talweg.app.state import Entry, NetworkState, SurfaceState, entries, hidden
from talweg.checks import InputError


def back(state):
    """The state that the state's own link gives."""
    again, troubles = type(state).read(dict(parse_qsl(state.query())))
    assert troubles == []
    return again


@pytest.mark.parametrize(
    "state",
    [
        SurfaceState(),
        SurfaceState(
            surface="x**2 + y**2 + 1 on -3..3, -2..2", start=(-1.25, 0.5), steps=1500, noise=0.25, batch=16, view="3d", theme="dark"
        ),
        SurfaceState(methods=()),
        SurfaceState(methods=entries("noisy+adam:b1=0.8:learning_rate=0.001,sgd@1,sgd@full"), height="log", at=7, scene=6, shake=1e-3),
        NetworkState(),
        NetworkState(data="mine-0123.csv", target="the target, really", hidden=(), activation="gelu", batch="full", epochs=3, seed=9),
    ],
)
def test_a_link_gives_the_state_that_made_it(state) -> None:
    assert back(state) == state


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_lesson_whose_controls_were_moved_has_a_link_too(lesson: Lesson) -> None:
    """Also where they were moved to what another page would take as its default."""
    for moved in (SurfaceState(), dataclasses.replace(lesson.state(), steps=200, noise=0.0, start=(0.25, 0.5), at=3)):
        words = {**lesson.scene, **dict(parse_qsl(moved.query(lesson.state())))}
        assert SurfaceState.read(words) == (moved, [])


def test_the_first_page_has_a_short_address() -> None:
    assert SurfaceState().query() == NetworkState().query() == ""
    assert SurfaceState(steps=300).query() == "steps=300"
    assert "+" not in SurfaceState(methods=entries("noisy+adam")).query()  # a plus sign means a space there


@given(st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(SurfaceState)]), st.text(max_size=30)))
def test_no_words_in_an_address_break_the_page(words: dict[str, str]) -> None:
    state, troubles = SurfaceState.read(words)
    assert len(troubles) <= len(words)
    assert 1 <= state.steps <= 2000
    assert 0 <= state.noise <= 100
    assert len(state.start) in (0, 2)


@given(st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(NetworkState)]), st.text(max_size=30)))
def test_no_words_in_an_address_break_the_network(words: dict[str, str]) -> None:
    state, _ = NetworkState.read(words)
    assert 1 <= state.epochs <= 200
    assert state.batch == "full" or 1 <= int(state.batch) <= 4096


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"methods": "adamm"}, "did you mean"),
        ({"methods": "adam:learning_rate=-1"}, "learning_rate must lie in"),
        ({"methods": "adam:learning_rate=nan"}, "nan"),
        ({"methods": ",".join(f"sgd@{n}" for n in range(1, 20))}, "at most 12 methods"),
        ({"start": "1"}, "start must be two numbers"),
        ({"start": "1e300,1"}, "start must be two numbers"),
        ({"start": "1,inf"}, "start must be two numbers"),
        ({"steps": "1e9"}, "steps must lie in"),
        ({"batch": "3"}, "batch"),
        ({"height": "tall"}, "height"),
        ({"noise": "lots"}, "noise can't be 'lots'"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_rest_is_kept(words: dict[str, str], says: str) -> None:
    state, (trouble,) = SurfaceState.read({**words, "surface": "beale"})
    assert says in trouble
    assert state == SurfaceState(surface="beale")


def test_numbers_of_a_method_are_changed_one_by_one() -> None:
    entry = Entry.read("adam:b1=0.5").with_number("learning_rate", 0.1).with_number("b1", 0.25)
    assert str(entry) == "adam:b1=0.25:learning_rate=0.1"
    assert str(entry.untuned()) == "adam:b1=0.25"
    state = SurfaceState(methods=entries("sgd,adam")).with_entry(entry)
    assert state.entry("adam") == entry
    assert state.entry("lion") is None


def test_methods_are_called_what_they_are_called_everywhere() -> None:
    assert [Entry(name).label for name in ("sgd", "sgd@1", "sgd@full", "sgd@16", "adam", "adam@8", "noisy+adam")] == [
        "gradient descent",
        "stochastic gradient descent",
        "batch gradient descent",
        "mini-batch (16) gradient descent",
        "Adam",
        "Adam (batch 8)",
        "Adam, with gradient noise",
    ]


@pytest.mark.parametrize(("text", "layers"), [("", ()), ("16, 16", (16, 16)), ("8", (8,))])
def test_hidden_layers_are_numbers(text: str, layers: tuple[int, ...]) -> None:
    assert hidden(text) == layers
    assert NetworkState(hidden=layers).model.startswith("mlp" if layers else "linear")


@pytest.mark.parametrize("text", ["a", "0", "1000", "1,1,1,1,1", "-3", "1.5"])
def test_other_hidden_layers_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="hidden layers must be"):
        hidden(text)


def test_an_address_says_each_word_once() -> None:
    query = SurfaceState(steps=300, noise=1.0).query()
    assert all(len(values) == 1 for values in parse_qs(query).values())
