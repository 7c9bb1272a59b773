"""The activities on the records; implemented in `activities.records`."""

from __future__ import annotations

from temporalio import activity

from models.people import IdentifiedPeople, IdentifyPeople
from models.plans import ApplicationPlan, IncidentPlan, PlanRequest, WatchPlan, WatchPlanRequest
from models.records import DecisionUse, OpenedGate, OpenGate, UseDecision, WriteRecords


@activity.defn(name="load_watch_plan")
async def load_watch_plan(request: WatchPlanRequest) -> WatchPlan:
    """Return the parts of the current dossier for a watch, and the next numbers."""
    raise NotImplementedError


@activity.defn(name="load_incident_plan")
async def load_incident_plan(request: PlanRequest) -> IncidentPlan:
    """Return the parts of one version of a dossier for an incident: probes, evidence, remedies and deciders."""
    raise NotImplementedError


@activity.defn(name="identify_people")
async def identify_people(request: IdentifyPeople) -> IdentifiedPeople:
    """Return the one name of each of these people in the current dossiers; `NotFoundError` refuses a stranger."""
    raise NotImplementedError


@activity.defn(name="open_gate")
async def open_gate(request: OpenGate) -> OpenedGate:
    """Return the digest of a question once; history keeps it."""
    raise NotImplementedError


@activity.defn(name="use_decision")
async def use_decision(request: UseDecision) -> DecisionUse:
    """Consume an approval, so that a reset run cannot act on it again."""
    raise NotImplementedError


@activity.defn(name="write_records")
async def write_records(request: WriteRecords) -> None:
    """Write incidents, timelines and alarms in one transaction; writing the same again changes nothing."""
    raise NotImplementedError


@activity.defn(name="load_application_plan")
async def load_application_plan(request: PlanRequest) -> ApplicationPlan:
    """Return the plan of an application for a runbook; raise `NotFoundError` if no dossier is published."""
    raise NotImplementedError
