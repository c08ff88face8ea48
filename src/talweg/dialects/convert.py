"""From a method to another library: its call there, and a snippet that runs."""

from __future__ import annotations

from dataclasses import replace

from talweg import checks
from talweg.checks import InputTypeError
from talweg.dialects import caffe, keras, lasagne, optax, schedules, sklearn, tensorflow1, tensorflow2, torch
from talweg.dialects.forms import settled
from talweg.dialects.library import Library
from talweg.dialects.spelling import Spelling
from talweg.methods import Method, WeightDecay, catalogued, factory_of
from talweg.methods.wrappers import Wrapper
from talweg.schedules import Schedule

LIBRARIES: dict[str, Library] = {
    library.name: library
    for library in (
        *(torch.LIBRARY, optax.LIBRARY, keras.LIBRARY, keras.TENSORFLOW, sklearn.LIBRARY),
        *(tensorflow1.LIBRARY, tensorflow2.LIBRARY, caffe.LIBRARY, lasagne.LIBRARY),
    )
}
HOOKED = ("torch", "optax")  #: libraries whose loop leaves room for weight decay beside a step
CODE = ("torch", "keras", "optax", "tensorflow", "sklearn")  #: libraries for which there is code


def convert(method: Method, to: str) -> Spelling:
    """The call of another library that takes a method's steps; where there is none, the nearest one and why it differs.

    >>> print(convert(Momentum(0.1, momentum=0.9), to="keras"))
    keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)

    Args:
        to: torch, optax, keras, tensorflow, sklearn, tensorflow1, tensorflow2, caffe or lasagne.

    Raises:
        InputError: an unknown library, or no method.
    """
    if not isinstance(method, Method):
        raise InputTypeError(f"convert: method must be a method such as tw.methods.Adam(1e-3), got {method!r}")
    spelling = LIBRARIES[checks.one_of("convert", "library", to, LIBRARIES)].spell(settled(method))
    if to == "sklearn" and spelling.call and isinstance(spelling.arguments.get("learning_rate_init"), Schedule):
        rate = spelling.arguments["learning_rate_init"]
        why = "the learning rate stays at its first value: scikit-learn takes no schedule"
        return Spelling("sklearn", spelling.call, {**spelling.arguments, "learning_rate_init": rate.initial}, (*spelling.differs, why))
    return spelling


def with_hook(method: Method, to: str) -> Spelling:
    """As `convert`; a call of PyTorch or optax without decoupled weight decay has it beside it where that is nearer to the method.

    In PyTorch that is a hook, in optax a line of the loop. The hook shrinks the weights when their gradient is known and before the step,
    so nothing in the call may look at the weights: an L2 penalty would be that of the shrunken ones.
    """
    spelling, method = convert(method, to), settled(method)
    if spelling.exact or to not in HOOKED or not isinstance(method, WeightDecay) or isinstance(method.weight_decay, Schedule):
        return spelling
    inside = convert(method.inner, to)
    if not inside.call or "weight_decay" in inside.arguments or len(inside.differs) >= len(spelling.differs):
        return spelling
    return replace(inside, hook=method.weight_decay)


def code(method: Method, to: str, *, about: str = "") -> str:
    """A snippet that runs, with the optimizer and its schedule, for torch, keras, optax, tensorflow or sklearn.

    Its steps are the method's; where they can't be, comments say what differs. PyTorch and optax can always be given them: what they
    don't have goes by way of talweg's own bridge.

    Args:
        about: a line on where the numbers come from, the batch size and the like.
    """
    checks.one_of("code", "library", to, CODE)
    spelling = with_hook(method, to) if to == "torch" else convert(method, to)  # in optax, the loop of a whole program does it
    if not (spelling.exact and rate_alone(method)) and to in BRIDGED and catalogued(factory_of(method)):
        return _bridged(method, to, about, spelling)
    if not spelling.call:
        return _comment(about, *spelling.differs, "for torch and optax it is there, by way of talweg")
    return _comment(about, *(f"differs: {sentence}" for sentence in spelling.differs)) + WRITERS[to](spelling)


def _comment(*lines: str) -> str:
    return "".join(f"# {line}\n" for line in lines if line)


def rate_alone(method: Method) -> bool:
    """Whether no other number than the learning rate follows a schedule, which the snippets can't write."""
    return not any(isinstance(value, Schedule) for name, value in settled(method).hyperparameters().items() if name != "learning_rate")


def rate_of(spelling: Spelling) -> Schedule | None:
    """The schedule that stands in a spelling."""
    for value in spelling.arguments.values():
        rate = rate_of(value) if isinstance(value, Spelling) else value if isinstance(value, Schedule) else None
        if rate is not None:
            return rate
    return None


def _torch(spelling: Spelling) -> str:
    rate = rate_of(spelling)
    call = spelling.written(**{} if rate is None else {"lr": "1.0"}).replace("(", "(parameters, ", 1)
    head, functions, lines, result = "import torch\n\n\n", "", "", "optimizer"
    if spelling.hook:
        functions += TORCH_HOOK.format(decay=repr(float(spelling.hook)))
        lines += "    optimizer.register_step_pre_hook(shrink)\n"
    if rate is not None:
        head = f"import math\n\n{head}"
        functions += f"{_function(rate, schedules.PYTHON)}\n\n"
        lines += (
            "    # schedule.step() after every optimizer.step()\n"
            "    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)\n"
        )
        result = "optimizer, schedule"
    body = f"    optimizer = {call}\n{lines}    return {result}\n" if lines else f"    return {call}\n"
    return f"{head}{functions}def make_optimizer(parameters):\n{body}"


def _optax(spelling: Spelling) -> str:
    rate = rate_of(spelling)
    if rate is None:
        return f"import optax\n\n\ndef make_optimizer():\n    return {spelling.written()}\n"
    call = spelling.written(learning_rate="learning_rate")
    head = "import jax.numpy as jnp\nimport optax\n\n\n"
    return f"{head}{_function(rate, schedules.JAX)}\n\ndef make_optimizer():\n    return {call}\n"


def _keras(spelling: Spelling) -> str:
    home, imported = ("tf.keras", "import tensorflow as tf") if spelling.library == "tensorflow" else ("keras", "import keras")
    rate = rate_of(spelling)
    if rate is None:
        return f"{imported}\n\n\ndef make_optimizer():\n    return {spelling.written()}\n"
    call = spelling.written(learning_rate="LearningRate()")
    return (
        f"{imported}\nfrom keras import ops\n\n\n"
        f"class LearningRate({home}.optimizers.schedules.LearningRateSchedule):\n"
        "    def __call__(self, step):\n"
        f"        step = ops.cast(step, {home}.backend.floatx())\n"
        f"        return {schedules.source(rate, schedules.KERAS)}\n\n"
        "    def get_config(self):\n"
        "        return {}\n\n\n"
        f"def make_optimizer():\n    return {call}\n"
    )


def _sklearn(spelling: Spelling) -> str:
    call = spelling.written().replace("sklearn.neural_network.", "").replace(")", ", alpha=0.0, **settings)")
    return (
        "from sklearn.neural_network import MLPClassifier  # or MLPRegressor\n\n\n"
        "def make_model(**settings):\n"
        '    """Settings: hidden_layer_sizes=(64,), batch_size=64 and the like; alpha=0.0 is no penalty, as in the race."""\n'
        f"    return {call}\n"
    )


def _function(rate: Schedule, words: schedules.Words) -> str:
    return f"def learning_rate(step):\n    return {schedules.source(rate, words)}\n"


def _bridged(method: Method, to: str, about: str, spelling: Spelling) -> str:
    why = "; ".join(spelling.differs)
    note = f"{to} has no call of its own with these steps ({why}), so they are talweg's" if why else ""
    return _comment(about, note) + BRIDGED[to].format(method=_named(method))


def _named(method: Method) -> str:
    """A method as source text that needs `import talweg as tw`."""
    if isinstance(method, Wrapper):
        arguments, own = [_named(method.inner)], method.own_numbers()
    else:
        arguments, own = [], method.hyperparameters()
    arguments += [f"{name}={_number(value)}" for name, value in own.items()]
    return f"tw.methods.{type(method).__name__}({', '.join(arguments)})"


def _number(value: object) -> str:
    if not isinstance(value, Schedule):
        return repr(value)
    inside = ", ".join(f"{name}={number!r}" for name, number in vars(value).items())
    return f"tw.schedules.{type(value).__name__}({inside})"


TORCH_HOOK = """@torch.no_grad()
def shrink(optimizer, args, kwargs):
    # decoupled weight decay, before every step; call optimizer.step() after backward(), not with a closure
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.mul_(1.0 - group["lr"] * {decay})


"""
WRITERS = {"torch": _torch, "optax": _optax, "keras": _keras, "tensorflow": _keras, "sklearn": _sklearn}
BRIDGED = {
    "torch": (
        "import talweg as tw\n\n\n"
        "def make_optimizer(parameters):\n"
        "    # call optimizer.step(closure) where it says that it needs a closure\n"
        "    return tw.torch_optimizer(parameters, {method})\n"
    ),
    "optax": (
        "import talweg as tw\nfrom talweg.bridges.optax import transformation\n\n\n"
        "def make_optimizer():\n    return transformation({method})\n"
    ),
}
