"""Cancelling activities and timers on the server that skips time.

That server refuses a workflow task which cancels an activity that ended meanwhile (ACTIVITY_UNKNOWN) or such a timer
("invalid history builder state for action", temporalio/sdk-java#3088), and never gives the task again: its clock stands
still, and the test hangs. A real server takes such a task. So on that server, a workflow that cancels an activity, or a
timer that is about to end, leaves it alone instead. The workflow sees the same in both cases: it does not wait for it.
Whether the activity hears of it is for tests on a real server.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityCancellationType, ActivityHandle

from tests.servers import SKIPS_TIME

_LONGEST_TASK = timedelta(seconds=10)
"""How long a worker may have a workflow task at most; a timer that ends later cannot end meanwhile. While a worker has a task,
the server skips no time."""


def cancelling_for(client: Client) -> Sequence[Interceptor]:
    """The interceptors that a worker or a replayer of this client's server needs."""
    return [_Abandons()] if client.identity == SKIPS_TIME else []


def timers_for(client: Client, instance: WorkflowInstance) -> WorkflowInstance:
    """A workflow as this client's server can take it, with regard to its timers."""
    return _LetsTimersEnd(instance) if client.identity == SKIPS_TIME else instance


class Around(WorkflowInstance):
    """A workflow with something around each of its activations."""

    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner

    def activate(self, act: Any) -> Any:
        """As the workflow does."""
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        """As the workflow does."""
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """As the workflow does."""
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Any:
        """As the workflow does."""
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        """As the workflow does."""
        return self._inner.get_thread_id()


class _LetsTimersEnd(Around):
    """Takes out what cancels a timer that is about to end. The SDK ignores the end of a timer that its workflow has forgotten."""

    def __init__(self, inner: WorkflowInstance) -> None:
        super().__init__(inner)
        self._ends: dict[int, datetime] = {}

    def activate(self, act: Any) -> Any:
        now = act.timestamp.ToDatetime()
        completion = super().activate(act)
        commands = completion.successful.commands
        for command in list(commands):
            if command.HasField("start_timer"):
                timer = command.start_timer
                self._ends[timer.seq] = now + timer.start_to_fire_timeout.ToTimedelta()
            elif command.HasField("cancel_timer") and self._ends.pop(command.cancel_timer.seq) - now < _LONGEST_TASK:
                commands.remove(command)
        return completion


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
