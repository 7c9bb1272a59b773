"""The activities at the beginning and the end of an incident; each combines several operations on the records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from activities.clocks.activities import ClockActivities
from activities.clocks.beginning import before_reopening, first_events, last_priority
from activities.post_incident_report import PostIncidentReports
from activities.records import RecordActivities, Records
from activities.records.plans import unknown_application_plan
from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded
from models.clock import ClockEvent, ClockReading, ReadClock
from models.errors import ClockError, NotFoundError, StoreUnavailableError, UserError
from models.plans import IncidentPlan, PlanRequest, RunbookOffer
from models.post_incident_report import WriteReport
from models.records import IncidentRecord, WriteRecords

log = logging.getLogger("driftvakt.incidents")


class IncidentActivities:
    """Writes the beginning and the end of incidents to the records; blocking, for the worker's thread pool."""

    def __init__(self, records: Records, runbooks: Sequence[RunbookOffer] = ()) -> None:
        """`runbooks`: those that a person may choose for a component if the agreed remedies did not help."""
        self._records = records
        self._plans = RecordActivities(records, runbooks)
        self._clocks = ClockActivities(records)
        self._reports = PostIncidentReports(records)

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.begin_incident, self.end_incident]

    @activity.defn
    def begin_incident(self, request: BeginIncident) -> IncidentBegun:
        """Write an incident to the records; return its plan and its clocks."""
        begun = beginning(
            request, self._before(request.record), self._plans.load_incident_plan, self._clocks.read_clock
        )
        self._records.write(WriteRecords(incidents=[entered(request.record, begun)]))
        return begun

    @activity.defn
    def end_incident(self, request: EndIncident) -> IncidentEnded:
        """Write the end of an incident and its post-incident report; the same run returns the same report."""
        self._records.write(request.records)
        ended = IncidentEnded(reading=reading_at_the_end(request, self._clocks.read_clock))
        report = WriteReport(incident=request.incident, run=request.run, now=request.now)
        try:
            return ended.model_copy(update={"report": self._reports.write(report).digest})
        except StoreUnavailableError:
            raise
        except Exception:  # a post-incident report can be written later, and must not keep its incident open
            log.exception("the post-incident report of %s could not be written", request.incident)
            return ended

    def _before(self, record: IncidentRecord) -> list[ClockEvent]:
        if not record.reopened:
            return []
        try:
            known = self._records.incident(record.id)
        except NotFoundError:  # the records were lost meanwhile
            return []
        events = [ClockEvent.model_validate(event) for event in known.clock]
        return before_reopening(events, record.reopened, known.reopened)


def beginning(
    request: BeginIncident,
    before: Sequence[ClockEvent],
    load: Callable[[PlanRequest], IncidentPlan],
    read: Callable[[ReadClock], ClockReading],
) -> IncidentBegun:
    """Return the data with which an incident begins; `load` and `read` query its dossier."""
    fault = ""
    try:
        plan = load(request.plan)
    except UserError as error:
        plan, fault = unknown_application_plan(), str(error)
    events = first_events(request, plan.matrix.priority(request.impact or plan.impact, request.urgency), before)
    begun = IncidentBegun(plan=plan, fault=fault, events=events)
    if plan.plan is None:
        return begun
    clocks = ReadClock(
        application=request.record.application, dossier=plan.plan.dossier, events=events, now=request.now
    )
    try:
        return begun.model_copy(update={"reading": read(clocks)})
    except ClockError:  # the incident asks again, and says what is wrong
        return begun


def reading_at_the_end(request: EndIncident, read: Callable[[ReadClock], ClockReading]) -> ClockReading | None:
    """Return the clocks at the end of an incident, for its page; None without a dossier, or if they cannot be
    computed.
    """
    record = request.records.incidents[-1]
    if not record.dossier or not record.clock:
        return None
    clocks = ReadClock(application=record.application, dossier=record.dossier, events=record.clock, now=request.now)
    try:
        return read(clocks)
    except UserError:  # its post-incident report says so
        return None


def entered(record: IncidentRecord, begun: IncidentBegun) -> IncidentRecord:
    """Return the record with the fields that follow from the dossier."""
    priority = last_priority(begun.events)
    return record.model_copy(
        update={
            "priority": priority.value if priority else None,
            "components": begun.plan.affected,
            "dossier": begun.plan.plan.dossier if begun.plan.plan else record.dossier,
            "clock": begun.events,
        }
    )
