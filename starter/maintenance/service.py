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
from models.operation_kinds import MAINTENANCE
from models.schedules import AgendaEntry, ScheduledRoutine, scheduled_routines
from models.tables import OperationRow
from starter.provisioning.server import find_schedules
from starter.provisioning.wanted import wanted_schedule
from starter.terminal.applications import not_published
from starter.terminal.session import CommandSession


class LastRun(Model):
    """The last run of a routine."""

    id: str
    at: datetime
    state: str
    """The run's outcome, or its state while it runs."""
    summary: str = ""


class RoutineLine(Model):
    """A maintenance routine in a list."""

    application: str
    name: str
    title: str
    when: str
    next_run: datetime | None = None
    """In the time zone of the routine."""
    last: LastRun | None = None
    schedule: str
    """`runs`, `paused: WHY`, or `not applied`."""


async def list_routines(session: CommandSession, only: Collection[str]) -> list[RoutineLine]:
    """Return the maintenance routines of these applications, or of all published ones."""
    dossiers = await _dossiers(session, only)
    routines = [r for d in dossiers for r in scheduled_routines(d) if r.kind == MAINTENANCE.name]
    found = await find_schedules(session.client, [routine.id for routine in routines])
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
                last=await asyncio.to_thread(_last, session, routine),
                schedule=schedule,
            )
        )
    return lines


async def calendar(
    session: CommandSession, only: Collection[str], first: date | None, now: datetime
) -> list[AgendaEntry]:
    """Return the planned runs of the twelve months from `first`, or from today, with whatever prevents a run.

    Days begin at midnight in the time zone of each routine. If there are several time zones, today is the earliest date.
    """
    dossiers = await _dossiers(session, only)
    zones = {routine.time_zone for dossier in dossiers for routine in scheduled_routines(dossier)}
    today = min((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=now.date())
    return await asyncio.to_thread(agenda, dossiers, *twelve_months(first or today))


def twelve_months(first: date) -> tuple[date, date]:
    """Return a day, and the end of its twelve months (exclusive): the same day a year later; for 29 February, 1 March."""
    leap_day = (first.month, first.day) == (2, 29)
    return first, date(first.year + 1, 3, 1) if leap_day else first.replace(year=first.year + 1)


async def resumed(session: CommandSession, order: MaintenanceOrder, id: str) -> MaintenanceOrder:
    """Return the order that continues a stopped run: its failed hosts first, then the hosts that had no turn.

    Raise `UserError` when the run belongs to another routine, has not ended, or left no host undone.
    """
    row = await asyncio.to_thread(session.records.operation, id)
    if row.kind != MAINTENANCE.name or row.application != order.application or row.name != order.routine:
        raise UserError(f"{id} is not a run of {order.routine} of {order.application}; it is {row.title}")
    if row.closed_at is None:
        raise UserError(f"{id} has not ended; see it with `driftvakt operation show {id}`")
    left = MaintenanceData.of(row.data).to_resume
    if not left:
        raise UserError(f"{id} finished all of its hosts; it ended as {row.outcome}")
    return order.model_copy(update={"hosts": left})


def _last(session: CommandSession, routine: ScheduledRoutine) -> LastRun | None:
    runs: Sequence[OperationRow] = session.records.operations(
        routine.application, kind=MAINTENANCE.name, name=routine.name
    )
    for row in runs:
        if not row.rehearsed:
            return LastRun(id=row.id, at=row.opened_at, state=row.outcome or row.state, summary=row.summary)
    return None


async def _dossiers(session: CommandSession, only: Collection[str]) -> list[Dossier]:
    published = await asyncio.to_thread(session.records.applications)
    if unknown := [name for name in only if name not in published]:
        raise not_published(unknown[0], published)
    found = [await asyncio.to_thread(session.records.current_dossier, name) for name in only or published]
    return [dossier for dossier in found if dossier is not None]
