"""Queries and updates to other workflows; implemented in `activities.temporal.workflows`."""

from __future__ import annotations

from temporalio import activity

from models.lease import LeaseAnswer, ReleaseLease, RequestLease
from models.major import IncidentAnswers, IncidentSnapshots, QueryIncidents, SendToIncidents
from models.opening import ReportByHand
from models.watch import EndedIncidents, FindEndedIncidents, OpenReceipt, WatchReply


@activity.defn(name="find_ended_incidents")
async def find_ended_incidents(request: FindEndedIncidents) -> EndedIncidents:
    """Return those of these incidents that no longer run, with their outcome if it is known."""
    raise NotImplementedError


@activity.defn(name="query_incidents")
async def query_incidents(request: QueryIncidents) -> IncidentSnapshots:
    """Query the state of these incidents; a missing or silent one is an answer of its own."""
    raise NotImplementedError


@activity.defn(name="send_to_incidents")
async def send_to_incidents(request: SendToIncidents) -> IncidentAnswers:
    """Send a message to incidents, once for each key; one that refuses, has ended or is silent is an answer of its
    own.
    """
    raise NotImplementedError


@activity.defn(name="report_by_hand")
async def report_by_hand(request: ReportByHand) -> OpenReceipt:
    """Let the watch of an application open an incident, once for each key."""
    raise NotImplementedError


@activity.defn(name="request_lease")
async def request_lease(request: RequestLease) -> LeaseAnswer:
    """Request a lease from the watch of an application, and its fencing tokens; a repetition returns the same."""
    raise NotImplementedError


@activity.defn(name="release_lease")
async def release_lease(request: ReleaseLease) -> WatchReply:
    """Release a lease."""
    raise NotImplementedError
