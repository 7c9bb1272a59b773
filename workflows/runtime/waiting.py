"""Waiting with a limit, so that nobody who is told to stop goes on unheard; and waiting for one's turn.

A worker that has just started gives a workflow an update before the timers and ends that came before it, if they came in workflow
tasks without commands; a later replay gives it the update after them (docs/adr/0019). Two things keep a replay the same:

- An update handler waits for its turn before it looks at anything: `in_turn`.
- Where that would cost too much, what happens beside the updates leaves a command: `leave_a_command`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from workflows.runtime.markdown import summary_line

_TURN = timedelta(milliseconds=50)
"""Long enough for the SDK to have finished the workflow task that starts the timer. Where a timer of a millisecond had ended by
then, SDK 1.35 now and then dropped the next task, and the update waited for the task's timeout."""


async def in_turn() -> None:
    """Wait, in an update handler, until all that came before the update has taken effect: 5 events, about 50 ms.

    The server puts the end of the timer into the history, so what the handler does afterwards has its place there.
    """
    await workflow.sleep(_TURN, summary="An update waits until what came before it has taken effect")


def leave_a_command(why: str) -> None:
    """Leave a command in this workflow task, so that no worker hands the workflow the next update before it: 1 event."""
    workflow.upsert_memo({"last change": why})


async def until(condition: Callable[[], bool], *, within: timedelta | None, summary: str) -> bool:
    """Wait until something holds; False when the time was over first.

    Python 3.11 forgets a cancellation that comes in the moment in which what was waited for comes true; here it counts.
    """
    task = asyncio.current_task()
    assert task is not None
    told = task.cancelling()
    held = True
    try:
        await workflow.wait_condition(condition, timeout=within, timeout_summary=summary_line(summary))
    except TimeoutError:
        held = False
    if task.cancelling() > told:
        raise asyncio.CancelledError
    return held
