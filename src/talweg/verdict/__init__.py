"""Computed from the store's rows alone: rows → ranking, intervals, sentences. No JAX."""

from __future__ import annotations

from talweg.verdict.judge import judge

__all__ = ["judge"]
