"""Whether workers take work from a task queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

_FRESH: Final = timedelta(seconds=90)
"""A worker asks at least once a minute; the server names one that died for five more."""


async def somebody_polls(client: Client, queue: str, *, workflows: bool) -> bool:
    """Whether a worker has asked for work on this queue lately: for workflows, or else for activities."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if workflows else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    )
    oldest = datetime.now(UTC) - _FRESH
    return any(poller.last_access_time.ToDatetime(UTC) > oldest for poller in answer.pollers)
