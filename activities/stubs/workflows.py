"""Looking at other workflows, and telling them something; carried out by `activities.temporal.workflows`."""

from __future__ import annotations

from temporalio import activity

from models.lease import AskForLease, LeaseAnswer, ReleaseLease
from models.major import IncidentAnswers, LookAtIncidents, SeenIncidents, TellIncidents
from models.opening import ReportByHand
from models.watch import EndedIncidents, LookUpIncidents, OpenReceipt, WatchTold


@activity.defn(name="look_up_incidents")
async def look_up_incidents(request: LookUpIncidents) -> EndedIncidents:
    """Tell which of these incidents no longer run, and how they ended as far as is known."""
    raise NotImplementedError


@activity.defn(name="look_at_incidents")
async def look_at_incidents(request: LookAtIncidents) -> SeenIncidents:
    """Tell how these incidents stand; one that is not there, or does not answer, is an answer of its own."""
    raise NotImplementedError


@activity.defn(name="tell_incidents")
async def tell_incidents(request: TellIncidents) -> IncidentAnswers:
    """Tell incidents something, once for a key; one that refuses, has ended or is silent is an answer of its own."""
    raise NotImplementedError


@activity.defn(name="report_by_hand")
async def report_by_hand(request: ReportByHand) -> OpenReceipt:
    """Have the watch of an application open an incident, once for a key."""
    raise NotImplementedError


@activity.defn(name="request_lease")
async def request_lease(request: AskForLease) -> LeaseAnswer:
    """Ask the watch of an application for a lease, and take its fencing tokens; asking again gives the same."""
    raise NotImplementedError


@activity.defn(name="release_lease")
async def release_lease(request: ReleaseLease) -> WatchTold:
    """Give a lease back to the watch."""
    raise NotImplementedError
