"""A loss or a method of the user's own is known by what it computes; where only JAX's version differs, that is said."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg import methods
from talweg.contestants.notation import enter
from talweg.problems import SURFACES, Problem, datasets, load
from talweg.problems.supervised import MeanCost
from talweg.racing import own_code
from talweg.racing.own_code import OwnCode
from talweg.racing.plan import checked
from talweg.verdict.record import Goal

SMALL: dict[str, Any] = {"methods": "sgd", "settings": 1, "seeds": 2, "epochs": 8, "schedule": "constant"}


def start(key: Any) -> Any:
    return jnp.ones(2)


def bowl(loss: Callable[..., Any], **more: Any) -> Problem:
    return Problem(loss=loss, start=start, name="bowl", **more)


def find(problem: Problem, raced: Any = "sgd") -> OwnCode | None:
    return own_code.find("0123456789", problem, checked(problem, enter(problem, raced, 1), 1, 2, 1.0, 0, Goal(), None))


def own(loss: Callable[..., Any]) -> OwnCode:
    code = find(bowl(loss))
    assert code is not None
    return code


def typed(text: str) -> Callable[..., Any]:
    """A loss without a source text, as from a console."""
    scope: dict[str, Any] = {"jnp": jnp}
    code = compile(text, "<console>", "eval")
    return type(lambda: 0)(code.co_consts[0], scope)


def to(target: float) -> Callable[..., Any]:
    return lambda w, _: jnp.sum((w - target) ** 2)


def squares(w: Any, _: Any, about: Any = 0.0) -> Any:
    return jnp.sum((w - about) ** 2)


class Mine(methods.Elementwise):
    """Half a step down."""

    learning_rate: Any = 0.1

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -0.5 * self.learning_rate * g, ()


@pytest.mark.parametrize("name", [*datasets.CATALOGUE, *SURFACES, "x**2 + sin(y)", "valley:condition=9"])
def test_nothing_of_the_catalogue_is_the_users_own(name: str) -> None:
    problem = load(name)
    assert not [*own_code._parts(problem.loss), *own_code._parts(problem.start)]


def test_what_is_the_users_own_is_found_wherever_it_hides(clouds: Problem) -> None:
    assert find(clouds) is None
    inner = squares
    for loss in (inner, functools.partial(squares, about=1.0), jax.jit(squares), lambda w, b: inner(w, b), MeanCost(squares)):
        assert squares in own_code._parts(loss)
    assert own_code._text(list(own_code._parts(Mine()))) is not None
    assert Mine in own_code._parts(methods.ClipNorm(Mine()))
    code = find(clouds, [Mine])
    assert code is not None
    assert list(code.traces) == ["the method mine"]
    assert list(own(squares).traces) == ["its loss", "its start"]


def test_another_loss_has_another_trace_and_so_have_other_arrays_in_it() -> None:
    arrays = np.arange(2.0), np.arange(1.0, 3.0)
    codes = [own(loss) for loss in (to(1.0), to(2.0), to(1.0), *(functools.partial(squares, about=array) for array in arrays))]
    names = [code.name() for code in codes]
    assert names[0] == names[2]
    assert len(set(names)) == 4
    assert all(len(name) == 10 for name in names)


def test_a_race_of_an_own_loss_is_found_again_and_another_loss_is_another_race(tmp_path: Path) -> None:
    usual = {**SMALL, "store": tmp_path / "talweg.db"}
    one, other, again = (tw.race(bowl(to(target)), **usual) for target in (1.0, 2.0, 1.0))
    assert one.name == again.name != other.name


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], tw.Race]:
    """Race a loss as an older JAX would have: its traces are written down otherwise."""

    def race(loss: Callable[..., Any]) -> tw.Race:
        with monkeypatch.context() as patch:
            trace = own_code._trace
            patch.setattr(own_code, "_trace", lambda jaxpr: "older" + trace(jaxpr))
            patch.setattr(jax, "__version__", "0.4.30")
            return tw.race(bowl(loss), **SMALL, store=tmp_path / "talweg.db")

    return race


def test_where_only_the_version_of_jax_differs_it_is_the_same_race_and_that_is_said(older: Any, tmp_path: Path) -> None:
    before = older(squares)
    with pytest.warns(
        UserWarning, match=rf"this is race {before.name} again by the source text of its loss and its start, which JAX 0\.4\.30"
    ):
        assert tw.race(bowl(squares), **SMALL, store=tmp_path / "talweg.db").name == before.name
    other = tw.race(bowl(to(3.0)), **SMALL, store=tmp_path / "talweg.db")  # another text: another race, without a word
    assert other.name != before.name


def test_without_a_source_text_a_race_is_run_anew_and_the_doubt_is_said(older: Any, tmp_path: Path) -> None:
    loss = typed("lambda w, _: jnp.sum(w**2)")
    before = older(loss)
    with pytest.warns(UserWarning, match="without its source text it can't be told whether it is the same, so it is run anew"):
        now = tw.race(bowl(loss), **SMALL, store=tmp_path / "talweg.db")
    assert now.name != before.name
    assert tw.race(bowl(loss), **SMALL, store=tmp_path / "talweg.db").name == now.name  # from now on there is no doubt


def test_the_same_version_of_jax_leaves_no_doubt_about_the_same_text() -> None:
    one, other = own(to(1.0)), own(to(2.0))
    assert one.texts == other.texts
    row = type("Row", (), {"race": one.name(), "origin": {"own_code": dataclasses.asdict(one)}})
    assert own_code.same_race(other, [row]) == (other.name(), None)
    assert own_code.same_race(one, [row]) == (one.name(), None)
    elsewhere = dataclasses.replace(one, race="another")
    assert own_code.same_race(elsewhere, [row]) == (elsewhere.name(), None)
