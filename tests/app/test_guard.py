"""Only this machine's own page may drive the page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from talweg.app.guard import UPLOAD_AT_MOST, Guard
from talweg.app.server import free_port
from talweg.checks import InputError


def request(kind: str = "http", body: list[bytes] = [], **headers: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:  # noqa: B006
    """What a request with these headers is answered, and what the page behind the guard received."""
    sent: list[dict[str, Any]] = []
    received: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in body] or [{"type": "http.request", "body": b""}]

    async def page(scope: Any, receive: Any, send: Any) -> None:
        for _ in waiting:
            received.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})

    parts = iter(waiting)

    async def receive() -> dict[str, Any]:
        return next(parts)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(Guard(page, 8080)({"type": kind, "headers": lines}, receive, send))
    return sent, received


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
def test_its_own_addresses_are_served(host: str) -> None:
    sent, received = request(host=host)
    assert sent[0]["status"] == 200
    assert received


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example:8080"},
        {"host": "127.0.0.1:9999"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:8080", "origin": "http://evil.example"},
        {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:9999"},
        {"host": "127.0.0.1:8080", "origin": "null"},
        {"host": "127.0.0.1:8080", "origin": "https://127.0.0.1:8080"},
        {"host": "127.0.0.1:8080", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
    ],
)
def test_whoever_else_asks_is_refused(headers: dict[str, str]) -> None:
    sent, received = request(**headers)
    assert sent[0]["status"] == 403
    assert not received
    sent, received = request(kind="websocket", **headers)
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": sent[0]["reason"]}]


def test_a_link_from_elsewhere_may_be_followed() -> None:
    sent, _ = request(host="127.0.0.1:8080", sec_fetch_site="cross-site", sec_fetch_mode="navigate")
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("length", [str(UPLOAD_AT_MOST + 1), "-1", "a"])
def test_what_is_too_large_is_refused_before_it_is_read(length: str) -> None:
    sent, received = request(host="127.0.0.1:8080", content_length=length)
    assert sent[0]["status"] == 413
    assert not received


def test_what_grows_too_large_without_saying_so_is_broken_off() -> None:
    half = bytes(UPLOAD_AT_MOST // 2 + 1)
    _, received = request(body=[half, half, b"more"], host="127.0.0.1:8080")
    assert [message["type"] for message in received] == ["http.request", "http.disconnect", "http.disconnect"]


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match=r"port \d+ is taken; choose another --port"):
            free_port(taken.getsockname()[1])
    assert free_port(0) > 0
    with pytest.raises(InputError, match="port must lie in"):
        free_port(70000)
