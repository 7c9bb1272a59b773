"""Starting up and shutting down in order, against scripted hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from models.gates import APPROVE, REFUSE, GateOption, Question
from models.jobs import EnsureComponent, JobResult, Outcome
from models.lease import LeaseAnswer, LeaseGranted, LeaseRevoked, LeaseState
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import (
    AbortOperation,
    ComponentsOrder,
    OperationEnd,
    OperationOutcome,
    OperationStatus,
    ShutDownOrder,
)
from models.proof import Use
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.workflows.shop import OPERATOR
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, unique
from workflows.start_stop.workflow import ShutDown, StartUp

SHOP = {"db": [], "app": ["db"], "web": ["app"], "mail": []}


def shop() -> FakeHosts:
    return FakeHosts(application_plan(SHOP))


@asynccontextmanager
async def started(
    client: Client, hosts: FakeHosts, kind: str = "start-up", **order: object
) -> AsyncIterator[WorkflowHandle[object, OperationOutcome]]:
    workflow, order_type = (StartUp, ComponentsOrder) if kind == "start-up" else (ShutDown, ShutDownOrder)
    async with working(client, hosts, workflow):
        yield await client.start_workflow(
            kind,
            order_type.model_validate({"application": "acme.shop", "by": OPERATOR} | order),
            id=operation_id(kind, "acme.shop", unique("t")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )


async def test_a_start_up_starts_dependencies_first_and_proves_each_component_healthy(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts) as handle:
        outcome = await handle.result()
    assert outcome.end is OperationEnd.DONE
    acted = [line for line in hosts.lines if "start" in line or line.startswith("watch ")]
    for before, after in (
        ("db-1: start db", "watch db-up"),
        ("watch db-up", "app-1: start app"),
        ("watch app-up", "web-1: start web"),
    ):
        assert acted.index(before) < acted.index(after)
    assert hosts.given_back


async def test_a_failed_step_is_tried_again_when_people_say_so_and_the_rest_follows(client: Client) -> None:
    hosts = shop()
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED), Answer())
    async with started(client, hosts) as handle:
        gate = await until_asked(handle, "retry")
        assert "app" in gate.question.text
        assert "web-1: start web" not in hosts.lines
        await decide(handle, "retry")
        outcome = await handle.result()
    assert outcome.end is OperationEnd.DONE
    assert hosts.lines.count("db-1: start db") == 1
    assert hosts.lines.count("app-1: start app") == 2
    assert "web-1: start web" in hosts.lines


async def test_a_step_that_is_passed_over_needs_a_reason_and_stopping_leaves_a_clear_state(client: Client) -> None:
    hosts = shop()
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED))
    async with started(client, hosts) as handle:
        await until_asked(handle, "stop")
        await decide(handle, "stop")
        outcome = await handle.result()
    assert outcome.end is OperationEnd.FAILED
    assert "Start app on app-1: failed" in outcome.summary
    assert "web-1: start web" not in hosts.lines
    recorded = hosts.records[-1].operations[-1]
    assert recorded.outcome == "failed"
    assert recorded.closed_at is not None


async def test_a_part_is_started_with_what_it_needs_and_stopped_with_what_needs_it(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts, components=["app"]) as handle:
        await handle.result()
    assert [line for line in hosts.lines if "start" in line] == ["db-1: start db", "app-1: start app"]
    hosts = shop()
    async with started(client, hosts, "shut-down", components=["app"]) as handle:
        await handle.result()
    assert [line for line in hosts.lines if "stop" in line] == ["web-1: stop web", "app-1: stop app"]


async def test_a_rehearsal_checks_every_host_and_needs_no_lease(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts, "shut-down", rehearse=True) as handle:
        outcome = await handle.result()
    assert outcome.end is OperationEnd.REHEARSED
    assert all(request.rehearse for request in hosts.ensured)
    assert {request.host.name for request in hosts.ensured} == {"db-1", "app-1", "web-1", "mail-1"}
    assert not hosts.leases


async def test_a_component_in_the_wanted_state_is_left_alone(client: Client) -> None:
    hosts = shop()
    for name in SHOP:
        hosts.answer(f"{name}-1: start {name}", Answer(nothing_to_do=True))
    async with started(client, hosts) as handle:
        assert (await handle.result()).end is OperationEnd.NOTHING_TO_DO


async def test_a_refused_lease_ends_it_before_anything_is_done(client: Client) -> None:
    hosts = shop()
    hosts.lease_answers.append(LeaseAnswer(state=LeaseState.REFUSED, reason="acme.shop is frozen until Monday"))
    async with started(client, hosts) as handle:
        outcome = await handle.result()
    assert (outcome.end, outcome.summary) == (OperationEnd.REFUSED, "acme.shop is frozen until Monday")
    assert not hosts.lines


async def test_it_waits_for_its_lease_and_says_for_whom(client: Client) -> None:
    hosts = shop()
    hosts.lease_answers.append(LeaseAnswer(state=LeaseState.QUEUED, reason="Change 4 holds db"))
    async with started(client, hosts) as handle:
        while (status := await handle.query("status", result_type=OperationStatus)).state != "awaiting-lease":
            await asyncio.sleep(0.05)
        assert "Change 4 holds db" in status.doing
        assert not hosts.lines
        await handle.signal("lease_granted", LeaseGranted(holder=handle.id))
        assert (await handle.result()).end is OperationEnd.DONE


async def test_a_lease_that_names_a_component_of_another_version_of_the_dossier_does_no_harm(client: Client) -> None:
    """The watch reads a new version within seconds; what it granted until then covers what only the old version has."""
    hosts = shop()
    granted = [*SHOP, "cart"]
    fences = {f"acme.shop.{name}": 10_000_000 for name in granted}
    hosts.lease_answers = [
        LeaseAnswer(state=LeaseState.GRANTED, reason="it holds it", components=granted, fences=fences)
    ]
    async with started(client, hosts) as handle:
        outcome = await asyncio.wait_for(handle.result(), 60)
    assert outcome.end is OperationEnd.DONE
    assert hosts.given_back


async def test_an_abort_names_the_person_and_no_further_step_starts(client: Client) -> None:
    hosts = shop()
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED))
    async with started(client, hosts) as handle:
        await until_asked(handle, "retry")
        await handle.execute_update("abort", AbortOperation(by=OPERATOR, reason="The customer calls"))
        outcome = await handle.result()
    assert outcome.end is OperationEnd.ABORTED
    assert "The customer calls" in outcome.summary
    assert "web-1: start web" not in hosts.lines


class TakesTheLease(FakeHosts):
    """Hosts on which a step fails while the watch gives the lease of its operation to somebody else."""

    client: Client

    @activity.defn(name="ensure_component")
    async def _ensure_component(self, request: EnsureComponent) -> JobResult:
        operation = activity.info().workflow_id
        if request.component == "acme.shop.app":
            told = LeaseRevoked(holder=operation, by=OPERATOR)
            await self.client.get_workflow_handle(operation).signal("lease_revoked", told)
        return await FakeHosts._ensure_component(self, request)


async def test_a_step_that_failed_is_asked_about_only_where_the_operation_may_still_act(client: Client) -> None:
    hosts = TakesTheLease(application_plan(SHOP))
    hosts.client = client
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED))
    async with started(client, hosts) as handle:
        outcome = await handle.result()
        status = await handle.query("status", result_type=OperationStatus)
    assert outcome.end is OperationEnd.FAILED
    assert status.gates == []
    assert (status.steps[-1].title, status.steps[-1].detail) == (
        "Stop after start app; at most 5m",
        f"its lease was revoked by {OPERATOR}",
    )
    assert "web-1: start web" not in hosts.lines


async def test_the_end_of_a_window_starts_no_further_step_and_lets_the_running_one_finish(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts, window_until="2026-01-01T00:00:00Z") as handle:
        outcome = await handle.result()
    assert outcome.end is OperationEnd.FAILED
    assert not [line for line in hosts.lines if "start" in line]


async def test_every_step_carries_a_token_of_the_lease_and_they_rise(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts) as handle:
        await handle.result()
    tokens = [request.token for request in hosts.ensured]
    assert all(token > 1000 for token in tokens)
    assert len(set(tokens)) == len(tokens)


async def test_a_wrong_order_fails_with_a_sentence_and_wedges_nothing(client: Client) -> None:
    async with working(client, shop(), StartUp):
        with pytest.raises(WorkflowFailureError) as failure:
            await client.execute_workflow(
                "start-up", {"application": "shop"}, id=unique("wrong"), task_queue=WORKFLOW_QUEUE
            )
    assert "by" in str(failure.value.cause)


async def test_what_was_done_as_a_whole_is_kept_as_proof_and_a_part_proves_nothing(client: Client) -> None:
    hosts = shop()
    for order in ({"rehearse": True}, {}, {"components": ["db"]}):
        async with started(client, hosts, **order) as handle:
            await handle.result()
    assert [(p.instruction, p.use) for p in hosts.proofs] == [
        ("start-up", Use.REHEARSED),
        ("start-up", Use.CARRIED_OUT),
    ]


async def test_a_question_about_the_limit_that_is_refused_ends_it_before_anything_is_done(client: Client) -> None:
    hosts = shop()
    yes_or_no = [GateOption(name=APPROVE, means="On."), GateOption(name=REFUSE, means="Off.", needs_reason=True)]
    question = Question(
        text="May it go on?", options=yes_or_no, plan="120 hosts", deciders=[OPERATOR], roles=["operator"]
    )
    asked = LeaseAnswer(state=LeaseState.ASKED, reason="too many", question=question)
    hosts.lease_answers = [asked]
    async with started(client, hosts) as handle:
        await until_asked(handle)
        await decide(handle, "approve")
        assert (await handle.result()).end is OperationEnd.DONE
    assert [lease.beyond_limit for lease in hosts.leases] == [False, True]
    hosts.lease_answers, before = [asked], len(hosts.lines)
    async with started(client, hosts) as handle:
        await until_asked(handle)
        await decide(handle, "refuse", note="Not today")
        outcome = await handle.result()
    assert (outcome.end, outcome.summary) == (OperationEnd.REFUSED, "not approved: too many")
    assert len(hosts.lines) == before
