"""The page Network: a network and its data, trained by several methods side by side, and then the verdict of a fair race."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui
from nicegui.element import Element

from talweg.app import controls, training
from talweg.app.controls import Slider
from talweg.app.frame import computed
from talweg.app.guard import UPLOAD_AT_MOST
from talweg.app.page import Page, group
from talweg.app.state import ACTIVATIONS, DATA, EPOCHS, NetworkState, hidden
from talweg.checks import InputError

BATCH_CHOICES = {"1": "1", "8": "8", "32": "32", "128": "128", "full": "all"}
POLL_INTERVAL = 0.3  #: seconds between two updates of the progress of a race


class NetworkPicture(Element, component="network.js"):
    """The pictures of the trainings in the browser."""


class NetworkPage(Page[NetworkState]):
    """A network, its data, and the methods that train it."""

    address = "/network"
    pictures = "trainings"

    def __init__(self, state: NetworkState, troubles: list[str]):
        super().__init__(state, troubles)
        self.turn = 0  #: counts the trainings that were asked for; an older one stops when it is no more the last
        self.open = True
        ui.context.client.on_delete(self.closed)

    def closed(self) -> None:
        """The person has left."""
        self.open = False

    def shown(self) -> None:
        """The pictures, and the verdict under them."""
        self.about = ui.label().classes("hint")
        self.trouble_label()
        self.picture = NetworkPicture().on("ready", self.refresh).on("at", self.stopped)
        with ui.element("section").classes("verdict").props('aria-label="verdict" aria-live="polite"'):
            with ui.row().classes("head-row"):
                self.ask = ui.button("Race them fairly: the verdict", icon="flag", on_click=self.race).props("no-caps unelevated")
                self.progress = ui.linear_progress(0, show_value=False).classes("progress").props('aria-label="progress of the race"')
                self.progress.set_visibility(False)
            self.verdict = ui.element("div").classes("verdict-text")

    def controls(self) -> None:
        """Data, network, batch, methods."""
        state = self.state
        with group("data"):
            names = {name: name for name in (*DATA, state.data)}
            self.data = ui.select(names, label="data set", value=state.data, on_change=self.data_chosen)
            self.target = ui.select([], label="column to predict", on_change=self.target_chosen)
            self.columns()
            upload = ui.upload(label="or a table of your own (CSV)", auto_upload=True, max_file_size=UPLOAD_AT_MOST, max_files=1)
            upload.props('accept=".csv,.tsv,.parquet" flat bordered').classes("upload")
            upload.on_upload(self.uploaded)
            upload.on_rejected(lambda: self.troubled(f"network: a table of at most {UPLOAD_AT_MOST // 2**20} MB can be handed in"))
        with group("network"):
            self.layers = ui.input("hidden layers", value=",".join(map(str, state.hidden)), placeholder="none: a linear model")
            self.layers.props('hint="units of each, such as 16,16"').on("keydown.enter", self.reshaped).on("blur", self.reshaped)
            self.toggle("activation", list(ACTIVATIONS))
            self.toggle("batch", {**BATCH_CHOICES, state.batch: BATCH_CHOICES.get(state.batch, state.batch)}, "batch")
            Slider(controls.counted("epochs", int(EPOCHS.low), int(EPOCHS.high)), state.epochs, lambda value: self.set(epochs=value))
            button = ui.button("other starting weights", icon="casino", on_click=lambda: self.set(seed=self.state.seed + 1))
            button.props("flat dense no-caps")
        self.method_controls("give every method the best of 12 learning rates again")

    # ---- what the person does ------------------------------------------------------------------------------------------------

    async def data_chosen(self, event: Any) -> None:
        """Other data, with the best learning rates there."""
        if event.value and event.value != self.state.data:
            self.set_quietly(data=event.value, target="", at=-1)
            self.columns()
            await self.tune()

    def columns(self) -> None:
        """The columns of a file, to choose the target from."""
        own = self.state.data not in DATA
        self.target.set_visibility(own)
        if own:
            try:
                columns = training.uploads.columns(self.state.data)
            except InputError:
                return
            target = self.state.target or columns[-1]
            self.set_quietly(target=target)
            self.target.set_options(columns, value=target if target in columns else None)

    async def target_chosen(self, event: Any) -> None:
        if event.value and event.value != self.state.target:
            self.set_quietly(target=event.value)
            await self.tune()

    async def uploaded(self, event: Any) -> None:
        content = await event.file.read()
        event.sender.reset()
        with self.mistakes_shown():
            key = await computed(training.uploads.keep, event.file.name, content)
            self.data.set_options({**{name: name for name in DATA}, key: event.file.name}, value=key)

    async def reshaped(self) -> None:
        with self.mistakes_shown():
            layers = hidden(self.layers.value or "")
            if layers != self.state.hidden:
                await self.set(hidden=layers)

    # ---- what is computed ----------------------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Train every ticked method, one after the other, and show each as it comes; a later call takes over."""
        self.turn += 1
        turn, state = self.turn, self.state
        self.frame.follow(state)
        await asyncio.sleep(0.05)  # while a slider is dragged, only the last of its places is trained
        if turn == self.turn:
            with self.mistakes_shown():
                await self._train(turn, state)

    async def _train(self, turn: int, state: NetworkState) -> None:
        problem = (await computed(training.of_state, state)).divided(state.seed)
        picture = await computed(training.picture, problem)
        self.troubled("")
        self.about.set_text(f"{problem!r}".removeprefix("Problem(").removesuffix(")").replace("'", ""))
        self.picture.run_method("begin", {"picture": picture, "order": [entry.name for entry in state.methods], "at": state.at})
        self.show_verdict()
        pens = state.pens(state.batch)
        for entry in state.methods:
            trained = await computed(training.train, state, entry)
            if turn != self.turn or not self.open:
                return
            self.picture.run_method("add", trained | pens[entry.name])
            if trained["tuned"] and trained["rate"] is not None:
                self.methods.show(entry.with_number("learning_rate", trained["rate"]))
        self.picture.run_method("play")

    async def race(self) -> None:
        """The fair race of the ticked methods; the page stays alive while it runs."""
        state = self.state
        self.ask.disable()
        self.progress.set_visibility(True)
        self.progress.set_value(0.0)
        going = asyncio.ensure_future(computed(training.judge, state, lambda: self.open))
        try:
            while not going.done():
                await asyncio.sleep(POLL_INTERVAL)
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
        self.verdict.clear()
        self.progress.set_visibility(known is not None and not known.over)
        if known is None or not known.over:
            return
        with self.verdict:
            if known.trouble:
                ui.label(known.trouble).classes("trouble").props('role="alert"')
                return
            assert known.race is not None
            ui.html(known.race._repr_html_(), sanitize=False)
            ui.link("the whole report of this race", f"/report/{training.race_key(self.state)}", new_tab=True)
