"""Where blocks can be run: every file here has an executor of its name, as `local` has `Local`, and the contract's test runs on it.

An executor that stands elsewhere is given to `tw.race` as it is.
"""

from __future__ import annotations

import importlib
import pkgutil

from talweg.checks import InputError
from talweg.engine.executors.base import ExecutorFactory


def executor(name: str) -> ExecutorFactory:
    """The executor that the file `name` has: `thread_pool` has `ThreadPool`. Raises InputError for a file without it."""
    module, wanted = importlib.import_module(f"{__name__}.{name}"), name.title().replace("_", "")
    if not hasattr(module, wanted):
        raise InputError(f"{module.__name__}: the file must have a class {wanted}; write it, or begin the file's name with an underscore")
    made: ExecutorFactory = getattr(module, wanted)
    return made


EXECUTORS = {name: executor(name) for _, name, _ in pkgutil.iter_modules(__path__) if name != "base" and not name.startswith("_")}
