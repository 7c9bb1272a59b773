"""Maintenance and waiting times of an application, from the records of its operations and incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Text, cast
from sqlmodel import Session, col, or_, select

from activities.clocks.turns import follow
from activities.records import Records
from models.availability import ExcusedTime, MaintenanceTime
from models.clock import ClockEvent, ClockEventKind
from models.dossier import Dossier
from models.dossier.availability import ExcusedParty
from models.dossier.parties import PartyKind
from models.errors import ClockError, UserError
from models.lease import LEASES, LeaseTime
from models.operation_kinds import CHANGE, MAINTENANCE
from models.scope import Scope
from models.tables import IncidentRow, OperationRow

_PLANNED: Final = (MAINTENANCE.name, CHANGE.name)
"""The kinds of operation that can be announced. The others are listed nowhere: their time counts as it was measured."""

_EXCUSABLE: Final[dict[PartyKind, ExcusedParty]] = {
    PartyKind.CUSTOMER: "customer",
    PartyKind.THIRD_PARTY: "third_party",
}


class _Waited(NamedTuple):
    """An incident that has waited for a party."""

    id: str
    dossier: str
    components: Sequence[str]
    clock: Sequence[Any]


def maintenance_times(records: Records, application: str, since: datetime, until: datetime) -> list[MaintenanceTime]:
    """Return the times in [since, until) in which maintenance and changes held leases.

    They begin with the first whole second and end with the last one. A lease that was not released ends at `until`, and so
    counts until its announced end at most.
    """
    query = select(OperationRow).where(
        OperationRow.application == application,
        col(OperationRow.kind).in_(_PLANNED),
        col(OperationRow.rehearsed).is_(False),
        OperationRow.opened_at < until,
        or_(col(OperationRow.closed_at).is_(None), col(OperationRow.closed_at) > since),
    )
    with records.database.reading() as session:
        rows = list(session.exec(query).all())
    times = (time for row in rows for time in _of_operation(row, until))
    return sorted((time for time in times if time.since < until and since < time.until), key=_began)


def excused_times(records: Records, application: str, since: datetime, until: datetime) -> list[ExcusedTime]:
    """Return the times in [since, until) in which an incident waited for the customer or a third party.

    A wait counts from the moment on at which somebody of the party was reached, as for the clocks.
    """
    with records.database.reading() as session:
        waited = list(_waited(session, application, since, until))
    dossiers = {digest: _dossier(records, digest) for digest in {one.dossier for one in waited}}
    times = (time for one in waited for time in _of_incident(one, dossiers[one.dossier], until))
    return sorted((time for time in times if time.since < until and since < time.until), key=_began)


def _of_operation(row: OperationRow, until: datetime) -> Iterator[MaintenanceTime]:
    for lease in _leases(row.data.get(LEASES)):
        begins, ends = first_second(lease.since), last_second(lease.until or until)
        if begins < ends:
            yield MaintenanceTime(
                id=row.id,
                title=row.title,
                components=lease.components,
                since=begins,
                until=ends,
                announced_at=lease.announced_at and last_second(lease.announced_at),
                announced_until=lease.announced_until and last_second(lease.announced_until),
            )


def _leases(data: Any) -> list[LeaseTime]:
    try:
        return [LeaseTime.model_validate(one) for one in data or []]
    except (ValidationError, TypeError):  # a package's own data under this name: nothing was announced
        return []


def _of_incident(incident: _Waited, dossier: Dossier | None, until: datetime) -> Iterator[ExcusedTime]:
    if dossier is None:
        return
    events = [ClockEvent.model_validate(event) for event in incident.clock]
    try:
        course = follow(dossier.agreement, dossier.parties, events, max(until, events[-1].at))
    except ClockError:  # of a party that the dossier does not have: it excuses nothing
        return
    for turn in course.turns:
        party = _EXCUSABLE.get(turn.wait.kind) if turn.wait is not None and turn.wait.reached else None
        begins, ends = first_second(turn.since), last_second(turn.until)
        if turn.wait is not None and party is not None and begins < ends:
            yield ExcusedTime(
                id=incident.id,
                party=party,
                components=Scope.of(incident.components),
                since=begins,
                until=ends,
                note=f"{turn.wait.name}: {turn.wait.note}" if turn.wait.note else turn.wait.name,
            )


def _waited(session: Session, application: str, since: datetime, until: datetime) -> Iterator[_Waited]:
    # Most incidents never wait, so the database leaves them out: reading and following all would take most of the time.
    query = select(IncidentRow.id, IncidentRow.dossier, IncidentRow.components, IncidentRow.clock).where(
        IncidentRow.application == application,
        IncidentRow.opened_at < until,
        or_(col(IncidentRow.closed_at).is_(None), col(IncidentRow.closed_at) > since),
        cast(IncidentRow.clock, Text).contains(f'"{ClockEventKind.WAITING}"'),
    )
    return (_Waited(*row) for row in session.exec(query))


def _dossier(records: Records, digest: str) -> Dossier | None:
    try:
        return records.dossier(digest) if digest else None
    except UserError:  # without its dossier nobody knows the parties
        return None


def _began(time: MaintenanceTime | ExcusedTime) -> tuple[datetime, datetime, str]:
    return time.since, time.until, time.id


def last_second(at: datetime) -> datetime:
    """Return the last whole second that is not after a time."""
    return at.replace(microsecond=0)


def first_second(at: datetime) -> datetime:
    """Return the first whole second that is not before a time."""
    return at if at.microsecond == 0 else last_second(at) + timedelta(seconds=1)
