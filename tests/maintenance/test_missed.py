"""Runs that cannot take place when they are due: each is seen, and treated as agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from models.jobs import Outcome
from models.lease import LeaseAnswer, LeaseState
from models.operation import OperationEnd, OperationOutcome
from tests.fakes import Answer, FakeHosts
from tests.maintenance.scene import (
    HOSTS,
    OPERATOR,
    PATCH,
    OneDossier,
    dossier,
    freeze,
    hosts,
    night,
    order,
    scheduled,
    start,
    started,
    workers,
)
from tests.servers import pass_time
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

QUEUED = LeaseAnswer(state=LeaseState.QUEUED, reason="Change 4 holds web")
HOUR = timedelta(hours=1)


def acted(fakes: FakeHosts) -> list[str]:
    return [job.host.name for job in fakes.jobs]


def told(fakes: FakeHosts) -> list[str]:
    return [notice.facts.text for notice in fakes.notices if notice.audience.contacts == [OPERATOR]]


async def run_late(
    skipping: WorkflowEnvironment, fakes: FakeHosts, late: timedelta, answer: str = "", **routine: Any
) -> OperationOutcome:
    """A run of 03:00 whose worker comes so much later."""
    at = await night(skipping)
    await pass_time(skipping, late)
    async with started(skipping.client, fakes, OneDossier(dossier(**routine)), scheduled(at)) as handle:
        if answer:
            await until_asked(handle, answer)
            await decide(handle, answer)
        return await handle.result()


async def test_a_run_that_is_late_but_in_its_window_takes_place(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()

    outcome = await run_late(skipping, fakes, 1.5 * HOUR, missed="skip")

    assert outcome.end is OperationEnd.DONE
    assert acted(fakes) == HOSTS


async def test_a_routine_that_notifies_still_tells_the_operators_how_it_ended(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    fakes.answer("web3: apt-get", Answer(outcome=Outcome.FAILED))
    steps = [{"type": "notify", "roles": ["operator"], "text": "Updates begin on a host"}, PATCH]

    outcome = await run_late(skipping, fakes, 0.5 * HOUR, steps=steps, abort_after_failures=2)

    assert outcome.end is OperationEnd.FAILED
    assert told(fakes)[:-1] == ["Updates begin on a host"] * len(HOSTS)
    assert told(fakes)[-1] == f"Security updates, maintenance of acme.shop: failed. {outcome.summary}"
    assert len({notice.key for notice in fakes.notices}) == len(HOSTS) + 1


async def test_a_skipped_run_is_recorded_and_the_operators_are_notified(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()

    outcome = await run_late(skipping, fakes, 3 * HOUR, missed="skip")

    assert outcome.end is OperationEnd.MISSED
    assert outcome.summary == "Outside its window 02:00-05:00 (UTC); the run is skipped, as agreed"
    assert outcome.data["missed"] == "outside its window 02:00-05:00 (UTC)"
    assert acted(fakes) == []
    assert told(fakes) == [f"Security updates, maintenance of acme.shop: missed. {outcome.summary}"]
    assert any(record.outcome == "missed" for batch in fakes.records for record in batch.operations)


async def test_caught_up_it_takes_place_in_the_next_window(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    at = await night(skipping)
    await pass_time(skipping, 3 * HOUR)
    weekly = dossier(missed="catch_up", frequency=f"weekly {at:%A} 03:00".lower())

    async with started(skipping.client, fakes, OneDossier(weekly), scheduled(at)) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert acted(fakes) == HOSTS
    opened = at + timedelta(days=1) - HOUR
    assert opened <= outcome.closed_at < opened + HOUR


async def test_nothing_is_caught_up_that_a_later_run_takes_the_place_of(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()

    by_next = await run_late(skipping, fakes, 3 * HOUR, missed="catch_up")
    by_earlier = await run_late(skipping, fakes, timedelta(days=2), missed="catch_up")

    assert by_next.summary == "Outside its window 02:00-05:00 (UTC); a later run replaces it"
    assert by_earlier.summary == "The window in which it was due has closed; a later run replaces it"
    assert {by_next.end, by_earlier.end} == {OperationEnd.MISSED}
    assert acted(fakes) == []


@pytest.mark.parametrize(
    ("answer", "end", "hosts_done"), [("next-window", OperationEnd.DONE, HOSTS), ("skip", OperationEnd.MISSED, [])]
)
async def test_asked_people_decide_whether_it_is_made_up_for(
    skipping: WorkflowEnvironment, answer: str, end: OperationEnd, hosts_done: list[str]
) -> None:
    fakes = hosts()

    outcome = await asked(skipping, fakes, answer)

    assert outcome.end is end
    assert acted(fakes) == hosts_done


async def asked(skipping: WorkflowEnvironment, fakes: FakeHosts, answer: str) -> OperationOutcome:
    at = await night(skipping)
    await pass_time(skipping, 3 * HOUR)
    weekly = dossier(missed="ask", frequency=f"weekly {at:%A} 03:00".lower())
    async with started(skipping.client, fakes, OneDossier(weekly), scheduled(at)) as handle:
        gate = await until_asked(handle, answer)
        assert "Security updates was missed: outside its window" in gate.question.text
        await decide(handle, answer)
        return await handle.result()


async def test_a_question_that_nobody_answers_leaves_it_out_when_the_next_run_comes(
    skipping: WorkflowEnvironment,
) -> None:
    fakes = hosts()
    at = await night(skipping)
    await pass_time(skipping, 3 * HOUR)
    weekly = dossier(missed="ask", frequency=f"weekly {at:%A} 03:00".lower())

    async with started(skipping.client, fakes, OneDossier(weekly), scheduled(at)) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.MISSED
    assert outcome.summary.endswith("the run is skipped by decision")
    assert outcome.closed_at - at >= timedelta(days=7)
    assert acted(fakes) == []


async def test_a_run_is_missed_if_the_window_closes_while_it_waits_for_the_lease(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    fakes.lease_answers = [QUEUED] * 100

    outcome = await run_late(skipping, fakes, timedelta(0), missed="skip")

    assert outcome.end is OperationEnd.MISSED
    assert "The window closed while the routine waited for the lease" in outcome.summary
    assert "Change 4 holds web" in outcome.summary
    assert fakes.given_back  # its place in the queue
    assert acted(fakes) == []


async def test_a_freeze_makes_it_missed_and_a_window_after_it_is_taken(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    at = await night(skipping)
    until = at + timedelta(days=2, minutes=30)
    frozen = [dict(freeze(at - HOUR, until))]
    weekly = dossier(frozen, missed="catch_up", frequency=f"weekly {at:%A} 03:00".lower())

    async with started(skipping.client, fakes, OneDossier(weekly), scheduled(at)) as handle:
        outcome = await handle.result()

    assert outcome.data["missed"] == f"frozen until {until:%Y-%m-%d %H:%M}: Christmas trade"
    assert outcome.end is OperationEnd.DONE
    assert outcome.closed_at >= until


async def test_hosts_that_a_window_left_out_are_maintained_in_the_next(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    at = await night(skipping)
    slow = [{"type": "run", "command": "patch"}, {"type": "wait", "duration": "50m", "reason": "replication"}]
    weekly = dossier(missed="catch_up", frequency=f"weekly {at:%A} 03:00".lower(), steps=slow)

    async with started(skipping.client, fakes, OneDossier(weekly), scheduled(at)) as handle:
        outcome = await handle.result()

    # Two hosts fit between three and five, and three from two to five of the next night.
    assert outcome.end is OperationEnd.DONE
    assert acted(fakes) == HOSTS
    assert outcome.data["missed"] == "the window closes at 05:00 UTC, with 3 of 5 hosts left"
    assert outcome.closed_at > at + timedelta(days=1)
    assert len(fakes.leases) == 2


async def test_a_run_that_is_skipped_half_way_lists_the_hosts_that_it_did_not_reach(
    skipping: WorkflowEnvironment,
) -> None:
    fakes = hosts()
    slow = [{"type": "run", "command": "patch"}, {"type": "wait", "duration": "50m", "reason": "replication"}]

    outcome = await run_late(skipping, fakes, timedelta(0), missed="skip", steps=slow)

    assert outcome.end is OperationEnd.FAILED
    assert outcome.summary.startswith("Done on 2 of 5 hosts; web3, web4, web5 not started. The window closes at 05:00")
    assert outcome.data["left"] == ["web3", "web4", "web5"]


async def test_a_question_about_failed_hosts_ends_with_the_window(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    fakes.answer("web1", Answer(outcome=Outcome.FAILED))

    outcome = await run_late(skipping, fakes, 1.5 * HOUR)

    assert outcome.end is OperationEnd.FAILED
    assert outcome.closed_at - outcome.opened_at <= timedelta(minutes=31)
    assert told(fakes)


async def test_a_run_that_is_no_longer_due_does_nothing(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    at = await night(skipping, "04:00")
    records = OneDossier(dossier())

    async with workers(skipping.client, fakes, records):
        exact = await (await start(skipping.client, scheduled(at, exact_until=at + HOUR))).result()
        rough = await (await start(skipping.client, scheduled(at, exact_until=at))).result()

    assert exact.end is OperationEnd.MISSED
    assert exact.summary.startswith("Not due by the current dossier; `driftvakt plan` shows the differences. If you ")
    assert rough.end is OperationEnd.NOTHING_TO_DO
    assert acted(fakes) == []
    recorded = {record.id for batch in fakes.records for record in batch.operations}
    assert recorded == {exact.id}


async def test_started_by_hand_it_needs_an_open_window_or_waits_for_one(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    at = await night(skipping, "12:00")

    async with workers(skipping.client, fakes, OneDossier(dossier())):
        refused = await (await start(skipping.client, order())).result()
        waited = await (await start(skipping.client, order(when_open=True))).result()

    assert refused.end is OperationEnd.REFUSED
    opens = at + 14 * HOUR
    assert (
        refused.summary == f"Outside its window 02:00-05:00 (UTC); the next window opens at {opens:%a %Y-%m-%d %H:%M}"
    )
    assert waited.end is OperationEnd.DONE
    assert waited.closed_at >= opens
    assert acted(fakes) == HOSTS


async def test_it_is_not_begun_before_it_is_approved(skipping: WorkflowEnvironment) -> None:
    fakes = hosts()
    approval = {"roles": ["operator"], "within": "1h", "not_requester": False}

    refused = await run_late(skipping, fakes, timedelta(0), approval=approval)
    approved = await run_late(skipping, fakes, timedelta(0), "approve", approval=approval)

    assert refused.end is OperationEnd.REFUSED
    assert refused.summary == "Not approved; nothing was changed"
    assert approved.end is OperationEnd.DONE
    assert acted(fakes) == HOSTS


async def test_by_schedule_a_routine_that_is_not_proven_asks_first(skipping: WorkflowEnvironment) -> None:
    stale = "it was never carried out or rehearsed as it stands"
    unproven, attended = hosts(), hosts()
    for fakes in (unproven, attended):
        fakes.plan = fakes.plan.model_copy(update={"stale": {"maintenance/patches": stale}})
    at = await night(skipping)

    async with started(skipping.client, unproven, OneDossier(dossier()), scheduled(at)) as handle:
        gate = await until_asked(handle, "approve")
        silent = await handle.result()
    at = await night(skipping)
    async with started(skipping.client, attended, OneDossier(dossier()), order()) as handle:
        by_hand = await handle.result()

    assert f"Approval is needed: {stale}." in gate.question.text
    assert silent.end is OperationEnd.REFUSED
    assert acted(unproven) == []
    assert told(unproven)
    assert by_hand.end is OperationEnd.DONE
