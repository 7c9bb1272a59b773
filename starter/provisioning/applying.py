"""Plans and applies schedules, from the published dossiers, the records and the Temporal server."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from activities.records import Records
from activities.records.people import identify
from activities.records.schedules import AppliedSchedules
from models.errors import DossierError, UserError
from models.schedules import AppliedSchedule, PlannedSchedule, ScheduleChange, SchedulePlan, WantedSchedule
from starter.provisioning.planning import make_plan
from starter.provisioning.server import (
    change_schedule,
    find_schedules,
    make_schedule,
    remove_schedule,
)
from starter.provisioning.wanted import wanted_schedules
from starter.terminal.applications import not_published
from starter.terminal.session import CommandSession


async def plan_schedules(
    session: CommandSession, only: Collection[str] = (), now: datetime | None = None
) -> tuple[SchedulePlan, dict[str, WantedSchedule]]:
    """Return the plan for these applications, or for all published ones, and the wanted schedules by id."""
    published = await asyncio.to_thread(session.records.applications)
    if unknown := [name for name in only if name not in published]:
        raise not_published(unknown[0], published)
    applications = list(only) or published
    wanted: dict[str, WantedSchedule] = {}
    unreadable: dict[str, str] = {}
    for application in applications:
        try:
            dossier = await asyncio.to_thread(session.records.current_dossier, application)
        except DossierError as error:
            unreadable[application] = f"{application}: {error}"
            continue
        if dossier is not None:
            wanted |= {one.routine.id: one for one in wanted_schedules(dossier, now or datetime.now(UTC))}
    applied = await asyncio.to_thread(AppliedSchedules(session.records.database).all)
    found = await find_schedules(session.client, [*wanted, *applied])
    return make_plan(list(wanted.values()), applied, found, applications, unreadable), wanted


async def apply_schedules(
    session: CommandSession, by: str, only: Collection[str] = (), *, unpause: bool = False, now: datetime | None = None
) -> SchedulePlan:
    """Make the schedules match the dossiers, and return the plan that was carried out. A second call changes nothing.

    Raise `NotFoundError`, before any change, when the person is not in each of the dossiers.
    """
    published = await asyncio.to_thread(session.records.applications)
    plan, wanted = await plan_schedules(session, only, now)
    named = await asyncio.to_thread(_identified, session.records, by, list(only) or published)
    for one in plan.schedules:
        await _apply(session, one, wanted.get(one.id), named[one.application], unpause=unpause)
    return plan


def _identified(records: Records, by: str, applications: Collection[str]) -> dict[str, str]:
    """Return the name of the person who applies, as it is in each application's dossier."""
    named = {}
    for application in applications:
        try:
            named[application] = identify(records, by, [application])
        except DossierError:  # the plan does not change its schedules
            continue
    return named


async def _apply(
    session: CommandSession, one: PlannedSchedule, wanted: WantedSchedule | None, by: str, *, unpause: bool
) -> None:
    unpauses = unpause and one.paused is not None
    if one.change is ScheduleChange.KEEP and not unpauses:
        return
    if one.change is ScheduleChange.REMOVE:
        await remove_schedule(session.client, one.id)
        await asyncio.to_thread(AppliedSchedules(session.records.database).forget, one.id)
        return
    if wanted is None:
        raise UserError(f"no dossier needs the schedule {one.id} any more; run `driftvakt plan` again")
    if one.change is ScheduleChange.ADD:
        await make_schedule(session.client, one.id, one.application, wanted.shape)
    else:
        await change_schedule(session.client, one.id, wanted.shape, unpause=unpauses)
    applied = AppliedSchedule(id=one.id, application=one.application, shape=wanted.shape, by=by, at=datetime.now(UTC))
    await asyncio.to_thread(AppliedSchedules(session.records.database).keep, applied)
