"""A contestant of a race by any name that a table shows: its name, its label in any case, its rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from talweg import checks
from talweg.methods.catalogue import plain


def named(who: str, rows: Sequence[Any], wanted: str | int) -> Any:
    """The row of a summary's contestants: by its name or label in any case, by its rank, or by a method that only it has.

    Raises InputError that lists them all.
    """
    text = plain(str(wanted))
    by = [
        [row for row in rows if row["name"] == wanted],
        [row for row in rows if text in (plain(row["name"]), plain(row["label"]))],
        [row for row in rows if text.removeprefix("#") == str(row["rank"])],
        [row for row in rows if text == plain(row["method"])],
    ]
    found = next((fit for fit in by if fit), [])
    if len(found) == 1:
        return found[0]
    names = [row["name"] for row in rows]
    listed = [f"{row['rank']} {row['name']}, {row['label']}" for row in rows]
    if found:
        raise checks.InputError(f"{who}: {wanted!r} names {len(found)} contestants; give one of {', '.join(row['name'] for row in found)}")
    checks.one_of(who, "contestant", str(wanted), names, f"(its contestants: {'; '.join(listed)})")
    raise AssertionError("a name that is known was found above")


def all_named(who: str, rows: Sequence[Any], wanted: str | int | Sequence[str | int]) -> list[Any]:
    """The rows of several, in their order. In a text they have commas between them, which a label may have, too."""
    if isinstance(wanted, int):
        return [named(who, rows, wanted)]
    if not isinstance(wanted, str):
        return [named(who, rows, one) for one in wanted]
    words, found = [word.strip() for word in wanted.split(",") if word.strip()], []
    shown = {plain(text) for row in rows for text in (row["name"], row["label"])}
    while words:
        counts = range(len(words), 1, -1)
        longest = next((n for n in counts if plain(", ".join(words[:n])) in shown), 1)
        found.append(named(who, rows, ", ".join(words[:longest])))
        words = words[longest:]
    return found
