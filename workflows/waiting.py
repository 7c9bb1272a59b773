"""Waiting with a limit, so that nobody who is told to stop goes on unheard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from workflows.text import summary_line


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
