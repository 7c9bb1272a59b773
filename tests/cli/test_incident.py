"""`driftvakt incident` and `watch`: what an operator sees, and what becomes of what an operator says."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.records.halts import Halts
from models.dossier.instructions import Approval
from models.halts import BeginHalt
from models.incident import IncidentEnd
from models.records import IncidentRecord, WriteRecords
from starter.terminal import session
from tests.cli.conftest import Site, beside
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import alarm, cleared, gates, incident, report, status

_ROOT = Path(__file__).parents[2]
BOSS = "boss@supplier.example"
WAITING = Approval(roles=["approver"], within=timedelta(days=7))


@pytest.fixture
def asking(site: Site) -> Site:
    """An installation whose incidents ask whether the remedy may be carried out."""
    site.world.approval = WAITING
    return site


async def test_open_incidents_are_listed_with_the_people_they_wait_for(asking: Site) -> None:
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        [line] = await _listed("awaiting-decision")
        shown = (await beside("incident", "list")).stdout

    assert (line["id"], line["priority"], line["title"]) == ("inc.acme.shop.1", "P1", "web is down")
    # Whoever the escalation policy asks to take it up comes beside those who may answer, a moment later.
    assert set(line["waits_for"]) - {"anna@supplier.example", "operator"} == {"approver", BOSS, "cio@acme.example"}
    for part in ("acme.shop.1", "P1", "awaiting-decision; waits for ", "boss, cio", "web is down"):
        assert part in shown


async def test_clearing_an_alarm_that_is_not_open_fails_and_names_those_that_are_like_it(asking: Site) -> None:
    async with asking.working() as client:
        none = await beside("alarm", "clear", "acme.shop", "--fingerprint", "embedded/web")
        await report(client, alarm("web"), alarm("db"))
        await until_asked(incident(client))
        mistyped = await beside("alarm", "clear", "acme.shop", "--fingerprint", "embedded/wbe")
        as_json = await beside("alarm", "clear", "acme.shop", "--fingerprint", "nagios/cpu", "--json")

    assert (none.exit_code, none.stdout) == (1, "")
    assert none.stderr == (
        "acme.shop has no active alarm with the fingerprint 'embedded/web'; none is active; "
        "`driftvakt watch show acme.shop` lists all\n"
    )
    assert mistyped.exit_code == 1
    assert "you may mean embedded/web (web is down)" in mistyped.stderr
    assert (as_json.exit_code, json.loads(as_json.stdout)["disposition"]) == (1, "noted")
    assert "embedded/db (db is down)" in as_json.stderr


async def test_show_prints_the_question_and_a_command_that_answers_it(asking: Site) -> None:
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        shown = (await beside("incident", "show", "acme.shop.1")).stdout
        [line] = [line for line in shown.splitlines() if "answer:" in line]
        answered = await beside(*shlex.split(line.partition("answer:")[2])[1:])
        outcome = await end_of(incident(client))

    for part in ("g1: Carry out: Restart web?", BOSS, "approve", "refuse", "web is down", "run uptime"):
        assert part in shown.replace("$ ", "")
    assert (answered.exit_code, answered.stdout) == (0, "Decided: approve. It is carried out as shown.\n")
    assert outcome.end is IncidentEnd.RECOVERED


async def test_a_closed_incident_is_shown_from_the_records_even_while_temporal_is_away(site: Site) -> None:
    async with site.working() as client:
        await report(client, alarm("web"))
        await end_of(incident(client))
    site.keep()
    there = await beside("incident", "show", "acme.shop.1", "--json")
    listed = await beside("incident", "list", "--all", "--json")
    open_now = await beside("incident", "list")
    site.server.kill()
    away = await beside("incident", "show", "1", "--application", "acme.shop", "--json")

    view = json.loads(there.stdout)
    assert (view["outcome"], view["source"], view["gates"]) == ("recovered", "records", [])
    assert any(entry["data"].get("command") == "run uptime" for entry in view["timeline"])
    assert [(line["id"], line["outcome"]) for line in json.loads(listed.stdout)] == [("inc.acme.shop.1", "recovered")]
    assert open_now.stdout == "no incident is open\n"
    assert (away.exit_code, json.loads(away.stdout)) == (0, view)
    assert away.stderr.startswith("Temporal does not answer at ")


async def test_an_incident_whose_workflow_is_gone_is_called_lost(asking: Site) -> None:
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        asking.keep()
        await incident(client).terminate("pressed the wrong button")
        [line] = await _listed("lost")
        shown = await beside("incident", "show", "acme.shop.1")
        told = await beside("incident", "note", "acme.shop.1", "hello")

    assert line["id"] == "inc.acme.shop.1"
    assert "Its workflow no longer runs, but the incident was not closed" in shown.stdout
    assert (told.exit_code, told.stderr) == (
        1,
        "incident acme.shop.1 no longer runs, so it accepts no further updates\n",
    )


async def test_a_list_of_lost_incidents_that_is_cut_says_how_many_there_are(site: Site) -> None:
    opened = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(1, 4):
        row = IncidentRecord(
            id=f"inc.acme.shop.{number}",
            application="acme.shop",
            number=number,
            title="web does not answer",
            state="waiting",
            components=["web"],
            dossier="d1",
            opened_at=opened,
            opened_by="embedded",
        )
        site.records.write(WriteRecords(incidents=[row]))
    told = await beside("incident", "list", "--limit", "2")

    assert told.stdout.count("web does not answer") == 2
    assert "2 of 3 shown; --limit 3 shows all" in told.stdout + told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope", "--yes"], "gate g1 has no option 'nope'; choose one of approve, refuse"),
        (["approve", "--gate", "g7", "--yes"], "acme.shop.1 has no open question 'g7'; it has g1"),
        (["refuse", "--yes"], "refuse needs a reason; say why with --note"),
        (
            ["approve", "--yes", "--by", "eve@example.com"],
            "eve@example.com is not a contact of acme.shop; the contacts are: ",
        ),
        (
            ["approve", "--yes", "--by", BOSS, "--plan", "00000000"],
            "plan 00000000 is not the one that gate g1 asks about",
        ),
        (["approve", "--yes", "--by", "x" * 200], "--by: it is too long: 120 characters at most"),
        (
            ["approve", "--by", BOSS],
            f"Answer g1 with 'approve' as {BOSS}? Without a terminal, Driftvakt cannot ask you; confirm with --yes",
        ),
    ],
)
async def test_a_wrong_answer_is_refused_in_one_sentence_and_decides_nothing(
    asking: Site, arguments: list[str], said: str
) -> None:
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        result = await beside("incident", "decide", "acme.shop.1", *arguments)
        still = await gates(incident(client))

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(said)
    assert [(gate.id, gate.answers) for gate in still] == [("g1", [])]


async def test_on_a_terminal_the_plan_is_shown_and_only_yes_decides(asking: Site) -> None:
    async with asking.working() as client:
        await report(client, alarm("web"))
        gate = await until_asked(incident(client))
        decision = ["incident", "decide", "acme.shop.1", "approve", "--by", BOSS]
        no = await asyncio.to_thread(_on_a_terminal, decision, "n\n")
        still = await gates(incident(client))
        yes = await asyncio.to_thread(_on_a_terminal, decision, "y\n")
        outcome = await end_of(incident(client))

    assert (no.returncode, no.stderr.endswith("nothing was done\n")) == (1, True), no.stderr
    assert f"plan {gate.digest[:8]}" in no.stderr
    assert len(still) == 1
    assert (yes.returncode, yes.stdout.lstrip()) == (0, "Decided: approve. It is carried out as shown.\n")
    assert outcome.end is IncidentEnd.RECOVERED


async def test_an_incident_is_opened_and_noted_by_hand(site: Site) -> None:
    site.world.cures = False
    async with site.working() as client:
        opened = await beside("incident", "open", "acme.shop", "--title", "Cannot pay", "--component", "web", "--json")
        joined = await beside("incident", "open", "acme.shop", "--title", "Nor log in", "--severity", "warning")
        await until_asked(incident(client))
        noted = await beside("incident", "note", "acme.shop.1", "Called the customer")
        said = [entry.text for entry in (await status(incident(client))).timeline]

    assert json.loads(opened.stdout) == {
        "incident": "inc.acme.shop.1",
        "joined": False,
        "message": "Opened inc.acme.shop.1.",
    }
    assert joined.stdout.startswith("It belongs to inc.acme.shop.1, which is open.")
    assert noted.stdout.startswith("Noted at ")
    assert "anna@supplier.example: Called the customer" in said


async def test_an_incident_is_given_up_by_name_and_reason_once_its_alarms_are_cleared(asking: Site) -> None:
    asking.world.terms = {"healthy_for": timedelta(hours=1)}
    cancel = ["incident", "cancel", "acme.shop.1", "--reason", "A test"]
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        unsure = await beside(*cancel)
        fires = await beside(*cancel, "--yes")
        await report(client, cleared("web"))
        while (await status(incident(client))).alarms:
            await asyncio.sleep(0.02)
        given_up = await beside(*cancel, "--yes")
        outcome = await end_of(incident(client))

    assert (unsure.exit_code, fires.exit_code, given_up.exit_code) == (1, 1, 0)
    assert fires.stderr.startswith("it is not cancelled: 1 alarm is active (web is down)")
    assert outcome.end is IncidentEnd.CANCELLED


async def test_without_a_worker_it_is_said_that_nobody_answers(asking: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ANSWER_WITHIN", timedelta(seconds=0.5))
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        await status(incident(client))
    shown = await beside("incident", "show", "acme.shop.1", "--json")
    decided = await beside("incident", "decide", "acme.shop.1", "approve", "--yes")
    watched = await beside("watch", "show", "acme.shop")

    view = json.loads(shown.stdout)
    assert (view["source"], view["title"], view["state"]) == ("visibility", "web is down", "awaiting-decision")
    assert decided.stderr.startswith("no worker answers for acme.shop.1")
    assert watched.stderr.startswith("no worker answers for the watch of acme.shop")


async def test_a_watch_shows_its_alarms_and_incidents(asking: Site) -> None:
    before = await beside("watch", "list", "--json")
    missing = await beside("watch", "show", "acme.shop")
    async with asking.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        halt = BeginHalt(key="k1", customer="acme", by="ann", reason="Orders vanish", workflow="halt.acme")
        Halts(asking.records).begin(halt)
        shown = (await beside("watch", "show", "acme.shop")).stdout
        as_json = json.loads((await beside("watch", "show", "acme.shop", "--json")).stdout)
        async with asyncio.timeout(90):
            while (lines := json.loads((await beside("watch", "list", "--json")).stdout))[0]["since"] is None:
                await asyncio.sleep(0.05)

    assert [line["answers"] for line in json.loads(before.stdout)] == [False]
    assert missing.stderr.startswith("no watch runs for acme.shop")
    assert "acme.shop.1" in shown
    assert "web is down" in shown
    assert "halted: ann@example.com has halted customer acme since" in shown
    assert [halt["reason"] for halt in as_json["halts"]] == ["Orders vanish"]
    assert [held["incident"] for held in as_json["alarms"]] == ["inc.acme.shop.1"]
    assert [(line["application"], line["alarms"], line["incidents"]) for line in lines] == [("acme.shop", 1, 1)]


async def _listed(state: str) -> list[dict[str, Any]]:
    """The list, once visibility has followed history."""
    async with asyncio.timeout(90):
        while True:
            lines = json.loads((await beside("incident", "list", "--json")).stdout)
            if [line["state"] for line in lines] == [state]:
                return list(lines)
            await asyncio.sleep(0.05)


def _on_a_terminal(arguments: Sequence[str], typed: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, whose input is a terminal on which somebody types."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        return subprocess.run(
            [sys.executable, "-m", "starter.cli", *arguments],
            cwd=_ROOT,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
