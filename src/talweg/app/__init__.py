"""The live page: descents to play with, networks that race, lessons. Bound to this machine only."""

from __future__ import annotations

from talweg.app.server import play

__all__ = ["play"]
