"""A failed workflow task is found, unless the machine was only too busy for it."""

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from tests.workflow_tasks import failed_tasks


def failed(message: str) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
    event.workflow_task_failed_event_attributes.failure.message = message
    return event


def test_a_task_that_raised_is_found_and_one_that_the_machine_was_too_busy_for_is_not() -> None:
    events = [
        HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
        failed("[TMPRL1101] Potential deadlock detected: workflow didn't yield within 2 second(s)."),
        failed("KeyError: 'web'"),
    ]
    assert failed_tasks(events) == ["KeyError: 'web'"]
