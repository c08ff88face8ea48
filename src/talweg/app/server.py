"""Serving the pages to this machine's browser."""

from __future__ import annotations

import errno
import socket
import sys

from talweg import checks
from talweg.app.guard import Guard
from talweg.checks import InputError

HOST = "127.0.0.1"
USUAL_PORT = 8080
TRIED = 20  #: ports after the usual one, if it is taken
PORTS = checks.Interval(0, 65535, high_open=False)
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#20242b"/>
<path d="M4 8c5 0 6 15 12 15S23 8 28 8" fill="none" stroke="#8fb8d8" stroke-width="2.4"/>
<circle cx="16" cy="23" r="3.4" fill="#f0186f"/>
</svg>"""


def play(port: int | None = None, *, browser: bool = True) -> None:
    """Serve the pages until the process is stopped.

    Args:
        port: to listen at; 0 for any that is free; by default 8080, or the next one that is free.
        browser: whether to open the page in the browser.

    Raises:
        InputError: the port is no port, or taken.
    """
    chosen = free_port(port)
    from nicegui import app, ui

    from talweg.app import pages

    pages.register()
    app.add_middleware(Guard, port=chosen)
    app.on_startup(lambda: print(f"talweg playground: http://{HOST}:{chosen}/  (Ctrl-C stops it)", flush=True))
    ui.run(
        host=HOST,
        port=chosen,
        title="talweg",
        favicon=ICON,
        dark=None,
        show=browser,
        reload=False,
        show_welcome_message=False,
        tailwind=False,
        reconnect_timeout=30.0,
        uvicorn_logging_level="error",
        access_log=False,
    )


def free_port(port: int | None) -> int:
    """The port to listen at; raises InputError if the one that was asked for is no port, or taken."""
    if port is not None:
        checks.number("play", "port", port, PORTS)
        try:
            return _bound(port)
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
            raise InputError(f"play: port {port} {why}; choose another --port, or 0 for any") from error
    for candidate in range(USUAL_PORT, USUAL_PORT + TRIED):
        try:
            return _bound(candidate)
        except OSError:
            continue
    return _bound(0)


def _bound(port: int) -> int:
    """The port, if it can be listened at now."""
    with socket.socket() as taken:
        if sys.platform != "win32":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, port))
        return int(taken.getsockname()[1])
