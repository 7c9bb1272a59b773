"""A worker that takes a workflow over reads its whole history again: what that costs grows in step with the history."""

from __future__ import annotations

from temporalio.testing import WorkflowEnvironment

from tests.replay.growing import calls, joining, replay, waiting_incident, with_signals

IN_STEP = 4.5
"""How many times as many calls of functions four times as many alarms may take; a square would be sixteen."""

MOST = 500
"""Calls of functions for each alarm, a third more than it takes; the SDK gives an activation up that takes more than 2 s.

How many seconds that is depends on the machine; `tests/bench/growth.py` measures it.
"""


async def test_the_cost_of_a_takeover_grows_with_the_number_of_joined_alarms(skipping: WorkflowEnvironment) -> None:
    beginning = await waiting_incident(skipping.client)
    few = await replay(with_signals(beginning, "join_alarms", joining(100)), calls)
    many = await replay(with_signals(beginning, "join_alarms", joining(400)), calls)
    assert many.all / few.all <= IN_STEP


async def test_thousands_of_alarms_that_joined_while_no_worker_lived_are_taken_in_within_one_activation(
    skipping: WorkflowEnvironment,
) -> None:
    beginning = await waiting_incident(skipping.client)
    few = await replay(with_signals(beginning, "join_alarms", joining(1_000), in_a_task=1_000), calls)
    many = await replay(with_signals(beginning, "join_alarms", joining(4_000), in_a_task=4_000), calls)
    assert max(many.activations) / max(few.activations) <= IN_STEP
    assert max(many.activations) / 4_000 < MOST
