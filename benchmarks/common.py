"""What all benchmarks share: child processes that are timed and weighed, and tables in Markdown."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GIB = 2**30


@dataclass(frozen=True)
class Finished:
    """A child process that went well."""

    seconds: float  #: wall time, from its start to its end
    peak: float  #: the most memory that it held at once, in bytes
    output: str


def run(command: Sequence[str], **environment: str) -> Finished:
    """Run a command to its end, with these environment variables beside ours; a child that fails ends the benchmark with its words.

    The peak is the child's own (`wait4`), not the largest of all children so far as `getrusage(RUSAGE_CHILDREN)` has it.
    """
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"benchmark: {' '.join(command)} ended with exit code {child.returncode}")
    return Finished(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), output)


def markdown(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows of equal keys as a Markdown table; numbers are set to the right."""
    names = list(rows[0])
    numeric = {name: all(_numeric(str(row[name])) for row in rows) for name in names}
    lines = ["| " + " | ".join(names) + " |", "|" + "|".join("---:" if numeric[name] else "---" for name in names) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows])


def heading(title: str) -> str:
    """What was run, when, on what."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    where = f"{cores}-core {platform.machine()}, {_processor()}, {memory:.0f} GiB, Python {platform.python_version()}"
    return f"## {title}\n\n{datetime.date.today()} · {where} · `{command}`\n"


def _numeric(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "–<≥≤~" or not text


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
