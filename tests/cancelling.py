"""Cancelling activities on the server that skips time.

That server refuses a workflow task which cancels an activity that ended meanwhile (ACTIVITY_UNKNOWN), and never gives the task
again: its clock stands still, and the test hangs. A real server takes such a task. So on that server, a workflow that cancels an
activity leaves it alone instead. The workflow sees the same in both cases: it does not wait for the activity. Whether the
activity hears of it is for tests on a real server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.client import Client
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityCancellationType, ActivityHandle

from tests.servers import SKIPS_TIME


def cancelling_for(client: Client) -> Sequence[Interceptor]:
    """The interceptors that a worker or a replayer of this client's server needs."""
    return [_Abandons()] if client.identity == SKIPS_TIME else []


class _Abandons(Interceptor):
    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        if input.cancellation_type is ActivityCancellationType.TRY_CANCEL:
            input.cancellation_type = ActivityCancellationType.ABANDON
        return super().start_activity(input)
