"""The commands that list methods and problems."""

from __future__ import annotations

import pytest

from commands import run
from talweg.methods import CATALOGUE, WRAPPERS
from talweg.problems.datasets import CATALOGUE as PROBLEMS
from talweg.problems.surfaces.surface import SURFACES

pytestmark = pytest.mark.usefixtures("inside")


def test_methods_lists_all_and_one() -> None:
    everything = " ".join(run("methods").out.split())
    assert all(f" {word} {kind.memory.split(';')[0]}" in f" {everything}" for word, kind in (CATALOGUE | WRAPPERS).items())
    assert "cliffs in the loss" in run("methods", "clip-norm").out
    one = run("methods", "adam").out
    assert "β₁" in one
    assert "Polyak" not in one
    wrong = run("methods", "adma")
    assert (wrong.code, wrong.errors) == (2, "talweg: methods: unknown method 'adma'; did you mean adamax, adan or adam?\n")


def test_problems_lists_all() -> None:
    output = run("problems").out
    assert all(name in output for name in [*PROBLEMS, *SURFACES])
