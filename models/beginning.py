"""The activities that record the beginning and the end of an incident, each in one call."""

from __future__ import annotations

from models.base import Model, Moment
from models.clock import ClockEvent, ClockReading
from models.dossier.agreement import Level
from models.plans import IncidentPlan, PlanRequest
from models.records import IncidentRecord, WriteRecords


class BeginIncident(Model):
    """Write an incident to the records, and read its plan from the dossier."""

    plan: PlanRequest
    record: IncidentRecord
    """The record as far as it is known; its components, priority and clock come from the dossier."""
    impact: Level | None = None
    """The impact that a person gave; that of the affected components by default."""
    urgency: Level
    now: Moment


class IncidentBegun(Model):
    """The data with which an incident begins."""

    plan: IncidentPlan
    fault: str = ""
    """The reason why the dossier cannot be read; the plan is then empty."""
    events: list[ClockEvent]
    """The events of the clock until now, with those before a reopening. The last priority among them is valid."""
    reading: ClockReading | None = None
    """The clock reading; None if the clocks could not be computed yet."""


class EndIncident(Model):
    """Write the end of an incident to the records, then its post-incident report."""

    records: WriteRecords
    """The incident and other rows to write with it."""
    incident: str
    """The workflow id."""
    run: str
    """The run id of the workflow."""
    now: Moment


class IncidentEnded(Model):
    """The result of `EndIncident`."""

    report: str = ""
    """The digest of the post-incident report; empty if it could not be written."""
    reading: ClockReading | None = None
    """The clocks at the end; None if they cannot be computed."""
