"""A program does what the race did, is written as a person would write it, and needs no talweg."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talweg as tw
from talweg.checks import InputError
from talweg.engine.program import Placement, Program
from talweg.methods import SAM, Adam, GradientDescent, Method, Momentum, RMSprop, WeightDecay
from talweg.problems import Problem
from talweg.problems.datasets import CATALOGUE, FromSklearn
from talweg.programs import PROGRAMS, Recipe, program, refusal
from talweg.schedules import Cosine, Exponential

NAMED = [name for name, entry in CATALOGUE.items() if isinstance(entry.builder, FromSklearn)]
STEPS, SEEDS = 120, range(8)
EXPECTED = {"mean": 0.5, "low": 0.0, "high": 9.0, "rows": 100}


def recipe(problem: Problem, method: Method, batch: Any = 32, steps: int = STEPS, **more: Any) -> Recipe:
    return Recipe("It, as tuned in race a1b2c3 on data", problem, method, batch, steps, **more)


CASES: dict[str, Recipe] = {
    "many classes, weight decay by a hook": recipe(
        tw.problems.load("digits"),
        WeightDecay(RMSprop(Cosine(0.01, steps=float(STEPS)), decay=0.9), weight_decay=0.3),
        64,
        expected=EXPECTED,
    ),
    "both a hook and a schedule of its own": recipe(
        tw.problems.load("iris"), WeightDecay(Momentum(Exponential(0.1, steps=float(STEPS))), weight_decay=0.1), 16
    ),
    "a number, all rows at once": recipe(tw.problems.load("diabetes", model="mlp:8,tanh,he"), Momentum(0.03), "full"),
    "a number, another loss": recipe(tw.problems.load("diabetes", model="linear", loss="huber"), GradientDescent(0.1), 16),
    "two classes": recipe(tw.problems.load("breast_cancer", model="mlp:8,keras"), Adam(Exponential(0.01, steps=float(STEPS)))),
    "images": recipe(tw.problems.load("digits", model="cnn:2,3"), Adam(0.02), 16),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_rows_of_a_program_are_those_of_the_race(name: str) -> None:
    problem = tw.problems.load(name, seed=3)
    for seed in (0, 5):
        head = program(recipe(problem, Adam(1e-3)), "torch").partition("x = torch.tensor(")[0]
        made: dict[str, Any] = {}
        exec(head.replace("import torch\n", "").replace("from torch import nn\n", "").replace("sys.argv", f"[0, {seed}]"), made)
        own = problem.divided(seed)
        for part, batch in (("train", own.train), ("validation", own.validation), ("test", own.test)):
            for array, expected in zip((made["x"], made["y"]), batch, strict=True):
                np.testing.assert_allclose(array[made[part]].reshape(expected.shape), expected, rtol=1e-4, atol=1e-5)


BOTH = [(case, to) for to in PROGRAMS for case in CASES if to == "torch" or case != "images"]  # which only PyTorch's have


@pytest.mark.parametrize(("case", "to"), BOTH)
def test_a_program_trains_as_the_race_does(
    case: str, to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = pytest.importorskip(to)
    if to == "torch":
        library.set_num_threads(1)  # several, beside other tests, wait for each other at every step
    one, file, theirs = CASES[case], tmp_path / "program.py", []
    file.write_text(program(one, to), encoding="utf-8")
    for seed in SEEDS:
        monkeypatch.setattr(sys, "argv", [str(file), str(seed)])
        theirs.append(runpy.run_path(str(file))["loss"])
    placement = Placement(one.problem)
    lanes = Program(placement, one.method, None if one.batch == "full" else int(one.batch), len(SEEDS))
    ours, _ = placement.examine(lanes.run([one.method] * len(SEEDS), list(SEEDS), one.steps).params)
    doubt = np.hypot(np.std(theirs, ddof=1), ours.std(ddof=1)) / np.sqrt(len(SEEDS))
    assert abs(np.mean(theirs) - ours.mean()) < 4 * doubt + 1e-4  # other random numbers, the same training
    last = capsys.readouterr().out.splitlines()[-1]
    assert (last == "as expected, which was 0 to 9") == (one.expected is not None)


@pytest.mark.parametrize(("case", "to"), BOTH)
def test_a_program_is_written_as_ruff_would_have_it(case: str, to: str) -> None:
    text = program(CASES[case], to)
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported}
    own = {"torch": {"math", "torch"}, "optax": {"jax", "jax.numpy", "optax"}}
    assert modules <= {"sys", "numpy", "sklearn.datasets", "sklearn.model_selection", *own[to]}
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        ["format", "--line-length", "140", "--check", "-"],
        ["check", "--isolated", "--line-length", "140", "--select", "E,F,I,W", "-"],
    ):
        done = subprocess.run([*ruff, *command], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert 50 <= len(text.splitlines()) <= 100


def test_a_program_says_what_to_expect() -> None:
    text = program(CASES["many classes, weight decay by a hook"], "torch")
    assert "Expected on 100 new rows: a cross-entropy loss of 0.5 (95 % prediction interval 0 – 9)." in text
    assert "Expected" not in program(CASES["images"], "torch")


def test_what_has_no_program_is_refused_in_a_sentence(clouds: Problem) -> None:
    digits, adam = tw.problems.load("digits"), Adam(1e-3)
    for made, sentence in (
        (recipe(clouds, adam), "none of scikit-learn's named sets"),
        (recipe(tw.problems.load("rosenbrock"), adam), "none of scikit-learn's named sets"),
        (recipe(tw.problems.load("digits", loss="hinge"), adam), "no module for its loss, hinge"),
        (recipe(tw.problems.load("digits", init="sklearn"), adam), "its weights start as sklearn's"),
        (recipe(tw.problems.load("diabetes", task="classification"), adam), "its labels are not 0, 1, 2"),
        (recipe(digits, SAM(adam)), "no call of its own"),
        (recipe(digits, adam, others=("train 4 times",)), "train 4 times"),
    ):
        assert sentence in str(refusal(made, "torch"))
        with pytest.raises(InputError, match=f"No whole program can be written for .*{sentence}"):
            program(made, "torch")
    assert refusal(recipe(digits, adam), "torch") is None
    assert refusal(recipe(digits, adam), "keras") == f"so far there are programs for {' and '.join(PROGRAMS)} alone"
    with pytest.raises(InputError, match="did you mean torch"):
        program(recipe(digits, adam), "torhc")
