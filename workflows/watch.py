"""The watch: one for each application, for ever. It takes alarms in, opens incidents, gives numbers, and forgets nothing.

Handlers change the state without waiting in between, so that no two can interleave; what has to wait (starting and telling
incidents, writing records) is done by the main loop or by tasks, whose commands leave in the same workflow task as the
answer: a sender that got its receipt knows that the incident is as durable as the alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import (
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.stubs.records import load_watch_slice, write_records
from activities.stubs.workflows import look_up_incidents
from models.alarms import Alarm, AlarmBatch, AlarmReceipt, AlarmState, BatchReceipt, Disposition
from models.incident import AlarmsCleared, AlarmsJoined, IncidentEnd, IncidentOrder, IncidentOutcome, IncidentState
from models.names import APPLICATION, CUSTOMER, STATE, incident_id
from models.records import AlarmRecord, WriteRecords
from models.slices import WatchSlice, WatchSliceRequest
from models.watch import (
    DossierPublished,
    JournalEntry,
    LookUpIncidents,
    OpenAlarm,
    OpenByHand,
    OpenIncident,
    OpenReceipt,
    WatchOrder,
    WatchState,
    WatchStatus,
)
from workflows.dependencies import connected
from workflows.outbox import Outbox
from workflows.policies import RECORD, RECORD_TIMEOUT, WRITE
from workflows.watch_page import watch_page

RAISE_AGAIN_AFTER = timedelta(minutes=2)
"""An alarm that still fires so long after its incident ended opens another: the source is given time to see the recovery."""

RAISE_AGAIN_AFTER_HAND = timedelta(hours=1)
"""The same where a person closed or cancelled the incident, knowing that it fires."""

LOOK_UP_EVERY = timedelta(minutes=1)
"""How often incidents that an earlier run of the watch started are looked up; their end is not told to this run."""

MOST_ALARMS = 500
"""Alarms remembered one by one, so that the memory fits into one payload. Beyond, an alarm still gets its incident, but is
not raised again by the watch if that ends; its source repeats it."""

JOURNAL_BATCH = 500
_BY_HAND = {IncidentEnd.CLOSED_BY_HAND.value, IncidentEnd.CANCELLED.value}
_EXAMPLE_ALARM = (
    '{"application": "acme.shop", "alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", '
    '"component": "db", "source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)
_EXAMPLE = '{"title": "Customers cannot pay", "component": "web", "severity": "critical", "by": "you@example.com"}'


@workflow.defn(name="watch")
class Watch:
    """The entity workflow of one application."""

    @workflow.init
    def __init__(self, order: WatchOrder) -> None:
        self.order = order
        self._state = order.state
        self._reload = order.state is None
        self._hand_on = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed: set[str] = set()
        self._starting: set[str] = set()
        self._outbox = Outbox(self._spawn, self._starting.__contains__, self._gone)
        self._last_look = workflow.now()

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        """Keep watch until history is long enough, then go on in a new run with the same memory."""
        while not self._should_hand_on():
            if self._reload:
                await self._load_slice()
            await self._write_journal()
            self._raise_again()
            await self._look_up()
            self._show()
            await self._rest()
        while self._tasks or self._reload or self._memory.journal or not workflow.all_handlers_finished():
            await workflow.wait_condition(lambda: not self._tasks and workflow.all_handlers_finished())
            if self._reload:  # published while handing on: the next run would not know of it
                await self._load_slice()
            await self._write_journal()
        workflow.continue_as_new(WatchOrder(application=order.application, state=self._state))

    # --- the main loop

    async def _load_slice(self) -> None:
        self._reload = False
        try:
            fresh = await self._read_slice()
        except FailureError as error:  # a local activity fails with its own error, not with an ActivityError around it
            if is_cancelled_exception(error):
                raise
            if self._state is not None:
                return  # what held before goes on to hold
            # Without a dossier alarms still reach people; a number that is taken already is skipped when it is used.
            fresh = WatchSlice(application=self.order.application, known=False)
        if self._state is None:
            self._state = WatchState(
                slice=fresh, next_number=fresh.next_number, next_alarm=fresh.next_alarm, incidents=_adopted(fresh)
            )
            self._last_look -= LOOK_UP_EVERY
        else:
            self._state.slice = fresh

    async def _read_slice(self) -> WatchSlice:
        return await workflow.execute_local_activity(
            load_watch_slice,
            WatchSliceRequest(application=self.order.application),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=RECORD,
            summary="Look up the dossier",
        )

    async def _write_journal(self) -> None:
        while self._known and (batch := self._memory.journal[:JOURNAL_BATCH]):
            await workflow.execute_local_activity(
                write_records,
                WriteRecords(alarms=[_record(self.order.application, entry) for entry in batch]),
                start_to_close_timeout=RECORD_TIMEOUT,
                retry_policy=WRITE,
                summary=f"Write {len(batch)} alarm messages to the records",
            )
            del self._memory.journal[: len(batch)]

    def _raise_again(self) -> None:
        """What still fires though its incident ended is raised again; nothing stays silenced by accident."""
        if not self._known:
            return
        now = workflow.now()
        for held in list(self._memory.alarms.values()):
            if held.recheck_at is not None and held.recheck_at <= now:
                held.recheck_at = None
                again = held.alarm.model_copy(
                    update={"detail": f"still fires after its incident ended. {held.alarm.detail}"[:1000]}
                )
                self._note(again, self._place(held, again))

    async def _look_up(self) -> None:
        orphans = self._orphans()
        if not orphans or workflow.now() < self._last_look + LOOK_UP_EVERY:
            return
        self._last_look = workflow.now()
        found = await workflow.execute_local_activity(
            look_up_incidents,
            LookUpIncidents(ids=orphans),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=RECORD,
            summary="See which incidents have ended",
        )
        for incident, end in found.ended.items():
            self._ended(incident, end)

    async def _rest(self) -> None:
        """Wait until there is something to do."""
        now = workflow.now()
        due = [h.recheck_at for h in self._memory.alarms.values() if h.recheck_at] if self._known else []
        due += [self._last_look + LOOK_UP_EVERY] if self._orphans() else []
        wait = max(min(due) - now, timedelta(0)) if due else None
        try:
            await workflow.wait_condition(
                lambda: (
                    self._reload
                    or self._should_hand_on()
                    or bool(self._known and self._memory.journal)
                    or self._sooner(due)
                ),
                timeout=wait,
                timeout_summary="Look again at alarms whose incident ended",
            )
        except TimeoutError:
            return

    def _unwritten(self) -> bool:
        return self._known and bool(self._memory.journal)

    def _sooner(self, due: list[datetime]) -> bool:
        """Whether an alarm has to be looked at earlier than was known when the wait began."""
        held = [h.recheck_at for h in self._memory.alarms.values() if h.recheck_at] if self._known else []
        return bool(held) and (not due or min(held) < min(due))

    def _should_hand_on(self) -> bool:
        return (self._hand_on or workflow.info().is_continue_as_new_suggested()) and self._known

    # --- alarms

    @workflow.update(
        name="report_alarms",
        description=f"Sent by the intake and the monitor: alarms of this application. {_EXAMPLE_ALARM}",
    )
    async def report_alarms(self, batch: AlarmBatch) -> BatchReceipt:
        """Take a batch of alarms in; the receipt says what became of each."""
        await workflow.wait_condition(lambda: self._known)
        return BatchReceipt(receipts=[self._take(alarm) for alarm in batch.alarms])

    def _take(self, alarm: Alarm) -> AlarmReceipt:
        held = self._memory.alarms.get(alarm.fingerprint)
        if alarm.state is AlarmState.CLEARED:
            receipt = self._clear(alarm, held)
        elif held is not None and held.alarm.since >= alarm.since and held.incident is not None:
            held.times += 1
            receipt = _receipt(
                alarm, Disposition.DUPLICATE, held.incident, f"known since {held.alarm.since:%H:%M:%S} UTC"
            )
        else:
            held = OpenAlarm(alarm=alarm, incident=held.incident if held else None, times=held.times + 1 if held else 1)
            if len(self._memory.alarms) < MOST_ALARMS:
                self._memory.alarms[alarm.fingerprint] = held
            receipt = self._place(held, alarm)
        self._note(alarm, receipt)
        return receipt

    def _clear(self, alarm: Alarm, held: OpenAlarm | None) -> AlarmReceipt:
        if held is None:
            return _receipt(
                alarm, Disposition.NOTED, None, "nothing was known of this fault, so there is nothing to take back"
            )
        if alarm.since < held.alarm.since:
            return _receipt(
                alarm, Disposition.NOTED, held.incident, "an older occurrence was taken back; a newer one still fires"
            )
        del self._memory.alarms[alarm.fingerprint]
        if held.incident in self._memory.incidents:
            self._outbox.put(held.incident, AlarmsCleared(fingerprints=[alarm.fingerprint]))
            return _receipt(alarm, Disposition.CLEARED, held.incident, "its incident was told")
        return _receipt(alarm, Disposition.CLEARED, held.incident, "its incident has ended")

    def _place(self, held: OpenAlarm, alarm: Alarm) -> AlarmReceipt:
        """Give an alarm to the incident it belongs to, or open one."""
        component = alarm.component if alarm.component in self._memory.slice.depends_on else None
        incident = self._belongs_to(component)
        if incident is None:
            opened = self._open([alarm], component, alarm.title, alarm.source)
            held.incident = opened.id
            return _receipt(alarm, Disposition.OPENED, opened.id, f"opened incident {opened.number}")
        known = held.incident == incident.id
        held.incident = incident.id
        self._join(incident, component)
        self._outbox.put(incident.id, AlarmsJoined(alarms=[alarm]))
        why = "fires again" if known else "its component is connected to the incident's"
        return _receipt(alarm, Disposition.JOINED, incident.id, why)

    def _belongs_to(self, component: str | None) -> OpenIncident | None:
        graph = self._memory.slice.depends_on
        for incident in self._memory.incidents.values():
            if component is None or incident.whole_application:
                return incident
            if any(connected(graph, component, other) for other in incident.components):
                return incident
        return None

    @staticmethod
    def _join(incident: OpenIncident, component: str | None) -> None:
        if component is None:
            incident.whole_application = True
        elif component not in incident.components:
            incident.components.append(component)

    def _note(self, alarm: Alarm, receipt: AlarmReceipt) -> None:
        memory = self._memory
        memory.journal.append(JournalEntry(sequence=memory.next_alarm, alarm=alarm, receipt=receipt))
        memory.next_alarm += 1

    # --- incidents

    @workflow.update(name="open_incident", description=f"Open an incident by hand. {_EXAMPLE}")
    async def open_incident(self, order: OpenByHand) -> OpenReceipt:
        """Open an incident that somebody has noticed; it joins the one that is open for a connected component."""
        await workflow.wait_condition(lambda: self._known)
        components = self._memory.slice.depends_on
        if order.component is not None and order.component not in components:
            known = ", ".join(components) or "none"
            raise ApplicationError(
                f"{self.order.application} has no component {order.component!r}; it has {known}",
                type="NotFoundError",
                non_retryable=True,
            )
        now = workflow.now()
        alarm = Alarm(
            application=self.order.application,
            fingerprint=f"by-hand/{self._memory.next_alarm}",
            severity=order.severity,
            title=order.title,
            component=order.component,
            source=order.by,
            since=now,
            seen_at=now,
            detail=order.note,
        )
        incident = self._belongs_to(order.component)
        if incident is not None:
            self._join(incident, order.component)
            self._outbox.put(incident.id, AlarmsJoined(alarms=[alarm]))
            self._note(alarm, _receipt(alarm, Disposition.JOINED, incident.id, f"reported by {order.by}"))
            return OpenReceipt(
                incident=incident.id, joined=True, message=f"It belongs to {incident.id}, which is open."
            )
        opened = self._open([alarm], order.component, order.title, order.by)
        self._note(alarm, _receipt(alarm, Disposition.OPENED, opened.id, f"reported by {order.by}"))
        return OpenReceipt(incident=opened.id, joined=False, message=f"Opened {opened.id}.")

    def _open(self, alarms: list[Alarm], component: str | None, title: str, by: str) -> OpenIncident:
        memory = self._memory
        number = memory.next_number
        memory.next_number += 1
        memory.opened += 1
        incident = OpenIncident(
            id=incident_id(self.order.application, number),
            number=number,
            components=[component] if component else [],
            whole_application=component is None,
            opened_at=workflow.now(),
        )
        memory.incidents[incident.id] = incident
        order = IncidentOrder(
            application=self.order.application,
            number=number,
            dossier=memory.slice.dossier,
            title=title,
            opened_by=by,
            alarms=alarms,
        )
        self._followed.add(incident.id)
        self._starting.add(incident.id)
        self._spawn(self._follow(incident.id, order))
        return incident

    async def _follow(self, incident: str, order: IncidentOrder) -> None:
        """Start an incident and wait for its end; the wait is given up, not the incident, when the watch hands on."""
        customer = self.order.application.split(".")[0]
        try:
            handle = await workflow.start_child_workflow(
                "incident",
                order,
                id=incident,
                result_type=IncidentOutcome,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=order.title[:200],
                static_details=f"Opened by the watch of {self.order.application}. *Current Details* say what it does, what it "
                "waits for and what to press; press R to see them anew.",
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), customer),
                        SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), self.order.application),
                        SearchAttributePair(SearchAttributeKey.for_keyword(STATE), IncidentState.CONFIRMING.value),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            # The records were lost and the numbers began anew: what runs under this number is older than we know.
            self._gone(incident, order.alarms)
            return
        finally:
            self._starting.discard(incident)
        ended = asyncio.ensure_future(handle)
        try:
            await workflow.wait_condition(lambda: ended.done() or self._should_hand_on())
            if ended.done():
                self._ended(incident, (await ended).end.value)
        except ChildWorkflowError as error:
            self._ended(incident, IncidentEnd.CANCELLED.value if is_cancelled_exception(error) else None)

    def _ended(self, incident: str, end: str | None) -> None:
        """An incident no longer runs: what of its alarms still fires is looked at again after a while."""
        self._followed.discard(incident)
        if self._memory.incidents.pop(incident, None) is None:
            return
        # A command, because of what follows: after a task without one, a worker that has just begun takes the next update in
        # before this end, and whoever replays that later takes it in after it. One would join, the other would open.
        workflow.upsert_memo({"last incident that ended": incident})
        wait = RAISE_AGAIN_AFTER_HAND if end in _BY_HAND else RAISE_AGAIN_AFTER
        for held in self._memory.alarms.values():
            if held.incident == incident:
                held.recheck_at = workflow.now() + wait
        self._show()

    def _orphans(self) -> list[str]:
        return [i for i in self._memory.incidents if i not in self._followed] if self._known else []

    def _gone(self, incident: str, undelivered: list[Alarm]) -> None:
        """An incident is gone before it was told of alarms: they are raised again at once."""
        self._ended(incident, None)
        for alarm in undelivered:
            if (held := self._memory.alarms.get(alarm.fingerprint)) is not None:
                held.recheck_at = workflow.now()
            else:  # reported by hand, or beyond what is remembered: nobody would raise it again
                self._note(alarm, self._place(OpenAlarm(alarm=alarm), alarm))

    # --- what else it is told and asked

    @workflow.signal(
        name="dossier_published", description='Sent on publishing: read the dossier anew. {"digest": "1a2b3c4d"}'
    )
    def dossier_published(self, published: DossierPublished) -> None:
        """Read the dossier anew."""
        self._reload = True

    @workflow.signal(
        name="hand_on", description="Go on in a new run, as by itself when history grows long. Takes no input."
    )
    def hand_on(self) -> None:
        """Go on in a new run with the same memory; of use before an upgrade that no longer knows old history."""
        self._hand_on = True

    @workflow.query(name="status", description="Open alarms and incidents")
    def status(self) -> WatchStatus:
        """What the watch sees now."""
        if self._state is None:
            raise ApplicationError("the watch has just begun and knows nothing yet", type="NotReady")
        return WatchStatus(
            application=self.order.application,
            dossier=self._state.slice.dossier,
            alarms=list(self._state.alarms.values()),
            incidents=list(self._state.incidents.values()),
            next_number=self._state.next_number,
            opened=self._state.opened,
            unrecorded=len(self._state.journal),
        )

    @property
    def _known(self) -> bool:
        return self._state is not None

    @property
    def _memory(self) -> WatchState:
        assert self._state is not None
        return self._state

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _show(self) -> None:
        if self._state is not None:
            workflow.set_current_details(watch_page(self.order.application, self._state))


def _receipt(alarm: Alarm, disposition: Disposition, incident: str | None, reason: str) -> AlarmReceipt:
    return AlarmReceipt(fingerprint=alarm.fingerprint, disposition=disposition, incident=incident, reason=reason)


def _record(application: str, entry: JournalEntry) -> AlarmRecord:
    alarm = entry.alarm
    return AlarmRecord(
        application=application,
        sequence=entry.sequence,
        at=alarm.seen_at,
        title=alarm.title,
        state=alarm.state.value,
        severity=alarm.severity.value,
        component=alarm.component,
        source=alarm.source,
        receipt=entry.receipt,
    )


def _adopted(fresh: WatchSlice) -> dict[str, OpenIncident]:
    """Incidents that the records know as open: a watch that begins anew must not open them a second time."""
    return {
        i.id: OpenIncident(
            id=i.id,
            number=i.number,
            components=i.components,
            whole_application=not i.components,
            opened_at=i.opened_at,
        )
        for i in fresh.incidents
    }
