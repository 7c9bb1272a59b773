"""`driftvakt incident` and `major`: what whoever leads says at night, what comes of it, and what is refused in a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client
from temporalio.worker import Worker
from typer.testing import Result

from activities.workflows import Workflows
from models.dossier.parties import PartyKind
from models.incident import IncidentEnd
from models.names import WORKFLOW_QUEUE
from tests.cli.conftest import Site, beside
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import OPERATOR, QUEUE, SECOND_LINE, alarm, incident, report, status
from workflows.incident import Incident
from workflows.major import Major
from workflows.sandbox import workflow_runner
from workflows.watch import Watch

ME = ("--by", OPERATOR)
ID = "acme.shop.1"
NIGHT = [
    ["ack", ID],
    ["note", ID, "They see it too", "--customer"],
    ["wait", ID, "--for", "payer", "--note", "no light", "--reference", "T-1"],
    ["resume", ID, "--note", "light again"],
    ["reclassify", ID, "--priority", "P2", "--reason", "half of them"],
    ["update", ID, "--text", "We work on it", "--yes"],
    ["cause", ID, "network"],
    ["handover", ID, "--to", SECOND_LINE, "--note", "watch the carrier"],
]
"""What is said about one incident, one after the other."""


@pytest.fixture
def stubborn(site: Site) -> Site:
    """An installation whose incident no remedy ends: people lead it."""
    site.world.cures = False
    return site


async def test_an_incident_is_led_from_the_command_line_from_taking_it_up_to_closing_it(stubborn: Site) -> None:
    # The incident's plan is the world's, the clock is read by the published dossier: both know this party.
    key = next(key for key, party in stubborn.world.parties.items() if party.kind is PartyKind.THIRD_PARTY)
    stubborn.world.parties["payer"] = stubborn.world.parties.pop(key)
    told: dict[str, Result] = {}
    async with stubborn.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        for words in NIGHT:
            told[words[0]] = await beside("incident", *words, *ME)
        stands = await status(incident(client))
        shown = (await beside("incident", "show", ID)).stdout
        clock = await beside("incident", "clock", ID, "--json")
        ending = ["close", ID, "--cause", "network", "--reason", "Light", "--yes"]
        told["close"] = await beside("incident", *ending, *ME)
        outcome = await end_of(incident(client))

    assert {name: (result.exit_code, result.stderr) for name, result in told.items()} == dict.fromkeys(told, (0, ""))
    assert all(result.stdout.strip() for result in told.values())
    assert (stands.lead, stands.priority, stands.cause) == (SECOND_LINE, "P2", "network")
    assert f"led by {SECOND_LINE}" in shown
    assert (clock.exit_code, clock.stderr) == (0, "")
    reading = json.loads(clock.stdout)
    assert reading["priority"] == "P2"
    assert reading["waited_seconds"]["third_party"] > 0
    assert outcome.end is IncidentEnd.CLOSED_BY_HAND


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["close", ID, "--cause", "netwrok", "--reason", "x", "--yes"], "--cause: 'netwrok' is none of application, "),
        (["cause", ID, "nope"], "CODE: 'nope' is none of application, "),
        (["reclassify", ID, "--priority", "P9", "--reason", "x"], "--priority: 'P9' is none of P1, P2, P3, P4, P5"),
        (
            ["reclassify", ID, "--impact", "huge", "--urgency", "low", "--reason", "x"],
            "--impact: 'huge' is none of high, medium, low",
        ),
        (["wait", ID, "--for", "Acme AB", "--note", "x"], "--for: 'Acme AB' is no name"),
        (["wait", ID, "--for", "nobody-known", "--note", "x"], ""),
        (["handover", ID, "--to", "stranger@example.com", "--note", "x"], ""),
        (["ack", ID, "--by", "stranger@example.com"], ""),
        (["split", ID, "--reason", "x"], "say which alarms are another matter"),
        (["split", ID, "--component", "mail", "--reason", "x"], ""),
        (["merge", ID, "--into", "acme.other.2", "--reason", "x", "--yes"], "acme.shop.1 and acme.other.2 are of two"),
        (["merge", ID, "--into", "9", "--reason", "x", "--yes"], ""),
        (["reopen", ID, "--reason", "x"], ""),
        (["ack", "acme.shop.9"], "there is no incident acme.shop.9"),
        (["close", ID, "--cause", "network", "--reason", "x"], "Close acme.shop.1 without proof of recovery"),
        (["update", ID, "--text", "Light"], "Light"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(stubborn: Site, words: list[str], said: str) -> None:
    async with stubborn.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        result = await beside("incident", *words)
        still = await status(incident(client))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(said)
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert (still.lead, still.cause, still.waiting) == (None, None, None)


async def test_several_incidents_are_led_as_one_major_incident(stubborn: Site) -> None:
    async with with_majors(stubborn) as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        opened = await beside("major", "open", ID, "--title", "Carrier down", "--json", *ME)
        name = json.loads(opened.stdout)["major"].removeprefix("major.")
        async with asyncio.timeout(20):
            while not (
                members := json.loads((await beside("major", "show", name, "--json")).stdout)["status"]["members"]
            ):
                await asyncio.sleep(0.05)
        noted = await beside("major", "note", name, "A fibre is cut", *ME)
        told = await beside("major", "update", name, "--text", "Light at two", "--yes", *ME)
        unknown = await beside("major", "add", name, "acme.shop.9", *ME)
        still_open = await beside("major", "close", name, "--reason", "x", "--yes", *ME)
        over = await beside("major", "handover", name, "--to", SECOND_LINE, "--note", "x", *ME)
        shown = await beside("major", "show", name)
        out = await beside("major", "remove", name, ID, "--reason", "own cause", *ME)
        closed = await beside("major", "close", name, "--reason", "Light", "--yes", *ME)
        async with asyncio.timeout(20):
            while (await client.get_workflow_handle(f"major.{name}").describe()).close_time is None:
                await asyncio.sleep(0.05)
        again = await beside("major", "note", name, "late", *ME)
        ended = await beside("major", "show", name)
        stands = await status(incident(client))

    assert [m["id"] for m in members] == ["inc.acme.shop.1"]
    assert (noted.exit_code, noted.stdout) == (0, "Noted (1 of 1 incidents).\n")
    assert (told.exit_code, told.stdout) == (0, "Told the customers (1 of 1 incidents).\n")
    assert unknown.stderr == "there is no incident acme.shop.9; none was taken in\n"
    assert still_open.stderr == "acme.shop.1 still open; close them first, take them out, or say force\n"
    assert (over.exit_code, out.exit_code, closed.exit_code) == (0, 0, 0)
    assert f"led by {SECOND_LINE}" in shown.stdout
    assert again.stderr == f"major.{name} was closed by {OPERATOR}: Light; it cannot be told anything\n"
    assert "closed" in ended.stdout
    assert stands.major is None


async def test_a_major_incident_that_is_not_there_is_said(stubborn: Site) -> None:
    async with stubborn.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        nobody = await beside("major", "show", "2026-01-01.1")
        other = await beside("major", "show", "inc.acme.shop.1")
        missing = await beside("major", "open", "acme.shop.9", "--title", "x")

    assert nobody.stderr.startswith("there is no major incident '2026-01-01.1'")
    assert other.stderr == "inc.acme.shop.1 is no major incident but one incident\n"
    assert missing.stderr.startswith("there is no incident acme.shop.9")


@asynccontextmanager
async def with_majors(site: Site) -> AsyncIterator[Client]:
    """A worker of major incidents too, which look at incidents and tell them through Temporal."""
    client = await site.server.client()
    real = Workflows(client, list)
    async with (
        Worker(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Watch, Incident, Major],
            activities=[*site.world.activities, real.look_at_incidents, real.tell_incidents],
            workflow_runner=workflow_runner(),
        ),
        Worker(client, task_queue=QUEUE, activities=site.world.activities),
    ):
        yield client
