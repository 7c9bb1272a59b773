"""Reads the incidents of an application from the records, with the alarms that each one handled."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlmodel import col

from activities.records import Records
from models.alarms import AlarmState, is_remembered
from models.dossier.agreement import CauseCode
from models.dossier.priorities import Priority
from models.incident import IncidentEnd
from models.recurrence import PastIncident
from models.tables import AlarmEntry, IncidentRow

_AT_ONCE: Final = 500

_COLUMNS: Final = (
    *("id", "number", "title", "opened_at", "closed_at", "priority", "outcome", "cause", "remedy", "components"),
    "subject",
)


def past_incidents(records: Records, application: str, since: datetime, until: datetime) -> list[PastIncident]:
    """Return the incidents that began in a time, the earliest first. Incidents about other subjects than the health of the
    application, such as a silent source of alarms, are left out.
    """
    row = IncidentRow
    query = (
        select(*(col(getattr(row, name)) for name in _COLUMNS))
        .where(
            col(row.application) == application,
            col(row.opened_at) >= since,
            col(row.opened_at) <= until,
            col(row.subject).is_(None),
        )
        .order_by(col(row.opened_at), col(row.number))
        .execution_options(yield_per=_AT_ONCE)
    )
    with records.database.reading() as session:
        found = [
            PastIncident(
                id=one.id,
                number=one.number,
                title=one.title,
                opened_at=one.opened_at,
                closed_at=one.closed_at,
                priority=Priority(one.priority) if one.priority in set(Priority) else None,
                end=IncidentEnd(one.outcome) if one.outcome in set(IncidentEnd) else None,
                cause=CauseCode(one.cause) if one.cause in set(CauseCode) else None,
                remedy=one.remedy,
                components=list(one.components),
            )
            for one in session.execute(query)
        ]
    alarms = _alarms(records, application, [one.id for one in found])
    return [_with_alarms(one, alarms[one.id]) for one in found]


def _with_alarms(incident: PastIncident, alarms: list[tuple[str, str | None]]) -> PastIncident:
    if not alarms:
        first = incident.components[0] if incident.components else None
        return incident.model_copy(update={"component": first})
    fingerprints = [fingerprint for fingerprint, _ in alarms if is_remembered(fingerprint)]
    return incident.model_copy(update={"alarms": fingerprints, "component": alarms[0][1]})


def _alarms(records: Records, application: str, incidents: list[str]) -> dict[str, list[tuple[str, str | None]]]:
    """Return the fingerprint and the component of each alarm of each incident, in the order of their first messages."""
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    row = AlarmEntry
    for start in range(0, len(incidents), _AT_ONCE):
        first = func.min(col(row.sequence)).label("first")
        query = (
            select(col(row.incident), col(row.fingerprint), func.max(col(row.component)), first)
            .where(
                col(row.application) == application,
                col(row.incident).in_(incidents[start : start + _AT_ONCE]),
                col(row.state) == AlarmState.FIRING.value,
            )
            .group_by(col(row.incident), col(row.fingerprint))
            .order_by(first)
        )
        with records.database.reading() as session:
            for incident, fingerprint, component, _ in session.execute(query):
                found[str(incident)].append((fingerprint, component))
    return found
