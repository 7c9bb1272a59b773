"""Incidents that are opened as their watch does it, where a test has no watch."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner

from models.base import Model
from models.incident import IncidentOrder, IncidentOutcome
from models.names import WORKFLOW_QUEUE, incident_id, watch_id
from workflows.runtime.serving import BoundedWorker


class Opening(Model):
    """What a stand-in opens, and who carries it out."""

    orders: list[IncidentOrder]
    queue: str


@workflow.defn(name="stand-in-watch")
class StandInWatch:
    """Opens incidents and lets go of them."""

    @workflow.run
    async def run(self, opening: Opening) -> None:
        """Open each."""
        for order in opening.orders:
            await workflow.start_child_workflow(
                "incident",
                order,
                id=incident_id(order.application, order.number),
                task_queue=opening.queue,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )


async def opened_by_watch(
    client: Client, orders: Sequence[IncidentOrder], queue: str = WORKFLOW_QUEUE
) -> list[WorkflowHandle[Any, IncidentOutcome]]:
    """Open incidents of one application under the id of its watch, which must not run; it may begin afterwards."""
    stand_in = f"stand-in.{uuid.uuid4().hex}"
    async with BoundedWorker(
        client, task_queue=stand_in, workflows=[StandInWatch], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        await client.execute_workflow(
            StandInWatch.run,
            Opening(orders=list(orders), queue=queue),
            id=watch_id(orders[0].application),
            task_queue=stand_in,
        )
    ids = [incident_id(order.application, order.number) for order in orders]
    return [client.get_workflow_handle(id, result_type=IncidentOutcome) for id in ids]
