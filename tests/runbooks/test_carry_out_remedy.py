from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import Approval, ProbeStep, Remedy, RestartStep, RunStep, Step
from models.gates import Decision
from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE
from models.plans import ApplicationPlan, PlannedRemedy
from models.proof import Use
from runbooks.carry_out_remedy import CarryOutRemedy, CarryOutRemedyInput
from tests.fakes import Answer, FakeHosts, application_plan, carry_out, first_question, working
from tests.workflows.shop import OPERATOR

STEPS = [
    RunStep(component="web", command="clear-cache", check="cache-is-empty"),
    RestartStep(component="web"),
    ProbeStep(component="web", healthy_for=timedelta(seconds=5)),
]
LINES = ["web-1: clear-cache", "web-1: stop web", "web-1: start web", "watch web-up"]


def with_remedy(plan: ApplicationPlan, approval: Approval | None = None) -> ApplicationPlan:
    remedy = Remedy(title="Clear the cache and restart", steps=STEPS, approval=approval)
    planned = PlannedRemedy(
        name="clear",
        title=remedy.title,
        steps=remedy.steps,
        approval=approval,
        deciders=["bo@supplier.example"] if approval else [],
    )
    return plan.model_copy(update={"remedies": {"web-down/clear": planned}})


def order(*, remedy: str = "clear", rehearse: bool = False) -> CarryOutRemedyInput:
    return CarryOutRemedyInput(
        application="acme.shop",
        requested_by=OPERATOR,
        instruction="web-down",
        remedy=remedy,
        rehearse=rehearse,
    )


async def test_a_remedy_that_needs_nobody_is_carried_out_in_order(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []})))

    report = await carry_out(skipping.client, hosts, CarryOutRemedy, order())

    assert report.outcome is Outcome.OK
    assert hosts.lines == LINES


async def test_a_step_that_fails_ends_it_and_the_report_says_which(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []})))
    hosts.answer("web-1: stop web", Answer(outcome=Outcome.FAILED))

    report = await carry_out(skipping.client, hosts, CarryOutRemedy, order())

    assert report.outcome is Outcome.FAILED
    assert hosts.lines == LINES[:2]
    assert [(step.title, step.outcome.value) for step in report.steps] == [
        ("clear-cache", "ok"),
        ("Stop web", "failed"),
    ]


async def test_a_rehearsal_asks_nobody_and_shows_every_step(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []}), Approval(roles=["operator"])))

    report = await carry_out(skipping.client, hosts, CarryOutRemedy, order(rehearse=True))

    assert report.outcome is Outcome.OK
    assert hosts.lines == LINES
    assert all(request.rehearse for request in [*hosts.jobs, *hosts.ensured])
    assert report.steps[0].detail == "rehearsal: would ask bo@supplier.example"
    assert not any(step.changed for step in report.steps)


async def test_an_unknown_remedy_fails_with_those_that_there_are(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []})))

    with pytest.raises(WorkflowFailureError) as caught:
        await carry_out(skipping.client, hosts, CarryOutRemedy, order(remedy="reboot"))

    assert "acme.shop has no remedy 'web-down/reboot'; it has web-down/clear" in str(caught.value.cause)


@pytest.mark.parametrize(("option", "lines"), [("approve", LINES), ("refuse", [])])
async def test_a_remedy_that_needs_approval_waits_for_it_and_heeds_the_answer(
    client: Client, option: str, lines: list[str]
) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []}), Approval(roles=["operator"])))

    async with working(client, hosts, CarryOutRemedy):
        handle = await client.start_workflow(
            CarryOutRemedy.run, order(), id=f"remedy-{option}", task_queue=WORKFLOW_QUEUE
        )
        gate = await first_question(handle)
        assert hosts.lines == []
        answer = Decision(gate=gate.id, option=option, by="bo@supplier.example", plan=gate.digest[:8], note="because")
        await handle.execute_update(CarryOutRemedy.decide, answer)
        report = await handle.result()

    assert hosts.lines == lines
    assert report.outcome is (Outcome.OK if lines else Outcome.FAILED)
    assert report.steps[0].detail == f"{option} by bo@supplier.example"


@pytest.mark.parametrize(
    ("rehearse", "outcome", "use"),
    [
        (False, Outcome.OK, Use.CARRIED_OUT),
        (False, Outcome.FAILED, Use.FAILED),
        (True, Outcome.OK, Use.REHEARSED),
    ],
)
async def test_how_it_went_is_kept_as_proof(
    skipping: WorkflowEnvironment, rehearse: bool, outcome: Outcome, use: Use
) -> None:
    hosts = FakeHosts(with_remedy(application_plan({"web": []})))
    hosts.answer("web-1: clear-cache", Answer(outcome=outcome))

    await carry_out(skipping.client, hosts, CarryOutRemedy, order(rehearse=rehearse))

    assert [(p.instruction, p.use, p.dossier) for p in hosts.proofs] == [("remedy/web-down/clear", use, "d1")]


@pytest.mark.parametrize(
    ("step", "leased"),
    [
        (RunStep(component="web", command="mend"), [["web"]]),
        (RunStep(component="web", command="look", read_only=True), []),
        (RunStep(host="db-1", command="mend"), [["db"]]),
    ],
    ids=["a component", "nothing", "what stands on a host"],
)
async def test_its_lease_covers_what_the_steps_of_the_remedy_act_on(
    skipping: WorkflowEnvironment, step: Step, leased: list[list[str]]
) -> None:
    known = application_plan({"db": [], "web": ["db"]})
    remedy = PlannedRemedy(name="clear", title="Clear", steps=[step])
    hosts = FakeHosts(known.model_copy(update={"remedies": {"web-down/clear": remedy}}))

    async with working(skipping.client, hosts, CarryOutRemedy):
        await skipping.client.execute_workflow(
            CarryOutRemedy.run, order(), id=f"leasing-{len(leased)}-{step.host}", task_queue=WORKFLOW_QUEUE
        )

    assert [asked.components.names for asked in hosts.leases] == leased
