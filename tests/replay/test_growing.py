"""A worker that takes a workflow over reads its whole history again: what that costs grows in step with the history."""

from __future__ import annotations

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from models.incident import AlarmsJoined
from tests.replay.growing import replay, with_signals
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, decide, incident, report


async def _asked(environment: WorkflowEnvironment) -> WorkflowHistory:
    """The history of an incident that waits for a decision of people."""
    world = World()
    async with world.worker(environment.client):
        await report(environment.client, alarm("web", point=False, title="Disk 97 % full"))
        handle = incident(environment.client)
        await until_asked(handle)
        history = await handle.fetch_history()
        await decide(handle, "close", note="Disk was grown")
        await end_of(handle)
    last = max(n for n, e in enumerate(history.events) if e.HasField("workflow_task_completed_event_attributes"))
    return WorkflowHistory(history.workflow_id, history.events[: last + 1])


def _joining(count: int) -> list[AlarmsJoined]:
    return [AlarmsJoined(alarms=[alarm("web", fingerprint=f"disk/{n}", detail="x" * 200)]) for n in range(count)]


MOST = 1.5
"""Seconds of processor time; a worker that is not busy gives up an activation after 2 s, and the workflow is stuck."""


async def test_what_a_takeover_costs_grows_in_step_with_the_alarms_that_joined(skipping: WorkflowEnvironment) -> None:
    beginning = await _asked(skipping)
    few = await replay(with_signals(beginning, "join_alarms", _joining(250)))
    many = await replay(with_signals(beginning, "join_alarms", _joining(1_000)))
    assert many.all / few.all <= 6


async def test_ten_thousand_alarms_that_joined_while_no_worker_lived_are_taken_in_within_one_activation(
    skipping: WorkflowEnvironment,
) -> None:
    beginning = await _asked(skipping)
    few = await replay(with_signals(beginning, "join_alarms", _joining(2_500), in_a_task=2_500))
    many = await replay(with_signals(beginning, "join_alarms", _joining(10_000), in_a_task=10_000))
    assert max(many.activations) < MOST
    assert max(many.activations) / max(few.activations) <= 6
