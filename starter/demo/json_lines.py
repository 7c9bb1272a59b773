"""The demo's output for programs: one JSON object in each line, with `at`, `event` and the fields of that event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import typer

from models.incident import IncidentOutcome
from models.operation import OperationOutcome
from models.records import TimelineEntry
from models.watch import OpenIncidentState


class JsonScreen:
    """Prints events instead of drawing a screen; `now` and `quiet` print nothing."""

    def __init__(self) -> None:
        self._incident: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: there is no cursor to restore."""

    def title(self, title: str, subtitle: str) -> None:
        """Print the title."""
        self._print("title", title=title, text=subtitle)

    def ready(self, what: str, where: str) -> None:
        """Print that a part of the demo runs."""
        self._print("ready", what=what, where=where)

    def part(self, title: str, text: str) -> None:
        """Print the beginning of an act of the demo."""
        self._print("part", title=title, text=text)

    def broke(self, at: datetime, text: str) -> None:
        """Print the fault that the demo caused."""
        self._print("fault", at, text=text)

    def opened(self, incident: OpenIncidentState, text: str) -> None:
        """Print a new incident; the next events belong to it."""
        self._incident = incident.id
        self._print("incident", incident.opened_at, incident=incident.id, text=text)

    def begun(self, id: str, at: datetime, text: str) -> None:
        """Print a new operation; the next events belong to it."""
        self._incident = id
        self._print("operation", at, operation=id, text=text)

    def entries(self, entries: Iterable[TimelineEntry]) -> None:
        """Print entries of a timeline, one object each."""
        for entry in entries:
            fields = entry.model_dump(mode="json", exclude={"at"})
            self._print("entry", entry.at, incident=self._incident, **fields)

    def question(self, text: str, facts: Iterable[tuple[str, str]]) -> None:
        """Print a question with its facts; facts of the same name become one field with several lines."""
        fields: dict[str, Any] = {}
        for name, value in facts:
            key = name.lower().replace(" ", "_")
            fields[key] = f"{fields[key]}\n{value}" if key in fields else value
        self._print("question", incident=self._incident, text=text, **fields)

    def now(self, doing: str, health: dict[str, bool]) -> None:
        """Print nothing: the next event shows the progress."""

    def quiet(self) -> None:
        """Print nothing."""

    def result(self, well: bool, text: str, outcome: IncidentOutcome | OperationOutcome | None = None) -> None:
        """Print the result of an incident or an operation."""
        fields = outcome.model_dump(mode="json") if outcome else None
        self._print("result", incident=self._incident, well=well, text=text, outcome=fields)
        self._incident = None

    def say(self, text: str) -> None:
        """Print a message to the operator."""
        if text:
            self._print("note", text=text)

    @staticmethod
    def _print(event: str, at: datetime | None = None, **fields: Any) -> None:
        typer.echo(json.dumps({"at": (at or datetime.now(UTC)).isoformat(), "event": event, **fields}))
