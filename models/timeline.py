"""The timeline of a workflow: every line goes to the records, and the latest ones stay in the workflow for people to see."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from models.base import Model, State
from models.records import EntryKind, TimelineEntry
from models.sizes import MESSAGE, cut, encoded_size, first_that_fit, last_that_fit

KEPT: Final = 200
"""Lines that a workflow keeps besides those that are not in the records yet."""

TEXT: Final = 6_000
"""Bytes of a line's text."""

DATA: Final = 50_000
"""Bytes of what a line rests on."""

_LONG: Final = 4_000
"""Bytes to which long texts in it are cut where it is larger."""


class Timeline(State):
    """The lines that a workflow keeps, and how many there were."""

    lines: list[TimelineEntry] = []
    """In order; the latest last."""
    count: int = 0
    """Lines so far; the sequence of the next one."""
    taken: int = 0
    """Lines so far that were given to the records."""

    def tell(
        self,
        at: datetime,
        kind: EntryKind,
        text: str,
        data: Model | dict[str, Any] | None = None,
        *,
        instead_of: int | None = None,
    ) -> int:
        """Add a line, or replace the text of the latest line, which keeps its time; returns the sequence of the line."""
        text = cut(text[:2000], TEXT)
        whole = data.model_dump(mode="json") if isinstance(data, Model) else data or {}
        rests_on = _fitting(whole)
        if whole and not rests_on:
            text += f" (what this rests on took {encoded_size(whole)} bytes and was left out)"
        if instead_of is not None and self.is_last(instead_of):
            self.lines[-1] = self.lines[-1].model_copy(update={"text": text, "data": rests_on})
            return instead_of
        self.lines.append(TimelineEntry(sequence=self.count, at=at, kind=kind, text=text, data=rests_on))
        self.count += 1
        return self.count - 1

    def is_last(self, sequence: int) -> bool:
        """Whether this is the latest line and can still be replaced, because the records do not have it yet."""
        return self.untaken > 0 and sequence == self.count - 1

    def take(self) -> list[TimelineEntry]:
        """The next lines for the records, as many as fit into one message; each is given once."""
        new = self.lines[len(self.lines) - self.untaken :]
        fresh = new[: first_that_fit(new, MESSAGE)]
        self.taken += len(fresh)
        del self.lines[: max(len(self.lines) - self.untaken - KEPT, 0)]
        return fresh

    @property
    def untaken(self) -> int:
        """How many lines were not given to the records yet."""
        return self.count - self.taken

    def shown(self, limit: int) -> list[TimelineEntry]:
        """The latest lines that fit into `limit` bytes."""
        return last_that_fit(self.lines, limit)


def _fitting(data: dict[str, Any]) -> dict[str, Any]:
    if encoded_size(data) <= DATA:
        return data
    shorter: dict[str, Any] = _shortened(data)
    return shorter if encoded_size(shorter) <= DATA else {}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value, _LONG)
    if isinstance(value, dict):
        return {key: _shortened(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shortened(part) for part in value]
    return value
