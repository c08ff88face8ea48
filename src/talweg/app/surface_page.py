"""The page Surface: a landscape, a start that can be dragged, methods with their hyperparameters, and what becomes of them."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.element import Element

from talweg.app import computing, controls
from talweg.app.controls import Slider
from talweg.app.frame import computed
from talweg.app.page import Page, group
from talweg.app.state import BATCHES, FAR, HEIGHTS, NOISE, STEPS, SurfaceState
from talweg.problems.surfaces.surface import SURFACES

#: The sliders of the page's own numbers.
SCALES = {
    "steps": controls.counted("steps", 10, int(STEPS.high), 10),
    "noise": controls.noisy("noise of each example (batch noise)", NOISE.high),
    "shake": controls.noisy("noise added to every gradient, fading", NOISE.high),
}


class DescentPicture(Element, component="descents.js"):
    """The pictures of the descents in the browser."""


class SurfacePage(Page[SurfaceState]):
    """A function, and the descents on it."""

    address = "/"
    pictures = "descents"

    def __init__(self, state: SurfaceState, troubles: list[str], usual: SurfaceState | None = None):
        super().__init__(state, troubles, usual)
        self.descents = computing.PageTrajectories()
        self.busy = self.wanted = False
        self.painted: tuple[str, str] | None = None

    def shown(self) -> None:
        """How to begin, or a lesson, above the pictures."""
        self.above()
        self.working = ui.linear_progress(show_value=False).classes("working").props('indeterminate aria-label="computing"')
        self.picture = DescentPicture().props(f"view={self.state.view}")
        self.picture.on("ready", self.ready).on("start", self.started).on("at", self.stopped)

    def above(self) -> None:
        """What stands above the pictures: how to begin, or a lesson."""
        hint = "Click the plane, or drag the ring, to start elsewhere; tick methods and drag their sliders. All is computed while you drag."
        ui.label(hint).classes("hint")

    def controls(self) -> None:
        """The function, the methods, the steps and the noise."""
        with group():
            known = self.state.surface in SURFACES
            names = {name: entry.label for name, entry in SURFACES.items()}
            self.choice = ui.select(names, label="surface", value=self.state.surface if known else None, on_change=self.chosen)
            typed, example = "" if known else self.state.surface, "(x**2 + y - 11)**2 + (x + y**2 - 7)**2"
            self.formula = ui.input("or type a formula in x and y", value=typed, placeholder=example)
            self.formula.props('maxlength=500 aria-label="formula"').on("keydown.enter", self.typed).on("blur", self.typed)
            self.trouble_label()
            self.picture_controls()
        self.method_controls("give every ticked method the best of 32 learning rates from this start")
        with group():
            self.slider("steps")
            self.slider("noise")
            self.toggle("batch", {size: str(size) for size in BATCHES}, "examples per step")
            self.slider("shake")

    def picture_controls(self) -> None:
        """How the picture is drawn."""
        with ui.row().classes("toggles"):
            shown = ui.toggle({"contour": "plane", "3d": "3-D"}, value=self.state.view, on_change=lambda event: self.turned(event.value))
            shown.props('aria-label="picture"')
            heights = ui.toggle(list(HEIGHTS), value=self.state.height, on_change=lambda event: self.set(height=event.value))
            heights.props('aria-label="height"').tooltip("height: as it is, on a log scale, or what shows the valley")

    def slider(self, name: str) -> None:
        Slider(SCALES[name], getattr(self.state, name), lambda value: self.set(**{name: value}))

    # ---- what the person does ------------------------------------------------------------------------------------------------

    async def turned(self, view: str) -> None:
        """From the plane to space, or back."""
        self.picture.props(f"view={view}")
        await self.set(view=view)

    async def started(self, event: Any) -> None:
        try:
            start = float(event.args["x"]), float(event.args["y"])
        except (KeyError, TypeError, ValueError):
            return
        if all(abs(x) <= FAR for x in start):  # false for NaN, too
            await self.set(start=tuple(float(f"{x:.5g}") for x in start))

    async def chosen(self, event: Any) -> None:
        """Another surface of the catalogue."""
        if event.value:
            self.formula.set_value("")
            await self.land(event.value)

    async def typed(self) -> None:
        text = (self.formula.value or "").strip()
        if text and text != self.state.surface:
            await self.land(text)

    async def land(self, text: str) -> None:
        """Go to another surface, with the best learning rates there; stay if it can't be read."""
        if text == self.state.surface:
            return
        with self.mistakes_shown():
            await computed(computing.two_dimensional, text)
            if text not in SURFACES:
                self.choice.set_value(None)
            await self.set(surface=text, start=(), at=-1, methods=self.state.untuned().methods)

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
                with self.mistakes_shown():
                    await self._show()
        finally:
            self.busy = False

    async def _show(self) -> None:
        state = self.state
        picture = (state.surface, state.height)
        again = picture != self.painted
        self.working.set_visibility(again or any("learning_rate" not in entry.hyperparameters for entry in state.methods))
        try:
            if again:
                self.picture.run_method("paint", await computed(computing.pictures, *picture))
            chosen = await computed(computing.tuned, state)
            message = await computed(lambda: self.descents.message(chosen, whole=again))
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
