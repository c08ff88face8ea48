"""A block as plain data, which can be sent to wherever it is run. No JAX."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

PROBES = "probes"  #: to be observed of a block: the training dynamics (`talweg.engine.probes`), which needs a program of its own


@dataclass(frozen=True)
class Entry:
    """A lane before it is run."""

    setting: int  #: the number of its setting in the search; −1 for the untuned method
    hyperparameters: Mapping[str, float]
    seed: int
    schedule: str = "constant"  #: how its learning rate changes


@dataclass(frozen=True)
class Block:
    """Lanes of one contestant that are run together.

    Weights are observed where they are: when the block has ended they are gone, but for those of the best lane of `keep`.
    """

    race: str
    contestant: str
    rung: str
    number: int  #: in its rung, from 0
    entries: tuple[Entry, ...]
    steps: int  #: of each lane
    keep: tuple[int, ...] = ()  #: the lanes whose weights are observed at the end, and of which the best one's are handed back
    observe: tuple[str, ...] = ()  #: what is to be observed, names that the executor's observers have, or `PROBES`

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells the blocks of one race apart."""
        return self.contestant, self.rung, self.number

    def to_json(self) -> str:
        """All of it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Block:
        """The block that `to_json` wrote."""
        fields = json.loads(text)
        entries = tuple(Entry(**entry) for entry in fields["entries"])
        return cls(**{**fields, "entries": entries, "keep": tuple(fields["keep"]), "observe": tuple(fields["observe"])})
