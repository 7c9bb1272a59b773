"""The activities with which an incident begins and ends: what always follows one another at the records, in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from activities.accounts import Accounts
from activities.clocks.activities import ClockActivities
from activities.clocks.beginning import before_reopening, first_events, last_priority
from activities.records import RecordActivities, Records
from activities.records.plans import unknown_application_plan
from models.account import WriteAccount
from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded
from models.clock import ClockEvent, ClockReading, ReadClock
from models.errors import ClockError, NotFoundError, StoreUnavailableError, UserError
from models.records import IncidentRecord, WriteRecords
from models.slices import IncidentPlan, PlanRequest, RunbookOffer

log = logging.getLogger("driftvakt.incidents")


class IncidentActivities:
    """Enters incidents in the records and concludes them; blocking, so it wants the worker's thread pool."""

    def __init__(self, records: Records, runbooks: Sequence[RunbookOffer] = ()) -> None:
        """`runbooks` are those that a person may take on a component when the agreed remedies did not help."""
        self._records = records
        self._plans = RecordActivities(records, runbooks)
        self._clocks = ClockActivities(records)
        self._accounts = Accounts(records)

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.begin_incident, self.end_incident]

    @activity.defn
    def begin_incident(self, request: BeginIncident) -> IncidentBegun:
        """Enter an incident in the records; what its dossier and its clocks say."""
        begun = beginning(
            request, self._before(request.record), self._plans.load_incident_plan, self._clocks.read_clock
        )
        self._records.write(WriteRecords(incidents=[entered(request.record, begun)]))
        return begun

    @activity.defn
    def end_incident(self, request: EndIncident) -> IncidentEnded:
        """Write how an incident ended, and its account; the same run gives the same account."""
        self._records.write(request.records)
        ended = IncidentEnded(reading=reading_at_the_end(request, self._clocks.read_clock))
        account = WriteAccount(incident=request.incident, run=request.run, now=request.now)
        try:
            return ended.model_copy(update={"account": self._accounts.write(account).digest})
        except StoreUnavailableError:
            raise
        except Exception:  # an account can be written later, and must not keep its incident open
            log.exception("the account of %s could not be written", request.incident)
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
    """What holds for an incident from its first moment on; `load` and `read` ask its dossier."""
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
    """The clocks of an incident that ends, for its page; None where no dossier promises anything, or they cannot be read."""
    record = request.records.incidents[-1]
    if not record.dossier or not record.clock:
        return None
    clocks = ReadClock(application=record.application, dossier=record.dossier, events=record.clock, now=request.now)
    try:
        return read(clocks)
    except UserError:  # its account says so
        return None


def entered(record: IncidentRecord, begun: IncidentBegun) -> IncidentRecord:
    """The record with what follows from the dossier."""
    priority = last_priority(begun.events)
    return record.model_copy(
        update={
            "priority": priority.value if priority else None,
            "components": begun.plan.affected,
            "dossier": begun.plan.plan.dossier if begun.plan.plan else record.dossier,
            "clock": begun.events,
        }
    )
