"""The catalogue of methods and of what can be wrapped around them: whatever the files of this package define.

Files and classes whose names begin with an underscore are left out.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from talweg import checks
from talweg.checks import InputError
from talweg.methods.base import Method
from talweg.methods.factories import MethodFactory, Wrapped
from talweg.methods.wrappers import Wrapper

#: The families in the order in which they are listed; files that are not named here follow.
ORDER = ("descent", "adagrad", "rmsprop", "adam", "lion", "belief", "sign", "averaging", "trust", "adafactor", "prodigy", "matrices")
TOOLS = ("base", "catalogue", "factories", "space")
FACTS = ("name", "label", "source", "helps")


def discovered(package: str, folder: Path) -> Iterator[type[Method]]:
    """The methods and wrappers in the files of a package, file by file, from the top down.

    Raises InputError for a file that can't be imported, for a class without all its facts, and for a name that is taken.
    """
    taken: dict[str, type[Method]] = {}
    files = {module.name for module in pkgutil.iter_modules([str(folder)]) if not module.name.startswith("_")} - {*TOOLS}
    for file in sorted(files, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
        for cls in _defined(f"{package}.{file}"):
            other = taken.setdefault(cls.name, cls)
            if other is not cls:
                raise InputError(f"{package}.{file}: {cls.__name__} has the name of {other.__name__}, {cls.name}; give it another")
            yield cls


def _defined(module: str) -> Iterator[type[Method]]:
    """The methods that a file defines."""
    try:
        names = vars(importlib.import_module(module))
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{module}: the file can't be imported ({what}); finish it, or begin its name with an underscore") from error
    own = [cls for cls in names.values() if isinstance(cls, type) and issubclass(cls, Method) and cls.__module__ == module]
    for cls in own:
        if cls is Wrapper or cls.__name__.startswith("_"):
            continue
        missing = [fact for fact in FACTS if not getattr(cls, fact)]
        if "name" not in vars(cls):
            missing = ["a name of its own"]
        if missing:
            raise InputError(f"{module}: {cls.__name__} lacks {', '.join(missing)}; finish it, or begin its name with an underscore")
        yield cls


_EVERYTHING = {cls.name: cls for cls in discovered(__package__ or "", Path(__file__).parent)}
WRAPPERS: dict[str, type[Wrapper]] = {name: cls for name, cls in _EVERYTHING.items() if issubclass(cls, Wrapper)}
#: The same names for other formulas, as other libraries have them.
VARIANTS: dict[str, type[Method]] = {name: cls for name, cls in _EVERYTHING.items() if cls.variant}
CATALOGUE: dict[str, type[Method]] = {name: cls for name, cls in _EVERYTHING.items() if name not in VARIANTS | WRAPPERS} | VARIANTS


def plain(text: str) -> str:
    """A name or label without its case and what stands between its words: `Schedule-Free AdamW` is `schedule-free-adamw`."""
    return "".join(letter for letter in text.casefold() if letter not in " -_")


def named(who: str, what: str, text: str, known: Mapping[str, type[Method]], hint: str = "") -> type[Method]:
    """What goes by this name or label, in any case. Raises InputError that says what was probably meant."""
    text = text.strip()
    alike = (name for name, cls in known.items() if plain(text) in (plain(name), plain(cls.label)))
    return known[text if text in known else next(alike, None) or checks.one_of(who, what, text, known, hint)]


def factory_named(who: str, text: str) -> MethodFactory:
    """The kind `clip-norm+adam`: wrappers, the outermost first, and a method. Raises InputError that says what was probably meant."""
    *outer, word = (part.strip() for part in text.split("+"))
    hint = f"({word} is a wrapper and needs a method: {word}+adam)" if word in WRAPPERS else ""
    kind: MethodFactory = named(who, "method", word, CATALOGUE, hint)
    for wrapper in reversed(outer):
        kind = Wrapped(named(who, "wrapper", wrapper, WRAPPERS), kind)  # type: ignore[arg-type]
    return kind


def catalogued(kind: MethodFactory) -> bool:
    """Whether a name alone says what a kind does."""
    return catalogued(kind.inner) and kind.outer in WRAPPERS.values() if isinstance(kind, Wrapped) else kind in CATALOGUE.values()
