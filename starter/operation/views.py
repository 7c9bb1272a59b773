"""Operations as the commands show them, on the terminal and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from models.base import Model
from models.records import TimelineEntry
from models.runbooks import StepReport
from starter.gate.views import OpenQuestion


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
    """One operation with all details."""

    id: str
    kind: str
    application: str
    title: str
    state: str
    doing: str = ""
    """The current step, or the reason why the operation waits; empty after the end."""
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
    """The origin of the view: the workflow, or the records."""
    url: str
    """The address of the operation's page in the Temporal UI."""
