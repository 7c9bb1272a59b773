"""Schedules on the real Temporal server: what is made is what is read, and they run at our occurrences and no other time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest
from temporalio.client import Client

from activities.calendars.occurrences import Occurrences
from models.dossier.routines import Window
from models.schedules import ScheduledRoutine, ScheduleShape
from starter.provisioning.server import change_schedule, find_schedules, make_schedule, remove_schedule
from starter.provisioning.wanted import wanted_schedule, wanted_schedules
from tests.schedules.reference import utc
from tests.schedules.shop import SHOP

Make = Callable[[ScheduleShape], Awaitable[str]]

NOW = utc("2026-11-27")


@pytest.fixture
async def make(client: Client) -> AsyncIterator[Make]:
    made = []

    async def act(shape: ScheduleShape) -> str:
        made.append(f"maintenance.{uuid4().hex}")
        await make_schedule(client, made[-1], "acme.shop", shape)
        return made[-1]

    yield act
    for id in made:
        await remove_schedule(client, id)


def routine(frequency: str, zone: str) -> ScheduledRoutine:
    return ScheduledRoutine(
        kind="maintenance",
        application="acme.shop",
        customer="acme",
        name="patches",
        title="Patches",
        frequency=frequency,
        time_zone=zone,
        working_days=SHOP.agreement.working_days("office"),
        window=Window(time_zone=zone, hours="00:00-24:00"),
        order={"application": "acme.shop", "routine": "patches"},
    )


async def matching(client: Client, id: str, since: datetime, until: datetime) -> list[datetime]:
    """When the server would run it; both ends included."""
    start, end = Timestamp(), Timestamp()
    start.FromDatetime(since)
    end.FromDatetime(until)
    answer = await client.workflow_service.list_schedule_matching_times(
        ListScheduleMatchingTimesRequest(namespace=client.namespace, schedule_id=id, start_time=start, end_time=end)
    )
    return [moment.ToDatetime(tzinfo=UTC) for moment in answer.start_time]


@pytest.mark.parametrize(
    "zone", ["Europe/Stockholm", "Europe/London", "Atlantic/Azores", "America/Havana", "Asia/Beirut"]
)
@pytest.mark.parametrize(
    "frequency",
    [
        "daily 02:30",
        "daily 00:30",
        "weekly sunday 02:15",
        "monthly last sunday 01:30",
        "monthly last working day 18:00",
        "quarterly first working day 08:00",
        "cron: 0 */6 1-7 * mon",
    ],
)
async def test_the_server_runs_it_at_every_occurrence_and_at_no_other_time(
    client: Client, make: Make, frequency: str, zone: str
) -> None:
    wanted = wanted_schedule(routine(frequency, zone), NOW)
    id = await make(wanted.shape)

    ticks = await matching(client, id, NOW, wanted.exact_until - timedelta(seconds=1))

    due = Occurrences(frequency, zone, routine(frequency, zone).working_days).between(NOW, wanted.exact_until)
    assert ticks == list(due)
    assert wanted.next_runs[0] in ticks


async def test_after_two_years_it_runs_more_often_rather_than_never(client: Client, make: Make) -> None:
    wanted = wanted_schedule(routine("monthly last working day 18:00", "Europe/Stockholm"), NOW)
    id = await make(wanted.shape)

    since, until = utc("2031-03-01"), utc("2031-04-10")
    ticks = await matching(client, id, since, until)

    due = Occurrences("monthly last working day 18:00", "Europe/Stockholm", SHOP.agreement.working_days("office"))
    assert set(ticks) > set(due.between(since, until))


async def test_a_schedule_is_read_as_it_was_written(client: Client, make: Make) -> None:
    [wanted] = wanted_schedules(SHOP, NOW)
    id = await make(wanted.shape)

    found = (await find_schedules(client, [id]))[id]

    assert found.shape == wanted.shape
    assert found.application == "acme.shop"
    assert not found.paused
    assert found.next_runs[0] > NOW
    assert found.shape.search_attributes == {"Application": "acme.shop", "Customer": "acme"}


async def paused(client: Client, id: str) -> None:
    """Wait until the server has done the pause; it may do an update that comes close behind it first."""
    async with asyncio.timeout(90):
        while not (await find_schedules(client, [id]))[id].paused:
            await asyncio.sleep(0.1)


async def test_a_changed_schedule_stays_paused_if_it_was(client: Client, make: Make) -> None:
    [wanted] = wanted_schedules(SHOP, NOW)
    id = await make(wanted.shape)
    await client.get_schedule_handle(id).pause(note="the customer asked us to wait")
    await paused(client, id)

    await change_schedule(client, id, wanted.shape.model_copy(update={"summary": "Something else"}))

    found = (await find_schedules(client, [id]))[id]
    assert (found.paused, found.note) == (True, "the customer asked us to wait")
    assert found.shape.summary == "Something else"


async def test_a_paused_schedule_that_is_changed_and_let_run_again_runs_again_in_the_same_update(
    client: Client, make: Make
) -> None:
    [wanted] = wanted_schedules(SHOP, NOW)
    ids = [await make(wanted.shape) for _ in range(10)]
    for id in ids:
        await client.get_schedule_handle(id).pause(note="the customer asked us to wait")
        await paused(client, id)

    changed = wanted.shape.model_copy(update={"summary": "Something else"})
    await asyncio.gather(*(change_schedule(client, id, changed, unpause=True) for id in ids))

    found = await find_schedules(client, ids)
    assert {(found[id].paused, found[id].note, found[id].shape.summary) for id in ids} == {
        (False, wanted.shape.says, "Something else")
    }


async def test_making_it_twice_and_removing_it_twice_does_no_harm(client: Client, make: Make) -> None:
    [wanted] = wanted_schedules(SHOP, NOW)
    id = await make(wanted.shape)

    await make_schedule(client, id, "acme.shop", wanted.shape)
    await remove_schedule(client, id)
    await remove_schedule(client, id)

    assert id not in await find_schedules(client, [id])


async def test_a_schedule_for_leap_years_contains_its_next_time_and_shows_no_drift(client: Client, make: Make) -> None:
    wanted = wanted_schedule(routine("cron: 0 3 29 2 *", "Europe/Stockholm"), NOW)
    id = await make(wanted.shape)

    found = (await find_schedules(client, [id]))[id]

    assert wanted.next_runs == [utc("2028-02-29T02:00")]
    assert found.next_runs[0] == utc("2028-02-29T02:00")
    assert found.shape == wanted.shape
