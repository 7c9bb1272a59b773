"""The service-level clocks of an incident, computed from its recorded events, with every minute explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from activities.clocks import read
from activities.records import Records
from models.clock import ClockEvent, ClockReading
from models.dossier import Dossier
from models.errors import NotFoundError, UserError
from models.settings import Settings
from starter.incident.naming import parts, short, workflow_id
from starter.incident.query import query_incident
from starter.terminal import session as sessions


@dataclass(frozen=True)
class ClocksOf:
    """The clocks of an incident."""

    name: str
    """The short name of the incident."""
    reading: ClockReading
    warning: str
    """A warning that the reading may be out of date; empty if it is current."""


def read_clock(settings: Settings, text: str, application: str | None) -> ClocksOf:
    """Return the current clocks of an incident. Raise `UserError` when they cannot be computed."""
    with sessions.open_records(settings) as records:
        id = workflow_id(text, application, records.applications)
        events, warning = _events(settings, records, id)
        dossier = _dossier(records, id)
        now = max([datetime.now(UTC), *(event.at for event in events)])
        return ClocksOf(short(id), read(dossier.agreement, dossier.parties, events, now, explain=True), warning)


def _events(settings: Settings, records: Records, id: str) -> tuple[list[ClockEvent], str]:
    """Return the clock events from the running incident, and no warning.

    If it does not answer, return the events from the records; a warning says so, unless the incident is closed.
    """
    live, warning = query_incident(settings, id)
    if live is not None:
        return live.events, ""
    found = records.incident(id)
    if not found.clock:
        raise UserError(f"the records have no clock events of {short(id)}, so its clocks cannot be computed")
    return [ClockEvent.model_validate(event) for event in found.clock], "" if found.closed_at else warning


def _dossier(records: Records, id: str) -> Dossier:
    """Return the version of the dossier that the incident uses; the current one while the records name none."""
    application, _ = parts(id)
    try:
        digest = records.incident(id).dossier
    except NotFoundError:
        digest = ""
    dossier = records.dossier(digest) if digest else records.current_dossier(application)
    if dossier is None:
        raise UserError(f"no dossier of {application} is published, so {short(id)} has no targets")
    return dossier
