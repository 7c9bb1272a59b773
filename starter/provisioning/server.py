"""Reads schedules of the Temporal server as shapes that can be compared, and creates schedules from shapes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from models.dossier.frequency import FIRST_YEAR, LAST_YEAR, Pattern, Range, Ranges
from models.schedules import FoundSchedule, ScheduleShape
from starter.provisioning.wanted import pattern_text, read_pattern
from workflows.runtime.markdown import summary_line

_MARK: Final = "driftvakt"
"""The key in the memo that marks a schedule as Driftvakt's; its value is the application."""

_OVERLAPS: Final = {policy.name.lower().replace("_", "-"): policy for policy in ScheduleOverlapPolicy}
_AT_ONCE: Final = 16


async def find_schedules(client: Client, ids: Sequence[str]) -> dict[str, FoundSchedule]:
    """Return Driftvakt's schedules, which the memo marks, and every schedule with one of these ids; by id."""
    marked: dict[str, str] = {}
    async for listed in await client.list_schedules():
        memo = await listed.memo()
        if isinstance(application := memo.get(_MARK), str):
            marked[listed.id] = application
    gate = asyncio.Semaphore(_AT_ONCE)

    async def find(id: str) -> FoundSchedule | None:
        async with gate:
            return await _find(client, id)

    found = await asyncio.gather(*[find(id) for id in dict.fromkeys([*marked, *ids])])
    return {one.id: one for one in found if one is not None}


async def make_schedule(client: Client, id: str, application: str, shape: ScheduleShape) -> None:
    """Create a schedule, or change it if it exists."""
    attributes = _attributes(shape)
    try:
        await client.create_schedule(
            id,
            _schedule(shape, ScheduleState(note=shape.says)),
            memo={_MARK: application},
            search_attributes=attributes,
        )
    except ScheduleAlreadyRunningError:
        await change_schedule(client, id, shape)


async def change_schedule(client: Client, id: str, shape: ScheduleShape, *, unpause: bool = False) -> None:
    """Change a schedule to a shape. A paused schedule stays paused, unless `unpause` is set.

    One update does both, because the server may handle an unpause before an update that was sent earlier.
    """

    def change(current: ScheduleUpdateInput) -> ScheduleUpdate:
        state = current.description.schedule.state
        paused = state.paused and not unpause
        return ScheduleUpdate(_schedule(shape, ScheduleState(note=state.note if paused else shape.says, paused=paused)))

    await client.get_schedule_handle(id).update(change)


async def remove_schedule(client: Client, id: str) -> None:
    """Remove a schedule, if it exists."""
    try:
        await client.get_schedule_handle(id).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def _find(client: Client, id: str) -> FoundSchedule | None:
    handle: ScheduleHandle = client.get_schedule_handle(id)
    try:
        described = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    memo = await described.memo()
    application = memo.get(_MARK)
    state = described.schedule.state
    return FoundSchedule(
        id=id,
        shape=await _shape(client, described),
        paused=state.paused,
        note=state.note or "",
        application=application if isinstance(application, str) else "",
        next_runs=list(described.info.next_action_times),
        lost=described.info.num_actions_missed_catchup_window,
    )


def _schedule(shape: ScheduleShape, state: ScheduleState) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            shape.workflow,
            shape.order,
            id=shape.workflow_id,
            task_queue=shape.task_queue,
            static_summary=summary_line(shape.summary),
            typed_search_attributes=_attributes(shape),
        ),
        spec=ScheduleSpec(calendars=[_calendar(read_pattern(text), shape.says) for text in shape.times]),
        policy=SchedulePolicy(overlap=_OVERLAPS[shape.overlap], catchup_window=shape.catches_up_within),
        state=state,
    )


def _attributes(shape: ScheduleShape) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(key), text)
            for key, text in shape.search_attributes.items()
        ]
    )


def _calendar(pattern: Pattern, says: str) -> ScheduleCalendarSpec:
    return ScheduleCalendarSpec(
        comment=says,
        minute=_ranges(pattern.minutes),
        hour=_ranges(pattern.hours),
        day_of_month=_ranges(pattern.days),
        month=_ranges(pattern.months),
        day_of_week=_ranges(pattern.weekdays),
        year=_ranges(pattern.years),
    )


def _ranges(ranges: Ranges) -> list[ScheduleRange]:
    return [ScheduleRange(*ranged) for ranged in ranges]


async def _shape(client: Client, described: ScheduleDescription) -> ScheduleShape:
    schedule = described.schedule
    action, spec = schedule.action, schedule.spec
    if not isinstance(action, ScheduleActionStartWorkflow):
        raise TypeError(f"the schedule {described.id} starts no workflow")
    return ScheduleShape(
        says=next((c.comment for c in spec.calendars if c.comment), ""),
        times=sorted(_pattern(calendar) for calendar in spec.calendars),
        workflow=action.workflow,
        workflow_id=action.id,
        task_queue=action.task_queue,
        order=await _order(client, action.args),
        summary=await _text(client, action.static_summary),
        search_attributes={pair.key.name: str(pair.value) for pair in action.typed_search_attributes.search_attributes},
        overlap=schedule.policy.overlap.name.lower().replace("_", "-"),
        catches_up_within=schedule.policy.catchup_window,
        more=_more(schedule),
    )


async def _order(client: Client, args: Sequence[Any]) -> dict[str, Any]:
    if len(args) != 1:
        return {f"argument {number}": str(arg) for number, arg in enumerate(args, 1)}
    value = args[0]
    if isinstance(value, Payload):
        try:
            [value] = await client.data_converter.decode([value])
        except Exception as error:  # somebody may have edited it by hand
            return {"unreadable": str(error)}
    return value if isinstance(value, dict) else {"argument": value}


async def _text(client: Client, value: object) -> str:
    if isinstance(value, Payload):
        [value] = await client.data_converter.decode([value])
    return "" if value is None else str(value)


def _pattern(calendar: ScheduleCalendarSpec) -> str:
    return pattern_text(
        Pattern(
            _read(calendar.minute),
            _read(calendar.hour),
            _read(calendar.day_of_month),
            _read(calendar.month),
            _read(calendar.day_of_week),
            _read(calendar.year) or (Range(FIRST_YEAR, LAST_YEAR),),
        )
    ) + ("" if _read(calendar.second) in {(), (Range(0, 0),)} else f" second {_read(calendar.second)}")


def _read(ranges: Sequence[ScheduleRange]) -> Ranges:
    return tuple(Range(r.start, max(r.start, r.end), max(1, r.step)) for r in ranges)


def _more(schedule: Schedule) -> dict[str, str]:
    """Return the properties that are set although Driftvakt never sets them."""
    spec, policy, state, action = schedule.spec, schedule.policy, schedule.state, schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    never = {
        "intervals": spec.intervals,
        "cron": spec.cron_expressions,
        "exceptions": spec.skip,
        "begins at": spec.start_at,
        "ends at": spec.end_at,
        "jitter": spec.jitter,
        "time zone": spec.time_zone_name if spec.time_zone_name not in {"", "UTC"} else None,
        "pauses on failure": policy.pause_on_failure,
        "runs left": state.remaining_actions if state.limited_actions else None,
        "execution timeout": action.execution_timeout,
        "run timeout": action.run_timeout,
        "retries": action.retry_policy,
    }
    return {name: str(value) for name, value in never.items() if value and value != timedelta(0)}
