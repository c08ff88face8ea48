"""Which page is at which address."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app, ui

from talweg.app import frame, training
from talweg.app.learn_page import LearnPage
from talweg.app.lessons import LESSONS
from talweg.app.network_page import NetworkPage
from talweg.app.state import NetworkState, SurfaceState
from talweg.app.surface_page import SurfacePage


def register() -> None:
    """Make the pages known to the server."""
    frame.serve()

    @ui.page("/", title="talweg · surface")
    def surface(request: Request) -> None:
        SurfacePage(*SurfaceState.read(request.query_params)).build()

    @ui.page("/network", title="talweg · network")
    def network(request: Request) -> None:
        NetworkPage(*NetworkState.read(request.query_params)).build()

    @ui.page("/learn", title="talweg · learn")
    def learn(request: Request) -> None:
        state, _ = SurfaceState.read(request.query_params)
        number = min(max(state.scene, 0), len(LESSONS) - 1)
        words = {**LESSONS[number].scene, **request.query_params}
        LearnPage(*SurfaceState.read(words), number).build()

    @app.get("/report/{key}")
    def report(key: str) -> HTMLResponse:
        page = training.report_of(key)
        if page is None:
            return HTMLResponse("There is no such race any more; start it again.", status_code=404)
        return HTMLResponse(page.read_text("utf-8"))
