"""The records are away for half an hour: nothing is stuck, and what it costs a workflow does not grow with the outage."""

from __future__ import annotations

import logging

import pytest
from temporalio.testing import WorkflowEnvironment

from models.incident import IncidentEnd
from tests.workflows.outages import half_an_hour_under

_INCIDENTS = 30
"""As many as a busy machine serves within a minute or two; `make bench ARGS=outage` takes a hundred."""


@pytest.mark.slow
async def test_an_outage_of_the_records_for_half_an_hour_under_thirty_incidents(
    skipping: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="temporalio.activity")
    cost = await half_an_hour_under(_INCIDENTS, skipping)
    assert cost.ends == {IncidentEnd.RECOVERED}
    assert cost.asked > 50 * _INCIDENTS  # it was asked for all the time
    # Writing and looking up cost nothing; this is the escalation policy, whose pauses grow, and the warnings of each promise.
    # Mostly 117, also of a hundred; on a busy machine a workflow hears one thing after the other, in more workflow tasks.
    assert max(cost.during) <= 160
    assert max(cost.after) <= 300
