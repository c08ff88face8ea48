"""A method as another library writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spelling:
    """A call of another library that takes the steps of a method, and what differs where it can't.

    >>> print(convert(Adam(1e-3), to="torch"))
    torch.optim.Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-08)
    """

    library: str
    call: str  #: as imported from the library, `torch.optim.Adam`; empty where it has nothing near
    #: By the library's own names. A value may be a schedule, or a Spelling of its own (`optax.chain` holds several, under "0", "1", …).
    arguments: Mapping[str, Any] = field(default_factory=dict)
    differs: tuple[str, ...] = ()  #: why its steps are not the method's, a sentence each; empty where they are the same
    hook: float = 0.0  #: the decoupled weight decay that a hook before the step does for the call, which has none

    @property
    def exact(self) -> bool:
        """Whether it takes the same steps as the method."""
        return bool(self.call) and not self.differs

    def __str__(self) -> str:
        line = self.written() if self.call else f"# {self.library} has nothing like it"
        return "\n".join([line, *(f"# differs: {sentence}" for sentence in self.differs)])

    def written(self, **replaced: str) -> str:
        """The call as source text; arguments may be replaced by other text."""
        arguments = []
        for name, value in self.arguments.items():
            text = replaced.get(name) or (value.written(**replaced) if isinstance(value, Spelling) else repr(value))
            arguments.append(text if name.isdigit() else f"{name}={text}")
        return f"{self.call}({', '.join(arguments)})"
