"""Send updates to the watches of applications; a watch that does not run is started."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from models.base import Model
from models.names import WORKFLOW_QUEUE, watch_id
from models.watch import WatchOrder

M = TypeVar("M", bound=Model)


async def update_watch(
    client: Client,
    application: str,
    name: str,
    message: Model,
    result_type: type[M],
    *,
    id: str | None = None,
    rpc_timeout: timedelta | None = None,
    task_queue: str = WORKFLOW_QUEUE,
) -> M:
    """Send an update to the watch of an application and return its answer; the watch is started if it does not run.

    A repeated `id` is the same update. Temporal's errors are passed on, and callers translate them.
    """
    start: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
        "watch",
        WatchOrder(application=application),
        id=watch_id(application),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Watch of {application}",
    )
    answer: M = await client.execute_update_with_start_workflow(
        name, message, start_workflow_operation=start, id=id, result_type=result_type, rpc_timeout=rpc_timeout
    )
    return answer
