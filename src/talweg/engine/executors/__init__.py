"""Where blocks can be run. An executor is in `EXECUTORS`, and so under the contract's test, or is given to `tw.race` as it is."""

from __future__ import annotations

from talweg.engine.executors.base import ExecutorFactory
from talweg.engine.executors.local import Local

EXECUTORS: dict[str, ExecutorFactory] = {"local": Local}
