"""The page Surface: a landscape, a start that can be dragged, methods with their hyperparameters, and what becomes of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from nicegui import ui
from nicegui.element import Element

from talweg.app import computing, controls
from talweg.app.controls import MethodList, Scale, Slider
from talweg.app.frame import Frame, computed, say
from talweg.app.state import BATCHES, FAR, HEIGHTS, STEPS, Entry, SurfaceState
from talweg.checks import InputError
from talweg.problems.surfaces.surface import SURFACES

OFFERED = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"]


class DescentPicture(Element, component="descents.js"):
    """The pictures of the descents in the browser."""


class SurfacePage:
    """One open page; what it shows is its state, and nothing is shared with another page."""

    path = "/"

    def __init__(self, state: SurfaceState, troubles: list[str], usual: SurfaceState | None = None):
        self.state = state
        self.descents = computing.PageTrajectories()
        self.busy = self.wanted = False
        self.painted: tuple[str, str] | None = None
        self.sliders: dict[str, Slider] = {}
        self.frame = Frame(self.path, state, lambda theme: self.set(theme=theme), usual)
        say(troubles)

    def build(self) -> None:
        """The controls beside the pictures."""
        with ui.element("main").classes("desk"):
            with ui.element("section").classes("shown").props('aria-label="descents"'):
                self.above()
                self.working = ui.linear_progress(show_value=False).classes("working").props('indeterminate aria-label="computing"')
                self.picture = DescentPicture().props(f"view={self.state.view}")
                self.picture.on("ready", self.ready).on("start", self.started).on("at", self.stopped)
            with ui.element("aside").classes("controls").props('aria-label="controls"'):
                self.controls()

    def above(self) -> None:
        """What stands above the pictures: how to begin, or a lesson."""
        hint = "Click the plane, or drag the ring, to start elsewhere; tick methods and drag their sliders. All is computed while you drag."
        ui.label(hint).classes("hint")

    def controls(self) -> None:
        """All controls, or those that a lesson needs."""
        state = self.state
        with ui.element("div").classes("group"):
            names = {name: entry.label for name, entry in SURFACES.items()}
            self.choice = ui.select(names, label="surface", value=state.surface if state.surface in names else None, on_change=self.chosen)
            self.choice.props("dense outlined options-dense")
            typed = "" if state.surface in names else state.surface
            self.formula = ui.input("or type a formula in x and y", value=typed, placeholder="(x**2 + y - 11)**2 + (x + y**2 - 7)**2")
            self.formula.props('dense outlined maxlength=500 aria-label="formula"').on("keydown.enter", self.typed).on("blur", self.typed)
            self.trouble = ui.label().classes("trouble").props('role="alert"')
            self.trouble.set_visibility(False)
            self.toggles()
        with ui.element("div").classes("group"):
            with ui.row().classes("head-row"):
                ui.label("methods").classes("group-name")
                self.best = ui.button("best rates", icon="auto_fix_high", on_click=self.tune).props("flat dense no-caps")
                self.best.tooltip("give every ticked method the best of 32 learning rates from this start")
            self.methods = MethodList(OFFERED, state.methods, self.ticked, self.changed)
            others = {name: label for name, label in controls.others().items() if name not in OFFERED}
            ui.select(others, label="more methods", with_input=True, on_change=self.added).props("dense outlined options-dense")
        with ui.element("div").classes("group"):
            self.slider("steps", controls.counted("steps", 10, int(STEPS.high), 10))
            self.slider("noise", controls.noisy("noise of each example (batch noise)", 100))
            with ui.row().classes("toggles"):
                ui.label("examples per step")
                ui.toggle({size: str(size) for size in BATCHES}, value=state.batch, on_change=lambda e: self.set(batch=e.value)).props(
                    "dense no-caps"
                )
            self.slider("shake", controls.noisy("noise added to every gradient, fading", 100))

    def toggles(self) -> None:
        """How the picture is drawn."""
        with ui.row().classes("toggles"):
            shown = ui.toggle({"contour": "plane", "3d": "3-D"}, value=self.state.view, on_change=lambda e: self.turned(e.value))
            shown.props('dense no-caps aria-label="picture"')
            heights = ui.toggle(list(HEIGHTS), value=self.state.height, on_change=lambda e: self.set(height=e.value))
            heights.props('dense no-caps aria-label="height"').tooltip("height: as it is, on a log scale, or what shows the valley")

    def slider(self, name: str, scale: Scale) -> None:
        """A slider of a number of the state."""
        self.sliders[name] = Slider(scale, getattr(self.state, name), lambda value: self.set(**{name: value}))

    # ---- what the person does ------------------------------------------------------------------------------------------------

    async def set(self, **changes: Any) -> None:
        """Change the state, and show it."""
        self.state = dataclasses.replace(self.state, **changes)
        await self.refresh()

    async def turned(self, view: str) -> None:
        """From the plane to space, or back."""
        self.picture.props(f"view={view}")
        await self.set(view=view)

    async def started(self, event: Any) -> None:
        """Another start was clicked or dragged."""
        try:
            start = float(event.args["x"]), float(event.args["y"])
        except (KeyError, TypeError, ValueError):
            return
        if all(abs(x) <= FAR for x in start):  # false for NaN, too
            await self.set(start=tuple(float(f"{x:.5g}") for x in start))

    def stopped(self, event: Any) -> None:
        """The player stands at a step."""
        at = event.args.get("at") if isinstance(event.args, dict) else None
        if isinstance(at, int) and -1 <= at <= self.state.steps:
            self.state = dataclasses.replace(self.state, at=at)
            self.frame.follow(self.state)

    async def ticked(self, name: str, on: bool) -> None:
        """A method was ticked or unticked."""
        if on == (self.state.entry(name) is not None):
            return
        kept = tuple(entry for entry in self.state.methods if entry.name != name)
        if not on:
            self.methods.hide(name)
        await self.set(methods=(*kept, Entry(name)) if on else kept)

    async def added(self, event: Any) -> None:
        """A method was chosen from the longer list."""
        name = event.value
        event.sender.set_value(None)
        if name and self.state.entry(name) is None:
            self.methods.add(name, Entry(name))
            await self.set(methods=(*self.state.methods, Entry(name)))

    async def changed(self, method: str, name: str, value: float) -> None:
        """A number of a method was dragged."""
        entry = self.state.entry(method)
        if entry is not None:
            self.state = self.state.with_entry(entry.with_number(name, value))
            await self.refresh()

    async def chosen(self, event: Any) -> None:
        """Another surface of the catalogue."""
        if event.value:
            self.formula.set_value("")
            await self.land(event.value)

    async def typed(self) -> None:
        """A formula was typed."""
        text = (self.formula.value or "").strip()
        if text and text != self.state.surface:
            await self.land(text)

    async def land(self, text: str) -> None:
        """Go to another surface, with the best learning rates there; stay if it can't be read."""
        if text == self.state.surface:
            return
        try:
            await computed(computing.two_dimensional, text)
        except InputError as error:
            self.troubled(str(error))
            return
        if text not in SURFACES:
            self.choice.set_value(None)
        methods = tuple(entry.without("learning_rate") for entry in self.state.methods)
        await self.set(surface=text, start=(), at=-1, methods=methods)

    async def tune(self) -> None:
        """The best learning rates from here."""
        await self.set(methods=tuple(entry.without("learning_rate") for entry in self.state.methods))

    # ---- what it sees --------------------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """The browser has the page, perhaps again."""
        self.painted = None
        await self.refresh()

    async def refresh(self) -> None:
        """Compute and send what changed. While that goes on, later changes wait, and only the last of them is computed."""
        self.wanted = True
        if self.busy:
            return
        self.busy = True
        try:
            while self.wanted:
                self.wanted = False
                await self._show()
        finally:
            self.busy = False

    async def _show(self) -> None:
        state = self.state
        try:
            picture = (state.surface, state.height)
            again = picture != self.painted
            self.working.set_visibility(again or any("learning_rate" not in dict(entry.numbers) for entry in state.methods))
            if again:
                self.picture.run_method("paint", await computed(computing.pictures, *picture))
            chosen = await computed(computing.tuned, state)
            message = await computed(lambda: self.descents.message(chosen, whole=again))
        except InputError as error:
            self.troubled(str(error))
            return
        finally:
            self.working.set_visibility(False)
        self.troubled("")
        self.painted = picture
        self.picture.run_method("update", message)
        before, self.state = self.state, computing.adopted(self.state, chosen)
        for entry in self.state.methods:
            if entry not in before.methods:
                self.methods.show(entry)
        self.frame.follow(self.state)
        self.judge(chosen)

    def judge(self, shown: SurfaceState) -> None:
        """What else is to be said of what is shown: nothing, but in a lesson."""

    def troubled(self, sentence: str) -> None:
        """What is wrong, beside the formula."""
        self.trouble.set_text(sentence)
        self.trouble.set_visibility(bool(sentence))
