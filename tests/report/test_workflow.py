"""A report is made once its data is there, asked about with all that people must know, sent once, and sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from activities.report.periods import period_before
from models.dossier.reports import ReportSpan
from models.names import WORKFLOW_QUEUE
from models.operation import OperationEnd, OperationState, OperationStatus
from models.report_order import ReportStarted, StartReport
from tests.report.november import APPLICATION, incident, met
from tests.report.scene import JONAS, KARIN, ON_CALL, ZONE, Office, comment, last_month, shop, start, working
from tests.servers import Namespaces, pass_time
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, unique

BOTH = {"roles": ["change-approver"], "by": "both"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The shop with its report, approved by the supplier."""
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    """Make the shop with other terms of its report."""
    offices: list[Office] = []

    def made(**report: Any) -> Office:
        offices.append(Office(tmp_path, shop(**report)))
        return offices[-1]

    yield made
    for one in offices:
        one.close()


async def test_an_approved_report_is_sent_to_each_receiver_and_sealed(client: Client, office: Office) -> None:
    async with working(client, office):
        run = await start(client)
        gate = await until_asked(run)
        await decide(run, "approve", by=ON_CALL, note="Looks right")
        outcome = await run.result()

    sealed = office.archive.latest(APPLICATION, "monthly", last_month())
    assert sealed is not None
    assert (outcome.end, outcome.data["seal"]) == (OperationEnd.DONE, sealed.seal)
    assert office.sent == ["karin", "oskar"]
    [first, _] = [one for one in office.notices if one.occasion.value == "report"]
    assert [file.name.rpartition("monthly-")[2] for file in first.attachments] == [
        f"{last_month()}.html",
        f"{last_month()}.csv.zip",
    ]
    assert [file.digest for file in first.attachments] == [file.digest for file in sealed.files[: sealed.attached]]
    assert [(one.by, one.note, one.question) for one in sealed.approved_by] == [(ON_CALL, "Looks right", gate.digest)]
    assert [(one.contact, one.to, one.state.value) for one in sealed.sent_to] == [
        ("karin", "Karin", "sent"),
        ("oskar", "Oskar", "sent"),
    ]


async def test_people_are_asked_with_the_digest_the_receivers_and_the_files_that_would_be_sent(
    client: Client, office: Office
) -> None:
    async with working(client, office):
        run = await start(client)
        gate = await until_asked(run)
        await decide(run, "refuse", by=ON_CALL, note="The incident of the 12th is missing")
        outcome = await run.result()

    draft = office.archive.draft_of(run.id)
    assert draft is not None
    assert f"Facts: {draft.facts}" in gate.question.plan
    assert "To: karin, oskar" in gate.question.plan
    assert all(file["digest"] in gate.question.plan for file in draft.files[:2])
    assert gate.question.deciders.names == [ON_CALL, JONAS]
    assert [file.digest for file in office.asked()[0].attachments] == [file["digest"] for file in draft.files[:2]]
    folder = office.home / "reports" / APPLICATION / "monthly" / last_month()
    assert sorted(path.suffix for path in folder.iterdir()) == [".html", ".md", ".zip"]
    assert (outcome.end, outcome.summary) == (
        OperationEnd.REFUSED,
        "Not approved: The incident of the 12th is missing",
    )
    assert office.sent == []
    assert office.archive.all() == []


async def test_commentary_withdraws_the_question_and_is_a_part_of_what_is_approved(
    client: Client, office: Office
) -> None:
    async with working(client, office):
        run = await start(client)
        first = await until_asked(run)
        said = await comment(run, "The payment provider was down on the 12th.", by=JONAS)
        second = await until_asked_again(run, first.id)
        with pytest.raises(WorkflowUpdateFailedError) as old:
            await decide(run, "approve", by=ON_CALL, gate=first.id, plan=first.digest[:8])
        with pytest.raises(WorkflowUpdateFailedError) as author:
            await decide(run, "approve", by=JONAS)
        await decide(run, "approve", by=ON_CALL)
        await run.result()

    sealed = office.archive.latest(APPLICATION, "monthly", last_month())
    assert sealed is not None
    assert said.message.startswith("The report is made again")
    assert "The payment provider" in second.question.plan
    assert second.digest != first.digest
    assert "was decided already" in str(old.value.cause)
    assert "asked for this and may not decide it" in str(author.value.cause)
    page = next(file for file in sealed.files if file.name.endswith(".html"))
    assert b"The payment provider was down on the 12th." in office.archive.documents.read(page.digest)


async def until_asked_again(run: Any, before: str) -> Any:
    """Wait for the question after one."""
    async with asyncio.timeout(90):
        while (gate := await until_asked(run)).id == before:
            await asyncio.sleep(0.02)
    return gate


async def test_new_facts_are_asked_about_again(client: Client, office: Office) -> None:
    async with working(client, office):
        run = await start(client)
        first = await until_asked(run)
        incident(office.records, 7, met(period_before(ReportSpan.MONTH, datetime.now(UTC), ZONE).since), office.dossier)
        await decide(run, "gather-again", by=ON_CALL)
        second = await until_asked_again(run, first.id)
        await decide(run, "approve", by=ON_CALL)
        outcome = await run.result()

    assert outcome.end is OperationEnd.DONE
    assert second.digest != first.digest
    assert facts_of(first.question.plan) != facts_of(second.question.plan)
    assert office.incidents_counted(facts_of(second.question.plan)) == 1
    assert outcome.data["facts"] == facts_of(second.question.plan)


def facts_of(plan: str) -> str:
    """The digest of the facts in what people approve."""
    return next(line.removeprefix("Facts: ") for line in plan.splitlines() if line.startswith("Facts: "))


async def test_the_customer_is_asked_after_the_supplier_and_again_when_there_is_new_commentary(
    client: Client, make: Any
) -> None:
    office = make(approval=BOTH)
    async with working(client, office):
        run = await start(client)
        supplier = await until_asked(run)
        await decide(run, "approve", by=ON_CALL)
        customer = await until_asked_again(run, supplier.id)
        await comment(run, "Agreed with Karin by phone.", by=JONAS)
        again = await until_asked_again(run, customer.id)
        await decide(run, "approve", by=ON_CALL)
        last = await until_asked_again(run, again.id)
        await decide(run, "approve", by=KARIN)
        await run.result()

    sealed = office.archive.latest(APPLICATION, "monthly", last_month())
    assert [gate.question.deciders.names for gate in (supplier, customer, again, last)] == [
        [ON_CALL, JONAS],
        [KARIN],
        [ON_CALL, JONAS],
        [KARIN],
    ]
    assert [(one.by, one.party.value) for one in sealed.approved_by] == [(ON_CALL, "supplier"), (KARIN, "customer")]


async def test_it_waits_until_the_period_is_over_and_has_settled(skipping: WorkflowEnvironment, make: Any) -> None:
    office = make(settle="6h")
    now = await skipping.get_current_time()
    this_month = last_month(now + timedelta(days=31))
    async with working(skipping.client, office):
        run = await start(skipping.client, period=this_month, by="jonas")
        gate = await until_asked_within(skipping, run)
        facts = office.archive.draft_of(run.id)
        assert facts is not None
        await decide(run, "approve", by=ON_CALL)
        outcome = await run.result()

    assert outcome.end is OperationEnd.DONE
    assert last_month(gate.opened_at) == this_month
    assert last_month(gate.opened_at - timedelta(hours=6, minutes=1)) == last_month(now)


async def until_asked_within(skipping: WorkflowEnvironment, run: Any) -> Any:
    """Let days pass until it asks."""
    for _ in range(40):
        if gates := await run.query("gates", result_type=list[Any]):
            break
        await pass_time(skipping, timedelta(days=1))
    assert gates
    return await until_asked(run)


async def test_a_receiver_who_is_not_reached_is_sealed_so_and_the_operators_hear_of_it(
    client: Client, office: Office
) -> None:
    office.deaf = {"oskar"}
    async with working(client, office):
        run = await start(client)
        await until_asked(run)
        await decide(run, "approve", by=ON_CALL)
        outcome = await run.result()

    sealed = office.archive.latest(APPLICATION, "monthly", last_month())
    assert sealed is not None
    assert {one.contact: one.state.value for one in sealed.sent_to} == {"karin": "sent", "oskar": "failed"}
    assert outcome.summary == "Sent to 1 of 2 receivers and sealed as version 1"
    [said] = [one for one in office.notices if one.occasion.value == "message"]
    assert "did not reach Oskar" in said.facts.text


async def test_a_preview_asks_nobody_and_sends_nothing(client: Client, office: Office) -> None:
    async with working(client, office):
        outcome = await (await start(client, rehearse=True)).result()

    assert outcome.end is OperationEnd.REHEARSED
    assert outcome.summary == f"Preview in reports/{APPLICATION}/monthly/{last_month()}"
    assert office.notices == []
    assert list((office.home / "reports" / APPLICATION / "monthly" / last_month()).glob("*.html"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"report": "yearly"}, "acme.shop has no report 'yearly'; it has monthly"),
        ({"period": "2026Q4"}, "2026Q4 is no period of this report; write it as 2026-11"),
        ({"period": "2199-01"}, "the period 2199-01 begins 2198-12-31 23:00 UTC; name one that has begun"),
        ({"corrects": 1}, f"no report monthly of {last_month()} is sealed, so there is nothing to correct"),
        ({"by": "eve@acme.example"}, "eve@acme.example is not a contact of acme.shop"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused_with_its_reason(
    client: Client, office: Office, fields: dict[str, Any], why: str
) -> None:
    async with working(client, office):
        outcome = await (await start(client, **fields)).result()

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary.startswith(why)


async def test_a_report_that_nobody_may_approve_is_refused(client: Client, make: Any) -> None:
    office = make(approval={"roles": ["system-owner"], "by": "supplier"})
    async with working(client, office):
        outcome = await (await start(client)).result()

    assert outcome.summary == (
        "nobody of the supplier holds system-owner, so nobody may approve the report: "
        "give the role to a contact in the dossier"
    )


async def test_commentary_of_a_stranger_or_after_the_approval_is_refused(client: Client, office: Office) -> None:
    async with working(client, office):
        run = await start(client)
        await until_asked(run)
        with pytest.raises(WorkflowUpdateFailedError) as customer:
            await comment(run, "All was well.", by=KARIN)
        await comment(run, "x" * 8000)
        with pytest.raises(WorkflowUpdateFailedError) as long:
            await comment(run, "x" * 4000)
        await run.execute_update("abort", {"by": JONAS, "reason": "Not this month"})
        outcome = await run.result()

    assert str(customer.value.cause) == f"NotPossible: {KARIN} may not write commentary; {ON_CALL}, {JONAS} may"
    assert (
        str(long.value.cause) == "NotPossible: all commentary together would have 12000 characters; 10000 are allowed"
    )
    assert outcome.end is OperationEnd.ABORTED
    assert office.sent == []


async def test_the_form_starts_the_report_of_the_last_period_once(namespaces: Namespaces, office: Office) -> None:
    client = await (await namespaces.next()).client()  # the id of a report is that of its period
    id = f"report.{APPLICATION}.monthly.{last_month()}"

    async def filled_in() -> ReportStarted:
        form = StartReport(application=APPLICATION, report="monthly", by=JONAS)
        return await client.execute_workflow(
            "start-report", form, id=unique("start-report"), task_queue=WORKFLOW_QUEUE, result_type=ReportStarted
        )

    async with working(client, office):
        first = await filled_in()
        run = client.get_workflow_handle(id)
        await until_asked(run)
        second = await filled_in()
        status = await run.query("status", result_type=OperationStatus)
        await decide(run, "refuse", by=ON_CALL, note="Wrong")
        await run.result()
        third = await filled_in()
        await until_asked(client.get_workflow_handle(third.report))
        await decide(client.get_workflow_handle(third.report), "approve", by=ON_CALL)
        await client.get_workflow_handle(third.report).result()
        fourth = await filled_in()

    assert (first.report, first.started) == (id, True)
    assert (second.report, second.started) == (id, False)
    assert status.state is OperationState.DECIDING
    assert (third.report, third.started) == (f"{id}.2", True)
    assert (fourth.report, fourth.started) == (f"{id}.2", False)
    assert fourth.message.endswith("is sealed already, as version 1.")
