"""A problem built again from what is known of its source."""

from __future__ import annotations

from talweg.checks import InputError
from talweg.problems.base import Problem
from talweg.problems.datasets import load
from talweg.problems.source import Source
from talweg.problems.surfaces.surface import surface
from talweg.problems.tables.read import read


def rebuild(source: Source) -> Problem:
    """The problem of a source, built again. Whether it is still the same one, its fingerprint says.

    Raises InputError for values that were the user's own, a file that is gone or can't be read any more, and a name that is no longer
    in the catalogue.
    """
    if source.kind == "catalogue":
        return load(source.name, **source.options)
    if source.kind == "surface":
        return surface(source.name, **source.options).problem()
    if source.kind == "file":
        return read(source.name, **source.options)
    raise InputError(f"rebuild: {source.name} was made of the user's own {source.kind}, of which nothing is kept; make the problem again")
