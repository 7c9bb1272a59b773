"""Halting a running installation: from the command and from the UI's form, with real hosts that are acted on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from activities.records import Records, upgrade
from models.dossier.parties import OPERATOR
from models.halts import Halt, HaltOrder, HaltReply, HaltStatus, LiftHalt
from models.incident import IncidentEnd, IncidentStatus
from models.jobs import Outcome
from models.names import AWAITS_DECISION_BY, WORKFLOW_QUEUE
from models.records import EntryKind
from models.runbooks import RunbookReport, StepReport
from starter.dossier.publishing import publish, read_all
from starter.halt.service import halt, lift
from tests.chaos.fleet import Fleet
from tests.e2e.test_real_host import NAME, site
from tests.hosts import Host
from tests.servers import TemporalServer, real_server
from tests.ssh.kinds import BOTH
from tests.workflows.waiting import end_of
from worker import running

HOSTS, TURNS = 3, 6


@pytest.fixture(params=BOTH)
def hosts(request: pytest.FixtureRequest) -> Iterator[list[Host]]:
    with ExitStack() as stack:
        yield [stack.enter_context(request.param()) for _ in range(HOSTS)]


def _dossier(hosts: list[Host], log: Path, go: Path) -> dict[str, Any]:
    """A remedy of several commands, each on every host; the first waits until it is let go."""
    with ExitStack() as stack:
        fleet = Fleet(hosts[0], applications=1, components=1)
        stack.callback(fleet.close)
        dossier = fleet._dossier(0)
    known = {f"h{n}": host.target() for n, host in enumerate(hosts)}
    dossier["architecture"]["hosts"] = {
        name: {
            "site": "dc",
            "address": at.address,
            "port": at.port,
            "user": at.user,
            "host_keys": at.host_keys,
            "credential": at.credential,
            "state_dir": str(hosts[0].root / name),
        }
        for name, at in known.items()
    }
    dossier["architecture"]["components"]["c0"]["hosts"] = list(known)
    wait = f"until [ -e {go} ]; do sleep 0.05; done; sleep 0.4"
    dossier["instructions"]["troubleshooting"]["c0-down"]["remedies"]["restart"]["steps"] = [
        {
            "type": "run",
            "component": "c0",
            "title": f"Turn {n}",
            "command": f"echo {n} >>{log}; {wait}; echo end >>{log}",
        }
        for n in range(TURNS)
    ]
    return dossier


@asynccontextmanager
async def installation(
    server: TemporalServer, dossier: dict[str, Any], home: Path
) -> AsyncIterator[tuple[Client, Records]]:
    file = home / "app0.yaml"
    file.write_text(yaml.safe_dump(dossier))
    upgrade(server.settings.records_url)
    client, records = await server.client(), Records(server.settings.records_url)
    async with running(server.settings, client):
        await publish(client, records, read_all([file]), "test")
        yield client, records
    records.close()


async def _pending(handle: WorkflowHandle[Any, Any], failure: str) -> str:
    """Wait until an activity of the workflow has failed with such a text; give the text."""
    async with asyncio.timeout(90):
        while True:
            described = await handle.describe()
            for activity in described.raw_description.pending_activities:
                if failure in activity.last_failure.message:
                    return activity.last_failure.message
            await asyncio.sleep(0.05)


async def test_a_batch_over_many_hosts_halts_within_five_seconds_and_continues_after_the_halt(
    tmp_path: Path, hosts: list[Host]
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    with real_server(tmp_path / "home") as server:
        async with installation(server, _dossier(hosts, log, go), tmp_path) as (client, _):
            order = {"application": NAME[0], "requested_by": "ann", "instruction": "c0-down", "remedy": "restart"}
            handle: WorkflowHandle[Any, RunbookReport] = await client.start_workflow(
                "runbook.carry-out-remedy", order, id="remedy", task_queue=WORKFLOW_QUEUE, result_type=RunbookReport
            )
            while not log.exists() or len(log.read_text().splitlines()) < HOSTS:
                await asyncio.sleep(0.02)
            answer = await halt(server.settings, "acme", "ann", "smoke in the data centre")
            pressed = time.monotonic()
            go.touch()
            said = await _pending(handle, "smoke in the data centre")
            while time.monotonic() < pressed + 5:  # the promise: from then on nothing new
                await asyncio.sleep(0.1)
            begun = log.read_text().splitlines()
            shown = await client.get_workflow_handle("halt.acme").query("status", result_type=HaltStatus)
            async with asyncio.timeout(
                90
            ):  # what ended on a host reaches the workflow when the machine has time for it
                while len(steps := await handle.query("status", result_type=list[StepReport])) < begun.count("end"):
                    await asyncio.sleep(0.1)
            lift(server.settings, "acme", "ANN", "it was toast")
            report = await handle.result()
            over: Halt = await client.get_workflow_handle("halt.acme", result_type=Halt).result()
    # Each turn that began ran to its end on every host; how many did within the first second is a matter of speed.
    assert answer.in_ui
    assert "ann has halted customer acme since" in said
    assert begun.count("end") == len(begun) - begun.count("end") == len(steps)
    assert len(steps) < HOSTS * TURNS
    assert shown.halt == answer.halt
    assert report.outcome is Outcome.OK
    assert sorted(log.read_text().split()) == sorted([str(n) for n in range(TURNS)] * HOSTS + ["end"] * HOSTS * TURNS)
    assert (over.lifted_by, over.lifted_because) == ("ann", "it was toast")


async def test_a_halted_incident_still_probes_and_collects_and_runs_its_remedy_after_the_halt(
    tmp_path: Path, hosts: list[Host]
) -> None:
    fleet = Fleet(hosts[0], applications=1, components=1)
    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path) as installed:
            page = await installed.client.start_workflow(
                "halt",
                HaltOrder(by="ann", reason="we are under attack"),
                id="from-the-form",
                task_queue=WORKFLOW_QUEUE,
                result_type=Halt,
            )
            while (await page.query("status", result_type=HaltStatus)).halt is None:
                await asyncio.sleep(0.02)
            fleet.break_it(NAME)
            await installed.alarm()
            async with asyncio.timeout(90):
                while not await _waits(installed.incident):
                    await asyncio.sleep(0.1)
            evidence, started = installed.timeline(EntryKind.EVIDENCE), fleet.count(NAME, "start")
            halted = await _shown(installed.incident)
            await page.cancel()
            told = await page.execute_update("lift", LiftHalt(by="ANN", reason="it is over"), result_type=HaltReply)
            outcome = await end_of(installed.incident)
            healed = await _shown(installed.incident)
            over = await page.result()
            notes = installed.timeline(EntryKind.NOTE)
    fleet.close()
    assert (len(evidence), started) == (0, 0) or (len(evidence), started) == (1, 0)
    assert told.message.startswith("ann has lifted the halt of all customers")
    assert (outcome.end, outcome.remedy, fleet.count(NAME, "start")) == (IncidentEnd.RECOVERED, "restart", 1)
    assert over.lifted_because == "it is over"
    assert any("ann has halted all customers" in note for note in notes)
    assert "The halt is lifted; work continues" in notes
    assert OPERATOR in halted.waits_for
    assert "**blocked: Waits until the halt is lifted: ann has halted all customers" in halted.page
    assert (healed.waits_for, "blocked" in healed.page) == ([], False)


@dataclass(frozen=True)
class _Shown:
    waits_for: list[str]
    page: str


async def _shown(incident: WorkflowHandle[Any, Any]) -> _Shown:
    """Whom people search for it by, and its page without the marks that keep words from being read as Markdown."""
    attributes = (await incident.describe()).typed_search_attributes
    page = await incident.query("__temporal_workflow_metadata")
    waits_for = attributes.get(SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)) or []
    return _Shown(list(waits_for), str(page.current_details).replace("\\", ""))


async def _waits(incident: WorkflowHandle[Any, Any]) -> bool:
    try:
        status = await incident.query("status", result_type=IncidentStatus)
    except Exception:  # it has not been started yet
        return False
    return "we are under attack" in status.doing


async def test_a_halt_of_a_customer_that_is_none_fails_with_the_names_of_those_there_are(
    tmp_path: Path, hosts: list[Host]
) -> None:
    with real_server(tmp_path / "home") as server:
        dossier = _dossier(hosts, tmp_path / "log", tmp_path / "go")
        async with installation(server, dossier, tmp_path) as (client, _):
            with pytest.raises(WorkflowFailureError) as failed:
                await client.execute_workflow(
                    "halt",
                    HaltOrder(customer="amce", by="ann", reason="smoke"),
                    id="halt.amce",
                    task_queue=WORKFLOW_QUEUE,
                )
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.message == "The halt did not begin: there is no customer 'amce'; there are acme"
