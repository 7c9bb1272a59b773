"""`driftvakt maintenance`: what is agreed and how it went, what comes and what stands in its way, and running it by hand."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from temporalio.client import Client

from models.dossier import Dossier
from models.jobs import Outcome
from models.people import Person
from tests.cli.conftest import Site, beside
from tests.fakes import Answer, FakeHosts
from tests.maintenance.scene import HOSTS, OneDossier, hosts, workers
from tests.maintenance.scene import dossier as routine_of
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

ON_CALL = "on-call@driftbolaget.example"
ALWAYS = {"time_zone": "Europe/Stockholm", "hours": "00:00-24:00"}
CHRISTMAS = {"since": "2026-12-18", "until": "2027-01-06", "time_zone": "UTC", "reason": "Christmas trade"}


@pytest.fixture(autouse=True)
def _ordered_by_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_USER", ON_CALL)


@pytest.fixture
def dossier() -> Dossier:
    return routine_of([CHRISTMAS], window=ALWAYS, frequency="weekly sunday 03:00")


def shop_hosts() -> FakeHosts:
    """The shop's hosts, with the contact who orders."""
    fakes = hosts()
    plan = fakes.plan
    contacts = [*plan.contacts, Person(name=ON_CALL)]
    fakes.plan = plan.model_copy(update={"contacts": contacts, "operates": [*plan.operates, ON_CALL]})
    return fakes


async def listed() -> dict[str, Any]:
    result = await beside("maintenance", "list", "--json")
    [line] = json.loads(result.stdout)
    return dict(line)


async def run(site: Site, client: Client, fakes: FakeHosts, *options: str) -> Any:
    """Run it with workers, and keep what they record."""
    records = OneDossier(routine_of(window=ALWAYS))
    async with workers(client, fakes, records):
        result = await beside("maintenance", "run", "acme.shop", "patches", *options)
    for batch in fakes.records:
        site.records.write(batch)
    return result


async def test_the_list_tells_the_next_run_the_last_one_and_whether_the_schedule_runs(site: Site) -> None:
    client = await site.server.client()

    before = await listed()
    await beside("apply")
    ended = await run(site, client, shop_hosts(), "--json")
    after = await listed()
    await client.get_schedule_handle("maintenance.acme.shop.patches").pause(note="stocktaking")
    async with asyncio.timeout(90):
        while "paused: stocktaking" not in (await beside("maintenance", "list")).stdout:
            await asyncio.sleep(0.1)

    assert (before["schedule"], before["last"]) == ("not applied", None)
    assert before["when"] == "weekly sunday 03:00, Europe/Stockholm, window 00:00-24:00"
    assert after["schedule"] == "runs"
    assert after["last"]["id"] == json.loads(ended.stdout)["id"]
    assert (after["last"]["state"], after["last"]["summary"]) == ("done", "Done on 5 of 5 hosts")


async def test_the_calendar_shows_twelve_months_with_what_stands_in_the_way(site: Site) -> None:
    shown = await beside("maintenance", "calendar", "--from", "2026-11-27")
    data = json.loads((await beside("maintenance", "calendar", "--from", "2026-11-27", "--json")).stdout)
    unknown = await beside("maintenance", "calendar", "acme.pay")
    far = await beside("maintenance", "calendar", "--from", "9999-12-01")
    nothing = await beside("operation", "show", "")
    from_sunday = json.loads((await beside("maintenance", "calendar", "--from", "2026-11-29", "--json")).stdout)

    lines = shown.stdout.splitlines()
    assert lines[0] == "November 2026"
    assert "  acme.shop patches  Security updates: Sun 6, Sun 13, Sun 20, Sun 27 at 03:00" in lines
    assert "    ! Sun 2026-12-20 03:00 frozen until 2027-01-07 01:00: Christmas trade" in lines
    assert lines[-1] == "52 runs, 3 with a conflict."
    assert len(data) == 52
    assert data[0]["begins"] == "2026-11-29T03:00:00+01:00"
    assert from_sunday[0] == data[0]
    assert (far.exit_code, nothing.exit_code) == (2, 1)
    assert "'--from': 9999-12-01 is outside the supported years; write a day from 1990 to 2199" in far.stderr
    assert nothing.stderr.startswith("there is no operation ")
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "no dossier of acme.pay is published; there are acme.shop\n",
    )


async def test_a_run_that_stopped_is_gone_on_with_where_it_stopped(site: Site) -> None:
    client = await site.server.client()
    fakes = shop_hosts()
    fakes.answer("web3", Answer(outcome=Outcome.FAILED))
    records = OneDossier(routine_of(window=ALWAYS))
    async with workers(client, fakes, records):
        started = await beside("maintenance", "run", "acme.shop", "patches", "--no-wait", "--json")
        id = json.loads(started.stdout)["operation"]
        handle = client.get_workflow_handle(id)
        await until_asked(handle, "stop")
        early = await beside("maintenance", "run", "acme.shop", "patches", "--resume", id)
        await decide(handle, "stop")
        await handle.result()
    for batch in fakes.records:
        site.records.write(batch)

    second = shop_hosts()
    resumed = await run(site, client, second, "--resume", id)
    again = await run(site, client, shop_hosts(), "--resume", "maintenance.acme.shop.patches.never")

    assert early.exit_code == 1
    assert resumed.exit_code == 0, resumed.stderr
    assert [job.host.name for job in second.jobs] == ["web3", "web4", "web5"]
    assert again.exit_code == 1
    assert "maintenance.acme.shop.patches.never" in again.stderr


async def test_a_rehearsal_lists_the_steps_and_a_wrong_name_gives_one_sentence(site: Site) -> None:
    client = await site.server.client()
    fakes = shop_hosts()

    rehearsed = await run(site, client, fakes, "--rehearse", "--json")
    wrong = await beside("maintenance", "run", "acme.shop", "Patches")
    both = await beside("maintenance", "run", "acme.shop", "patches", "--host", "web1", "--resume", "x")

    assert rehearsed.exit_code == 0, rehearsed.stderr
    assert json.loads(rehearsed.stdout)["end"] == "rehearsed"
    assert [job.host.name for job in fakes.jobs if job.rehearse] == HOSTS
    assert wrong.exit_code == 1
    assert len(wrong.stderr.splitlines()) == 1
    assert both.stderr.startswith("--resume continues with the hosts")


async def test_a_mistyped_routine_or_component_starts_nothing(site: Site) -> None:
    client = await site.server.client()
    routine = await beside("maintenance", "run", "acme.shop", "patch")
    component = await beside("operation", "shut-down", "acme.shop", "--component", "wbe")
    known = ", ".join(routine_of().architecture.components)
    begun = [w.id async for w in client.list_workflows('WorkflowType IN ("maintenance", "shut-down")')]

    assert (routine.exit_code, routine.stderr) == (1, "acme.shop has no maintenance routine 'patch'; it has patches\n")
    assert (component.exit_code, component.stderr) == (1, f"acme.shop has no component 'wbe'; it has {known}\n")
    assert begun == []
