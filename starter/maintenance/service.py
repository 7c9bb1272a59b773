"""Maintenance as the commands show and start it: routines with their last and next run, and the calendar."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from activities.calendars.agenda import agenda
from models.base import Model
from models.dossier import Dossier
from models.errors import UserError
from models.maintenance import MaintenanceData, MaintenanceOrder
from models.operation import OperationKind
from models.schedules import AgendaEntry, ScheduledRoutine, scheduled_routines
from models.tables import OperationRow
from starter.applications import not_published
from starter.desk import Desk
from starter.provisioning.server import find_schedules
from starter.provisioning.wanted import wanted_schedule


class LastRun(Model):
    """How a routine was carried out last."""

    id: str
    at: datetime
    state: str
    """How it ended, or how it stands."""
    summary: str = ""


class RoutineLine(Model):
    """A maintenance routine in a list."""

    application: str
    name: str
    title: str
    when: str
    next_run: datetime | None = None
    """In the zone of its wall clock."""
    last: LastRun | None = None
    schedule: str
    """`runs`, `paused: WHY`, or `not applied`."""


async def list_routines(desk: Desk, only: Collection[str]) -> list[RoutineLine]:
    """The maintenance routines of these applications, or of all that are published."""
    dossiers = await _dossiers(desk, only)
    routines = [r for d in dossiers for r in scheduled_routines(d) if r.kind == OperationKind.MAINTENANCE.value]
    found = await find_schedules(desk.client, [routine.id for routine in routines])
    now = datetime.now(UTC)
    lines = []
    for routine in routines:
        there = found.get(routine.id)
        schedule = "not applied" if there is None else f"paused: {there.note}" if there.paused else "runs"
        upcoming = wanted_schedule(routine, now).next_runs
        lines.append(
            RoutineLine(
                application=routine.application,
                name=routine.name,
                title=routine.title,
                when=routine.when,
                next_run=upcoming[0] if upcoming else None,
                last=await asyncio.to_thread(_last, desk, routine),
                schedule=schedule,
            )
        )
    return lines


async def calendar(desk: Desk, only: Collection[str], first: date | None, now: datetime) -> list[AgendaEntry]:
    """What recurs in the twelve months from a day on, or from today, with what stands in its way.

    Today and midnight are those of the wall clock of each routine; where routines are in several zones, the earliest today.
    """
    dossiers = await _dossiers(desk, only)
    zones = {routine.time_zone for dossier in dossiers for routine in scheduled_routines(dossier)}
    today = min((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=now.date())
    return await asyncio.to_thread(agenda, dossiers, *twelve_months(first or today))


def twelve_months(first: date) -> tuple[date, date]:
    """A day, and the same day a year later: the first that is left out; after 29 February that is 1 March."""
    leap_day = (first.month, first.day) == (2, 29)
    return first, date(first.year + 1, 3, 1) if leap_day else first.replace(year=first.year + 1)


async def resumed(desk: Desk, order: MaintenanceOrder, id: str) -> MaintenanceOrder:
    """The order that goes on where a run stopped: with its failed hosts, then those that had no turn."""
    row = await asyncio.to_thread(desk.records.operation, id)
    if row.kind != OperationKind.MAINTENANCE.value or row.application != order.application or row.name != order.routine:
        raise UserError(f"{id} is no run of {order.routine} of {order.application}; it is {row.title}")
    if row.closed_at is None:
        raise UserError(f"{id} has not ended; see it with `driftvakt operation show {id}`")
    left = MaintenanceData.model_validate(row.data).to_resume
    if not left:
        raise UserError(f"{id} left no host undone; it ended as {row.outcome}")
    return order.model_copy(update={"hosts": left})


def _last(desk: Desk, routine: ScheduledRoutine) -> LastRun | None:
    runs: Sequence[OperationRow] = desk.records.operations(
        routine.application, kind=OperationKind.MAINTENANCE.value, name=routine.name
    )
    for row in runs:
        if not row.rehearsed:
            return LastRun(id=row.id, at=row.opened_at, state=row.outcome or row.state, summary=row.summary)
    return None


async def _dossiers(desk: Desk, only: Collection[str]) -> list[Dossier]:
    published = await asyncio.to_thread(desk.records.applications)
    if unknown := [name for name in only if name not in published]:
        raise not_published(unknown[0], published)
    found = [await asyncio.to_thread(desk.records.current_dossier, name) for name in only or published]
    return [dossier for dossier in found if dossier is not None]
