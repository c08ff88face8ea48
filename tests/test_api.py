"""What `import talweg as tw` offers."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw


def test_every_name_that_is_offered_is_there() -> None:
    assert dir(tw) == tw.__all__ == sorted(tw.__all__)
    bridges = {"from_optax": "optax", "torch_optimizer": "torch"}
    for name in tw.__all__:
        if importlib.util.find_spec(bridges.get(name, "talweg")):
            assert getattr(tw, name) is not None
        else:
            with pytest.raises(ModuleNotFoundError, match=rf"pip install 'talweg\[{bridges[name]}\]'"):
                getattr(tw, name)
    with pytest.raises(AttributeError, match="has no attribute 'rase'"):
        tw.rase  # noqa: B018  (looking it up is the test)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, talweg; print(*sorted({'jax', 'numpy', 'pandas', 'plotly', 'sklearn', 'typer'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_the_docstrings_example_of_minimize_ends_at_the_minimum() -> None:
    params = tw.minimize(lambda x: (x**2).sum(), jnp.array([3.0, 4.0]), tw.methods.Momentum(0.1), 100).params
    np.testing.assert_allclose(params, 0, atol=0.05)


def test_own_loss_and_start_make_a_problem_that_can_be_descended_and_raced(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    y = x @ np.array([1.0, -1.0], np.float32)
    problem = tw.Problem(
        loss=lambda w, batch: jnp.mean((batch[0] @ w - batch[1]) ** 2) + 0.1,
        start=lambda key: jnp.zeros(2),
        train=(x[:40], y[:40]),
        validation=(x[40:50], y[40:50]),
        test=(x[50:], y[50:]),
        name="own",
    )
    trace = tw.descend(problem, tw.methods.Adam(0.1), epochs=10)
    assert isinstance(trace, tw.Trace)
    assert trace.loss[-1] < trace.loss[0]
    race = tw.race(problem, "momentum", settings=4, seeds=2, epochs=16, store=tmp_path / "talweg.db")
    assert isinstance(race, tw.Race)
    assert race.verdict == race.summary["verdict"]["text"]
    assert race.winner["test"]["loss"]["mean"] >= 0.1
    assert race.winner["test"]["metric"] is None
    report = race.save(tmp_path / "report.html")
    assert report.stat().st_size > 10_000
    assert "own" in repr(race)
    assert "<" in race._repr_html_()

    again = tw.open_race(race.name[:5], store=tmp_path / "talweg.db")
    assert again.summary == race.summary
    with pytest.raises(tw.InputError, match="there is no"):
        tw.open_race(store=tmp_path / "other.db")
    with pytest.raises(tw.InputError, match="folder"):
        race.save(tmp_path / "no" / "report.html")


def test_an_input_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="did you mean"):
        tw.problems.load("digitz")
