"""Finds out whether workers poll a task queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

_FRESH: Final = timedelta(seconds=90)
"""A worker polls at least once a minute. The server lists a dead worker for five more minutes."""


async def somebody_polls(client: Client, queue: str, *, workflows: bool) -> bool:
    """Return whether a worker has polled this queue recently, for workflows or for activities."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if workflows else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    )
    oldest = datetime.now(UTC) - _FRESH
    return any(poller.last_access_time.ToDatetime(UTC) > oldest for poller in answer.pollers)
