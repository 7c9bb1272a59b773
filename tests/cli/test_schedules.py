"""`driftvakt plan` and `driftvakt apply` on a real server: repeatable, and nothing done by hand goes unseen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, Schedule, ScheduleHandle, ScheduleSpec, ScheduleUpdate

from activities.records.schedules import AppliedSchedules
from models.dossier import Dossier
from models.dossier.load import read_dossier
from tests.cli.conftest import Site, beside
from tests.dossier.written import EXAMPLES
from tests.schedules.shop import SHOP

ID = "maintenance.acme.shop.patches"


BY = "on-call@driftbolaget.example"


@pytest.fixture(autouse=True)
def _ordered_by_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_USER", BY)


@pytest.fixture
def dossier() -> Dossier:
    return SHOP


def edited(**changes: Any) -> Dossier:
    data = SHOP.model_dump(mode="json")
    data["routines"]["maintenance"]["patches"] |= changes
    return Dossier.model_validate(data)


def without_maintenance() -> Dossier:
    return Dossier.model_validate(SHOP.model_dump(mode="json") | {"routines": {}})


async def plan(*options: str) -> dict[str, Any]:
    result = await beside("plan", "--json", *options)
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


async def changes() -> list[tuple[str, str]]:
    return [(one["id"], one["change"]) for one in (await plan())["schedules"]]


async def there(client: Client, *ids: str) -> None:
    """Wait until the server lists these schedules and no other; its list is a moment late."""
    async with asyncio.timeout(90):
        while {one.id async for one in await client.list_schedules()} != set(ids):
            await asyncio.sleep(0.1)


async def seen(handle: ScheduleHandle, holds: Callable[[Schedule], bool]) -> None:
    """Wait until the schedule is as asked for; an order that comes close behind another one may be done before it."""
    async with asyncio.timeout(90):
        while not holds((await handle.describe()).schedule):
            await asyncio.sleep(0.1)


async def test_apply_does_what_plan_shows_and_a_second_one_does_nothing(site: Site) -> None:
    client = await site.server.client()

    before = await changes()
    await there(client)
    applied = await beside("apply")
    made = await client.get_schedule_handle(ID).describe()
    again = await beside("apply")

    assert before == [(ID, "add")]
    assert applied.stdout.startswith(f"+ {ID}  Security updates of the operating system\n")
    assert "1 added, 0 up to date." in applied.stdout
    assert "Nothing to do: 1 up to date." in again.stdout
    assert (await client.get_schedule_handle(ID).describe()).info.last_updated_at == made.info.last_updated_at
    assert await changes() == [(ID, "keep")]


async def test_a_stranger_applies_nothing_and_a_contact_is_kept_under_one_name(site: Site) -> None:
    client = await site.server.client()

    refused = await beside("apply", "--by", "eve@example.com")
    program = await beside("apply", "--by", "Driftvakt")
    before = await changes()
    await beside("apply", "--by", "jonas BERG")
    kept = AppliedSchedules(site.records.database).all()

    assert (refused.exit_code, program.exit_code) == (1, 1)
    assert refused.stderr.startswith("eve@example.com is not a contact of acme.shop; the contacts are: ")
    assert program.stderr == "Driftvakt is the name of a program, not of a person; say who you are\n"
    assert before == [(ID, "add")]
    assert kept[ID].by == "jonas.berg@driftbolaget.example"
    await there(client, ID)


async def test_schedules_follow_the_published_dossier(site: Site) -> None:
    client = await site.server.client()
    await beside("apply")

    site.records.publish_dossier(edited(frequency="weekly sunday 04:00", title="Patches"), "ann")
    moved = await beside("apply")
    found = await client.get_schedule_handle(ID).describe()
    site.records.publish_dossier(without_maintenance(), "ann")
    gone = await beside("apply")

    assert (
        "runs: monthly first sunday 03:00, Europe/Stockholm, window 02:00-05:00 -> weekly sunday 04:00" in moved.stdout
    )
    assert "1 changed" in moved.stdout
    assert {at.isoweekday() for at in found.info.next_action_times} == {7}
    assert "1 removed" in gone.stdout
    await there(client)
    assert await changes() == []


async def test_manual_edits_are_listed_and_reverted_except_for_a_pause(site: Site) -> None:
    client = await site.server.client()
    await beside("apply")
    handle = client.get_schedule_handle(ID)
    made = (await handle.describe()).schedule

    await handle.update(
        lambda now: ScheduleUpdate(
            Schedule(action=now.description.schedule.action, spec=ScheduleSpec(cron_expressions=["0 12 * * *"]))
        )
    )
    await seen(handle, lambda found: found.spec.calendars != made.spec.calendars)
    await handle.pause(note="the customer counts stock")
    await seen(handle, lambda found: found.state.paused)
    [edit] = (await plan())["schedules"]
    alarmed = await beside("plan", "--check")
    await beside("apply")
    [left] = (await plan())["schedules"]
    await beside("apply", "--unpause")
    [mended] = (await plan())["schedules"]
    await handle.delete()
    [deleted] = (await plan())["schedules"]
    await beside("apply")

    assert edit["change"] == "change"
    assert any(line.startswith("edited by hand: times: ") for line in edit["drift"])
    assert "edited by hand: overlap policy: allow-all -> skip" in edit["drift"]
    assert alarmed.exit_code == 1
    assert (left["change"], left["drift"]) == ("keep", ["paused by hand: the customer counts stock"])
    assert left["paused"] == "the customer counts stock"
    assert (mended["change"], mended["drift"], mended["paused"]) == ("keep", [], None)
    assert (deleted["change"], deleted["drift"]) == ("add", ["deleted by hand"])
    assert await changes() == [(ID, "keep")]


async def test_a_paused_schedule_that_no_dossier_wants_any_more_is_removed_and_not_let_run_again(site: Site) -> None:
    client = await site.server.client()
    await beside("apply")
    handle = client.get_schedule_handle(ID)
    await handle.pause(note="the customer counts stock")
    await seen(handle, lambda found: found.state.paused)

    site.records.publish_dossier(without_maintenance(), "ann")
    gone = await beside("apply", "--unpause")

    assert gone.exit_code == 0, gone.stderr
    assert "1 removed" in gone.stdout
    await there(client)


async def test_only_the_applications_that_are_named_are_touched(site: Site) -> None:
    client = await site.server.client()
    site.records.publish_dossier(read_dossier(EXAMPLES / "acme" / "payroll.yaml"), "ann")

    await beside("apply", "acme.payroll")
    unknown = await beside("apply", "acme.pay")

    await there(client, *[one["id"] for one in (await plan("acme.payroll"))["schedules"]])
    assert unknown.exit_code == 1
    assert unknown.stderr == "no dossier of acme.pay is published; there are acme.payroll, acme.shop\n"


async def test_schedules_that_others_made_are_left_alone(site: Site, tmp_path: Path) -> None:
    client = await site.server.client()
    await beside("apply")
    action = (await client.get_schedule_handle(ID).describe()).schedule.action
    await client.create_schedule("backup-of-somebody", Schedule(action=action, spec=ScheduleSpec()))

    await beside("apply")

    await there(client, "backup-of-somebody", ID)
