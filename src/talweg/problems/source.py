"""How a problem can be built again: kept in the store with a race, so that its problem is there when somebody asks more of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where a problem came from, as JSON-able words: which function of `talweg.problems` made it, and of what.

    It is no part of a problem's identity: a file and its copy, or the DataFrame read from it, are the same problem. Whoever builds a
    problem again compares fingerprints, since a file may have changed and `dataclasses.replace` keeps the source.
    """

    kind: str  #: "catalogue", "surface" and "file" can be built again; "frame" and "arrays" are a user's own values, which are not kept
    name: str  #: of the catalogue, with options; the surface's name or formula; the absolute path; or what the user called it
    options: Mapping[str, Any] = field(default_factory=dict)  #: target, model, init, loss, task, seed …: what was given, without None

    @classmethod
    def of(cls, kind: str, name: str | os.PathLike[str], /, **options: Any) -> Source:
        """With those of the options that are not None; a file by its absolute path, by which it is found from any folder."""
        where = str(Path(name).absolute()) if kind == "file" else str(name)
        return cls(kind, where, {word: value for word, value in options.items() if value is not None})

    def describe(self) -> dict[str, Any]:
        """As JSON; `Source(**described)` is the same again."""
        return asdict(self)

    @property
    def repeatable(self) -> bool:
        """Whether `talweg.problems.rebuild` can build it again."""
        return self.kind in ("catalogue", "surface", "file")
