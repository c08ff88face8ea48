"""What a page shows, as the words in its address: a link is a state, and a state is a link.

Methods are written as on the command line (`adam:learning_rate=0.01:b1=0.8`), so an address can be read and typed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from talweg import checks
from talweg.checks import InputError
from talweg.contestants.notation import parse
from talweg.figures import palette
from talweg.methods import factory_named

Reader = Callable[[str, str], Any]  #: from a word's name and its text in an address
STEPS = checks.Interval(1, 2000, high_open=False)
EPOCHS = checks.Interval(1, 200, high_open=False)
AT = checks.Interval(-1, STEPS.high, high_open=False)  #: the step or measurement that is shown
NOISE = checks.Interval(0, 100, high_open=False)
TEXT_AT_MOST = 1000  #: characters of a word in an address
FAR = 1e9  #: from the origin, at most
BATCHES = (1, 4, 16, 64)
HEIGHTS = ("auto", "linear", "log")
VIEWS = ("contour", "3d")
THEMES = ("auto", "light", "dark")
METHODS_AT_MOST = 12
NOTHING = "none"  #: no methods, no hidden layers, no start of its own
S = TypeVar("S", bound="State")
T = TypeVar("T", bound="Ticked")


@dataclass(frozen=True)
class Entry:
    """A ticked method: its name with wrappers and batch (`adam`, `sgd@1`), and the hyperparameters that were chosen for it."""

    name: str
    chosen: tuple[tuple[str, float], ...] = ()

    @classmethod
    def read(cls, text: str) -> Entry:
        """From `adam:learning_rate=0.01`; raises InputError for an unknown method or hyperparameter."""
        name = text.split(":")[0].strip()
        *_, chosen = parse(text)
        if not all(math.isfinite(value) for value in chosen.values()):
            raise InputError(f"{name}: numbers must be finite, got {text!r}")
        return cls(name, tuple(chosen.items()))

    @property
    def hyperparameters(self) -> dict[str, float]:
        """Those that were chosen, by name."""
        return dict(self.chosen)

    def with_number(self, name: str, value: float) -> Entry:
        """The same method with one hyperparameter changed."""
        return Entry(self.name, tuple({**self.hyperparameters, name: value}.items()))

    def untuned(self) -> Entry:
        """The same method with its learning rate left to be chosen."""
        return Entry(self.name, tuple(pair for pair in self.chosen if pair[0] != "learning_rate"))

    @property
    def method(self) -> str:
        """The name in the catalogue, without a batch."""
        return self.name.partition("@")[0]

    @property
    def batch(self) -> int | str | None:
        """The batch size that the name has: a number, `full`, or None."""
        batch = self.name.partition("@")[2]
        return int(batch) if batch.isdigit() else batch or None

    @property
    def label(self) -> str:
        """The method as it is called in words; `sgd@1` is stochastic gradient descent."""
        label = factory_named("page", self.method).label
        if self.method == "sgd" and self.batch:
            return {1: "stochastic", "full": "batch"}.get(self.batch, f"mini-batch ({self.batch})") + f" {label}"
        return label + (f" (batch {self.batch})" if self.batch else "")

    def defaults(self) -> dict[str, float]:
        """The method's hyperparameters by default."""
        numbers = factory_named("page", self.method)().hyperparameters()
        return {name: float(value) for name, value in numbers.items() if isinstance(value, (int, float))}

    def __str__(self) -> str:
        return ":".join([self.name, *(f"{name}={value:.4g}" for name, value in self.chosen)])


def word(usual: Any, read: Reader) -> Any:
    """A field of a state: its value where an address does not name it, and how it is read."""
    return dataclasses.field(default=usual, metadata={"read": read})


def number(interval: checks.Interval, kind: type = float) -> Reader:
    """Reads a number; raises InputError outside of the interval."""

    def read(name: str, text: str) -> Any:
        checks.number("address", name, float(text), interval)
        return kind(float(text))

    return read


def choice(known: Iterable[Any], kind: type = str) -> Reader:
    """Reads one of several words."""
    return lambda name, text: kind(checks.one_of("address", name, text, map(str, known)))


def plain(name: str, text: str) -> str:
    """Reads what is checked where it is used."""
    return text[:TEXT_AT_MOST]


@dataclass(frozen=True)
class State:
    """What all pages have in common."""

    theme: str = word("auto", choice(THEMES))

    @classmethod
    def read(cls: type[S], query: Mapping[str, str], **defaults: Any) -> tuple[S, list[str]]:
        """From the words of an address, and one sentence for each word that could not be taken (its default stands in)."""
        state, troubles = cls(**defaults), []
        for field in dataclasses.fields(cls):
            if field.name not in query:
                continue
            try:
                state = dataclasses.replace(state, **{field.name: field.metadata["read"](field.name, query[field.name])})
            except (InputError, ValueError, OverflowError) as error:
                troubles.append(str(error) if isinstance(error, InputError) else f"address: {field.name} can't be {query[field.name]!r}")
        return state, troubles

    def query(self, usual: State | None = None) -> str:
        """The words of the address: all that is not as in the usual state, by default that of the page without words."""
        usual, words = usual or type(self)(), {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != getattr(usual, field.name):
                words[field.name] = self._text(value)
        return urlencode(words, safe=",:@=")

    @staticmethod
    def _text(value: Any) -> str:
        if value == ():
            return NOTHING
        if isinstance(value, tuple):
            return ",".join(f"{part:.6g}" if isinstance(part, float) else str(part) for part in value)
        return f"{value:.6g}" if isinstance(value, float) else str(value)


def entries(text: str) -> tuple[Entry, ...]:
    """The methods of `sgd,adam:learning_rate=0.1`; the same name twice counts once."""
    parts = [] if text == NOTHING else [part.strip() for part in text.split(",")]
    by_name = {entry.name: entry for entry in map(Entry.read, filter(None, parts))}
    if len(by_name) > METHODS_AT_MOST:
        raise InputError(f"page: at most {METHODS_AT_MOST} methods can be shown at once, got {len(by_name)}; untick some")
    return tuple(by_name.values())


class Ticked(State):
    """The state of a page on which methods are ticked."""

    methods: tuple[Entry, ...]

    def entry(self, name: str) -> Entry | None:
        """The ticked method of that name."""
        return next((entry for entry in self.methods if entry.name == name), None)

    def with_methods(self: T, methods: Iterable[Entry]) -> T:
        """The same with other methods."""
        return dataclasses.replace(self, methods=tuple(methods))  # type: ignore[call-arg]

    def with_entry(self: T, changed: Entry) -> T:
        """The same with one method changed."""
        return self.with_methods(changed if entry.name == changed.name else entry for entry in self.methods)

    def untuned(self: T) -> T:
        """The same with all learning rates left to be chosen."""
        return self.with_methods(entry.untuned() for entry in self.methods)

    def pens(self, usual: str | None = None) -> dict[str, dict[str, str]]:
        """What the line of each ticked method is drawn with, by its name; `usual` is the batch of those that name none."""
        size: Any = int(usual) if usual and usual.isdigit() else usual
        looks = palette.looks({"name": entry.name, "method": entry.method, "batch": entry.batch or size} for entry in self.methods)
        return {name: {"colour": look.colour, "dash": look.dash, "strokes": look.strokes} for name, look in looks.items()}


def ticked(usual: str) -> Any:
    """The field of the ticked methods."""
    return word(entries(usual), lambda name, text: entries(text))


def place(name: str, text: str) -> tuple[float, ...]:
    """Reads a start of two numbers, or none."""
    start = () if text == NOTHING else tuple(float(part) for part in text.split(","))
    if len(start) not in (0, 2) or not all(abs(x) <= FAR for x in start):  # false for NaN, too
        raise InputError(f"address: start must be two numbers such as -1.2,1, got {text!r}")
    return start


@dataclass(frozen=True)
class SurfaceState(Ticked):
    """The page Surface."""

    surface: str = word("rosenbrock", plain)
    methods: tuple[Entry, ...] = ticked("sgd,momentum,nesterov,adam")
    start: tuple[float, ...] = word((), place)  #: the surface's usual one if empty
    steps: int = word(200, number(STEPS, int))
    noise: float = word(0.0, number(NOISE))  #: of the gradient of one example
    batch: int = word(1, choice(BATCHES, int))  #: examples per step, where there is noise
    shake: float = word(0.0, number(NOISE))  #: noise added to every gradient on purpose, fading
    height: str = word("auto", choice(HEIGHTS))
    view: str = word("contour", choice(VIEWS))
    at: int = word(-1, number(AT, int))  #: the step that is shown, −1 for the end
    scene: int = word(0, number(AT, int))  #: of the page Learn


DATA = ("moons", "circles", "spirals", "xor", "digits")
ACTIVATIONS = ("relu", "tanh", "gelu", "sigmoid")


def batch(name: str, text: str) -> str:
    """Reads a batch size: a number, or `full`."""
    return text if text == "full" else str(number(checks.Interval(1, 4096, high_open=False), int)(name, text))


def hidden(text: str) -> tuple[int, ...]:
    """Units of the hidden layers, `16,16`; nothing for a linear model."""
    try:
        layers = () if text.strip() == NOTHING else tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError:
        layers = (-1,)
    if len(layers) > 4 or not all(1 <= units <= 128 for units in layers):
        raise InputError(f"network: hidden layers must be up to four numbers from 1 to 128, such as 16,16, got {text!r}")
    return layers


@dataclass(frozen=True)
class NetworkState(Ticked):
    """The page Network."""

    data: str = word("moons", plain)  #: a name, or the key of a file that was handed in
    target: str = word("", plain)  #: the column to predict, of a file
    hidden: tuple[int, ...] = word((16, 16), lambda name, text: hidden(text))
    activation: str = word("tanh", choice(ACTIVATIONS))
    batch: str = word("32", batch)
    epochs: int = word(30, number(EPOCHS, int))
    methods: tuple[Entry, ...] = ticked("sgd,momentum,adagrad,adam")
    seed: int = word(0, number(checks.Interval(0, 2**31, high_open=False), int))
    at: int = word(-1, number(AT, int))

    @property
    def model(self) -> str:
        """As `tw.problems.load` takes it."""
        return f"mlp:{','.join(map(str, self.hidden))},{self.activation}" if self.hidden else "linear"
