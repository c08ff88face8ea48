"""The clocks by their names: in whose ordinary training loop a step is timed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from talweg.bridges.ordinary import refusal
from talweg.checks import InputError
from talweg.engine.clock import Clock, CompiledClock
from talweg.problems.base import Problem


def torch_clock() -> Clock:
    """PyTorch's. Raises InputError where it is not installed."""
    _load("torch")
    from talweg.bridges.torch_clock import TorchClock

    return TorchClock()


def keras_clock() -> Clock:
    """Keras's. Raises InputError where Keras, or the backend that it is set to, is not installed."""
    _load("keras")
    from talweg.bridges.keras_clock import KerasClock

    return KerasClock()


def _load(library: str) -> None:
    try:
        importlib.import_module(library)
    except ImportError as missing:
        if missing.name in (library, None):
            raise InputError(f"clock: {library} is not installed; pip install {library}, or use the clock jax") from None
        raise InputError(
            f"clock: {library} needs {missing.name}, which is not installed; install it, set KERAS_BACKEND to jax or torch, "
            "or use the clock jax"
        ) from None


CLOCKS: dict[str, Callable[[], Clock]] = {"jax": CompiledClock, "torch": torch_clock, "keras": keras_clock}

USUAL = "auto"  #: PyTorch's where it is installed and can be told the network, as most people train there; otherwise JAX's


def usual(problem: Problem) -> str:
    """The clock of a race that is given none."""
    return "torch" if importlib.util.find_spec("torch") is not None and refusal(problem) is None else "jax"
