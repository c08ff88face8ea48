"""talweg's methods as optax transformations, and optax's transformations as methods.

>>> optimizer = optax.chain(optax.clip_by_global_norm(1.0), transformation(tw.methods.NAdam(1e-3)))
>>> tw.race(problem, [from_optax(optax.adan, learning_rate=tw.methods.Range(1e-5, 1)), "adam"])
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, PRNGKeyArray, PyTree

from talweg import trees
from talweg.bridges import asking
from talweg.checks import InputError, InputTypeError
from talweg.methods import Method, Range
from talweg.oracle import Oracle


class State(NamedTuple):
    """What a transformation keeps."""

    steps: Array  #: taken so far
    key: PRNGKeyArray
    inside: PyTree  #: the method's own state
    stands: PyTree | None  #: where the method stands, if that is not where it takes its gradients


def transformation(method: Method, *, key: int | PRNGKeyArray = 0) -> optax.GradientTransformationExtraArgs:
    """A method as an optax transformation: its updates are moves, to be added with `optax.apply_updates`.

    Where a method takes its gradient elsewhere than where it stands (`Nesterov` at the look-ahead point, averaging methods at the
    point that walks), the parameters of the training loop are the places of the gradients, and `evaluation_params` gives where the
    method stands.

    Args:
        method: with plain or traced numbers, or schedules.
        key: of the method's own noise, where it has any.

    Raises:
        InputError: the method asks for more than one gradient in a step, or for losses: optax hands over one gradient. At `update`, if
            it needs the parameters and gets none.
    """
    if not isinstance(method, Method):
        raise InputTypeError(f"transformation: method must be a method such as tw.methods.Adam(1e-3), got {method!r}")
    elsewhere = _asks_elsewhere(method)

    def init(params: optax.Params) -> State:
        if any(map(jnp.iscomplexobj, jax.tree.leaves(params))):
            raise InputError("transformation: parameters must be real, got complex ones; give real and imaginary parts as two arrays")
        where = jax.tree.map(jnp.asarray, params) if elsewhere else None
        seed = key if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jax.random.key(key)
        return State(jnp.zeros((), jnp.int32), seed, method.init(params), where)

    def update(updates: optax.Updates, state: State, params: optax.Params | None = None, **extra: Any) -> tuple[optax.Updates, State]:
        del extra
        params = jax.tree.map(Missing, updates) if params is None else params
        stands = params if state.stands is None else state.stands
        move, inside = asking.step(method, asking.Answers([updates]), stands, state.inside, state.steps, state.key)
        count = optax.safe_increment(state.steps)
        if elsewhere:
            stands = trees.add(stands, move)
            target = asking.place(method, stands, inside, [], count, state.key)
            move = jax.tree.map(lambda to, here: to - here, target, params)
        return trees.like(move, updates), State(count, state.key, inside, stands if elsewhere else None)

    return optax.GradientTransformationExtraArgs(init, update)


def evaluation_params(state: optax.OptState, params: optax.Params) -> optax.Params:
    """Where the methods of an optimizer state stand: what to evaluate and keep. It is `params` for most methods."""
    states = [s for s in jax.tree.leaves(state, is_leaf=lambda x: isinstance(x, State)) if isinstance(s, State)]
    own = [s.stands for s in states if s.stands is not None]
    return own[-1] if own else params


class Missing:
    """Stands for parameters that were not given: an error as soon as a formula needs them."""

    def __init__(self, like: Array):
        self.shape, self.dtype, self.ndim, self.size = like.shape, like.dtype, like.ndim, like.size

    def __jax_array__(self) -> NoReturn:
        raise InputError("transformation: this method needs the parameters; call update(gradients, state, params)")

    astype = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = lambda self, *_: self.__jax_array__()


def _asks_elsewhere(method: Method) -> bool:
    """Whether its one gradient is taken elsewhere. Raises InputError for methods that ask for more."""
    questions = asking.questions(method, jnp.zeros((2, 2)))
    gradients = sum(question.kind == "gradient" for question in questions)
    if gradients != 1 or len(questions) != 1:
        what = f"{gradients} gradients" + (f" and {len(questions) - gradients} losses" if len(questions) > gradients else "")
        raise InputError(
            f"transformation: {method!r} asks for {what} in every step, but optax hands over one gradient; run it with tw.descend, "
            "tw.race or tw.torch_optimizer"
        )
    return questions[0].elsewhere


# ---- and the other way round -------------------------------------------------------------------------------------------------


class Foreign(Method):
    """A transformation of optax as a method; its subclasses, made by `from_optax`, know which."""

    def made(self) -> optax.GradientTransformationExtraArgs:
        """The transformation with this method's numbers."""
        raise NotImplementedError

    def init(self, params: PyTree) -> Any:
        return self.made().init(params)

    def step(self, oracle: Oracle, params: PyTree, state: Any, t: Array, key: PRNGKeyArray) -> tuple[PyTree, Any]:
        gradient = oracle.gradient(params)
        updates, after = self.made().update(gradient, state, params, value=oracle.first_loss, grad=gradient)
        return updates, after


def from_optax(
    what: Callable[..., optax.GradientTransformation] | optax.GradientTransformation, *, name: str | None = None, **numbers: Any
) -> type[Method] | Method:
    """A contestant out of optax: a method from a transformation, or a class of methods from a factory and its numbers.

    >>> from_optax(optax.chain(optax.clip(1.0), optax.adam(1e-3)), name="my chain")
    >>> from_optax(optax.adan, learning_rate=tw.methods.Range(1e-5, 1), b1=0.98)

    Args:
        what: a transformation, or a function that returns one.
        name: as printed; by default the factory's name.
        numbers: the factory's: a `Range` is searched in a race, with the factory's own default (or the middle of the range) where it
            is not; a float is the default; anything else (a flag, a whole number, a function) is handed over as it is.

    Raises:
        InputError: numbers that the factory does not take, or numbers for a transformation that is already made.
    """
    if isinstance(what, optax.GradientTransformation):
        if numbers:
            raise InputError(f"from_optax: a transformation that is already made takes no {', '.join(numbers)}; give the factory")
        return _foreign(name or "transformation", lambda: what, {}, {})()
    if not callable(what):
        raise InputTypeError(f"from_optax: expected a transformation such as optax.adam(1e-3), or a factory, got {what!r}")
    own = getattr(what, "__name__", type(what).__name__)
    known = inspect.signature(what).parameters
    for number in numbers:
        if number not in known:
            raise InputError(f"from_optax: {own} has no number {number!r}; known: {', '.join(known)}")
    plain = {number: value for number, value in numbers.items() if isinstance(value, (Range, float))}
    defaults = {number: _default(value, known[number].default) for number, value in plain.items()}
    settled = {number: value for number, value in numbers.items() if number not in plain}
    return _foreign(name or own, functools.partial(what, **settled), defaults, plain)


def _foreign(name: str, make: Callable[..., optax.GradientTransformation], defaults: dict[str, float], values: dict[str, Any]) -> Any:
    def made(self: Foreign) -> optax.GradientTransformationExtraArgs:
        return optax.with_extra_args_support(make(**self.hyperparameters()))

    body = {
        "__module__": __name__,
        "__doc__": f"{name} of optax.",
        "__annotations__": dict.fromkeys(defaults, Any),
        **defaults,
        "made": made,
        "name": f"optax.{name}",
        "label": f"optax {name}",
        "source": "optax",
        "space": {number: value for number, value in values.items() if isinstance(value, Range)},
    }
    maker: Any = type(Foreign)
    return maker("Optax" + re.sub(r"\W|_", "", name.title()), (Foreign,), body)


def _default(value: Range | float, usual: Any) -> float:
    """The number of an untuned method: as given, or the factory's own, or the middle of the range."""
    if isinstance(value, Range):
        return float(usual) if isinstance(usual, float) else value.value(0.5)
    return float(value)
