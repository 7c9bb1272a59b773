"""The activities that keep records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from temporalio import activity

from activities.records.people import identify
from activities.records.plans import application_plan, incident_plan, unknown_application_plan, watch_slice, with_proof
from activities.records.records import Records
from models.alarms import Subject
from models.base import digest
from models.dossier import Dossier
from models.errors import NotFoundError
from models.people import IdentifiedPeople, IdentifyPeople
from models.records import DecisionUse, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.sizes import CARRIED, first_that_fit
from models.slices import (
    STALE_ASKS,
    ApplicationPlan,
    IncidentPlan,
    KnownIncident,
    PlanRequest,
    RunbookOffer,
    WatchSlice,
    WatchSliceRequest,
)
from models.tables import IncidentRow

_CLOSED_TOLD_OF: Final = 20
"""Closed incidents that a watch is told of when it begins, for what comes back."""


class RecordActivities:
    """Reads and writes the records for workflows; blocking, so it wants the worker's thread pool."""

    def __init__(self, records: Records, runbooks: Sequence[RunbookOffer] = ()) -> None:
        """`runbooks` are those that a person may take on a component when the agreed remedies did not help."""
        self._records = records
        self._runbooks = list(runbooks)

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [
            self.load_watch_slice,
            self.load_incident_plan,
            self.load_application_plan,
            self.identify_people,
            self.open_gate,
            self.use_decision,
            self.write_records,
        ]

    @activity.defn
    def load_watch_slice(self, request: WatchSliceRequest) -> WatchSlice:
        """What a watch needs of the dossier that holds now, and the numbers to go on from."""
        number, sequence = self._records.next_numbers(request.application)
        dossier = self._records.current_dossier(request.application)
        # All of them: a watch would open a second incident for what one beyond a limit already handles.
        known = [_known(i) for i in self._records.incidents(request.application, open_only=True, limit=None)]
        known = known[: first_that_fit(known, CARRIED // 2)]
        latest = self._records.incidents(request.application, closed_only=True, limit=_CLOSED_TOLD_OF)
        closed = {i.id: _known(i) for i in latest}
        for id in request.incidents:
            with suppress(NotFoundError):
                found = self._records.incident(id)
                if found.application == request.application:
                    closed[id] = _known(found)
        return watch_slice(request.application, dossier, number, sequence).model_copy(
            update={"incidents": known, "closed": list(closed.values())}
        )

    @activity.defn
    def load_incident_plan(self, request: PlanRequest) -> IncidentPlan:
        """What an incident needs of one version of a dossier."""
        dossier = self._dossier(request)
        return unknown_application_plan() if dossier is None else self._incident_plan(dossier, request)

    @activity.defn
    def load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        """One version of an application's dossier, resolved; `NotFoundError` when none is published."""
        dossier = self._dossier(request)
        if dossier is None:
            raise NotFoundError(f"no dossier of {request.application} is published; publish one first")
        stale = {name: found.stale for name, found in self._records.freshness(dossier).items() if found.stale}
        return application_plan(dossier).model_copy(update={"stale": stale})

    @activity.defn
    def identify_people(self, request: IdentifyPeople) -> IdentifiedPeople:
        """Find the one name of each; `NotFoundError` refuses a stranger."""
        return IdentifiedPeople(names=[identify(self._records, who, request.applications) for who in request.names])

    @activity.defn
    def open_gate(self, request: OpenGate) -> OpenedGate:
        """Name a question by its content."""
        return OpenedGate(digest=digest(request))

    @activity.defn
    def use_decision(self, request: UseDecision) -> DecisionUse:
        """Use an approval up."""
        return self._records.use_decision(request)

    @activity.defn
    def write_records(self, request: WriteRecords) -> None:
        """Write a batch; writing the same again changes nothing."""
        self._records.write(request)

    def _incident_plan(self, dossier: Dossier, request: PlanRequest) -> IncidentPlan:
        plan = incident_plan(dossier, request, self._runbooks)
        if not plan.remedies:
            return plan
        return with_proof(plan, self._records.freshness(dossier), dossier.people([STALE_ASKS]))

    def _dossier(self, request: PlanRequest) -> Dossier | None:
        if not request.dossier:
            return self._records.current_dossier(request.application)
        dossier = self._records.dossier(request.dossier)
        if dossier.id != request.application:
            raise NotFoundError(
                f"the dossier {request.dossier[:12]} is one of {dossier.id}, not of {request.application}"
            )
        return dossier


def _known(incident: IncidentRow) -> KnownIncident:
    return KnownIncident(
        id=incident.id,
        number=incident.number,
        components=incident.components,
        opened_at=incident.opened_at,
        title=incident.title,
        closed_at=incident.closed_at,
        end=incident.outcome,
        reopened=incident.reopened,
        lead=incident.lead,
        subject=Subject(incident.subject) if incident.subject else None,
    )
