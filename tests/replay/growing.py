"""Histories that grow: a real beginning, and after it as many messages as a test wants, each in a workflow task of its own.

They are what a worker gets that takes a workflow over. To make ten thousand messages on a real server would take minutes.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from models.converter import data_converter
from models.incident import AlarmsJoined
from tests.cancelling import Around
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, decide, incident, report
from worker import WORKFLOWS
from workflows.runtime.sandbox import workflow_runner

Measure = Callable[[list[float]], AbstractContextManager[None]]
"""Measures one activation and appends what it found."""


async def waiting_incident(client: Client) -> WorkflowHistory:
    """The history of an incident that waits for a decision of people."""
    world = World()
    async with world.worker(client):
        await report(client, alarm("web", point=False, title="Disk 97 % full"))
        handle = incident(client)
        await until_asked(handle)
        history = await handle.fetch_history()
        await decide(handle, "close", note="Disk was grown")
        await end_of(handle)
    last = max(n for n, e in enumerate(history.events) if e.HasField("workflow_task_completed_event_attributes"))
    return WorkflowHistory(history.workflow_id, history.events[: last + 1])


def joining(count: int) -> list[AlarmsJoined]:
    """Signals of as many alarms."""
    return [AlarmsJoined(alarms=[alarm("web", fingerprint=f"disk/{n}", detail="x" * 200)]) for n in range(count)]


def with_signals(
    beginning: WorkflowHistory, name: str, messages: Sequence[BaseModel], *, in_a_task: int = 1
) -> WorkflowHistory:
    """The same workflow, to which these signals came afterwards; the beginning must end with a completed workflow task.

    A worker gets `in_a_task` of them at a time; all that came while no worker lived, for example.
    """
    history = beginning.to_json_dict()
    events: list[dict[str, Any]] = history["events"]
    at = events[-1]["eventTime"]

    def add(kind: str, **attributes: Any) -> str:
        words = kind.split("_")
        key = words[0].lower() + "".join(w.capitalize() for w in words[1:]) + "EventAttributes"
        events.append(
            {"eventId": str(len(events) + 1), "eventTime": at, "eventType": f"EVENT_TYPE_{kind}", key: attributes}
        )
        return str(len(events))

    for number, message in enumerate(messages, 1):
        payload = {"metadata": {"encoding": _b64(b"json/plain")}, "data": _b64(to_json(message))}
        add("WORKFLOW_EXECUTION_SIGNALED", signalName=name, input={"payloads": [payload]}, identity="test")
        if number % in_a_task and number < len(messages):
            continue
        scheduled = add("WORKFLOW_TASK_SCHEDULED", taskQueue={"name": "driftvakt"}, attempt=1)
        started = add("WORKFLOW_TASK_STARTED", scheduledEventId=scheduled, identity="test", requestId=scheduled)
        add("WORKFLOW_TASK_COMPLETED", scheduledEventId=scheduled, startedEventId=started, identity="test")
    return WorkflowHistory.from_json(beginning.workflow_id, json.dumps(history))


@dataclass
class Cost(WorkflowRunner):
    """What a workflow costs its worker, a figure for each activation."""

    measure: Measure
    activations: list[float] = field(default_factory=list)
    inner: WorkflowRunner = field(default_factory=workflow_runner)

    @property
    def all(self) -> float:
        """Of all activations together."""
        return sum(self.activations)

    def prepare_workflow(self, defn: Any) -> None:
        """As the runner does."""
        self.inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Make a workflow whose activations are measured."""
        return _Measured(self.inner.create_instance(det), self)


class _Measured(Around):
    def __init__(self, inner: WorkflowInstance, cost: Cost) -> None:
        super().__init__(inner)
        self._cost = cost

    def activate(self, act: Any) -> Any:
        with self._cost.measure(self._cost.activations):
            return super().activate(act)


@contextmanager
def seconds(into: list[float]) -> Iterator[None]:
    """Processor time; a busy machine makes the same work up to twice as dear."""
    began = time.thread_time()
    try:
        yield
    finally:
        into.append(time.thread_time() - began)


@contextmanager
def calls(into: list[float]) -> Iterator[None]:
    """Calls of functions: the same on every machine."""
    count = 0

    def counted(_frame: object, event: str, _of: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        yield
    finally:
        sys.setprofile(None)
        into.append(count)


async def replay(history: WorkflowHistory, measure: Measure = seconds, *, times: int = 1) -> Cost:
    """Replay a history, and tell what each activation cost at its cheapest.

    The limit of two seconds on the wall, which a busy machine exceeds, does not hold here.
    """
    cost = Cost(measure)
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=cost, data_converter=data_converter, debug_mode=True)
    runs = []
    for _ in range(times):
        cost.activations.clear()  # at first what the SDK has tried each workflow out with
        await replayer.replay_workflow(history)
        runs.append(list(cost.activations))
    cost.activations[:] = [min(same) for same in zip(*runs, strict=True)]
    return cost


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
