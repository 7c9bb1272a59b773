"""Incidents as a major incident sees them: they say how they stand, take what they are told, and end when a test says so."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError

from activities.temporal.workflows import Workflows
from models.dossier.agreement import Priority
from models.incident import (
    CustomerUpdate,
    IncidentEnd,
    IncidentOrder,
    IncidentOutcome,
    IncidentReply,
    IncidentState,
    IncidentStatus,
    LeadSilent,
    LedByMajor,
    Note,
)
from models.major import MajorOrder, MajorOutcome, MajorReply, MajorStatus
from models.names import WORKFLOW_QUEUE, incident_id
from models.people import ANYBODY, People
from models.records import TimelineEntry
from tests.replaying import replayed
from tests.workflows.world import World
from workflows.major.workflow import Major

LEADERS = ["anna@supplier.example", "eva@supplier.example"]
"""Who may lead the incidents of acme.guarded; those of the others anybody may."""


@workflow.defn(name="incident")
class LedIncident:
    """An incident of which only the leading is played."""

    @workflow.init
    def __init__(self, order: IncidentOrder) -> None:
        self.order = order
        self.priority = Priority.P3
        self.major: str | None = None
        self.heard: list[str] = []
        self.active_at: datetime | None = None
        self.end: IncidentEnd | None = None

    @workflow.run
    async def run(self, order: IncidentOrder) -> IncidentOutcome:
        opened = workflow.now()
        await workflow.wait_condition(lambda: self.end is not None)
        assert self.end is not None
        return IncidentOutcome(
            id=workflow.info().workflow_id,
            end=self.end,
            priority=self.priority,
            summary="",
            opened_at=opened,
            closed_at=workflow.now(),
        )

    @workflow.signal
    def led_by_major(self, told: LedByMajor) -> None:
        self.major = told.major
        self.heard.append(f"led by {told.major} ({told.by})" if told.major else "given back")

    @workflow.signal
    def lead_silent(self, told: LeadSilent) -> None:
        self.heard.append(f"silent {told.times}")

    @workflow.signal
    def raise_to(self, priority: str) -> None:
        self.priority = Priority(priority)

    @workflow.signal
    def over(self, end: str) -> None:
        self.end = IncidentEnd(end)

    @workflow.update
    def add_note(self, note: Note) -> IncidentReply:
        self.active_at = workflow.now()
        self.heard.append(f"{note.audience.value} note of {note.by}: {note.text}")
        return IncidentReply(message="Noted.")

    @workflow.update
    def update_customer(self, update: CustomerUpdate) -> IncidentReply:
        if self.order.application == "acme.intranet":
            raise ApplicationError("nobody at acme is to be kept informed", type="UserError")
        self.heard.append(f"customer told: {update.text}")
        return IncidentReply(message="Told.")

    @workflow.query
    def heard_so_far(self) -> list[str]:
        return self.heard

    @workflow.query
    def status(self) -> IncidentStatus:
        return IncidentStatus(
            id=workflow.info().workflow_id,
            title=self.order.title,
            state=IncidentState.REMEDYING,
            priority=self.priority,
            components=[],
            doing="",
            gates=[],
            alarms=[],
            timeline=list[TimelineEntry](),
            lead="anna@supplier.example",
            major=self.major,
            active_at=self.active_at,
            leaders=People.of(LEADERS) if self.order.application == "acme.guarded" else ANYBODY,
        )


@asynccontextmanager
async def leading(client: Client) -> AsyncIterator[None]:
    """A worker of major incidents and of incidents that can be led."""
    kinds, does = [Major, LedIncident], [*Workflows(client, list).activities(), World().identify_people]
    async with replayed(client, task_queue=WORKFLOW_QUEUE, workflows=kinds, activities=does):
        yield
    gc.collect()  # what a workflow says as the worker lets go of it belongs to the test that started it


async def incident(client: Client, application: str = "acme.shop", number: int = 1) -> WorkflowHandle[Any, Any]:
    """Start an incident that can be led."""
    return await client.start_workflow(
        "incident",
        IncidentOrder(application=application, number=number, title=f"{application} is slow", opened_by="test"),
        id=incident_id(application, number),
        task_queue=WORKFLOW_QUEUE,
    )


async def open_major(
    client: Client, *incidents: str, lead: str = "eva@supplier.example"
) -> WorkflowHandle[Any, MajorOutcome]:
    """Open a major incident over these."""
    return await client.start_workflow(
        Major.run,
        MajorOrder(title="The carrier is down", lead=lead, incidents=list(incidents)),
        id=f"major.{uuid4()}",
        task_queue=WORKFLOW_QUEUE,
    )


async def heard(incident: WorkflowHandle[Any, Any]) -> list[str]:
    """What an incident was told so far."""
    said: list[str] = await incident.query("heard_so_far", result_type=list[str])
    return said


async def status_of(major: WorkflowHandle[Any, Any]) -> MajorStatus:
    """Where a major incident stands."""
    status: MajorStatus = await major.query("status", result_type=MajorStatus)
    return status


async def tell(major: WorkflowHandle[Any, Any], name: str, message: Any) -> MajorReply:
    """Tell a major incident something."""
    told: MajorReply = await major.execute_update(name, message, result_type=MajorReply)
    return told


def lines(status: MajorStatus | MajorOutcome) -> Sequence[str]:
    """What happened, in words."""
    return [entry.text for entry in status.timeline]
