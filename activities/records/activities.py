"""The activities that read and write the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from temporalio import activity

from activities.records.people import identify
from activities.records.plans import application_plan, incident_plan, unknown_application_plan, watch_plan, with_proof
from activities.records.records import Records
from models.alarms import Subject
from models.base import digest
from models.dossier import Dossier
from models.errors import NotFoundError
from models.people import IdentifiedPeople, IdentifyPeople
from models.plans import (
    STALE_ASKS,
    ApplicationPlan,
    IncidentPlan,
    KnownIncident,
    PlanRequest,
    RunbookOffer,
    WatchPlan,
    WatchPlanRequest,
)
from models.records import DecisionUse, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.sizes import CARRIED, first_that_fit
from models.tables import IncidentRow

_CLOSED_LISTED: Final = 20
"""The number of closed incidents that a watch gets when it begins, so that it can reopen them."""


class RecordActivities:
    """Reads and writes the records for workflows; blocking, for the worker's thread pool."""

    def __init__(self, records: Records, runbooks: Sequence[RunbookOffer] = ()) -> None:
        """`runbooks`: those that a person may choose for a component if the agreed remedies did not help."""
        self._records = records
        self._runbooks = list(runbooks)

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [
            self.load_watch_plan,
            self.load_incident_plan,
            self.load_application_plan,
            self.identify_people,
            self.open_gate,
            self.use_decision,
            self.write_records,
        ]

    @activity.defn
    def load_watch_plan(self, request: WatchPlanRequest) -> WatchPlan:
        """Return the parts of the current dossier for a watch, and the next numbers."""
        number, sequence = self._records.next_numbers(request.application)
        dossier = self._records.current_dossier(request.application)
        # All of them: a watch would open a second incident for what one beyond a limit already handles.
        known = [_known(i) for i in self._records.incidents(request.application, open_only=True, limit=None)]
        known = known[: first_that_fit(known, CARRIED // 2)]
        latest = self._records.incidents(request.application, closed_only=True, limit=_CLOSED_LISTED)
        closed = {i.id: _known(i) for i in latest}
        for id in request.incidents:
            with suppress(NotFoundError):
                found = self._records.incident(id)
                if found.application == request.application:
                    closed[id] = _known(found)
        return watch_plan(request.application, dossier, number, sequence).model_copy(
            update={"incidents": known, "closed": list(closed.values())}
        )

    @activity.defn
    def load_incident_plan(self, request: PlanRequest) -> IncidentPlan:
        """Return the parts of one version of a dossier for an incident."""
        dossier = self._dossier(request)
        return unknown_application_plan() if dossier is None else self._incident_plan(dossier, request)

    @activity.defn
    def load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        """Return one version of an application's dossier as a plan; raise `NotFoundError` if none is published."""
        dossier = self._dossier(request)
        if dossier is None:
            raise NotFoundError(f"no dossier of {request.application} is published; publish one first")
        stale = {name: found.stale for name, found in self._records.freshness(dossier).items() if found.stale}
        return application_plan(dossier).model_copy(update={"stale": stale})

    @activity.defn
    def identify_people(self, request: IdentifyPeople) -> IdentifiedPeople:
        """Return the one name of each person; `NotFoundError` refuses a stranger."""
        return IdentifiedPeople(names=[identify(self._records, who, request.applications) for who in request.names])

    @activity.defn
    def open_gate(self, request: OpenGate) -> OpenedGate:
        """Return the digest of a question."""
        return OpenedGate(digest=digest(request))

    @activity.defn
    def use_decision(self, request: UseDecision) -> DecisionUse:
        """Consume an approval."""
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
