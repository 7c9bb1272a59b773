"""Incidents, watches and major incidents that write down what they are told, and answer as a test has it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import (
    RawValue,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner

from models.base import Model
from models.clock import ClockedTarget, ClockEvent, ClockEventKind, ClockEvents, ClockReading, TargetKind, TargetState
from models.dossier.agreement import Priority
from models.incident import IncidentState, IncidentStatus
from models.major import IncidentSnapshot, MajorOutcome, MajorState, MajorStatus
from models.names import DEADLINE, LEAD, STATE, WORKFLOW_QUEUE, watch_id
from workflows.runtime.serving import BoundedWorker

ANNA = "anna@supplier.example"
BO = "bo@supplier.example"
EVE = "eve@example.com"
"""To whom every one of them says no."""
REFUSAL = f"{EVE} may not; {ANNA}, {BO} may"
ANSWER = "It is so."
INCIDENT = "inc.acme.shop.1"
MAJOR = "major.2026-03-01.1"
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DEADLINE_AT = datetime(2099, 3, 1, 16, 0, tzinfo=UTC)
DRAFT = "We are looking for the fault."
_ROOT = Path(__file__).parents[2]


class _Scripted:
    """Writes down every update; its answer fits whoever asks."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.outcome: Any = None

    @workflow.update(dynamic=True)
    async def told(self, name: str, args: Sequence[RawValue]) -> dict[str, Any]:
        """Take it, unless it comes from Eve."""
        message = json.loads(args[0].payload.data)
        if message["by"] == EVE:
            raise ApplicationError(REFUSAL, type="NotPossible", non_retryable=True)
        self.heard.append((name, message))
        if message.get("text") == "Slow":
            await workflow.sleep(timedelta(seconds=1.5), summary="As one that writes to people first")
        if name == "open_incident":
            return {"incident": INCIDENT, "joined": False, "message": ANSWER}
        if message.get("text") == "Half":
            answers = [{"id": INCIDENT, "taken": False, "message": "it is closed"}]
            return {"message": "Noted (0 of 1 incident).", "answers": answers}
        return {"message": ANSWER}

    @workflow.query(name="heard")
    def what_was_heard(self) -> list[tuple[str, Any]]:
        """All of it, in order."""
        return self.heard

    @workflow.signal
    def end(self, outcome: dict[str, Any]) -> None:
        """End with this."""
        self.outcome = outcome

    async def until_ended(self) -> Any:
        """Wait for `end`."""
        await workflow.wait_condition(lambda: self.outcome is not None)
        return self.outcome


@workflow.defn(name="incident")
class ScriptedIncident(_Scripted):
    """An incident."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> Any:
        """Answer until it is ended."""
        self.order = order
        return await self.until_ended()

    @workflow.query(name="status")
    def status(self) -> dict[str, Any]:
        """As the test has it."""
        return dict(self.order)

    @workflow.query(name="clock")
    def clock(self) -> ClockEvents:
        """It was opened, and is P1."""
        return ClockEvents(events=[ClockEvent(at=AT, kind=ClockEventKind.OPENED, priority=Priority.P1)])


@workflow.defn(name="watch")
class ScriptedWatch(_Scripted):
    """A watch."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> Any:
        """Answer for ever."""
        return await self.until_ended()


@workflow.defn(name="major")
class ScriptedMajor(_Scripted):
    """A major incident."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> Any:
        """Answer until it is ended."""
        self.order = order
        return await self.until_ended()

    @workflow.query(name="status")
    def status(self) -> MajorStatus:
        """It holds one incident that is open, and one that has ended."""
        return major_status(workflow.info().workflow_id, self.order["title"], self.order["lead"])


@dataclass
class Stage:
    """A server on which scripted workflows run."""

    client: Client

    async def heard(self, id: str) -> list[tuple[str, Any]]:
        """What a workflow was told: the update's name, and its message."""
        found: list[Any] = await self.client.get_workflow_handle(id).query("heard")
        return [(name, message) for name, message in found]

    async def end(self, id: str, outcome: Model) -> None:
        """Let a workflow end."""
        handle = self.client.get_workflow_handle(id)
        await handle.signal("end", outcome)
        await handle.result()

    async def start(self, kind: str, id: str, order: Any, **attributes: Any) -> None:
        """Start one, in place of what a test before has left."""
        await self.client.start_workflow(
            kind, order, id=id, task_queue=WORKFLOW_QUEUE, id_conflict_policy=_AFRESH, **attributes
        )


_AFRESH = WorkflowIDConflictPolicy.TERMINATE_EXISTING


@asynccontextmanager
async def stage(client: Client) -> AsyncIterator[Stage]:
    """An incident, a watch and a major incident that are told things."""
    kinds = [ScriptedIncident, ScriptedWatch, ScriptedMajor]
    runner = UnsandboxedWorkflowRunner()
    async with BoundedWorker(client, task_queue=WORKFLOW_QUEUE, workflows=kinds, workflow_runner=runner):
        on = Stage(client)
        await on.start("incident", INCIDENT, incident_status(), search_attributes=_attributes())
        await on.start("watch", watch_id("acme.shop"), {})
        await on.start("major", MAJOR, {"title": "Hall is dark", "lead": ANNA})
        yield on


def _attributes() -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(STATE), "verifying"),
            SearchAttributePair(SearchAttributeKey.for_keyword(LEAD), BO),
            SearchAttributePair(SearchAttributeKey.for_datetime(DEADLINE), DEADLINE_AT),
        ]
    )


def incident_status(**fields: Any) -> IncidentStatus:
    """Of an incident that bo leads and that waits for its customer."""
    targets = [
        _target(TargetKind.RESPOND, TargetState.MET, 900),
        _target(TargetKind.RESTORE, TargetState.PAUSED, 14_400, elapsed_seconds=7200),
        _target(TargetKind.UPDATE, TargetState.RUNNING, 3600, deadline=DEADLINE_AT),
    ]
    known: dict[str, Any] = {
        "id": INCIDENT,
        "title": "web is down",
        "state": IncidentState.VERIFYING,
        "priority": "P1",
        "components": ["web"],
        "doing": "Prove that health holds",
        "gates": [],
        "alarms": [],
        "timeline": [],
        "opened_at": AT,
        "lead": BO,
        "waiting": "Acme Garden AB: they open the firewall",
        "draft": DRAFT,
        "major": MAJOR,
        "clock": ClockReading(
            as_of=AT, priority=Priority.P1, agreement="DV-1 v2", calendar="tzdata", targets=targets, paused=True
        ),
    }
    return IncidentStatus.model_validate(known | fields)


def _target(kind: TargetKind, state: TargetState, within: float, **fields: Any) -> ClockedTarget:
    known: dict[str, Any] = {
        "kind": kind,
        "state": state,
        "within_seconds": within,
        "hours": "always",
        "started_at": AT,
        "deadline": None,
        "elapsed_seconds": 0,
        "paused_seconds": 0,
    }
    return ClockedTarget.model_validate(known | fields)


def major_status(id: str = MAJOR, title: str = "Hall is dark", lead: str = ANNA) -> MajorStatus:
    """Of a major incident with one incident that is open, and one that has ended."""
    return MajorStatus(
        id=id,
        title=title,
        state=MajorState.LED,
        priority=Priority.P1,
        lead=lead,
        opened_at=AT,
        members=[
            IncidentSnapshot(
                id=INCIDENT, runs=True, title="web is down", state="verifying", priority=Priority.P1, lead=BO
            ),
            IncidentSnapshot(id="inc.beta.pay.2", runs=False, title="pay is down", outcome="recovered"),
        ],
        seen_at=AT,
        timeline=[],
    )


def major_outcome() -> MajorOutcome:
    """How it ended."""
    now = major_status()
    return MajorOutcome(
        id=now.id,
        title=now.title,
        lead=now.lead,
        opened_at=AT,
        closed_at=datetime(2026, 3, 1, 14, 0, tzinfo=UTC),
        closed_by=BO,
        reason="The light is on",
        members=now.members,
        timeline=[],
    )


def on_a_terminal(arguments: Sequence[str], typed: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Give a command in a process of its own, whose input is a terminal on which somebody types."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        return subprocess.run(
            [sys.executable, "-m", "starter.cli", *arguments],
            cwd=_ROOT,
            env={**os.environ, **environment},
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
