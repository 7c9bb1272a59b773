"""The timeline of a workflow: its lines go to the records, and the latest ones stay in the workflow for display."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from models.base import Model, State
from models.records import EntryKind, TimelineEntry
from models.sizes import MESSAGE, cut, encoded_size, first_that_fit, last_that_fit

KEPT: Final = 200
"""The lines that a workflow keeps, in addition to those that the records do not have yet."""

TEXT: Final = 6_000
"""Bytes of a line's text, unless a timeline sets another limit."""

DATA: Final = 50_000
"""Bytes of a line's data."""

_LONG: Final = 4_000
"""Bytes to which long texts in the data are cut if it is too large."""


class Timeline(State):
    """The lines that a workflow keeps, and their total number."""

    lines: list[TimelineEntry] = []
    """In order, the latest last."""
    count: int = 0
    """The number of lines so far, which is the sequence of the next one."""
    taken: int = 0
    """The number of lines that were passed to the records."""
    recorded: bool = True
    """Whether lines go to the records. If not, the timeline has only the latest `KEPT` lines."""
    longest: int = TEXT
    """Bytes of a line's text."""

    def log(
        self,
        at: datetime,
        kind: EntryKind,
        text: str,
        data: Model | dict[str, Any] | None = None,
        *,
        instead_of: int | None = None,
    ) -> int:
        """Add a line, or replace the text of the latest line, which keeps its time; return the sequence of the line."""
        text = cut(text, self.longest)[:2000]
        whole = data.model_dump(mode="json") if isinstance(data, Model) else data or {}
        rests_on = _fitting(whole)
        if whole and not rests_on:
            text += f" (its data of {encoded_size(whole)} bytes was left out)"
        if instead_of is not None and self.is_last(instead_of):
            self.lines[-1] = self.lines[-1].model_copy(update={"text": text, "data": rests_on})
            return instead_of
        self.lines.append(TimelineEntry(sequence=self.count, at=at, kind=kind, text=text, data=rests_on))
        self.count += 1
        if not self.recorded:
            self.taken = self.count
            self._forget()
        return self.count - 1

    def is_last(self, sequence: int) -> bool:
        """Return whether this is the latest line and can still be replaced, because the records do not have it yet."""
        return self.untaken > 0 and sequence == self.count - 1

    def take(self) -> list[TimelineEntry]:
        """Return the next lines for the records, as many as fit into one message; each line is returned once."""
        new = self.lines[len(self.lines) - self.untaken :]
        fresh = new[: first_that_fit(new, MESSAGE)]
        self.taken += len(fresh)
        self._forget()
        return fresh

    def _forget(self) -> None:
        """Drop the earliest lines that the records have or do not get."""
        del self.lines[: max(len(self.lines) - self.untaken - KEPT, 0)]

    @property
    def untaken(self) -> int:
        """The number of lines that the records do not have yet."""
        return self.count - self.taken

    def shown(self, limit: int) -> list[TimelineEntry]:
        """Return the latest lines that fit into `limit` bytes."""
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
