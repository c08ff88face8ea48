"""The live page: what a dragged slider costs in the server, how many bytes it sends, what twenty open tabs wait, what a browser shows when.

    python benchmarks/playground.py [--tabs 20] [--events 40]

The first table is computed in this process. For the second one a page is served as a user would serve it, and every tab is a
socket that speaks the page's own protocol: it drags the start, and asks again as soon as it was answered (as the page does). The
third is a real browser, headless, if Debian's chromium is there.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import time
from typing import Any

import common
import httpx
import numpy as np
import socketio

FEW = "sgd,momentum,nesterov,adam"
ALL = "sgd,momentum,nesterov,adagrad,adadelta,rmsprop,adam"


def in_the_server(events: int) -> list[dict[str, object]]:
    """Milliseconds from a change of the state to the message for the browser, its bytes, and those of the surface itself."""
    from talweg.app import computing
    from talweg.app.state import SurfaceState, entries

    def measured(name: str, state: SurfaceState, changed: Any) -> dict[str, object]:
        descents = computing.PageTrajectories()
        state = computing.tuned(state)
        descents.message(state)
        seconds, sizes = [], []
        for k in range(events + 3):
            state = changed(state, k)
            began = time.perf_counter()
            message = descents.message(state)
            seconds.append(time.perf_counter() - began)
            sizes.append(len(json.dumps(message)))
        times = 1000 * np.array(seconds[3:])
        return {
            "event": name,
            "median, ms": f"{np.median(times):.1f}",
            "95 %, ms": f"{np.quantile(times, 0.95):.1f}",
            "bytes": f"{int(np.median(sizes[3:])):,}",
        }

    def start(state: SurfaceState, k: int) -> SurfaceState:
        return dataclasses.replace(state, start=(-1.5 + 0.01 * k, 1.0 + 0.01 * k))

    def rate(state: SurfaceState, k: int) -> SurfaceState:
        return state.with_entry(state.methods[-1].with_number("learning_rate", 0.001 * (k + 1)))

    def noise(state: SurfaceState, k: int) -> SurfaceState:
        return dataclasses.replace(state, noise=1 + 0.01 * k)

    few, everything = (SurfaceState(methods=entries(text)) for text in (FEW, ALL))
    rows = [
        measured("a learning rate of 1 of 4 methods, 200 steps", few, rate),
        measured("the start of 4 methods, 200 steps", few, start),
        measured("the start of 7 methods, 200 steps", everything, start),
        measured("the start of 7 methods, 2,000 steps", dataclasses.replace(everything, steps=2000), start),
        measured("the noise of 4 methods, 200 steps", dataclasses.replace(few, noise=1.0), noise),
    ]
    surface = len(json.dumps(computing.pictures("rosenbrock", "auto")))
    return [*rows, {"event": "(the surface itself, sent once)", "median, ms": "–", "95 %, ms": "–", "bytes": f"{surface:,}"}]


class Tab:
    """A page that is open, without a browser around it."""

    def __init__(self, address: str, number: int):
        self.address, self.number = address, number
        self.socket = socketio.AsyncClient()
        self.answered = asyncio.Event()
        self.bytes = 0
        self.waited: list[float] = []

    async def open(self, http: httpx.AsyncClient) -> None:
        """Load the page, shake hands, and tell that its picture is there."""
        page = (await http.get(self.address)).text
        self.client = re.search(r"'client_id': '([^']+)'", page)[1]  # type: ignore[index]  # a page without one ends the benchmark
        self.element, self.listeners = None, {}
        for element, found in re.findall(r'"(\d+)":\{"tag":"nicegui-descents"(.*?\]\})', page, flags=re.S):
            self.element = int(element)
            self.listeners = {kind: key for key, kind in re.findall(r'"listener_id":"([^"]+)","type":"(\w+)"', found)}
        self.socket.on("run_javascript", self._script)
        query = f"client_id={self.client}&next_message_id=0&implicit_handshake=true&tab_id=t{self.number}&document_id=d{self.number}"
        await self.socket.connect(f"{self.address}?{query}", socketio_path="/_nicegui_ws/socket.io", transports=["websocket"])
        await self.ask("ready", {})
        await asyncio.wait_for(self.answered.wait(), 120)

    def _script(self, message: Any) -> None:
        code = message["code"] if isinstance(message, dict) else str(message)
        if '"update"' in code:
            self.bytes = len(code)
            self.answered.set()

    async def ask(self, kind: str, values: dict[str, float]) -> None:
        """Send one event of the picture."""
        self.answered.clear()
        args = [json.dumps(values)]
        await self.socket.emit("event", {"id": self.element, "client_id": self.client, "listener_id": self.listeners[kind], "args": args})

    async def drag(self, events: int) -> None:
        """Drag the start for so many events, each after the answer to the one before."""
        for k in range(events):
            began = time.perf_counter()
            await self.ask("start", {"x": -1.5 + 0.02 * k + 0.001 * self.number, "y": 1.0})
            await asyncio.wait_for(self.answered.wait(), 60)
            self.waited.append(time.perf_counter() - began)

    async def close(self) -> None:
        await self.socket.disconnect()


async def dragged(address: str, tabs: int, events: int) -> dict[str, object]:
    """What that many tabs wait that are dragged at once."""
    opened = [Tab(address, number) for number in range(tabs)]
    async with httpx.AsyncClient(timeout=120) as http:
        for tab in opened:
            await tab.open(http)
    await asyncio.gather(*(tab.drag(events) for tab in opened))
    waited = 1000 * np.concatenate([tab.waited[2:] for tab in opened])
    for tab in opened:
        await tab.close()
    return {
        "tabs dragged at once": tabs,
        "median, ms": f"{np.median(waited):.0f}",
        "95 %, ms": f"{np.quantile(waited, 0.95):.0f}",
        "bytes of an answer": f"{opened[0].bytes:,}",
        "answers per second": f"{1000 * tabs / np.mean(waited):.0f}",
    }


#: In the page: when the ring was moved, and when the first line after that was drawn.
WATCH = """() => {
  window.waits = [];
  let moved = null;
  document.querySelector(".handle").addEventListener("pointermove", () => { if (moved === null) moved = performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (moved !== null) { window.waits.push(performance.now() - moved); moved = null; }
  })).observe(document.querySelector(".over g[clip-path]"), { childList: true });
}"""


def in_the_browser(address: str, events: int) -> list[dict[str, object]]:
    """Milliseconds from a movement of the ring to the redrawn trajectories, in headless Chromium on the same cores."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page(viewport={"width": 1280, "height": 900})
        page.goto(address, timeout=120_000)
        page.wait_for_selector("polyline.trajectory", state="attached", timeout=120_000)
        page.wait_for_timeout(2000)
        page.evaluate(WATCH)
        box = page.locator(".handle .ring").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        for k in range(events):
            page.mouse.move(box["x"] + 20 + 3 * k, box["y"] + 30 + 2 * k)
            page.wait_for_timeout(150)
        page.mouse.up()
        waits = np.array(page.evaluate("window.waits")[2:])
    return [
        {
            "from the ring's movement to the redrawn trajectories": "4 methods, 200 steps, with both charts",
            "median, ms": f"{np.median(waits):.0f}",
            "95 %, ms": f"{np.quantile(waits, 0.95):.0f}",
        }
    ]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tabs", type=int, default=20)
    parser.add_argument("--events", type=int, default=40)
    asked = parser.parse_args()
    print(common.heading("The live page"))
    print(common.markdown(in_the_server(asked.events)))
    command = [sys.executable, "-m", "talweg", "playground", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"http://\S+", server.stdout.readline())
            if found is None:
                sys.exit("benchmark: the page was not served")
            time.sleep(2)
            rows = [asyncio.run(dragged(found[0], tabs, asked.events)) for tabs in (1, asked.tabs)]
            seen = in_the_browser(found[0], asked.events)
        finally:
            server.terminate()
    for table in filter(None, (rows, seen)):
        print()
        print(common.markdown(table))


if __name__ == "__main__":
    main()
