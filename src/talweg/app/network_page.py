"""The page Network: a network and its data, trained by several methods side by side, and then the verdict of a fair race."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from nicegui import ui
from nicegui.element import Element

from talweg.app import controls, training
from talweg.app.controls import MethodList, Slider
from talweg.app.frame import Frame, computed, say
from talweg.app.guard import UPLOAD_AT_MOST
from talweg.app.state import ACTIVATIONS, DATA, Entry, NetworkState, hidden
from talweg.checks import InputError

OFFERED = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"]
BATCH_CHOICES = {"1": "1", "8": "8", "32": "32", "128": "128", "full": "all"}
LOOKS_EVERY = 0.3  #: seconds between two looks at a race that is under way


class NetworkPicture(Element, component="network.js"):
    """The pictures of the trainings in the browser."""


class NetworkPage:
    """One open page; what it shows is its state."""

    path = "/network"

    def __init__(self, state: NetworkState, troubles: list[str]):
        self.state = state
        self.turn = 0  #: counts the trainings that were asked for; an older one stops when it is no more the last
        self.open = True
        self.frame = Frame(self.path, state, self.themed)
        ui.context.client.on_delete(self.closed)
        say(troubles)

    def closed(self) -> None:
        """Nobody looks any more."""
        self.open = False

    def build(self) -> None:
        """The controls beside the pictures, the verdict under them."""
        with ui.element("main").classes("desk"):
            with ui.element("section").classes("shown").props('aria-label="trainings"'):
                self.about = ui.label().classes("hint")
                self.trouble = ui.label().classes("trouble").props('role="alert"')
                self.trouble.set_visibility(False)
                self.picture = NetworkPicture().on("ready", self.train).on("at", self.stopped)
                with ui.element("section").classes("verdict").props('aria-label="verdict" aria-live="polite"'):
                    with ui.row().classes("head-row"):
                        self.ask = ui.button("Race them fairly: the verdict", icon="flag", on_click=self.race).props("no-caps unelevated")
                        self.progress = (
                            ui.linear_progress(0, show_value=False).props('aria-label="progress of the race"').classes("progress")
                        )
                        self.progress.set_visibility(False)
                    self.said = ui.element("div").classes("said-verdict")
            with ui.element("aside").classes("controls").props('aria-label="controls"'):
                self.controls()

    def controls(self) -> None:
        """Data, network, batch, methods."""
        state = self.state
        with ui.element("div").classes("group"):
            ui.label("data").classes("group-name")
            names = {name: name for name in DATA}
            if state.data not in names:
                names[state.data] = state.data
            self.data = ui.select(names, label="data set", value=state.data, on_change=self.data_chosen).props(
                "dense outlined options-dense"
            )
            self.target = ui.select([], label="column to predict", on_change=self.target_chosen).props("dense outlined options-dense")
            self.columns()
            upload = ui.upload(label="or a table of your own (CSV)", auto_upload=True, max_file_size=UPLOAD_AT_MOST, max_files=1)
            upload.props('accept=".csv,.tsv,.parquet" flat bordered').classes("upload")
            upload.on_upload(self.uploaded)
            upload.on_rejected(lambda: self.troubled(f"network: a table of at most {UPLOAD_AT_MOST // 2**20} MB can be handed in"))
        with ui.element("div").classes("group"):
            ui.label("network").classes("group-name")
            self.layers = ui.input("hidden layers", value=",".join(map(str, state.hidden)), placeholder="none: a linear model")
            self.layers.props('dense outlined hint="units of each, such as 16,16"').on("keydown.enter", self.reshaped).on(
                "blur", self.reshaped
            )
            with ui.row().classes("toggles"):
                ui.toggle(list(ACTIVATIONS), value=state.activation, on_change=lambda e: self.set(activation=e.value)).props(
                    "dense no-caps"
                )
            with ui.row().classes("toggles"):
                ui.label("batch")
                choices = BATCH_CHOICES if state.batch in BATCH_CHOICES else {**BATCH_CHOICES, state.batch: state.batch}
                ui.toggle(choices, value=state.batch, on_change=lambda e: self.set(batch=e.value)).props("dense no-caps")
            Slider(controls.counted("epochs", 1, 200), state.epochs, lambda value: self.set(epochs=value))
            ui.button("other starting weights", icon="casino", on_click=lambda: self.set(seed=self.state.seed + 1)).props(
                "flat dense no-caps"
            )
        with ui.element("div").classes("group"):
            with ui.row().classes("head-row"):
                ui.label("methods").classes("group-name")
                ui.button("best rates", icon="auto_fix_high", on_click=self.tune).props("flat dense no-caps").tooltip(
                    "give every method the best of 12 learning rates again"
                )
            self.methods = MethodList(OFFERED, state.methods, self.ticked, self.changed)
            others = {name: label for name, label in controls.others().items() if name not in OFFERED}
            ui.select(others, label="more methods", with_input=True, on_change=self.added).props("dense outlined options-dense")

    # ---- what the person does ------------------------------------------------------------------------------------------------

    async def set(self, **changes: Any) -> None:
        """Change the state and train again."""
        self.state = dataclasses.replace(self.state, **changes)
        await self.train()

    def themed(self, theme: str) -> None:
        """Light or dark is in the address, too."""
        self.state = dataclasses.replace(self.state, theme=theme)
        self.frame.follow(self.state)

    def stopped(self, event: Any) -> None:
        """The player stands at a measurement."""
        at = event.args.get("at") if isinstance(event.args, dict) else None
        if isinstance(at, int) and -1 <= at <= 1000:
            self.state = dataclasses.replace(self.state, at=at)
            self.frame.follow(self.state)

    async def data_chosen(self, event: Any) -> None:
        """Other data, with the best learning rates there."""
        if event.value and event.value != self.state.data:
            self.state = dataclasses.replace(self.state, data=event.value, target="", at=-1)
            self.columns()
            await self.tune()

    def columns(self) -> None:
        """The columns of a file, to choose the target from."""
        own = self.state.data not in DATA
        self.target.set_visibility(own)
        if own:
            try:
                found = training.uploads.columns(self.state.data)
            except InputError:
                return
            target = self.state.target or found[-1]
            self.state = dataclasses.replace(self.state, target=target)
            self.target.set_options(found, value=target if target in found else None)

    async def target_chosen(self, event: Any) -> None:
        """Another column is to be predicted."""
        if event.value and event.value != self.state.target:
            self.state = dataclasses.replace(self.state, target=event.value)
            await self.tune()

    async def uploaded(self, event: Any) -> None:
        """A file was handed in."""
        content = await event.file.read()
        try:
            key = await computed(training.uploads.keep, event.file.name, content)
        except InputError as error:
            self.troubled(str(error))
            return
        finally:
            event.sender.reset()
        self.data.set_options({**{name: name for name in DATA}, key: event.file.name}, value=key)

    async def reshaped(self) -> None:
        """Other hidden layers were typed."""
        try:
            layers = hidden(self.layers.value or "")
        except InputError as error:
            self.troubled(str(error))
            return
        if layers != self.state.hidden:
            await self.set(hidden=layers)

    async def ticked(self, name: str, on: bool) -> None:
        """A method was ticked or unticked."""
        if on == any(entry.name == name for entry in self.state.methods):
            return
        kept = tuple(entry for entry in self.state.methods if entry.name != name)
        if not on:
            self.methods.hide(name)
        await self.set(methods=(*kept, Entry(name)) if on else kept)

    async def added(self, event: Any) -> None:
        """A method was chosen from the longer list."""
        name = event.value
        event.sender.set_value(None)
        if name and all(entry.name != name for entry in self.state.methods):
            self.methods.add(name, Entry(name))
            await self.set(methods=(*self.state.methods, Entry(name)))

    async def changed(self, method: str, name: str, value: float) -> None:
        """A number of a method was dragged."""
        changed = tuple(entry.with_number(name, value) if entry.name == method else entry for entry in self.state.methods)
        await self.set(methods=changed)

    async def tune(self) -> None:
        """The best learning rates again."""
        await self.set(methods=tuple(entry.without("learning_rate") for entry in self.state.methods))

    # ---- what it sees --------------------------------------------------------------------------------------------------------

    async def train(self) -> None:
        """Train every ticked method, one after the other, and show each as it comes; a later call takes over."""
        self.turn += 1
        turn, state = self.turn, self.state
        self.frame.follow(state)
        await asyncio.sleep(0.05)  # while a slider is dragged, only the last of its places is trained
        if turn != self.turn:
            return
        try:
            found = await computed(training.of_state, state)
            picture = await computed(training.picture, found)
        except InputError as error:
            self.troubled(str(error))
            return
        self.troubled("")
        self.about.set_text(f"{found!r}".removeprefix("Problem(").removesuffix(")").replace("'", ""))
        self.picture.run_method("begin", {"picture": picture, "order": [entry.name for entry in state.methods], "at": state.at})
        self.show_verdict()
        for entry in state.methods:
            try:
                trained = await computed(training.train, state, entry)
            except InputError as error:
                self.troubled(str(error))
                return
            if turn != self.turn or not self.open:
                return
            look = training.look_of(state, entry.name)
            self.picture.run_method("add", {**trained, "colour": look.colour, "dash": look.dash, "strokes": look.strokes})
            if trained["tuned"] and trained["rate"] is not None:
                self.methods.show(entry.with_number("learning_rate", trained["rate"]))
        self.picture.run_method("play")

    def troubled(self, sentence: str) -> None:
        """What is wrong, above the pictures."""
        self.trouble.set_text(sentence)
        self.trouble.set_visibility(bool(sentence))

    async def race(self) -> None:
        """The fair race of the ticked methods; the page stays alive while it runs."""
        state = self.state
        self.ask.disable()
        self.progress.set_visibility(True)
        self.progress.set_value(0.0)
        going = asyncio.ensure_future(computed(training.judge, state, lambda: self.open))
        try:
            while not going.done():
                await asyncio.sleep(LOOKS_EVERY)
                known = training.judged(state)
                if known is not None and self.open:
                    self.progress.set_value(round(known.done, 3))
            await going
        finally:
            if self.open:
                self.ask.enable()
                self.show_verdict()

    def show_verdict(self) -> None:
        """The verdict of this state, if there is one."""
        known = training.judged(self.state)
        self.said.clear()
        self.progress.set_visibility(known is not None and not known.over)
        if known is None or not known.over:
            return
        with self.said:
            if known.trouble:
                ui.label(known.trouble).classes("trouble").props('role="alert"')
                return
            assert known.race is not None
            ui.html(known.race._repr_html_(), sanitize=False)
            ui.link("the whole report of this race", f"/report/{training.race_key(self.state)}", new_tab=True)
