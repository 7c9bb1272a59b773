"""Incidents as the commands show them, on the terminal and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from models.alarms import Alarm
from models.base import Model
from models.clock import ClockReading
from models.gates import GateState
from models.records import TimelineEntry
from starter.gate.views import OpenQuestion, asked_by
from starter.incident.naming import short


class IncidentLine(Model):
    """An incident in a list."""

    id: str
    application: str
    number: int
    title: str
    state: str
    priority: str | None = None
    waits_for: list[str] = []
    """The roles and people that it waits for: they must answer a question, acknowledge it, or clear what blocks its remedy."""
    lead: str | None = None
    """The lead, or the latest lead."""
    deadline: datetime | None = None
    """The deadline of the next target; None when all are met or no clock runs now."""
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None


class IncidentView(Model):
    """One incident with all details."""

    id: str
    application: str
    number: int
    title: str
    state: str
    priority: str | None
    components: list[str]
    doing: str
    """The current step, or the reason why the incident waits; empty after the end."""
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    summary: str = ""
    alarms: list[Alarm] = []
    """The active alarms, or the first of them."""
    further_alarms: int = 0
    """The number of active alarms that `alarms` leaves out."""
    gates: list[OpenQuestion] = []
    lead: str | None = None
    """The lead, or the latest lead."""
    clock: ClockReading | None = None
    """The latest reading of the clocks of an open incident."""
    waiting: str | None = None
    """The party that the incident waits for, and the reason."""
    draft: str = ""
    """The draft of the next customer update."""
    cause: str | None = None
    major: str | None = None
    """The major incident that the incident belongs to."""
    timeline: list[TimelineEntry] = []
    source: Literal["workflow", "records", "visibility"]
    """The origin of the view: the workflow, the records, or, while no worker answers, only Temporal's list of workflows."""
    url: str
    """The address of the incident's page in the Temporal UI."""


def open_gate(incident: str, gate: GateState) -> OpenQuestion:
    """Return an open question of an incident, with the command that answers it."""
    return asked_by("incident", short(incident), gate)
