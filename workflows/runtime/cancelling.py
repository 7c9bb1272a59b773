"""Protection against Temporal's *Request Cancellation*: two clicks that give no name and no reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

_Result = TypeVar("_Result")


async def whatever_is_pressed(work: Coroutine[Any, Any, _Result], refused: Callable[[str], None]) -> _Result:
    """Do the work of a workflow to its end, even if its cancellation is requested; `refused` gets the reason, which may be empty.

    Temporal records one request for each run, so `refused` is called once at most.
    """
    working, asked = asyncio.create_task(work), False
    while not working.done():
        try:
            await workflow.wait([working])
        except asyncio.CancelledError:
            # A worker that evicts a run cancels all of its tasks, too; then there is no request, or no new one.
            if asked or workflow.cancellation_reason() is None:
                raise
            asked = True
            refused(workflow.cancellation_reason() or "")
    return working.result()
