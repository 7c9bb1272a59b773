"""What the demo tells programs: a JSON object a line, `at` and `event` in each, and what belongs to that event."""

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
    """Takes the place of `Screen`; what goes on just now (`now`, `quiet`) is no event."""

    def __init__(self) -> None:
        self._incident: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put back."""

    def title(self, title: str, subtitle: str) -> None:
        """Begin."""
        self._tell("title", title=title, text=subtitle)

    def ready(self, what: str, where: str) -> None:
        """Something is up."""
        self._tell("ready", what=what, where=where)

    def part(self, title: str, text: str) -> None:
        """Begin a part of the demo."""
        self._tell("part", title=title, text=text)

    def broke(self, at: datetime, text: str) -> None:
        """Something was broken on purpose."""
        self._tell("fault", at, text=text)

    def opened(self, incident: OpenIncidentState, text: str) -> None:
        """An incident was opened; what follows is about it."""
        self._incident = incident.id
        self._tell("incident", incident.opened_at, incident=incident.id, text=text)

    def begun(self, id: str, at: datetime, text: str) -> None:
        """An operation was started; what follows is about it."""
        self._incident = id
        self._tell("operation", at, operation=id, text=text)

    def entries(self, entries: Iterable[TimelineEntry]) -> None:
        """Lines of an incident's timeline."""
        for entry in entries:
            fields = entry.model_dump(mode="json", exclude={"at"})
            self._tell("entry", entry.at, incident=self._incident, **fields)

    def question(self, text: str, facts: Iterable[tuple[str, str]]) -> None:
        """People are asked: what, and how to answer; a fact of several lines comes as several of one name."""
        told: dict[str, Any] = {}
        for name, value in facts:
            key = name.lower().replace(" ", "_")
            told[key] = f"{told[key]}\n{value}" if key in told else value
        self._tell("question", incident=self._incident, text=text, **told)

    def now(self, doing: str, health: dict[str, bool]) -> None:
        """What goes on at this moment is told by what comes of it."""

    def quiet(self) -> None:
        """Nothing goes on that is worth a line."""

    def result(self, well: bool, text: str, outcome: IncidentOutcome | OperationOutcome | None = None) -> None:
        """How something ended."""
        told = outcome.model_dump(mode="json") if outcome else None
        self._tell("result", incident=self._incident, well=well, text=text, outcome=told)
        self._incident = None

    def say(self, text: str) -> None:
        """Say something to the operator."""
        if text:
            self._tell("note", text=text)

    @staticmethod
    def _tell(event: str, at: datetime | None = None, **fields: Any) -> None:
        typer.echo(json.dumps({"at": (at or datetime.now(UTC)).isoformat(), "event": event, **fields}))
