"""Blocks as plain data."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from talweg.engine.block import Block, Entry

names = st.text(min_size=1, max_size=8)
seeds = st.integers(0, 2**32 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
entries = st.builds(Entry, st.integers(-1, 200), st.dictionaries(names, numbers, max_size=4), seeds)
small = st.integers(0, 100)
blocks = st.builds(
    Block,
    *(names, names, names, small, st.lists(entries, max_size=4).map(tuple), st.integers(1, 10**9)),
    keep=st.lists(small, max_size=4).map(tuple),
    observe=st.lists(names, max_size=3).map(tuple),
)


@given(blocks)
def test_a_block_goes_through_json_and_comes_back_the_same(block: Block) -> None:
    text = block.to_json()
    back = Block.from_json(text)
    assert back == block
    assert back.to_json() == text
    assert [type(x) for e in back.entries for x in e.hyperparameters.values()] == [
        type(x) for e in block.entries for x in e.hyperparameters.values()
    ]


def test_a_block_has_the_fields_of_the_design() -> None:
    block = Block("race", "adam", "final", 0, (Entry(3, {"learning_rate": 0.1}, 7),), 20, (0,), ("test",))
    assert json.loads(block.to_json()) == {
        **{"race": "race", "contestant": "adam", "rung": "final", "number": 0, "steps": 20, "keep": [0], "observe": ["test"]},
        "entries": [{"setting": 3, "hyperparameters": {"learning_rate": 0.1}, "seed": 7, "schedule": "constant"}],
    }
    assert block.key == ("adam", "final", 0)


def test_a_block_needs_no_jax() -> None:
    code = "import sys, talweg.engine.block; print('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"
