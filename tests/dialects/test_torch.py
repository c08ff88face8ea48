"""torch.optim's calls as they are spelled, against the methods that they are said to be."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg import dialects
from talweg.dialects import LIBRARIES, Spelling, convert
from talweg.dialects.library import Call

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, cases, collect, falling, of_call, other_defaults, ours, rates, unusual = (
    PATHS[name] for name in ("STEPS", "cases", "collect", "falling", "of_call", "other_defaults", "ours", "rates", "unusual")
)
LIBRARY = LIBRARIES["torch"]
CLOSE = 1e-10

pytestmark = pytest.mark.usefixtures("double")


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch with float64 as its default: NAdam keeps its product of momenta in the default type."""
    module = pytest.importorskip("torch")
    before = module.get_default_dtype()
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(before)


def path(torch: Any, spelling: Spelling, slope: Any, rate: Callable[[int], float] | None = None) -> np.ndarray:
    arguments, spelled = rates(spelling)
    w = torch.tensor(slope.start)
    optimizer = getattr(torch.optim, spelling.call.removeprefix("torch.optim."))([w], **arguments)

    def points() -> Iterator[np.ndarray]:
        for t in range(STEPS):
            optimizer.param_groups[0]["lr"] = (rate or spelled)(t)
            w.grad = torch.from_numpy(slope.gradient(w.numpy(), t))
            optimizer.step()
            yield w.numpy()

    return collect(points())


def takes_l2(call: Call) -> bool:
    """Whether `weight_decay` is there and is the coupled one."""
    return call.call not in ("torch.optim.AdamW", "torch.optim.Rprop") and not call.fixed.get("decoupled_weight_decay")


WITHOUT_L2 = {call.kind: call for call in LIBRARY.calls if not takes_l2(call)}


@pytest.mark.parametrize(("call", "around", "changing"), [*cases(LIBRARY), *cases(LIBRARY, "l2+", takes_l2)])
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart, torch):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "torch")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(torch, spelling, slope)) <= CLOSE


@pytest.mark.parametrize("kind", WITHOUT_L2)
def test_a_call_without_a_coupled_weight_decay_is_not_said_to_have_one(kind):
    assert not convert(of_call(LIBRARY, WITHOUT_L2[kind], False, "l2+"), "torch").exact


@pytest.mark.parametrize(
    "method",
    [
        unusual("nesterov-shifted", momentum=0.0),  # torch refuses it
        unusual("momentum-dampened", momentum=0.0),  # without a momentum torch has no dampening
        unusual("rmsprop-inside", eps=0.0),  # torch's average starts at 0
        unusual("velocity+rmsprop-centered-inside", eps=0.0),
    ],
    ids=lambda method: type(method).__name__,
)
def test_a_number_that_is_zero_does_not_make_another_method_exact(method, slope, walk, apart, torch):
    spelling = convert(method, "torch")
    assert not spelling.exact or apart(ours(walk, method, slope), path(torch, spelling, slope)) <= CLOSE


def test_the_rprop_of_torch_is_another_method_when_the_learning_rate_changes(slope, walk, apart, torch):
    """It is no more than its first step."""
    method = unusual("rprop", changing=True)
    assert not convert(method, "torch").exact
    spelling = convert(unusual("rprop"), "torch")
    theirs = path(torch, spelling, slope, falling)
    assert apart(path(torch, spelling, slope), theirs) == 0
    assert apart(ours(walk, method, slope), theirs) > 1e-6


def test_the_learning_rate_decay_of_adagrad_is_a_schedule_by_inverse_time(slope, walk, apart, torch):
    numbers = {"lr": 0.02, "lr_decay": 1 / 40, "eps": 1e-2, "initial_accumulator_value": 0.3, "weight_decay": 0.1}
    theirs = path(torch, Spelling("torch", "torch.optim.Adagrad", numbers), slope, lambda t: 0.02)
    assert apart(ours(walk, dialects.torch.Adagrad(**numbers), slope), theirs) <= CLOSE


def test_every_default_is_the_one_of_torch(torch):
    assert other_defaults(dialects.torch, lambda name: getattr(torch.optim, name)) == {}
