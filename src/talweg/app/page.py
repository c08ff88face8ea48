"""What pages have that show descents of ticked methods: controls beside pictures, and how each control changes the state."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from nicegui import ui

from talweg.app.controls import SLIDERS, MethodList
from talweg.app.frame import Frame
from talweg.app.state import AT, Entry, Ticked
from talweg.checks import InputError
from talweg.methods import CATALOGUE, VARIANTS

OFFERED = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"]
MORE = {name: kind.label for name, kind in CATALOGUE.items() if name not in {*VARIANTS, *OFFERED}}
S = TypeVar("S", bound=Ticked)


class Page(Generic[S]):
    """One open page; what it shows is its state, and nothing is shared with another page."""

    address: str
    pictures: str  #: what its pictures are, for who does not see them

    def __init__(self, state: S, troubles: list[str], usual: S | None = None):
        self.state = state
        self.frame = Frame(self.address, state, lambda theme: self.set_quietly(theme=theme), usual)
        for trouble in troubles:
            ui.notify(trouble, type="warning", timeout=8000, multi_line=True)

    def build(self) -> None:
        """The controls beside the pictures."""
        with ui.element("main").classes("desk"):
            with ui.element("section").classes("shown").props(f'aria-label="{self.pictures}"'):
                self.shown()
            with ui.element("aside").classes("controls").props('aria-label="controls"'):
                self.controls()

    def shown(self) -> None:
        """The pictures, and what stands above and below them."""
        raise NotImplementedError

    def controls(self) -> None:
        """What can be changed."""
        raise NotImplementedError

    async def refresh(self) -> None:
        """Compute what changed, and show it."""
        raise NotImplementedError

    # ---- parts ---------------------------------------------------------------------------------------------------------------

    def trouble_label(self) -> None:
        """The place of the sentence on what is wrong."""
        self.trouble = ui.label().classes("trouble").props('role="alert"')
        self.trouble.set_visibility(False)

    def troubled(self, sentence: str) -> None:
        """Say what is wrong; nothing is, if the sentence is empty."""
        self.trouble.set_text(sentence)
        self.trouble.set_visibility(bool(sentence))

    @contextmanager
    def mistakes_shown(self) -> Iterator[None]:
        """An InputError in here becomes the sentence on what is wrong."""
        try:
            yield
        except InputError as error:
            self.troubled(str(error))

    def method_controls(self, help_on_rates: str) -> None:
        """All methods, a button that tunes those that are ticked, and a list of more."""
        with group():
            with ui.row().classes("head-row"):
                ui.label("methods").classes("group-name")
                ui.button("best rates", icon="auto_fix_high", on_click=self.tune).props("flat dense no-caps").tooltip(help_on_rates)
            self.method_list(OFFERED)
            ui.select(MORE, label="more methods", with_input=True, on_change=self.added)

    def method_list(self, offered: list[str], only: Iterable[str] = SLIDERS) -> None:
        """Methods that can be ticked, with sliders for `only` these hyperparameters."""
        self.methods = MethodList(offered, self.state.methods, self.ticked, self.dragged, only=only)

    def toggle(self, name: str, choices: Any, label: str = "") -> ui.toggle:
        """Buttons of which one is pressed: a word of the state."""
        with ui.row().classes("toggles"):
            if label:
                ui.label(label)
            return ui.toggle(choices, value=getattr(self.state, name), on_change=lambda event: self.set(**{name: event.value}))

    # ---- what the person does ------------------------------------------------------------------------------------------------

    async def set(self, **changes: Any) -> None:
        """Change the state, and show it."""
        self.state = dataclasses.replace(self.state, **changes)
        await self.refresh()

    def set_quietly(self, **changes: Any) -> None:
        """Change what is in the address alone."""
        self.state = dataclasses.replace(self.state, **changes)
        self.frame.follow(self.state)

    def stopped(self, event: Any) -> None:
        """The player stands at a step."""
        at = event.args.get("at") if isinstance(event.args, dict) else None
        if isinstance(at, int) and AT.low <= at <= AT.high:
            self.set_quietly(at=at)

    async def ticked(self, name: str, on: bool) -> None:
        if on == (self.state.entry(name) is not None):
            return
        others = tuple(entry for entry in self.state.methods if entry.name != name)
        if not on:
            self.methods.hide(name)
        await self.set(methods=(*others, Entry(name)) if on else others)

    async def added(self, event: Any) -> None:
        name = event.value
        event.sender.set_value(None)
        if name and self.state.entry(name) is None:
            self.methods.add(name, Entry(name))
            await self.set(methods=(*self.state.methods, Entry(name)))

    async def dragged(self, method: str, name: str, value: float) -> None:
        entry = self.state.entry(method)
        if entry is not None:
            await self.set(methods=self.state.with_entry(entry.with_number(name, value)).methods)

    async def tune(self) -> None:
        """The best learning rates again."""
        await self.set(methods=self.state.untuned().methods)


@contextmanager
def group(name: str = "") -> Iterator[None]:
    """Controls that belong together."""
    with ui.element("div").classes("group"):
        if name:
            ui.label(name).classes("group-name")
        yield
