"""The figures of training dynamics."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.figures import dynamics
from talweg.report import page

FAKE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))


@pytest.fixture
def probed() -> dict[str, Any]:
    """A race in which the training dynamics of the first four were recorded; the last of them diverged half way."""
    summary = copy.deepcopy(FAKE["summary"]())
    examples = np.linspace(100, 30_000, 20).round().tolist()
    for k, c in enumerate(summary["contestants"][:4]):
        rate = (0.1 * (k + 1) * np.linspace(1, 0.2, 20)).tolist()
        if k == 3:
            rate[10:] = [None] * 10
        part = lambda by, rate=rate: [None if x is None else by * x for x in rate]  # noqa: E731
        c["probes"] = {"examples": examples, "rate": rate, "rate_low": part(0.5), "rate_high": part(2.0), "gradient_norm": part(3.0)}
        c["probes"] |= {
            "cosine": [None, *np.linspace(-0.8, 0.9, 19)],
            "rate_ratio": 0.2,
            "stalls": True,
            "scheduled": False,
            "typical_cosine": 0.1,
        }
    summary["dynamics"] = {"rate": ["adam stalls"], "gradient": [], "turns": ["momentum overshoots"]}
    return summary


def test_every_method_whose_dynamics_were_recorded_has_a_line_in_every_figure(probed):
    for figure in (dynamics.rates(probed), dynamics.gradients(probed), dynamics.turns(probed)):
        named = [trace.name for trace in figure.data if trace.name]
        assert sorted(named) == sorted(c["label"] for c in probed["contestants"][:4])
        assert len([note for note in figure.layout.annotations if note.text]) == 4
        json.dumps(figure.to_plotly_json(), default=list)


def test_a_line_that_ends_below_zero_is_named_where_it_ends(probed):
    for c in probed["contestants"][:4]:
        c["probes"]["cosine"] = [None] + [-0.5] * 19
    figure = dynamics.turns(probed)
    low, high = figure.layout.yaxis.range
    assert low < -0.5
    (end,) = {shape.y0 for shape in figure.layout.shapes}
    assert end == pytest.approx((-0.5 - low) / (high - low))


def test_the_report_has_them_only_where_they_were_recorded(probed):
    whole = page.html(probed)
    assert "Training dynamics: effective learning rate" in whole
    assert "Adam stalls. Line: |move| / |gradient|" in whole
    assert "Momentum overshoots." in whole
    assert "Training dynamics" not in page.html(FAKE["summary"]())
