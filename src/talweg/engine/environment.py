"""On what a race ran, so that anybody can repeat it."""

from __future__ import annotations

import contextlib
import os
import platform
from importlib import metadata
from typing import Any

import jax

from talweg._version import __version__

LIBRARIES = ("jax", "jaxlib", "equinox", "numpy", "scipy", "scikit-learn", "pandas", "skrub")


def use_all_cores() -> None:
    """Let JAX see one device for each processor core, so that lanes are spread over all of them.

    Must come before anything else uses JAX, and does nothing after that, or where `JAX_NUM_CPU_DEVICES` already says how many.
    The command line calls it; a program or notebook may.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ and jax.config.values["jax_num_cpu_devices"] < 0:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        with contextlib.suppress(RuntimeError):  # JAX is already in use
            jax.config.update("jax_num_cpu_devices", cores)


def versions() -> dict[str, str]:
    """Versions of talweg, Python and the libraries that decide what numbers come out."""
    return {"talweg": __version__, "python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}


def machine() -> dict[str, Any]:
    """The processor, its cores, JAX's devices, the system."""
    devices = jax.devices()
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "devices": f"{len(devices)} × {devices[0].device_kind}",
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
