"""Waiting with a limit, without losing a cancellation; and waiting in an update handler for its turn.

A worker that has just started gives a workflow an update before earlier timers and completions, if these came in workflow tasks
without commands; a later replay gives it the update after them (docs/adr/0019). Two rules keep the replay the same:

- An update handler waits for its turn before it reads any state: `in_turn`.
- Where this wait is too expensive, changes beside the updates leave a command: `leave_a_command`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from workflows.runtime.markdown import summary_line

_TURN = timedelta(milliseconds=50)
"""Long enough for the SDK to finish the workflow task that starts the timer. With a timer of one millisecond, SDK 1.35 now and
then dropped the next task, and the update waited for the timeout of the task."""


async def in_turn() -> None:
    """Wait in an update handler until all earlier events have taken effect: 5 events, about 50 ms.

    The end of the timer is in the history, so the replay runs the handler at the same place.
    """
    await workflow.sleep(_TURN, summary="An update waits until earlier events have taken effect")


def leave_a_command(why: str) -> None:
    """Leave a command in this workflow task, so that every worker gives the workflow the next update after it: 1 event."""
    workflow.upsert_memo({"last change": why})


async def until(condition: Callable[[], bool], *, within: timedelta | None, summary: str) -> bool:
    """Wait until a condition holds; return False if the time was over first.

    Python 3.11 loses a cancellation in the moment in which the condition becomes true; this function raises it.
    """
    task = asyncio.current_task()
    assert task is not None
    cancelled = task.cancelling()
    held = True
    try:
        await workflow.wait_condition(condition, timeout=within, timeout_summary=summary_line(summary))
    except TimeoutError:
        held = False
    if task.cancelling() > cancelled:
        raise asyncio.CancelledError
    return held
