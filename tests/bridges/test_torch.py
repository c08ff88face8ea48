"""Methods as PyTorch optimizers take the same steps as here, with all that a PyTorch optimizer has."""

from __future__ import annotations

import copy
import io
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg import methods, schedules
from talweg.checks import InputError

torch = pytest.importorskip("torch")

STEPS = 30
X = np.random.default_rng(0).normal(size=(32, 4))
Y = np.sin(X.sum(1))


def tensors(kind: Any = torch.float64) -> list[Any]:
    rng = np.random.default_rng(1)
    return [torch.nn.Parameter(torch.tensor(rng.normal(size=shape)).to(kind)) for shape in ((4, 3), (3,), (3,), ())]


def loss_of(params: Any, library: Any, x: Any, y: Any) -> Any:
    a, b, c, d = params
    return ((library.tanh(x @ a + b) @ c + d - y) ** 2).mean()


def closure_of(optimizer: Any, params: list[Any]) -> Any:
    x, y = (torch.tensor(array).to(params[0].dtype) for array in (X, Y))

    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of(params, torch, x, y)
        loss.backward()
        return loss

    return closure


def trained(method: methods.Method, kind: Any = torch.float64, **options: Any) -> list[Any]:
    params = tensors(kind)
    optimizer = tw.torch_optimizer(params, method, **options)
    closure = closure_of(optimizer, params)
    for _ in range(STEPS):
        optimizer.step(closure)
    return params


def here(method: methods.Method, key: int = 0) -> Any:
    x, y = jnp.asarray(X), jnp.asarray(Y)
    begin = [jnp.asarray(tensor.detach().numpy()) for tensor in tensors()]
    return tw.minimize(lambda params: loss_of(params, jnp, x, y), begin, method, STEPS, key=key).params


def close(theirs: list[Any], ours: Any, rtol: float = 1e-10) -> None:
    for tensor, array in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(tensor.detach().to(torch.float64).numpy(), np.asarray(array, np.float64), rtol, 1e-12)


ASKING = [
    "nesterov",
    "asgd",
    "schedule-free-adamw",
    "ema+adam",
    "sam+momentum",
    "sam+nesterov",
    "noisy+adam",
    "accumulate+sgd",
    "clip-norm+soap",
]


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("kind", ["sgd", "momentum", "adadelta", "adamw", "prodigy", "muon", "lookahead+nadam", *ASKING])
def test_it_takes_the_steps_of_the_method_wherever_that_asks_for_gradients(kind):
    method = methods.factory_named("test", kind)(learning_rate=schedules.Cosine(0.05, 40.0))
    close(trained(method, seed=3), here(method, key=3))


def test_it_takes_the_steps_of_torch_own_optimizer_in_every_precision():
    for kind, rtol in ((torch.float64, 1e-12), (torch.float32, 1e-4), (torch.bfloat16, 0.2)):
        params = tensors(kind)
        optimizer = torch.optim.AdamW(params, 0.02, weight_decay=0.1)
        for _ in range(STEPS):
            optimizer.step(closure_of(optimizer, params))
        ours = trained(methods.AdamW(0.02, weight_decay=0.1), kind)
        assert all(tensor.dtype == kind for tensor in ours)
        close(ours, [tensor.detach().to(torch.float64).numpy() for tensor in params], rtol)


def test_without_a_closure_it_uses_the_gradients_that_are_there():
    params = tensors()
    optimizer = tw.torch_optimizer(params, methods.Adam(0.05))
    for _ in range(STEPS):
        closure_of(optimizer, params)()
        assert optimizer.step() is None
    close(params, [tensor.detach().numpy() for tensor in trained(methods.Adam(0.05))])


@pytest.mark.parametrize(
    ("method", "what"),
    [
        (methods.Nesterov(), "a gradient elsewhere"),
        (methods.SAM(methods.Adam()), "for 2 gradients"),
        (methods.EMA(methods.Adam()), "elsewhere"),
    ],
)
def test_a_method_that_asks_elsewhere_or_twice_wants_a_closure(method, what):
    params = tensors()
    with pytest.raises(InputError, match=rf"{what}.*; call step\(closure\)"):
        tw.torch_optimizer(params, method).step()


def test_a_closure_that_fails_leaves_the_tensors_where_they_were():
    params = tensors()
    optimizer = tw.torch_optimizer(params, methods.Nesterov(0.1))
    optimizer.step(closure_of(optimizer, params))
    before = [tensor.detach().clone() for tensor in params]

    def broken() -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(broken)
    close(params, [tensor.numpy() for tensor in before], 0)


def test_the_state_goes_through_a_file_and_the_run_goes_on_as_if_nothing_had_been():
    method = methods.ClipNorm(methods.NAdam(schedules.Cosine(0.05, 40.0)))
    params = tensors()
    optimizer = tw.torch_optimizer(params, method)
    for _ in range(10):
        optimizer.step(closure_of(optimizer, params))
    file = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "params": params}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    again = tw.torch_optimizer(saved["params"], method)
    again.load_state_dict(saved["optimizer"])
    twin = copy.deepcopy(optimizer)
    for _ in range(STEPS - 10):
        again.step(closure_of(again, saved["params"]))
    close(saved["params"], [tensor.detach().numpy() for tensor in trained(method)])
    assert twin.method is not None
    assert twin.state_dict()["state"]["talweg"]["steps"] == [10]


def test_groups_have_numbers_of_their_own_and_schedulers_change_them():
    params = tensors()
    optimizer = tw.torch_optimizer([{"params": params[:2], "lr": 0.2}, {"params": params[2:], "momentum": 0.5}], methods.Momentum(0.1))
    theirs = tensors()
    reference = torch.optim.SGD([{"params": theirs[:2], "lr": 0.2}, {"params": theirs[2:], "momentum": 0.5}], 0.1, momentum=0.9)
    for one, tensors_of_one in ((optimizer, params), (reference, theirs)):
        falling = torch.optim.lr_scheduler.ExponentialLR(one, 0.9)
        for _ in range(STEPS):
            one.step(closure_of(one, tensors_of_one))
            falling.step()
    close(params, [tensor.detach().numpy() for tensor in theirs])


def test_a_group_that_comes_late_begins_at_its_own_beginning():
    params, late = tensors(), torch.nn.Parameter(torch.ones(2))
    optimizer = tw.torch_optimizer(params, methods.Adam(0.1))
    for _ in range(3):
        optimizer.step(closure_of(optimizer, params))
    optimizer.add_param_group({"params": [late], "lr": 0.5})
    late.grad = torch.ones(2)
    optimizer.step()
    assert late.tolist() == pytest.approx([0.5, 0.5])  # Adam's first move is as long as its learning rate
    assert optimizer.state_dict()["state"]["talweg"]["steps"] == [4, 1]


def test_all_groups_look_ahead_together():
    params = tensors()
    optimizer = tw.torch_optimizer([{"params": params[:2]}, {"params": params[2:]}], methods.Nesterov(0.05))
    for _ in range(STEPS):
        optimizer.step(closure_of(optimizer, params))
    close(params, [tensor.detach().numpy() for tensor in trained(methods.Nesterov(0.05))])


def test_a_tensor_without_a_gradient_stays_where_it_is():
    params = [*tensors(), torch.nn.Parameter(torch.ones(3, dtype=torch.float64))]
    optimizer = tw.torch_optimizer(params, methods.AdamW(0.1, weight_decay=0.5))
    closure_of(optimizer, params[:4])()
    optimizer.step()
    assert params[4].tolist() == [1.0, 1.0, 1.0]


def test_odd_memory_is_no_trouble():
    whole = torch.zeros(9)
    view = torch.nn.Parameter(whole[1:])  # not where JAX would want it
    turned = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).T)
    view.grad, turned.grad = torch.ones(8), torch.ones(3, 2)
    tw.torch_optimizer([view, turned], methods.GradientDescent(0.5)).step()
    assert view.tolist() == [-0.5] * 8
    assert turned.tolist() == [[-0.5, 2.5], [0.5, 3.5], [1.5, 4.5]]


def test_the_current_rate_of_a_schedule_is_shown():
    params = tensors()
    optimizer = tw.torch_optimizer(params, methods.Adam(schedules.Step(0.4, every=2.0, factor=0.5)))
    shown = []
    for _ in range(4):
        optimizer.step(closure_of(optimizer, params))
        shown.append(optimizer.param_groups[0]["lr"])
    assert shown == pytest.approx([0.4, 0.4, 0.2, 0.2])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: tw.torch_optimizer(tensors(), torch.optim.Adam), "method must be a method such as"),
        (lambda: tw.torch_optimizer([{"params": tensors(), "rate": 0.1}], methods.Adam()), "has no number 'rate'; known: lr, b1, b2, eps"),
        (lambda: tw.torch_optimizer([{"params": tensors(), "b1": 1.5}], methods.Adam()), "b1 must lie in"),
        (lambda: tw.torch_optimizer([torch.zeros(2, dtype=torch.complex64)], methods.Adam()), "must be dense and real"),
    ],
)
def test_a_caller_mistake_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_sparse_gradients_are_refused():
    table = torch.nn.Embedding(5, 2, sparse=True)
    optimizer = tw.torch_optimizer(table.parameters(), methods.Adam())
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(InputError, match="must be dense"):
        optimizer.step()
