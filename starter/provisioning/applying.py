"""Planning and applying schedules: the published dossiers, the records and the server brought together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from activities.records import Records
from activities.records.people import identify
from activities.records.schedules import AppliedSchedules
from models.errors import DossierError, UserError
from models.schedules import AppliedSchedule, PlannedSchedule, ScheduleChange, SchedulePlan, WantedSchedule
from starter.applications import not_published
from starter.desk import Desk
from starter.provisioning.planning import make_plan
from starter.provisioning.server import (
    change_schedule,
    find_schedules,
    make_schedule,
    remove_schedule,
)
from starter.provisioning.wanted import wanted_schedules


async def plan_schedules(
    desk: Desk, only: Collection[str] = (), now: datetime | None = None
) -> tuple[SchedulePlan, dict[str, WantedSchedule]]:
    """The plan for these applications, or all that are published; and what is wanted, by id."""
    published = await asyncio.to_thread(desk.records.applications)
    if unknown := [name for name in only if name not in published]:
        raise not_published(unknown[0], published)
    applications = list(only) or published
    wanted: dict[str, WantedSchedule] = {}
    unreadable: dict[str, str] = {}
    for application in applications:
        try:
            dossier = await asyncio.to_thread(desk.records.current_dossier, application)
        except DossierError as error:
            unreadable[application] = f"{application}: {error}"
            continue
        if dossier is not None:
            wanted |= {one.routine.id: one for one in wanted_schedules(dossier, now or datetime.now(UTC))}
    applied = await asyncio.to_thread(AppliedSchedules(desk.records.database).all)
    found = await find_schedules(desk.client, [*wanted, *applied])
    return make_plan(list(wanted.values()), applied, found, applications, unreadable), wanted


async def apply_schedules(
    desk: Desk, by: str, only: Collection[str] = (), *, unpause: bool = False, now: datetime | None = None
) -> SchedulePlan:
    """Make the schedules match; applying again does nothing. What was done is what the returned plan says.

    `NotFoundError` refuses a stranger to any of the dossiers before anything is done.
    """
    published = await asyncio.to_thread(desk.records.applications)
    plan, wanted = await plan_schedules(desk, only, now)
    named = await asyncio.to_thread(_identified, desk.records, by, list(only) or published)
    for one in plan.schedules:
        await _apply(desk, one, wanted.get(one.id), named[one.application], unpause=unpause)
    return plan


def _identified(records: Records, by: str, applications: Collection[str]) -> dict[str, str]:
    """The one name of whoever applies, in each application's dossier."""
    named = {}
    for application in applications:
        try:
            named[application] = identify(records, by, [application])
        except DossierError:  # its schedules are left as they are
            continue
    return named


async def _apply(desk: Desk, one: PlannedSchedule, wanted: WantedSchedule | None, by: str, *, unpause: bool) -> None:
    unpauses = unpause and one.paused is not None
    if one.change is ScheduleChange.KEEP and not unpauses:
        return
    if one.change is ScheduleChange.REMOVE:
        await remove_schedule(desk.client, one.id)
        await asyncio.to_thread(AppliedSchedules(desk.records.database).forget, one.id)
        return
    if wanted is None:
        raise UserError(f"the schedule {one.id} is not wanted any more; plan again")
    if one.change is ScheduleChange.ADD:
        await make_schedule(desk.client, one.id, one.application, wanted.shape)
    else:
        await change_schedule(desk.client, one.id, wanted.shape, unpause=unpauses)
    applied = AppliedSchedule(id=one.id, application=one.application, shape=wanted.shape, by=by, at=datetime.now(UTC))
    await asyncio.to_thread(AppliedSchedules(desk.records.database).keep, applied)
