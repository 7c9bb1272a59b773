"""`driftvakt status`: all that is under way on one screen, what is worst first."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from activities.notices.recipients import Recipient
from activities.notices.store import NoticeStore, delivery
from activities.records import Records
from activities.records.halts import Halts
from models.dossier.instructions import Approval
from models.dossier.parties import Language
from models.halts import BeginHalt
from models.incident import IncidentEnd
from models.names import AWAITS_DECISION_BY, CUSTOMER
from models.notices import Audience, DeliveryState, Facts, Occasion, SendNotice
from models.operation_kinds import START_UP
from models.records import IncidentRecord, OperationRecord, WriteRecords
from starter.incident.views import IncidentLine
from starter.overview.page import show_overview
from starter.overview.views import Digest, Overview, WaitingQuestion
from tests.cli.conftest import Site, beside, command
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import alarm, decide, incident, report

NOW = datetime.now(UTC)


def an_incident(number: int, **fields: object) -> IncidentRecord:
    return IncidentRecord.model_validate(
        {
            "id": f"inc.acme.shop.{number}",
            "application": "acme.shop",
            "number": number,
            "title": f"Disk {number} is full",
            "state": "awaiting-decision",
            "dossier": "d" * 64,
            "opened_at": NOW - timedelta(hours=3),
            "opened_by": "Driftvakt",
        }
        | fields
    )


async def test_a_question_is_shown_with_its_deadline_and_the_command_that_shows_it(site: Site) -> None:
    site.world.approval = Approval(roles=["approver"], within=timedelta(days=7))
    async with site.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        shown = (await beside("status", "acme")).stdout
        seen = json.loads((await beside("status", "--json")).stdout)
        await decide(incident(client), "refuse", by="cio@acme.example", note="the customer is in the middle of a sale")
        await until_asked(incident(client), "close")
        await decide(incident(client), "close", by="anna@supplier.example", note="mended by hand")
        await end_of(incident(client))
        site.keep()
        afterwards = (await beside("status")).stdout

    lines = shown.splitlines()
    [question] = seen["questions"]
    assert lines[0].startswith("1 question for people, 1 unassigned  (of acme)")
    assert "boss, cio  Carry out: Restart web?" in lines
    [how] = [line.strip() for line in lines if line.strip().endswith("driftvakt incident show acme.shop.1")]
    assert how.startswith(("in 6d23h, ", "in 7d, ")), "the deadline is rounded"
    assert any(line.startswith("acme.shop.1 ") and "web is down" in line for line in lines)
    assert any(line.startswith("acme.shop ") for line in lines)
    assert (question["id"], question["gate"]) == ("inc.acme.shop.1", "g1")
    assert afterwards.startswith("Nothing waits for people: 1 active alarm")
    assert "acme.shop.1  web is down (closed by hand)" in afterwards


async def test_a_runbook_that_asks_is_shown_to_its_own_customer_alone(site: Site) -> None:
    client = await site.server.client()
    for customer in ("acme", "nordvik"):
        attributes = [
            SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), customer),
            SearchAttributePair(SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY), ["operator"]),
        ]
        await client.start_workflow(
            "runbook.wait-for-health",
            id=f"runbook-of-{customer}",
            task_queue="nobody-serves-it",
            search_attributes=TypedSearchAttributes(attributes),
        )

    async with asyncio.timeout(90):
        while not (questions := json.loads((await beside("status", "acme", "--json")).stdout)["questions"]):
            await asyncio.sleep(0.1)

    assert [(one["id"], one["who"], one["question"]) for one in questions] == [("runbook-of-acme", ["operator"], "")]


def test_while_temporal_is_away_it_is_what_the_records_have(records: Records) -> None:
    opened = an_incident(1)
    closed = an_incident(
        2, state="closed", outcome=IncidentEnd.RECOVERED.value, closed_at=NOW - timedelta(hours=1), summary="It is back"
    )
    Halts(records).begin(BeginHalt(key="k", customer="acme", by="ann", reason="stocktaking", workflow="halt.acme"))
    records.write(WriteRecords(incidents=[opened, closed]))

    result = command("status")

    assert result.exit_code == 0
    assert result.stdout.startswith("Temporal does not answer, 1 halt")
    assert "Temporal does not answer at" in result.stdout
    assert "this is from the records" in result.stdout
    assert "ann@example.com has halted customer acme" in result.stdout
    assert "Disk 1 is full" in result.stdout
    assert "1 incident: 1 recovered" in result.stdout


def test_work_that_ended_before_the_digest_and_rehearsals_are_left_out(records: Records) -> None:
    records.write(
        WriteRecords(
            incidents=[an_incident(1, state="closed", outcome="recovered", closed_at=NOW - timedelta(days=2))],
            operations=[
                an_operation("start-up.acme.shop.a", rehearsed=True),
                an_operation("start-up.acme.shop.b", rehearsed=False),
            ],
        )
    )

    lately = json.loads(command("status", "--json").stdout)["digest"]
    further = json.loads(command("status", "--since", "3d", "--json").stdout)["digest"]

    assert lately["incidents"] == []
    assert [line["id"] for line in further["incidents"]] == ["inc.acme.shop.1"]
    assert [line["id"] for line in lately["operations"]] == ["start-up.acme.shop.b"]


def an_operation(id: str, *, rehearsed: bool) -> OperationRecord:
    return OperationRecord(
        id=id,
        kind=START_UP.name,
        application="acme.shop",
        title="Start up acme.shop",
        state="closed",
        dossier="d" * 64,
        opened_at=NOW - timedelta(hours=2),
        opened_by="ann",
        rehearsed=rehearsed,
        closed_at=NOW - timedelta(hours=1),
        outcome="done",
        run="r",
    )


def test_a_message_that_did_not_arrive_is_named_with_the_reason(records: Records) -> None:
    notices = NoticeStore(records.database)
    anna = Recipient(
        contact="anna",
        name="Anna",
        email="anna@supplier.example",
        channel="email",
        address="anna@supplier.example",
        own_url=None,
        language=Language.ENGLISH,
        zone="Europe/Stockholm",
        inside=True,
    )
    request = SendNotice(
        key="k",
        incident="inc.acme.shop.1",
        application="acme.shop",
        occasion=Occasion.TEST,
        audience=Audience(contacts=["Anna"]),
        facts=Facts(title="", opened_at=NOW),
    )
    notices.begin(request, NOW)
    notices.word("k", "en", "The shop is down", "The shop is down.")
    notices.claim("k", anna, NOW)
    under_way = json.loads(command("status", "--json").stdout)["digest"]["undelivered"]
    notices.note("k", delivery(anna, DeliveryState.FAILED, "the server refused it"), anna, 3)

    shown = command("status").stdout
    of_another = command("status", "acme").stdout

    assert under_way == []
    assert "1 notice not delivered" in shown
    assert "to anna by email (failed: the server refused it)  The shop is down" in shown
    assert "1 notice not delivered" in of_another


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["acmee"], 1, "no dossier of the customer acmee is published; there are acme"),
        ([""], 1, "no dossier of the customer '' is published; there are acme"),
        (["--since", "soon"], 1, "--since: "),
        (["--watch"], 2, "--watch needs a terminal; leave it out, or use --json"),
        (["--watch", "--json"], 2, "--watch shows a screen and --json prints once; give one of them"),
        (["--every", "0"], 2, "is not a whole number from 1 to 3600"),
    ],
)
@pytest.mark.usefixtures("records")
def test_an_impossible_argument_is_refused_in_one_sentence(arguments: list[str], code: int, said: str) -> None:
    result = command("status", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def seen_as(**fields: object) -> list[str]:
    """The lines of a page of this."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    overview = {"at": NOW, "customer": None, "digest": Digest(since=NOW - timedelta(hours=12))} | fields
    show_overview(Overview.model_validate(overview), console=Console(file=out, width=200, highlight=False))
    return out.getvalue().splitlines()


def line(number: int, **fields: object) -> IncidentLine:
    return IncidentLine.model_validate(
        {
            "id": f"inc.acme.shop.{number}",
            "application": "acme.shop",
            "number": number,
            "title": "Disk is full",
            "state": "awaiting-decision",
            "opened_at": NOW - timedelta(hours=3),
        }
        | fields
    )


def test_the_first_line_shows_the_worst_state() -> None:
    waits = WaitingQuestion(
        id="inc.acme.shop.1", gate="g1", question="What should Driftvakt do next?", who=["operator"], command="x"
    )
    late = line(1, deadline=NOW - timedelta(minutes=5), waits_for=["operator"])

    assert seen_as()[0].startswith("All is quiet")
    assert seen_as(incidents=[line(1, lead="anna")])[0].startswith("Nothing waits for people: 1 incident under way")
    assert seen_as(incidents=[late, line(2)], questions=[waits])[0].startswith(
        "1 incident overdue, 1 question for people, 1 unassigned"
    )


def test_a_question_that_nobody_answers_for_says_so_and_one_that_is_late_says_since_when() -> None:
    silent = WaitingQuestion(id="inc.acme.shop.1", who=["operator"], command="driftvakt incident show acme.shop.1")
    late = WaitingQuestion(
        id="change.acme.shop.2",
        gate="g1",
        question="May it begin?",
        who=["approver", "cio@acme.example"],
        deadline=NOW - timedelta(minutes=5),
        on_silence="ask_again",
        command="driftvakt operation show change.acme.shop.2",
    )

    lines = seen_as(questions=[late, silent])

    assert "cio  May it begin?" in lines
    assert "    due 5m ago, then: ask again; driftvakt operation show change.acme.shop.2" in lines
    assert "operator  no worker answers for it, so its question is unknown" in lines


def test_a_long_night_is_counted_and_its_first_lines_are_shown() -> None:
    ended = [line(n, outcome="recovered", closed_at=NOW) for n in range(1, 31)]
    lines = seen_as(digest=Digest(since=NOW - timedelta(hours=12), incidents=ended))

    assert "Ended in the last 12h" in lines
    assert "30 incidents: 30 recovered" in lines
    assert "    and 20 more: driftvakt incident list --all" in lines
    assert sum("Disk is full" in text for text in lines) == 10
