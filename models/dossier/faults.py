"""Faults: what is wrong in a dossier's file, where, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MOST = 500
"""Faults of a kind that are named in one file: nobody reads more, and each costs a search for what was meant."""

Key = str | int
Place = tuple[Key, ...]
"""Where something stands in a dossier: keys and indexes from the root, as in `("architecture", "hosts", "web1")`."""


class Weight(StrEnum):
    """How bad a fault is."""

    ERROR = "error"
    """The dossier cannot be used."""
    GAP = "gap"
    """The dossier can be used, but what was bought is not covered."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; as text it reads `file:line: what is wrong; how to mend it`."""

    path: str
    line: int
    """Counted from 1; 1 also where it concerns the file as a whole."""
    severity: Weight
    what: str
    mend: str
    rule: str = ""
    """Name of the rule in docs/dossier.md; empty where the file could not be read or does not fit the format."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; {self.mend}"

    def as_json(self) -> dict[str, Any]:
        """The fault as plain data."""
        return asdict(self)


def where(place: Place) -> str:
    """A place as people read it: `architecture.hosts.web1`, `order[2]`."""
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def shown(value: object, limit: int = 60) -> str:
    """A value as it may stand in a sentence: on one line, quoted and cut."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
