"""Methods as PyTorch optimizers, so that a winner is taken home as it was raced.

>>> optimizer = tw.torch_optimizer(model.parameters(), tw.methods.NAdam(1e-3))

The formula is talweg's own, compiled by JAX; tensors are handed over without being copied where both see the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import torch
from jaxtyping import Array

from talweg import trees
from talweg.bridges import asking
from talweg.checks import InputError, InputTypeError
from talweg.methods import Method, MethodFactory, factory_of
from talweg.schedules import Schedule

STATE = "talweg"  #: the key of the methods' states in the optimizer's `state`


def torch_optimizer(params: Iterable[Any], method: Method, *, seed: int = 0) -> TorchOptimizer:
    """A method as a `torch.optim.Optimizer`: parameter groups, closures, learning-rate schedulers, `state_dict`.

    A method works on the tensors of one group together (clipping by norm, for example, takes the norm of a group). A tensor without a
    gradient stays where it is, while its state sees a gradient of zero.

    Args:
        params: tensors, or dicts of parameter groups. A group may have numbers of its own by the method's names, `lr` for the learning
            rate: `{"params": head, "lr": 1e-2}`.
        method: with plain numbers; a schedule among them sets its number itself at every step.
        seed: of the method's own noise, where it has any.

    Raises:
        InputError: unknown names in a group, numbers out of range, complex or sparse tensors; at `step()`, if the method asks for its
            gradient elsewhere than where the tensors stand, or more than once, and there is no closure to ask.
    """
    if not isinstance(method, Method):
        raise InputTypeError(f"torch_optimizer: method must be a method such as tw.methods.Adam(1e-3), got {method!r}")
    return TorchOptimizer(params, method, seed)


class TorchOptimizer(torch.optim.Optimizer):
    """What `torch_optimizer` makes."""

    def __init__(self, params: Iterable[Any], method: Method, seed: int = 0):
        self.method, self.seed = method, seed
        self._inside: list[_Inside] = []  # what JAX keeps of each group between steps; in `state` only when somebody looks
        self._questions: list[asking.Question] | None = None  # of one step, known from the first on
        super().__init__(params, {_theirs(name): value for name, value in self.changeable().items()})

    def changeable(self) -> dict[str, float]:
        """The method's numbers that a group may have of its own."""
        return {name: value for name, value in self.method.hyperparameters().items() if _changeable(value)}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors, with numbers of their own where they have any."""
        known = {_theirs(name): name for name in self.changeable()}
        for name in param_group:
            if name not in ("params", "param_names", *known):
                raise InputError(f"torch_optimizer: a group has no number {name!r}; known: {', '.join(known)}")
        own = {known[name]: value for name, value in param_group.items() if name in known}
        factory_of(self.method)(**self.method.hyperparameters() | own)  # so that a number out of range is found here
        super().add_param_group(param_group)
        for tensor in self.param_groups[-1]["params"]:
            if not tensor.is_floating_point() or tensor.layout != torch.strided:
                raise InputError(f"torch_optimizer: tensors must be dense and real, got one of {tensor.dtype} ({tensor.layout})")

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; a closure clears the gradients, computes the loss, calls `backward` and returns the loss, which is returned."""
        with self._precision():
            self._remember()
            groups = [_Group(self, i) for i in range(len(self.param_groups))]
            if self._questions is None:
                self._questions = asking.questions(self.method, groups[0].params)
            if closure is None:
                self._refuse_without_closure(self._questions)
            loss = None
            try:
                for question in self._questions:
                    for group in groups:
                        group.go(question)
                    if closure is not None:
                        with torch.enable_grad():
                            value = closure()
                        loss = value if loss is None else loss
                    for group in groups:
                        group.record(question, loss)
            except BaseException:
                for group in groups:
                    group.back()
                raise
            self._inside = [group.finish() for group in groups]
            for shown, group in zip(self.param_groups, groups, strict=True):
                shown.update({_theirs(name): rate for name, rate in group.rates().items()})
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The methods' states and all numbers, as tensors and plain values."""
        self._show()
        return super().state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from where a state dict was taken."""
        super().load_state_dict(state_dict)
        self._inside = []

    def __getstate__(self) -> dict[str, Any]:
        self._show()
        return {**super().__getstate__(), "method": self.method, "seed": self.seed, "_inside": [], "_questions": None}

    def _show(self) -> None:
        """Put copies of what JAX keeps where a state dict is made of."""
        if self._inside:
            tensors = [[_to_torch(leaf).clone() for leaf in inside.state] for inside in self._inside]
            state: Any = self.state  # PyTorch says that its keys are tensors, and takes others
            state[STATE] = {"steps": [inside.steps for inside in self._inside], "groups": tensors}

    def _remember(self) -> None:
        """The other way, after a state dict was loaded."""
        state: Any = self.state
        if not self._inside and STATE in state:
            known = state[STATE]
            states = [[jnp.array(_to_jax(tensor), copy=True) for tensor in group] for group in known["groups"]]
            self._inside = [_Inside(leaves, None, steps) for leaves, steps in zip(states, known["steps"], strict=True)]

    def _precision(self) -> AbstractContextManager[Any]:
        double = any(tensor.dtype == torch.float64 for group in self.param_groups for tensor in group["params"])
        return jax.enable_x64(True) if double else nullcontext()

    def _refuse_without_closure(self, questions: Sequence[asking.Question]) -> None:
        if len(questions) != 1 or questions[0].elsewhere or questions[0].kind != "gradient":
            gradients = sum(question.kind == "gradient" for question in questions)
            what = f"for {gradients} gradients" if gradients != 1 else "for a gradient elsewhere than where the parameters stand"
            raise InputError(
                f"torch_optimizer: {self.method!r} asks {what} in every step; call step(closure) with a closure that clears the "
                "gradients, computes the loss, calls backward and returns the loss"
            )


class _Inside(NamedTuple):
    """What JAX keeps of a group between two steps."""

    state: list[Array]  #: the leaves of the method's state
    room: list[Array] | None  #: memory of the tensors' shapes, to be written on: asking for new memory would cost more than the step
    steps: int  #: so far


class _Group:
    """One parameter group in one step: its tensors, and what JAX knows of them."""

    def __init__(self, optimizer: TorchOptimizer, index: int):
        group = optimizer.param_groups[index]
        self.tensors: list[torch.Tensor] = group["params"]
        self.params = [_to_jax(tensor) for tensor in self.tensors]
        self.answers: list[Any] = []
        numbers = optimizer.method.hyperparameters() | {name: group[_theirs(name)] for name in optimizer.changeable()}
        dynamic = {name: value for name, value in numbers.items() if _changeable(value) or isinstance(value, Schedule)}
        settled = tuple((name, value) for name, value in numbers.items() if name not in dynamic)
        self.call = (_Maker(factory_of(optimizer.method), settled), dynamic)
        new = index >= len(optimizer._inside)
        self.inside = _Inside(_begin(*self.call, self.params), None, 0) if new else optimizer._inside[index]
        self.count = (self.inside.steps, optimizer.seed)
        self.away = False

    def go(self, question: asking.Question) -> None:
        """Put the tensors where the method wants to know something."""
        if question.elsewhere:
            if not self.away:
                self.params = [jnp.array(leaf, copy=True) for leaf in self.params]  # they share the memory that is written next
            self._write(_place(*self.call, self.params, self.inside.state, self.answers, *self.count))
            self.away = True
        else:
            self.back()

    def record(self, question: asking.Question, loss: Any) -> None:
        """Remember the answer that the tensors now hold."""
        if question.kind == "value":
            self.answers.append(jnp.asarray(float(loss)))
            return
        for tensor in self.tensors:
            if tensor.grad is not None and tensor.grad.layout != torch.strided:
                raise InputError(f"torch_optimizer: gradients must be dense, got one that is {tensor.grad.layout}; use sparse=False")
        copy = partial(jnp.array, copy=True) if self.away or self.answers else lambda leaf: leaf
        self.answers.append([copy(_to_jax(torch.zeros_like(t) if t.grad is None else t.grad)) for t in self.tensors])

    def back(self) -> None:
        """Put the tensors where the method stands."""
        if self.away:
            self._write(self.params)
            self.away = False

    def finish(self) -> _Inside:
        """Make the move, and give what is kept until the next."""
        room = self.inside.room or [jnp.empty_like(leaf) for leaf in self.params]
        target, state = _step(*self.call, self.params, self.inside.state, room, self.answers, *self.count)
        self.back()
        self._write([at if tensor.grad is not None else None for at, tensor in zip(target, self.tensors, strict=True)])
        return _Inside(state, target, self.inside.steps + 1)

    def rates(self) -> dict[str, float]:
        """The numbers that schedules give at this step, to be looked at."""
        return {name: float(value(self.count[0])) for name, value in self.call[1].items() if isinstance(value, Schedule)}

    def _write(self, values: Sequence[Array | None]) -> None:
        for tensor, value in zip(self.tensors, values, strict=True):
            if value is not None:
                tensor.copy_(_to_torch(value))


class _Maker(NamedTuple):
    """What is compiled for: the kind of method, and those of its numbers that never change."""

    factory: MethodFactory
    settled: tuple[tuple[str, Any], ...]

    def method(self, numbers: dict[str, Any]) -> Method:
        return self.factory(**numbers, **dict(self.settled))


@partial(jax.jit, static_argnums=0)
def _begin(maker: _Maker, numbers: dict[str, Any], params: list[Array]) -> list[Array]:
    return [jnp.array(leaf, copy=True) for leaf in jax.tree.leaves(maker.method(numbers).init(params))]


@partial(jax.jit, static_argnums=0)
def _place(maker: _Maker, numbers: Any, params: list[Array], state: list[Array], answers: Any, count: Any, seed: Any) -> Any:
    method = maker.method(numbers)
    inside = jax.tree.unflatten(jax.tree.structure(method.init(params)), state)
    return asking.place(method, params, inside, answers, jnp.asarray(count), jax.random.key(seed))


@partial(jax.jit, static_argnums=0, donate_argnums=(3, 4), keep_unused=True)
def _step(
    maker: _Maker, numbers: Any, params: list[Array], state: list[Array], room: list[Array], answers: Any, count: Any, seed: Any
) -> Any:
    del room  # what comes back is written there
    method = maker.method(numbers)
    inside = jax.tree.unflatten(jax.tree.structure(method.init(params)), state)
    move, after = asking.step(method, asking.Answers(answers), params, inside, jnp.asarray(count), jax.random.key(seed))
    return trees.add(params, move), jax.tree.leaves(after)


def _to_jax(tensor: torch.Tensor) -> Array:
    """The same memory where that can be."""
    tensor = tensor.detach().contiguous()
    shared = tensor.device.type == "cpu" or (tensor.device.type == "cuda" and jax.default_backend() == "gpu")
    return jnp.from_dlpack(tensor if shared else tensor.cpu())


def _to_torch(leaf: Array) -> torch.Tensor:
    """The same memory, once it is computed: PyTorch does not wait for JAX."""
    return torch.from_dlpack(leaf.block_until_ready())


def _changeable(value: Any) -> bool:
    """Whether a number can be changed from step to step, and by a group; a schedule and what is no number can't."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _theirs(name: str) -> str:
    return "lr" if name == "learning_rate" else name
