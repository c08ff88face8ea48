"""What every result has, of a race or of a study: numbers, sentences, figures, and a file.

A result computes its `summary` (plain numbers, see `talweg.summary`); sentences, figures and pages are made from that. A subclass says
what its summary is, which sentences belong to it, which figures it has, and what its page looks like.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from talweg import report
from talweg.checks import InputError


def attributes(thing: Any, *names: str) -> dict[str, Any]:
    """Some attributes by their names, for a summary."""
    return {name: getattr(thing, name) for name in names}


class Figures(Mapping[str, Any]):
    """Plotly figures by name, each made when it is first asked for. Raises KeyError for a name that is not there."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]):
        self._makers, self._made = dict(makers), dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers  # without making it

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return f"Figures({', '.join(self)})"


class Result(ABC):
    """What a race or a study came to."""

    kind: ClassVar[str]  #: race, basins, escape, landscape, diagnosis or surface
    suffixes: ClassVar[tuple[str, ...]] = (".html",)  #: of the files that `save` writes

    @property
    @abstractmethod
    def summary(self) -> Any:
        """All of it as plain numbers, ready for JSON, with None for what is not finite or not known; see `talweg.summary`."""

    @property
    @abstractmethod
    def sentences(self) -> list[str]:
        """The result in words, the headline first."""

    @property
    def warnings(self) -> list[str]:
        """What to know before believing it."""
        return []

    @property
    def figures(self) -> Figures:
        """The Plotly figures by name; each is made when it is asked for."""
        return Figures({})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, whole or not at all, and return its full path; the suffix of the name says what is written.

        That is one of `suffixes`: .html is a page that needs nothing but itself. Raises InputError for another suffix, and where the
        file can't be written.
        """
        suffix = self.checked_suffix(path)
        if suffix == ".html":
            return report.write_text(self._page(), path)
        return report.write_file(lambda beside: self._write(beside, suffix), path)

    @classmethod
    def checked_suffix(cls, path: str | os.PathLike[str]) -> str:
        """The suffix of a file to write, in small letters; asked before the work, not after it. Raises InputError for an unknown one."""
        suffix = Path(path).suffix.lower()
        if suffix not in cls.suffixes:
            *others, last = cls.suffixes
            known = f"{', '.join(others)} or {last}" if others else last
            raise InputError(f"{cls.kind}: the name of the file must end in {known}, got {str(path)!r}")
        return suffix

    def _write(self, to: Path, suffix: str) -> None:
        """Write a file of another suffix than .html; who has such `suffixes` says how."""
        raise NotImplementedError(f"{self.kind}: {suffix}")

    def _page(self) -> str:
        """The page, as HTML; who has more to show than sentences and figures has a page of its own."""
        from talweg.report import study  # Plotly is loaded only when a page is written

        return study.html(self.kind, self._name(), self.sentences, self.warnings, self.figures)

    def _repr_html_(self) -> str:
        """What a notebook shows: the sentences and warnings, without script."""
        return f'<div class="talweg">{"".join(f"<p>{escape(words)}</p>" for words in [*self.sentences, *self.warnings])}</div>'

    def _name(self) -> str:
        """What `repr` calls it by."""
        return str(self.summary["problem"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name()}: {' '.join(self.sentences)})"
