"""A worker that takes a workflow over reads its whole history again: what that costs grows in step with the history."""

from __future__ import annotations

from temporalio.testing import WorkflowEnvironment

from tests.replay.growing import calls, joining, replay, waiting_incident, with_signals

IN_STEP = 4.5
"""How many times as many calls of functions four times as many alarms may take; a square would be sixteen."""

MOST = 1.5
"""Seconds of processor time, twice what 4,000 alarms take on a busy machine; beyond 2 s the SDK gives an activation up."""


async def test_what_a_takeover_costs_grows_in_step_with_the_alarms_that_joined(skipping: WorkflowEnvironment) -> None:
    beginning = await waiting_incident(skipping.client)
    few = await replay(with_signals(beginning, "join_alarms", joining(100)), calls)
    many = await replay(with_signals(beginning, "join_alarms", joining(400)), calls)
    assert many.all / few.all <= IN_STEP


async def test_thousands_of_alarms_that_joined_while_no_worker_lived_are_taken_in_within_one_activation(
    skipping: WorkflowEnvironment,
) -> None:
    beginning = await waiting_incident(skipping.client)
    few = await replay(with_signals(beginning, "join_alarms", joining(1_000), in_a_task=1_000), calls)
    history = with_signals(beginning, "join_alarms", joining(4_000), in_a_task=4_000)
    many = await replay(history, calls)
    assert max(many.activations) / max(few.activations) <= IN_STEP
    assert max((await replay(history)).activations) < MOST
