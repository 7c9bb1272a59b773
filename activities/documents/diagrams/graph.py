"""The parts of a diagram: boxes, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    """Who operates a part, which decides the look of its box."""

    SUPPLIER = "supplier"
    OTHER = "other"
    """Another party operates the part; the box names it."""
    OUTSIDE = "outside"
    """The part is an organisation, not a part of the application."""


@dataclass(frozen=True)
class Box:
    """A part of the application, or an organisation that it exchanges data with."""

    name: str
    """Its name in lines."""
    title: str
    notes: Sequence[str] = ()
    """Further texts, each on lines of its own: its servers, the party that operates it."""
    owner: Owner = Owner.SUPPLIER


@dataclass(frozen=True)
class Line:
    """A line from one box to another."""

    source: str
    target: str
    data: bool = False
    """The source only sends data to the target. Otherwise the source needs the target to work."""


@dataclass(frozen=True)
class GridPlace:
    """A place in the grid of a diagram."""

    row: int
    column: int
