"""The service-level clocks of an incident, read anew from its recorded events with every minute explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from activities.clocks import read
from activities.records import Records
from models.clock import ClockEvent, ClockReading
from models.dossier import Dossier
from models.errors import NotFoundError, UserError
from models.settings import Settings
from starter import desk as desks
from starter.incident.asking import ask_incident
from starter.incident.naming import parts, short, workflow_id


@dataclass(frozen=True)
class ClocksOf:
    """The clocks of an incident."""

    name: str
    """What people call it."""
    reading: ClockReading
    doubt: str
    """Why they may stand otherwise than this; empty where they do not."""


def read_clock(settings: Settings, text: str, application: str | None) -> ClocksOf:
    """The clocks of an incident as they stand now; `UserError` where nothing can be computed."""
    with desks.reading_records(settings) as records:
        id = workflow_id(text, application, records.applications)
        events, doubt = _events(settings, records, id)
        dossier = _dossier(records, id)
        now = max([datetime.now(UTC), *(event.at for event in events)])
        return ClocksOf(short(id), read(dossier.agreement, dossier.parties, events, now, explain=True), doubt)


def _events(settings: Settings, records: Records, id: str) -> tuple[list[ClockEvent], str]:
    """From the incident itself while it runs and answers; else from the records, as they were last written, and the doubt."""
    told, doubt = ask_incident(settings, id)
    if told is not None:
        return told.events, ""
    try:
        found = records.incident(id)
    except NotFoundError:
        raise NotFoundError(f"there is no incident {short(id)}; `driftvakt incident list --all` names them") from None
    if not found.clock:
        raise UserError(
            f"the records have no events of the clock of {short(id)}, so there is nothing to compute it from"
        )
    return [ClockEvent.model_validate(event) for event in found.clock], "" if found.closed_at else doubt


def _dossier(records: Records, id: str) -> Dossier:
    """The version that the incident ran by; the one that holds now where it is not confirmed yet."""
    application, _ = parts(id)
    try:
        digest = records.incident(id).dossier
    except NotFoundError:
        digest = ""
    dossier = records.dossier(digest) if digest else records.current_dossier(application)
    if dossier is None:
        raise UserError(f"no dossier of {application} is published, so nothing was promised for {short(id)}")
    return dossier
