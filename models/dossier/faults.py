"""Faults in a dossier's file: the fault, its place, and the fix."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from models.names import as_typed

MOST = 500
"""The most faults of one kind that are listed for a file: nobody reads more, and each suggestion costs a search."""

Key = str | int
Place = tuple[Key, ...]
"""A place in a dossier: keys and indexes from the root, as in `("architecture", "hosts", "web1")`."""


class Weight(StrEnum):
    """The severity of a fault."""

    ERROR = "error"
    """The dossier cannot be used."""
    GAP = "gap"
    """The dossier can be used, but does not cover an undertaking that the customer bought."""
    NOTE = "note"
    """The dossier can be used as it is; it writes something in an earlier way."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a file; printed as `file:line: what is wrong; how to fix it`, a gap or a note with that word before it."""

    path: str
    line: int
    """Counted from 1; also 1 if the fault concerns the whole file."""
    severity: Weight
    what: str
    fix: str
    rule: str = ""
    """The name of the rule in docs/dossier.md; empty if the file is unreadable or does not fit the format."""

    def __str__(self) -> str:
        weight = "" if self.severity is Weight.ERROR else f"{self.severity.value}: "
        return f"{as_typed(self.path)}:{self.line}: {weight}{self.what}; {self.fix}"

    def as_json(self) -> dict[str, Any]:
        """Return the fault as plain data."""
        return asdict(self)


def where(place: Place) -> str:
    """Return a place as people read it: `architecture.hosts.web1`, `order[2]`."""
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def shown(value: object, limit: int = 60) -> str:
    """Return a value for use in a sentence: on one line, quoted, and cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
