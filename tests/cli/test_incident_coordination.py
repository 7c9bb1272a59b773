"""Leading an incident from the command line: what is typed is what is told, and what cannot be is said in a sentence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.records import Records
from models.base import Model
from models.clock import ClockEvent, ClockEventKind
from models.dossier.agreement import CauseCode, Level, Priority
from models.dossier.monitoring import Severity
from models.incident import (
    Acknowledge,
    CloseIncident,
    CustomerUpdate,
    HandOver,
    Note,
    NoteFor,
    Reclassify,
    Resume,
    SetCause,
    Waiting,
)
from models.records import EntryKind, IncidentRecord, TimelineEntry, WriteRecords
from models.watch import MergeIncidents, OpenByHand, ReopenIncident, SplitIncident
from starter.terminal import session
from tests.cli.conftest import beside, command
from tests.cli.scripted import (
    ANNA,
    ANSWER,
    AT,
    BO,
    DRAFT,
    EVE,
    INCIDENT,
    MAJOR,
    REFUSAL,
    Stage,
    incident_status,
    on_a_terminal,
    stage,
)
from tests.servers import TemporalServer, real_server

ID = "acme.shop.1"
LED: list[tuple[str, str, Model]] = [
    (f"ack {ID}", "acknowledge", Acknowledge(by=ANNA)),
    ("ack 1 -a acme.shop", "acknowledge", Acknowledge(by=ANNA)),
    (f"ack {INCIDENT} --note Mine --by {BO}", "acknowledge", Acknowledge(by=BO, note="Mine")),
    (f"handover {ID} --to {BO} --note Disk", "hand_over", HandOver(by=ANNA, to=BO, note="Disk")),
    (f"note {ID} Rang", "add_note", Note(by=ANNA, text="Rang")),
    (f"note {ID} Rang --customer", "add_note", Note(by=ANNA, text="Rang", audience=NoteFor.CUSTOMER)),
    (f"wait {ID} --for acme --note Firewall", "wait_for", Waiting(by=ANNA, party="acme", note="Firewall")),
    (
        f"wait {ID} --for betalt --note Firewall --reference CH-81",
        "wait_for",
        Waiting(by=ANNA, party="betalt", note="Firewall", reference="CH-81"),
    ),
    (
        f"wait {ID} --for acme --note Firewall --already-informed",
        "wait_for",
        Waiting(by=ANNA, party="acme", note="Firewall", already_informed=True),
    ),
    (f"resume {ID}", "resume", Resume(by=ANNA)),
    (f"resume {ID} --note Open --by {BO}", "resume", Resume(by=BO, note="Open")),
    (f"update {ID} --yes", "update_customer", CustomerUpdate(by=ANNA, text=DRAFT)),
    (f"update {ID} --yes --text Soon", "update_customer", CustomerUpdate(by=ANNA, text="Soon")),
    (
        f"update {ID} -y --text Rang --already-informed",
        "update_customer",
        CustomerUpdate(by=ANNA, text="Rang", already_informed=True),
    ),
    (
        f"reclassify {ID} --priority p2 --reason Few",
        "reclassify",
        Reclassify(by=ANNA, reason="Few", priority=Priority.P2),
    ),
    (
        f"reclassify {ID} --impact high --urgency low --reason Few",
        "reclassify",
        Reclassify(by=ANNA, reason="Few", impact=Level.HIGH, urgency=Level.LOW),
    ),
    (f"cause {ID} human-error", "set_cause", SetCause(by=ANNA, cause=CauseCode.HUMAN_ERROR)),
    (f"cause {ID} capacity --note Disk", "set_cause", SetCause(by=ANNA, cause=CauseCode.CAPACITY, note="Disk")),
    (
        f"close {ID} --cause no-fault --reason Planned --yes",
        "close_incident",
        CloseIncident(by=ANNA, cause=CauseCode.NO_FAULT, reason="Planned"),
    ),
]
KEPT: list[tuple[str, str, Model]] = [
    ("open acme.shop --title Slow", "open_incident", OpenByHand(title="Slow", by=ANNA)),
    (
        "open acme.shop --title Slow --component web --severity warning --impact low --note Since-noon --separate",
        "open_incident",
        OpenByHand(
            title="Slow",
            by=ANNA,
            component="web",
            severity=Severity.WARNING,
            impact=Level.LOW,
            note="Since-noon",
            separate=True,
        ),
    ),
    (
        f"reopen {ID} --reason Again",
        "reopen_incident",
        ReopenIncident(incident=INCIDENT, by=ANNA, reason="Again"),
    ),
    (
        f"merge {ID} --into 7 --reason Same --yes",
        "merge_incidents",
        MergeIncidents(incident=INCIDENT, into="inc.acme.shop.7", by=ANNA, reason="Same"),
    ),
    (
        f"split {ID} --reason Other --component mail --component db --alarm disk/db1 --title Mail",
        "split_incident",
        SplitIncident(
            incident=INCIDENT,
            by=ANNA,
            reason="Other",
            components=["mail", "db"],
            fingerprints=["disk/db1"],
            title="Mail",
        ),
    ),
]
EVERY = [*LED, *KEPT]
CAUSES = ", ".join(CauseCode)
WRONG: list[tuple[list[str], str]] = [
    (["ack", ID, "--by", "x" * 121], "--by: it is too long: 120 characters at most"),
    (["note", ID, ""], "TEXT: it must not be empty"),
    (["note", ID, "  "], "TEXT: it must not be empty"),
    (["note", ID, "x" * 2001], "TEXT: it is too long: 2000 characters at most"),
    (["handover", ID, "--to", "", "--note", "x"], "--to: it must not be empty"),
    (["handover", ID, "--to", "", "--note", ""], "--to: it must not be empty; --note: it must not be empty"),
    (
        ["wait", ID, "--party", "No Body", "--note", "x"],
        "--party: 'No Body' is not a name; use lower-case letters, digits and hyphens",
    ),
    (["wait", ID, "--for", "acme", "--note", " "], "--note: it must not be empty"),
    (["update", ID, "--yes", "--text", "x" * 4001], "--text: it is too long: 4000 characters at most"),
    (["update", ID, "--edit"], "an editor needs a terminal; give --text"),
    (["reclassify", ID, "--reason", "x"], "give either --priority, or --impact and --urgency together"),
    (
        ["reclassify", ID, "--reason", "x", "--impact", "low"],
        "give either --priority, or --impact and --urgency together",
    ),
    (
        ["reclassify", ID, "--reason", "x", "--priority", "P1", "--impact", "low", "--urgency", "low"],
        "give either --priority, or --impact and --urgency together",
    ),
    (["reclassify", ID, "--reason", "x", "--priority", "P7"], "--priority: 'P7' is none of P1, P2, P3, P4, P5"),
    (
        ["reclassify", ID, "--reason", "x", "--impact", "huge", "--urgency", "low"],
        "--impact: 'huge' is none of high, medium, low",
    ),
    (["cause", ID, "gremlins"], f"CODE: 'gremlins' is none of {CAUSES}"),
    (["close", ID, "--cause", "gremlins", "--reason", "x", "--yes"], f"--cause: 'gremlins' is none of {CAUSES}"),
    (["open", "acme.shop", "--title", ""], "--title: it must not be empty"),
    (
        ["open", "acme.shop", "--title", "x", "--severity", "huge"],
        "--severity: 'huge' is none of critical, warning, info",
    ),
    (["open", "acme.nope", "--title", "x"], "no dossier of acme.nope is published; there are acme.shop"),
    (["reopen", "acme.nope.1", "--reason", "x"], "no dossier of acme.nope is published; there are acme.shop"),
    (
        ["merge", ID, "--into", "acme.pay.1", "--reason", "x", "--yes"],
        "acme.shop.1 and acme.pay.1 belong to two applications (acme.shop, acme.pay) and cannot be merged; "
        "lead them together with `driftvakt major open`",
    ),
    (
        ["merge", ID, "--into", "it", "--reason", "x", "--yes"],
        "'it' is not an incident; write it as acme.shop.17, or 17 --application acme.shop",
    ),
    (
        ["split", ID, "--reason", "x"],
        "say which alarms to move: --component NAME or --fingerprint FINGERPRINT",
    ),
]
UNSURE = [
    (f"update {ID}", "Send this update to acme, about acme.shop.1, as anna@supplier.example?"),
    (
        f"update {ID} --already-informed",
        "Record that acme got this update, about acme.shop.1, as anna@supplier.example?",
    ),
    (f"close {ID} --cause unknown --reason x", "Close acme.shop.1 without proof of recovery, cause unknown?"),
    (f"merge {ID} --into 7 --reason x", "Merge acme.shop.1 into acme.shop.7?"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """One server for all of them: each test starts its workflows afresh."""
    with real_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server


@pytest.fixture
async def on(server: TemporalServer, records: Records, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Scripted workflows, and records in which acme.shop.2 is closed."""
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
    records.write(WriteRecords(incidents=[_closed()]))
    async with stage(await server.client()) as on:
        yield on


def _closed() -> IncidentRecord:
    return IncidentRecord(
        id="inc.acme.shop.2",
        application="acme.shop",
        number=2,
        title="db was down",
        state="closed",
        priority="P1",
        components=["db"],
        dossier="",
        opened_at=AT,
        opened_by=ANNA,
        closed_at=AT + timedelta(hours=1),
        outcome="recovered",
        summary="It is over.",
        clock=[
            ClockEvent(at=AT, kind=ClockEventKind.OPENED, priority=Priority.P1),
            ClockEvent(at=AT + timedelta(hours=1), kind=ClockEventKind.RESTORED),
            ClockEvent(at=AT + timedelta(hours=1), kind=ClockEventKind.CLOSED),
        ],
        run="r",
        timeline=[],
    )


async def test_each_command_tells_the_incident_what_was_typed(on: Stage) -> None:
    for typed, name, message in LED:
        result = await beside("incident", *typed.split())
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{ANSWER}\n", ""), typed
        assert (await on.heard(INCIDENT))[-1] == (name, message.model_dump(mode="json")), typed
    assert len(await on.heard(INCIDENT)) == len(LED)


async def test_the_watch_learns_the_open_incidents(on: Stage) -> None:
    for typed, name, message in KEPT:
        result = await beside("incident", *typed.split())
        assert (result.exit_code, result.stderr) == (0, ""), typed
        assert result.stdout.startswith(ANSWER)
        assert (await on.heard("watch.acme.shop"))[-1] == (name, message.model_dump(mode="json")), typed


async def test_programs_get_the_answer_as_json(on: Stage) -> None:
    for typed, _, _ in EVERY:
        answer = json.loads((await beside("incident", *typed.split(), "--json")).stdout)
        assert answer["message"] == ANSWER, typed


async def test_a_refusal_is_shown_as_it_was_said(on: Stage) -> None:
    for typed, _, _ in EVERY:
        words = [word for word in typed.split() if word not in {"--by", BO}] + ["--by", EVE]
        if "handover" in words:
            words[words.index("--to") + 1 : words.index("--to") + 1] = [BO]
        result = await beside("incident", *words)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{REFUSAL}\n"), typed
    assert await on.heard(INCIDENT) == []


async def test_a_wrong_input_gives_one_sentence_and_notifies_nobody(on: Stage) -> None:
    for arguments, said in WRONG:
        result = await beside("incident", *arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{said}\n"), arguments
    assert await on.heard(INCIDENT) == await on.heard("watch.acme.shop") == []


async def test_an_irreversible_command_asks_for_confirmation_first(on: Stage) -> None:
    for typed, question in UNSURE:
        result = await beside("incident", *typed.split())
        assert (result.exit_code, result.stdout) == (1, ""), typed
        assert result.stderr.endswith(f"{question} Without a terminal, Driftvakt cannot ask you; confirm with --yes\n")
    assert await on.heard(INCIDENT) == await on.heard("watch.acme.shop") == []


@pytest.mark.usefixtures("on")
async def test_an_incident_that_is_closed_or_unknown_can_be_told_nothing() -> None:
    closed = "incident acme.shop.2 was closed at 2026-03-01 13:00 UTC (recovered), so it accepts no further updates\n"
    unknown = "there is no incident acme.shop.9; `driftvakt incident list --all` lists all incidents\n"
    for typed, _, _ in LED:
        if ID not in typed or INCIDENT in typed:
            continue
        for number, said in ((2, closed), (9, unknown)):
            result = await beside("incident", *typed.replace(ID, f"acme.shop.{number}").split())
            assert (result.exit_code, result.stdout, result.stderr) == (1, "", said), typed


@pytest.mark.parametrize(
    "typed",
    [
        "ack",
        f"handover {ID} --to {BO}",
        f"handover {ID} --note x",
        f"note {ID}",
        f"wait {ID} --note x",
        f"wait {ID} --for acme",
        f"reclassify {ID} --priority P1",
        f"cause {ID}",
        f"close {ID} --cause unknown",
        f"close {ID} --reason x",
        f"merge {ID} --reason x",
        f"reopen {ID}",
        f"split {ID} --component web",
    ],
)
def test_a_command_without_what_it_needs_exits_2_and_shows_how(typed: str) -> None:
    result = command("incident", *typed.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


@pytest.mark.usefixtures("records")
def test_that_temporal_is_away_is_one_sentence() -> None:
    for typed, _, _ in EVERY:
        result = command("incident", *typed.split())
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1), typed
        assert result.stderr.startswith("Temporal does not answer at "), typed


@pytest.mark.parametrize(
    ("editor", "typed", "code", "sent"),
    [
        ("echo 'We have found it.' >", "y\n", 0, ["We have found it."]),
        ("true", "y\n", 0, [DRAFT]),
        ("echo 'We have found it.' >", "n\n", 1, []),
        ("truncate -s 0", "y\n", 1, []),
    ],
    ids=["changed", "left as it is", "not sure", "emptied"],
)
async def test_a_draft_is_edited_shown_and_sent_only_after_a_yes(
    on: Stage, tmp_path: Path, editor: str, typed: str, code: int, sent: list[str]
) -> None:
    program = tmp_path / "editor"
    # An editor writes later than the file was made; where the clock is coarse that would not be seen.
    program.write_text(f'#!/bin/sh\n{editor} "$1"\n[ "{editor}" = true ] || touch -d 2099-01-01 "$1"\n')
    program.chmod(0o755)
    ended = await _in_a_thread(["incident", "update", ID, "--edit"], typed, EDITOR=str(program), VISUAL=str(program))
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
    assert [message["text"] for _, message in await on.heard(INCIDENT)] == sent


@pytest.mark.usefixtures("on")
async def test_show_names_the_lead_the_waiting_party_and_the_time_left_of_each_target() -> None:
    shown = (await beside("incident", "show", ID)).stdout
    for line in (
        f"led by {BO}, under {MAJOR}",
        "waiting for Acme Garden AB: they open the firewall",
        "respond  met, within 15m",
        "restore  paused with 2h of 4h left",
        "update   until 2099-03-01 16:00 UTC (1h)",
        "Draft of the next customer update (driftvakt incident update)",
        f"  {DRAFT}",
    ):
        assert line in shown
    view = json.loads((await beside("incident", "show", ID, "--json")).stdout)
    assert (view["lead"], view["major"], view["draft"]) == (BO, MAJOR, DRAFT)
    assert [p["state"] for p in view["clock"]["targets"]] == ["met", "paused", "running"]


async def test_show_says_how_to_acknowledge_an_unassigned_incident(on: Stage) -> None:
    await on.start("incident", INCIDENT, incident_status(lead=None, major=None, waiting=None, clock=None, draft=""))
    shown = (await beside("incident", "show", ID)).stdout
    unsaid = await beside("incident", "update", ID)
    assert f"unassigned: driftvakt incident ack {ID}" in shown
    assert "Draft of the next customer update" not in shown
    assert unsaid.stderr == "acme.shop.1 has no draft of an update; write the update with --text\n"


@pytest.mark.usefixtures("on")
async def test_the_list_names_the_lead_and_the_next_deadline() -> None:
    lines: list[dict[str, Any]] = []
    while [line["id"] for line in lines] != [INCIDENT]:  # visibility follows
        lines = json.loads((await beside("incident", "list", "--json")).stdout)
    shown = (await beside("incident", "list")).stdout
    assert (lines[0]["lead"], lines[0]["deadline"]) == (BO, "2099-03-01T16:00:00Z")
    assert "in 26" in shown  # thousands of days
    assert f"led by {BO.partition('@')[0]}" in shown


@pytest.mark.usefixtures("on")
async def test_an_answer_is_waited_for_while_people_are_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TAKEN_WITHIN", timedelta(seconds=1))
    patient = await beside("incident", "update", ID, "--text", "Slow", "--yes")
    monkeypatch.setattr(session, "ANSWERED_WITHIN", timedelta(seconds=0.2))
    hasty = await beside("incident", "update", ID, "--text", "Slow", "--yes")
    assert (patient.exit_code, patient.stdout, patient.stderr) == (0, f"{ANSWER}\n", "")
    at_it = f"{ID} has accepted it and is still working on it; check the result before you send it again\n"
    assert (hasty.exit_code, hasty.stdout, hasty.stderr) == (1, "", at_it)


@pytest.mark.usefixtures("on")
async def test_the_clock_is_computed_from_what_the_incident_or_the_records_tell() -> None:
    running = await beside("incident", "clock", ID, "--json")
    ended = await beside("incident", "clock", "acme.shop.2")
    unknown = await beside("incident", "clock", "acme.shop.9")
    assert (running.exit_code, json.loads(running.stdout)["priority"], running.stderr) == (0, "P1", "")
    assert (ended.exit_code, ended.stdout.startswith("acme.shop.2  P1"), ended.stderr) == (0, True, "")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr == "there is no incident acme.shop.9; `driftvakt incident list --all` lists all incidents\n"


async def test_a_clock_that_is_older_than_the_incident_says_so(
    server: TemporalServer, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
    monkeypatch.setattr(session, "ANSWER_WITHIN", timedelta(seconds=0.3))
    begun = _closed().model_copy(update={"id": INCIDENT, "number": 1, "closed_at": None, "outcome": None})
    records.write(WriteRecords(incidents=[begun]))
    async with stage(await server.client()):
        pass  # it runs, and its worker is gone
    unsaid = await beside("incident", "clock", ID)
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", "1")
    away = await beside("incident", "clock", ID)
    doubt = "this is from the records, which may be out of date\n"
    assert (unsaid.exit_code, unsaid.stderr) == (0, f"no worker answers for acme.shop.1; {doubt}")
    assert (away.exit_code, away.stderr.endswith(doubt)) == (0, True)


async def test_a_report_of_an_open_incident_tells_what_the_incident_knows_beyond_the_records(
    server: TemporalServer, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
    old = TimelineEntry(sequence=0, at=AT, kind=EntryKind.STATE, text="It was opened")
    new = TimelineEntry(sequence=1, at=AT, kind=EntryKind.LEAD, text="Bo acknowledged and leads")
    async with stage(await server.client()) as on:
        await on.start("incident", INCIDENT, incident_status(timeline=[old, new]))
        run = (await on.client.get_workflow_handle(INCIDENT).describe()).run_id
        begun = {"id": INCIDENT, "number": 1, "closed_at": None, "outcome": None, "priority": "P4", "clock": []}
        records.write(WriteRecords(incidents=[_closed().model_copy(update={**begun, "run": run, "timeline": [old]})]))
        told = await beside("incident", "report", ID)
    monkeypatch.setattr(session, "ANSWER_WITHIN", timedelta(seconds=0.3))
    unsaid = await beside("incident", "report", ID)

    assert (told.exit_code, told.stderr) == (0, "")
    assert [told.stdout.count(entry.text) for entry in (old, new)] == [1, 1]
    assert BO in told.stdout
    assert "| opened | P1 |" in told.stdout  # the events of its clock are those of the incident
    assert "P4" not in told.stdout
    assert "P4" in unsaid.stdout
    assert new.text not in unsaid.stdout
    doubt = "no worker answers for acme.shop.1; this is from the records, which may be out of date\n"
    assert (unsaid.exit_code, unsaid.stderr) == (0, doubt)


async def _in_a_thread(arguments: list[str], typed: str, **environment: str) -> Any:
    import asyncio

    return await asyncio.to_thread(on_a_terminal, arguments, typed, **environment)
