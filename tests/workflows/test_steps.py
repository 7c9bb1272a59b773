"""Steps: passed over where there is nothing to do, tried again where that is safe, and told to people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import (
    Approval,
    AskStep,
    Check,
    NotifyStep,
    RestartStep,
    RunStep,
    Step,
    StopStep,
    WaitStep,
)
from models.jobs import Outcome
from models.plans import ApplicationPlan, PlannedRemedy
from models.runbooks import RunbookReport
from runbooks.carry_out_remedy import CarryOutRemedy, CarryOutRemedyInput
from tests.fakes import Answer, FakeHosts, application_plan, carry_out
from tests.workflows.shop import OPERATOR

STALE = Check(component="web", command="is-fresh")
FAILED, OK, UNKNOWN = Answer(outcome=Outcome.FAILED), Answer(), Answer(outcome=Outcome.UNKNOWN)


def plan(*steps: Step) -> ApplicationPlan:
    known = application_plan({"web": []}, hosts={"web": ["web-1", "web-2"]})
    remedy = PlannedRemedy(name="it", title="It", steps=list(steps))
    people = {"users": ["ann@example.com", "bo@example.com"]}
    return known.model_copy(update={"remedies": {"some/it": remedy}, "people": people})


async def carried_out(skipping: WorkflowEnvironment, hosts: FakeHosts, *, rehearse: bool = False) -> RunbookReport:
    order = CarryOutRemedyInput(
        application="acme.shop", requested_by=OPERATOR, instruction="some", remedy="it", rehearse=rehearse
    )
    return await carry_out(skipping.client, hosts, CarryOutRemedy, order)


@pytest.mark.parametrize(
    ("answers", "restarted"),
    [({}, False), ({"web-2: is-fresh": FAILED}, True)],
    ids=["nothing to do anywhere", "something to do on one host"],
)
async def test_a_step_is_passed_over_only_where_its_check_succeeds_on_every_host(
    skipping: WorkflowEnvironment, answers: dict[str, Answer], restarted: bool
) -> None:
    hosts = FakeHosts(plan(RestartStep(component="web", check=STALE)))
    for line, answer in answers.items():
        hosts.answer(line, answer)

    report = await carried_out(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert bool(hosts.ensured) is restarted
    assert not report.steps[0].changed
    assert report.steps[0].title == "Is there anything to do? restart web: stop, then start, host by host"


async def test_nothing_is_done_where_nobody_can_tell_whether_there_is_anything_to_do(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = FakeHosts(plan(RestartStep(component="web", check=STALE)))
    hosts.answer("web-2: is-fresh", UNKNOWN)

    report = await carried_out(skipping, hosts)

    assert report.outcome is Outcome.UNKNOWN
    assert hosts.ensured == []


async def test_a_rehearsal_shows_the_check_of_every_step(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(plan(WaitStep(duration=timedelta(days=9), reason="settle", check=STALE)))
    hosts.answer("web-1: is-fresh", FAILED)

    report = await carried_out(skipping, hosts, rehearse=True)

    assert [step.detail for step in report.steps] == ["the step must run", "nothing to do", "settle"]


@pytest.mark.parametrize(
    ("step", "answers", "asked", "outcome"),
    [
        (RunStep(component="web", command="put", repeatable=True, tries=3), [FAILED, FAILED, OK], 3, Outcome.OK),
        (RunStep(component="web", command="put", repeatable=True, tries=2), [FAILED, FAILED, OK], 2, Outcome.FAILED),
        (RunStep(component="web", command="put", tries=3), [FAILED, OK], 1, Outcome.FAILED),
        (RunStep(component="web", command="put", repeatable=True, tries=3), [UNKNOWN, OK], 1, Outcome.UNKNOWN),
        (RunStep(component="web", command="put", read_only=True, tries=3), [UNKNOWN, OK], 2, Outcome.OK),
    ],
    ids=["until it succeeds", "no oftener than agreed", "never unless repeatable", "never when unsure", "looking"],
)
async def test_a_command_is_tried_again_only_where_that_is_safe_and_only_on_the_host_where_it_failed(
    skipping: WorkflowEnvironment, step: RunStep, answers: list[Answer], asked: int, outcome: Outcome
) -> None:
    hosts = FakeHosts(plan(step))
    hosts.answer("web-1: put", *answers)

    report = await carried_out(skipping, hosts)

    assert report.outcome is outcome
    assert hosts.hosts_by_line["web-1"] == ["put"] * asked
    assert hosts.hosts_by_line["web-2"] == ["put"]
    assert len({job.job for job in hosts.jobs}) == asked + 1, "each try is a job of its own"


async def test_a_step_that_asks_a_role_without_holders_asks_nobody_and_fails(skipping: WorkflowEnvironment) -> None:
    asks = AskStep(question="May the data be deleted?", approval=Approval(roles=["data-owner"]))
    hosts = FakeHosts(plan(asks, RunStep(component="web", command="delete")))

    report = await carried_out(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert report.steps[0].detail == (
        "nobody holds data-owner, so nobody may answer: give the role to a contact in the dossier"
    )
    assert hosts.lines == []


async def test_a_stop_with_an_unknown_result_is_retried(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(plan(StopStep(component="web", tries=2, pause=timedelta(hours=1))))
    hosts.answer("web-1: stop web", UNKNOWN, OK)

    report = await carried_out(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert hosts.hosts_by_line["web-1"] == ["stop web"] * 2


async def test_each_person_gets_one_notice_by_name_or_by_role(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(plan(NotifyStep(contacts=["karin"], roles=["users"], text="Closed until ten.")))

    report = await carried_out(skipping, hosts)

    [notice] = hosts.notices
    assert notice.audience.contacts == ["karin", "ann@example.com", "bo@example.com"]
    assert notice.facts.text == "Closed until ten."
    assert report.outcome is Outcome.OK
    assert "karin by email: sent" in report.steps[0].detail


@pytest.mark.parametrize(("must", "outcome"), [(False, Outcome.OK), (True, Outcome.FAILED)])
async def test_a_notice_that_reaches_nobody_stops_what_follows_only_where_it_must_reach_somebody(
    skipping: WorkflowEnvironment, must: bool, outcome: Outcome
) -> None:
    hosts = FakeHosts(
        plan(NotifyStep(contacts=["karin"], text="Closed.", must_be_delivered=must), StopStep(component="web"))
    )
    hosts.deaf = {"karin"}

    report = await carried_out(skipping, hosts)

    assert report.outcome is outcome
    assert bool(hosts.ensured) is not must
    assert report.steps[0].detail == "karin by email: failed"


async def test_a_rehearsal_tells_nobody_and_says_whom_it_would_tell(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(plan(NotifyStep(roles=["users"], text="Closed.")))

    report = await carried_out(skipping, hosts, rehearse=True)

    assert hosts.notices == []
    assert report.steps[0].detail == "would notify ann@example.com, bo@example.com"
