"""Keeping records; carried out by `activities.records`."""

from __future__ import annotations

from temporalio import activity

from models.people import IdentifiedPeople, IdentifyPeople
from models.records import DecisionUse, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.slices import ApplicationPlan, IncidentPlan, PlanRequest, WatchSlice, WatchSliceRequest


@activity.defn(name="load_watch_slice")
async def load_watch_slice(request: WatchSliceRequest) -> WatchSlice:
    """What a watch needs of the dossier that holds now, and the numbers to go on from."""
    raise NotImplementedError


@activity.defn(name="load_incident_plan")
async def load_incident_plan(request: PlanRequest) -> IncidentPlan:
    """What an incident needs of one version of a dossier: probes, evidence, remedies and who decides."""
    raise NotImplementedError


@activity.defn(name="identify_people")
async def identify_people(request: IdentifyPeople) -> IdentifiedPeople:
    """Find the one name of each of these people in the dossiers that hold; `NotFoundError` refuses a stranger."""
    raise NotImplementedError


@activity.defn(name="open_gate")
async def open_gate(request: OpenGate) -> OpenedGate:
    """Name a question by its content, once; history keeps the name."""
    raise NotImplementedError


@activity.defn(name="use_decision")
async def use_decision(request: UseDecision) -> DecisionUse:
    """Use an approval up, so that a reset run cannot act on it again."""
    raise NotImplementedError


@activity.defn(name="write_records")
async def write_records(request: WriteRecords) -> None:
    """Write incidents, timelines and alarms in one transaction; writing the same again changes nothing."""
    raise NotImplementedError


@activity.defn(name="load_application_plan")
async def load_application_plan(request: PlanRequest) -> ApplicationPlan:
    """What a runbook needs of an application; `NotFoundError` where no dossier is published."""
    raise NotImplementedError
