from __future__ import annotations

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE
from models.runbooks import RunbookReport
from runbooks.wait_for_health import WaitForHealth, WaitForHealthInput
from tests.fakes import FakeHosts, application_plan, carry_out, working
from tests.workflows.shop import OPERATOR


async def wait(
    env: WorkflowEnvironment, hosts: FakeHosts, component: str = "web", application: str = "acme.shop"
) -> RunbookReport:
    order = WaitForHealthInput(application=application, requested_by=OPERATOR, component=component)
    return await carry_out(env.client, hosts, WaitForHealth, order)


async def test_a_healthy_component_is_reported_healthy_and_no_host_touched(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}))

    report = await wait(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert report.summary == "web is healthy: all points were OK"
    assert hosts.lines == ["watch web-up"]


async def test_a_component_that_does_not_become_healthy_fails_with_what_was_seen(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}))
    hosts.failing = {"web"}

    report = await wait(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert report.summary == "web is not healthy: web-up failed"


async def test_a_component_without_measuring_points_fails_and_says_why(skipping: WorkflowEnvironment) -> None:
    report = await wait(skipping, FakeHosts(application_plan({"web": []}, without_health=["web"])))

    assert report.outcome is Outcome.FAILED
    assert "no measuring point shows its health" in report.summary


@pytest.mark.parametrize(
    ("component", "application", "said"),
    [
        ("cache", "acme.shop", "acme.shop has no component 'cache'; it has web"),
        ("web", "acme.shed", "no dossier of acme.shed is published"),
    ],
)
async def test_what_is_not_there_fails_with_one_sentence(
    skipping: WorkflowEnvironment, component: str, application: str, said: str
) -> None:
    with pytest.raises(WorkflowFailureError) as caught:
        await wait(skipping, FakeHosts(application_plan({"web": []})), component, application)

    cause = caught.value.cause
    assert said in str(getattr(cause, "cause", None) or cause)


async def test_a_wrong_input_from_the_ui_fails_the_workflow_and_does_not_leave_it_stuck(
    skipping: WorkflowEnvironment,
) -> None:
    wrong = {"application": "acme.shop", "requested_by": OPERATOR, "compnent": "web"}
    async with working(skipping.client, FakeHosts(application_plan({"web": []})), WaitForHealth):
        with pytest.raises(WorkflowFailureError) as caught:
            await skipping.client.execute_workflow(
                "runbook.wait-for-health", wrong, id="wrong", task_queue=WORKFLOW_QUEUE
            )

    assert "compnent" in str(caught.value.cause)
