"""Controls that several pages have: a ticked method with a slider for each of its hyperparameters."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from talweg.app.state import Entry
from talweg.figures.palette import look
from talweg.report.table import swatch

THROTTLE = 0.04  #: seconds between two messages of a slider that is dragged


@dataclass(frozen=True)
class Scale:
    """A slider's way of writing a number."""

    label: str
    low: float
    high: float
    step: float
    number: Callable[[float], float]
    place: Callable[[float], float]

    def text(self, value: float) -> str:
        """The number as it is shown, and said to who does not see it."""
        return f"{value:.3g}"


def logarithmic(label: str, low: float, high: float, step: float = 0.02) -> Scale:
    """A number on a log scale, from 10^low to 10^high."""
    return Scale(label, low, high, step, lambda x: float(f"{10**x:.4g}"), lambda v: math.log10(max(v, 10**low)))


def complement(label: str) -> Scale:
    """A number from 0 to 0.9999, whose distance from 1 is on a log scale."""
    return Scale(label, 0.0, 4.0, 0.02, lambda x: float(f"{1 - 10**-x:.5f}"), lambda v: -math.log10(max(1 - v, 1e-4)))


def counted(label: str, low: int, high: int, step: int = 1) -> Scale:
    """A whole number."""
    return Scale(label, low, high, step, round, float)


def noisy(label: str, high: float) -> Scale:
    """A number from 0 on, small ones finer."""
    return Scale(label, 0.0, 1.0, 0.01, lambda x: float(f"{high * x**3:.3g}"), lambda v: (max(v, 0.0) / high) ** (1 / 3))


#: The hyperparameters that have a slider.
SLIDERS = {
    "learning_rate": logarithmic("learning rate", -6, 2),
    "momentum": complement("momentum"),
    "b1": complement("b1"),
    "b2": complement("b2"),
    "rho": complement("rho"),
    "decay": complement("decay"),
}


class Slider:
    """A slider with its name and its number; tells of every change while it is dragged."""

    def __init__(self, scale: Scale, value: float, changed: Callable[[float], Any]):
        self.scale, self.changed = scale, changed
        with ui.element("div").classes("slider"):
            with ui.element("div").classes("caption"):
                ui.label(scale.label)
                self.text = ui.label(scale.text(value)).classes("value")
            self.slider = ui.slider(min=scale.low, max=scale.high, step=scale.step, value=scale.place(value))
            self.slider.props(f'dense aria-label="{scale.label}"').on("update:model-value", self._moved, throttle=THROTTLE)

    def _moved(self, event: Any) -> Any:
        place = event.args[0] if isinstance(event.args, list) else event.args
        if not isinstance(place, (int, float)) or not self.scale.low <= place <= self.scale.high:
            return None  # a browser may send anything
        value = self.scale.number(float(place))
        self.text.set_text(self.scale.text(value))
        return self.changed(value)

    def show(self, value: float) -> None:
        """Stand at a number that was not set here."""
        self.text.set_text(self.scale.text(value))
        self.slider.set_value(self.scale.place(value))


class MethodList:
    """The methods that can be ticked, each with its sliders once it is."""

    def __init__(
        self,
        offered: list[str],
        ticked: tuple[Entry, ...],
        tick: Callable[[str, bool], Any],
        change: Callable[[str, str, float], Any],
        *,
        only: Iterable[str] = SLIDERS,
    ):
        self.tick, self.change, self.only = tick, change, frozenset(only)
        self.sliders: dict[str, dict[str, Slider]] = {}
        self.rows: dict[str, Any] = {}
        self.column = ui.element("div").classes("methods")
        for name in dict.fromkeys([*offered, *(entry.name for entry in ticked)]):
            self.add(name, next((entry for entry in ticked if entry.name == name), None))

    def add(self, name: str, entry: Entry | None) -> None:
        """One more row."""
        named = Entry(name)
        with self.column, ui.element("div").classes("method").props(f'data-method="{name}"'):
            with ui.element("div").classes("title"):
                ui.checkbox(named.label, value=entry is not None, on_change=lambda event: self.tick(name, bool(event.value)))
                ui.html(swatch(look(named.method, named.batch)), sanitize=False)
            self.rows[name] = ui.element("div").classes("numbers")
        if entry is not None:
            self.show(entry)

    def show(self, entry: Entry) -> None:
        """Stand at a ticked method's hyperparameters; its sliders are made when they are first needed."""
        if entry.name not in self.rows:
            self.add(entry.name, entry)
            return
        numbers = entry.defaults() | entry.hyperparameters
        if entry.name in self.sliders:
            for name, slider in self.sliders[entry.name].items():
                slider.show(numbers[name])
            return
        with self.rows[entry.name]:
            self.sliders[entry.name] = {
                name: Slider(SLIDERS[name], numbers[name], functools.partial(self.change, entry.name, name))
                for name in SLIDERS
                if name in numbers and name in self.only
            }

    def hide(self, name: str) -> None:
        """No sliders for a method that is not ticked."""
        if self.sliders.pop(name, None):
            self.rows[name].clear()
