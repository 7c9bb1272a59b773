"""An incident that only waits; in a file of its own, because the sandbox loads the file anew for each of them."""

from __future__ import annotations

from temporalio import workflow

from models.incident import AlarmsJoined, IncidentOrder


@workflow.defn(name="incident")
class WaitingIncident:
    """Takes alarms and waits."""

    @workflow.run
    async def run(self, order: IncidentOrder) -> None:
        """Wait without an end."""
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def join_alarms(self, joined: AlarmsJoined) -> None:
        """Take them."""
