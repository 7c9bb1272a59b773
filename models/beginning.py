"""What an incident has the records do when it begins and when it ends, each in one activity."""

from __future__ import annotations

from models.base import Model, Moment
from models.clock import ClockEvent, ClockReading
from models.dossier.agreement import Level
from models.records import IncidentRecord, WriteRecords
from models.slices import IncidentPlan, PlanRequest


class BeginIncident(Model):
    """Enter an incident in the records, and look up what its dossier says of it."""

    plan: PlanRequest
    record: IncidentRecord
    """As far as it is known: its components, its priority and its clock follow from the dossier."""
    impact: Level | None = None
    """As somebody gave it; of the affected components unless given."""
    urgency: Level
    now: Moment


class IncidentBegun(Model):
    """What holds for an incident from its first moment on."""

    plan: IncidentPlan
    fault: str = ""
    """Why the dossier cannot be read; then nothing of it is in the plan."""
    events: list[ClockEvent]
    """Of its clock so far, with those of an incident that is opened again; the last priority in it holds."""
    reading: ClockReading | None = None
    """The clocks; None where they could not be read yet."""


class EndIncident(Model):
    """Write an incident that ends to the records, and then its account."""

    records: WriteRecords
    """The incident and what has to be written with it."""
    incident: str
    """Workflow id."""
    run: str
    """Run id of the workflow."""
    now: Moment


class IncidentEnded(Model):
    """An incident is over as far as the records go."""

    account: str = ""
    """Digest of the account; empty where it could not be written."""
    reading: ClockReading | None = None
    """Its clocks as they stand at the end; None where they cannot be read."""
