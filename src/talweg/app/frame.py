"""What all pages have: the head with its links, light and dark, troubles said aloud, the state in the address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from nicegui import app, run, ui

from talweg.app.state import THEMES, State

HERE = Path(__file__).parent
T = TypeVar("T")
PAGES = (("/", "Surface"), ("/network", "Network"), ("/learn", "Learn"))
DARK = {"auto": None, "light": False, "dark": True}
SYMBOLS = {"auto": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}
PRIMARY = "#2885eb"  #: of what can be moved and pressed; legible on light and dark
QUIET_TIME = 0.4  #: seconds after the last change until the address follows


def serve() -> None:
    """Give the browser what all pages draw with."""
    import plotly

    library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    app.add_static_file(local_file=library, url_path="/plotly.min.js")
    app.add_static_files("/drawing", HERE / "static")
    head = (
        '<script src="/plotly.min.js"></script><script src="/drawing/drawing.js"></script><link rel="stylesheet" href="/drawing/page.css">'
    )
    ui.add_head_html(head, shared=True)
    for element, look in ((ui.select, "dense outlined options-dense"), (ui.input, "dense outlined"), (ui.toggle, "dense no-caps")):
        element.default_props(look)


class Frame:
    """The head of one open page, and the address that follows its state."""

    def __init__(self, here: str, state: State, theme: Callable[[str], Any], usual: State | None = None):
        self.here, self.theme, self.usual = here, theme, usual
        self._query = self._written = state.query(usual)
        ui.colors(primary=PRIMARY)
        self.dark = ui.dark_mode(DARK[state.theme])
        self.shown = state.theme
        with ui.header().classes("head"):
            ui.link("talweg", "/").classes("name")
            with ui.element("nav").props('aria-label="pages"'):
                for path, label in PAGES:
                    link = ui.link(label, path).classes("tab")
                    if path == here:
                        link.classes("here").props('aria-current="page"')
            ui.element("div").classes("spring")
            share = ui.button(icon="link", on_click=self.copy).props('flat round dense aria-label="copy a link to this page as it is"')
            share.tooltip("copy a link to this page as it is")
            self.button = ui.button(icon=SYMBOLS[self.shown], on_click=self.turn).props('flat round dense aria-label="light or dark"')
            self.button.tooltip("light, dark, or as the system has it")
        ui.timer(QUIET_TIME, self.write)

    def turn(self) -> None:
        """From auto to light to dark."""
        self.shown = THEMES[(THEMES.index(self.shown) + 1) % len(THEMES)]
        self.dark.set_value(DARK[self.shown])
        self.button.props(f"icon={SYMBOLS[self.shown]}")
        self.theme(self.shown)

    def follow(self, state: State) -> None:
        """The state that the address is to have."""
        self._query = state.query(self.usual)

    def write(self) -> None:
        """Bring the address up to date, if it stopped changing."""
        if self._query != self._written:
            self._written = self._query
            address = self.here + (f"?{self._query}" if self._query else "")
            ui.run_javascript(f"history.replaceState(history.state, '', {json.dumps(address)})")

    def copy(self) -> None:
        """Put the page's address on the clipboard."""
        self.write()
        ui.run_javascript("navigator.clipboard && navigator.clipboard.writeText(location.href)")
        ui.notify("The link is copied; it opens this page as it is now.")


async def computed(function: Callable[..., T], *args: Any) -> T:
    """What a function returns that computes for a while, the other pages being served in the meantime."""
    return cast(T, await run.io_bound(function, *args))
