"""Which workflow tasks of a history failed because of the workflow."""

from collections.abc import Iterable

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

_TOO_SLOW = "[TMPRL1101]"
"""The SDK gives a task back after two seconds without an answer. A busy machine is that slow, and the task is tried again; a
workflow that really never answers makes its test hang, which is no less a failure."""


def failed_tasks(events: Iterable[HistoryEvent]) -> list[str]:
    """The messages of the workflow tasks that failed, but for those that the machine was too busy for."""
    failures = (
        event.workflow_task_failed_event_attributes.failure.message
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    )
    return [message for message in failures if not message.startswith(_TOO_SLOW)]
