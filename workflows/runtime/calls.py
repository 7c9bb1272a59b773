"""Calls of our own activities, such as those of the records. None is called as a local activity.

The server retries a regular activity, so an outage of the records adds no event to a history, however long it lasts. A local
activity would add a workflow task every few seconds. A query that is answered while a local activity runs also gives the
workflow its events in another order than a replay does, and such a workflow is stuck when its worker restarts (docs/adr/0019).
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
from workflows.runtime.policies import COMPUTE_TIMEOUT, HEARTBEAT, RECORD, RECORD_TIMEOUT

_Order = TypeVar("_Order")
_Answer = TypeVar("_Answer")

_Activity = Callable[[_Order], Coroutine[Any, Any, _Answer]]


async def look_up(activity: _Activity[_Order, _Answer], order: _Order, *, summary: str) -> _Answer:
    """Carry out an activity that only reads; raise its own `ApplicationError` if it fails."""
    with _own_error():
        return await _start(activity, order, summary, RECORD)


async def call(
    activity: _Activity[_Order, _Answer], order: _Order, *, summary: str, retry: RetryPolicy = RECORD
) -> _Answer:
    """Carry out an activity that changes something; raise its own `ApplicationError` if it fails.

    A cancellation takes effect only after the activity has ended: the next step must not overtake it.
    """
    running = _start(activity, order, summary, retry)
    with _own_error():
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not running.done():
                await workflow.wait([running])
            raise


async def compute(activity: _Activity[_Order, _Answer], order: _Order, *, summary: str) -> _Answer:
    """Carry out an activity that computes for long and heartbeats meanwhile; raise its own `ApplicationError` if it fails."""
    with _own_error():
        return await workflow.execute_activity(
            activity,
            order,
            start_to_close_timeout=COMPUTE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RECORD,
            summary=summary_line(summary),
        )


@contextmanager
def _own_error() -> Iterator[None]:
    # A workflow that fails by it shows the sentence in the Temporal UI, instead of "Activity task failed".
    try:
        yield
    except ActivityError as error:
        if isinstance(error.cause, ApplicationError):
            raise error.cause from None
        if isinstance(error.cause, CancelledError):  # an activity is cancelled only together with its caller
            raise asyncio.CancelledError from None
        raise


def _start(
    activity: _Activity[_Order, _Answer], order: _Order, summary: str, retry: RetryPolicy
) -> ActivityHandle[_Answer]:
    # These activities send no heartbeats, so a cancellation could not reach them.
    return workflow.start_activity(
        activity,
        order,
        start_to_close_timeout=RECORD_TIMEOUT,
        retry_policy=retry,
        cancellation_type=ActivityCancellationType.ABANDON,
        summary=summary_line(summary),
    )
