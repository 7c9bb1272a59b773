"""What must not end by Temporal's *Request Cancellation*: two clicks that give no name and no reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

_Result = TypeVar("_Result")


async def whatever_is_pressed(work: Coroutine[Any, Any, _Result], refused: Callable[[str], None]) -> _Result:
    """Do the work of a workflow to its end, also when its cancellation is requested; `refused` is told the reason given, if any.

    Temporal records one request for each run, so `refused` is called once at most.
    """
    working, asked = asyncio.create_task(work), False
    while not working.done():
        try:
            await workflow.wait([working])
        except asyncio.CancelledError:
            # A worker that lets a run go cancels all of its tasks, too; then nothing has been requested, or it is known.
            if asked or workflow.cancellation_reason() is None:
                raise
            asked = True
            refused(workflow.cancellation_reason() or "")
    return working.result()
