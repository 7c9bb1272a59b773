"""Operations as the commands show them; also what `--json` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from models.base import Model
from models.records import TimelineEntry
from models.runbooks import StepReport
from starter.incident.views import OpenQuestion


class OperationLine(Model):
    """An operation in a list."""

    id: str
    kind: str
    application: str
    title: str
    state: str
    waits_for: list[str] = []
    """Roles and people that an open question waits for."""
    opened_at: datetime
    opened_by: str = ""
    closed_at: datetime | None = None
    outcome: str | None = None


class OperationView(Model):
    """All that is known of an operation."""

    id: str
    kind: str
    application: str
    title: str
    state: str
    doing: str = ""
    """What it is doing or waiting for; empty once it is closed."""
    lease: str = ""
    progress: str = ""
    opened_at: datetime
    opened_by: str
    rehearsed: bool = False
    closed_at: datetime | None = None
    outcome: str | None = None
    summary: str = ""
    gates: list[OpenQuestion] = []
    steps: list[StepReport] = []
    data: dict[str, Any] = {}
    timeline: list[TimelineEntry] = []
    source: Literal["workflow", "records"]
    """Who told: the workflow itself, or the records."""
    url: str
    """Its page in the Temporal UI."""
