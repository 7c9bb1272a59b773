"""Calls of our own activities, such as those that keep the records: made here, and nowhere as local activities.

The server retries a regular activity, so an outage of the records adds no event to a history, however long it lasts. A local
activity would add a workflow task every few seconds. A query that is answered while a local activity runs also makes the workflow
hear of things in another order than a replay does, and such a workflow is stuck when its worker restarts (docs/adr/0019).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.workflow import ActivityCancellationType, ActivityHandle

from workflows.runtime.markdown import summary_line
from workflows.runtime.policies import RECORD, RECORD_TIMEOUT

_Order = TypeVar("_Order")
_Answer = TypeVar("_Answer")

_Activity = Callable[[_Order], Coroutine[Any, Any, _Answer]]


async def look_up(activity: _Activity[_Order, _Answer], order: _Order, *, summary: str) -> _Answer:
    """Carry out an activity that only reads; its own `ApplicationError` says why it failed."""
    with _own_error():
        return await _start(activity, order, summary, RECORD)


async def call(
    activity: _Activity[_Order, _Answer], order: _Order, *, summary: str, retry: RetryPolicy = RECORD
) -> _Answer:
    """Carry out an activity that changes something; its own `ApplicationError` says why it failed.

    Who is cancelled meanwhile hears of it when the activity has ended: what is done next must not overtake it.
    """
    running = _start(activity, order, summary, retry)
    with _own_error():
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not running.done():
                await workflow.wait([running])
            raise


@contextmanager
def _own_error() -> Iterator[None]:
    # A workflow that fails by it shows the sentence in the Temporal UI, instead of "Activity task failed".
    try:
        yield
    except ActivityError as error:
        if isinstance(error.cause, ApplicationError):
            raise error.cause from None
        if isinstance(error.cause, CancelledError):  # an activity is only cancelled with whoever waits for it
            raise asyncio.CancelledError from None
        raise


def _start(
    activity: _Activity[_Order, _Answer], order: _Order, summary: str, retry: RetryPolicy
) -> ActivityHandle[_Answer]:
    # They send no heartbeats, so the server could not tell them of a cancellation.
    return workflow.start_activity(
        activity,
        order,
        start_to_close_timeout=RECORD_TIMEOUT,
        retry_policy=retry,
        cancellation_type=ActivityCancellationType.ABANDON,
        summary=summary_line(summary),
    )
