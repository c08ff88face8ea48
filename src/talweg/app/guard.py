"""Who may drive the page: this machine's own browser, from the page itself, with uploads of a bounded size.

A page of another origin can send requests to a local port, and a name that resolves to 127.0.0.1 can make a browser believe they are
its own (DNS rebinding). So the `Host` must be this machine and the `Origin`, where a browser says one, must be the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

UPLOAD_AT_MOST = 8 * 2**20  #: bytes of one request
NAMES = ("127.0.0.1", "localhost", "[::1]")
REFUSED = 403
TOO_LARGE = 413
POLICY_VIOLATION = 1008  #: the code that closes a web socket


class Guard:
    """ASGI middleware that refuses what does not come from the page itself."""

    def __init__(self, app: Any, port: int, names: Iterable[str] = NAMES):
        self.app = app
        self.hosts = {f"{name}:{port}" for name in names} | ({*names} if port == 80 else set())
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if trouble := self.trouble(scope):
            await self.refuse(scope, send, *trouble)
            return
        await self.app(scope, self.bounded(receive) if scope["type"] == "http" else receive, send)

    def trouble(self, scope: Any) -> tuple[int, str] | None:
        """Why a request is refused; None if it is not."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"host", "").lower() not in self.hosts:
            return REFUSED, "talweg: this page answers to its own address only"
        origin = headers.get(b"origin")
        if origin is not None and origin.lower() not in self.origins:
            return REFUSED, "talweg: another page may not drive this one"
        if headers.get(b"sec-fetch-site") == "cross-site" and headers.get(b"sec-fetch-mode") != "navigate":
            return REFUSED, "talweg: another page may not drive this one"
        length = headers.get(b"content-length", "0")
        if not length.isdigit() or int(length) > UPLOAD_AT_MOST:
            return TOO_LARGE, f"talweg: at most {UPLOAD_AT_MOST // 2**20} MB can be handed in"
        return None

    @staticmethod
    async def refuse(scope: Any, send: Any, status: int, sentence: str) -> None:
        """Say no, in the way of the protocol."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": sentence})
            return
        body = sentence.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    @staticmethod
    def bounded(receive: Any) -> Any:
        """What is received, broken off once it is too much: a body without a length is counted as it comes."""
        got = 0

        async def counted() -> Any:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            return message if got <= UPLOAD_AT_MOST else {"type": "http.disconnect"}

        return counted
