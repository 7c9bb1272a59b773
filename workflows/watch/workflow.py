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
from models.alarms import HANDS_ON, Alarm, AlarmBatch, BatchReceipt
from models.incident import AlarmsUnhandled, IncidentOrder, IncidentOutcome, IncidentState
from models.lease import AskForLease, LeaseAnswer, ReleaseLease
from models.names import APPLICATION, CUSTOMER, STATE, TITLE
from models.people import is_program, named_once
from models.records import WriteRecords
from models.sizes import MESSAGE, encoded_size, first_that_fit
from models.slices import WatchSlice, WatchSliceRequest
from models.watch import (
    LOST,
    BeginOperation,
    DossierPublished,
    EndOperation,
    LiftSilence,
    LookUpIncidents,
    MergeIncidents,
    OpenByHand,
    OpenReceipt,
    ReopenIncident,
    SilenceOrder,
    SplitIncident,
    WatchOrder,
    WatchState,
    WatchStatus,
    WatchTold,
)
from workflows.runtime.calls import call, look_up
from workflows.runtime.cancelling import whatever_is_pressed
from workflows.runtime.details import Details
from workflows.runtime.markdown import page, plain, summary_line
from workflows.runtime.policies import WRITE
from workflows.runtime.refusals import Refusals
from workflows.runtime.waiting import leave_a_command, until
from workflows.runtime.wrong_inputs import Begun, only_carried
from workflows.watch.alarms import AlarmDesk
from workflows.watch.carrying import fit
from workflows.watch.incidents import IncidentBook
from workflows.watch.leases import LeaseDesk
from workflows.watch.orders import WatchOrders, silence_fault
from workflows.watch.outbox import Outbox
from workflows.watch.page import watch_page
from workflows.watch.state import begun, learnt, record, status_of

LOOK_UP_EVERY = timedelta(minutes=1)
"""How often incidents that an earlier run of the watch started, and holders of operations, are looked up; their end is not
told to this run."""

LOOK_UP_SOON = timedelta(seconds=5)
"""The same for an incident that has said which alarms it did not handle: it is about to end."""

LONGEST_REST = timedelta(days=1)
"""The main loop wakes up at least so often, though nothing is due."""

LOAD_AHEAD = timedelta(days=7)
"""The service hours are read anew so long before those that are known run out."""

LOAD_AGAIN = timedelta(hours=1)
"""When they could not be read, they are tried again after so long."""

MOST_BYTES, MOST_EVENTS = 8_000_000, 10_000
"""Of a run's history: twice what suggests a new run. Beyond it no more alarms are taken in, because the watch hands on only when
all that it has taken in is told and written. The server would end a run of 50 MB, and with it leases and silences."""

JOURNAL_BATCH = 500

LEFT_OVER = MESSAGE // 2
"""Bytes of alarms not yet recorded and of messages not yet sent that a run may leave to the next one."""

_ALARM = (
    '{"application": "acme.shop", "alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", '
    '"component": "db", "source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)
_OPEN = '{"title": "Customers cannot pay", "component": "web", "severity": "critical", "by": "on-call@driftbolaget.example"}'
_SILENCE = (
    '{"by": "on-call@driftbolaget.example", "reason": "Disk is replaced", '
    '"until": "2026-03-02T06:00:00Z", "components": ["db"]}'
)
_OPERATION = (
    '{"holder": "change.acme.shop.4", "title": "Change 4", "by": "on-call@driftbolaget.example", '
    '"until": "2026-03-01T14:00:00Z", "components": ["db"]}'
)
_LEASE = (
    '{"application": "acme.shop", "holder": "change.acme.shop.4", "key": "change.acme.shop.4/lease/1", "kind": "change", '
    '"title": "Change 4", "by": "on-call@driftbolaget.example", "until": "2026-03-01T14:00:00Z", "components": ["db"]}'
)
_MERGE = '{"incident": "17", "into": "16", "by": "on-call@driftbolaget.example", "reason": "The same disk"}'
_SPLIT = '{"incident": "17", "by": "on-call@driftbolaget.example", "reason": "Has nothing to do with it", "components": ["mail"]}'
_REOPEN = '{"incident": "17", "by": "on-call@driftbolaget.example", "reason": "Customers still cannot pay"}'


@workflow.defn(name="watch")
class Watch(Begun):
    """The entity workflow of one application."""

    @workflow.init
    def __init__(self, order: WatchOrder) -> None:
        self.order = order
        self._state: WatchState | None = None
        self._details = Details(self._page)
        self._refusals = Refusals()
        self._reload = order.state is None
        self._hand_on = False
        self._cancellation = ""
        """That its cancellation was requested, and refused: when, and with which reason."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed: set[str] = set()
        self._starting: set[str] = set()
        self._outbox = Outbox(self._spawn, self._starting.__contains__, self._gone)
        self._last_look = workflow.now()
        self._last_load = workflow.now()
        if order.state is not None:
            self._remember(order.state)

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        """Keep watch until history is long enough, then go on in a new run with the same memory."""
        only_carried("state", order.state)
        await whatever_is_pressed(self._watch(order), self._refuse_cancellation)

    def _refuse_cancellation(self, reason: str) -> None:
        """A watch that ended would forget silences and leases; who retires an application terminates its watch."""
        said = f" with the reason '{reason}'" if reason else ""
        self._cancellation = f"{workflow.now():%Y-%m-%d %H:%M} UTC{said}"
        self._show()

    async def _watch(self, order: WatchOrder) -> None:
        while not self._should_hand_on():
            if self._reload or self._hours_run_out():
                await self._load_slice()
            await self._write_journal()
            self._review()
            await self._look_up()
            self._show()
            await self._rest()
        await self._settle()
        self._memory.untold = self._outbox.left
        self._memory.shortened = self._shortened()
        workflow.continue_as_new(WatchOrder(application=order.application, state=self._state))

    async def _settle(self) -> None:
        """End what this run has begun.

        What alarms still bring about goes to the next run, as long as it is little: alarms without a pause must not keep the
        watch from handing on.
        """
        while True:
            if self._reload:  # published while handing on: the next run would not know of it
                await self._load_slice()
            while self._much_left():
                self._outbox.go_on()
                await self._write_journal()
                await workflow.wait_condition(lambda: bool(self._memory.journal) or not self._much_left())
            self._outbox.pause()
            await workflow.wait_condition(lambda: not self._tasks and workflow.all_handlers_finished())
            if not (self._tasks or self._reload or self._much_left()) and workflow.all_handlers_finished():
                return

    def _much_left(self) -> bool:
        return encoded_size([self._memory.journal, self._outbox.left]) > LEFT_OVER

    def _shortened(self) -> str:
        """Make the memory fit; returns what was cut, and when."""
        done = fit(self._memory)
        if not done:
            return self._memory.shortened
        workflow.logger.warning("the memory of the watch was too large, and was cut: %s", "; ".join(done))
        return f"{workflow.now():%Y-%m-%d %H:%M} UTC: {'; '.join(done)}"

    # --- the main loop

    async def _load_slice(self) -> None:
        self._reload = False
        self._last_load = workflow.now()
        try:
            fresh = await self._read_slice([])
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            if self._state is not None:
                return  # what held before goes on to hold
            # Without a dossier alarms still reach people; a number that is taken already is skipped when it is used.
            fresh = WatchSlice(application=self.order.application, known=False)
        if self._state is None:
            self._remember(begun(fresh))
            self._last_look -= LOOK_UP_EVERY
        else:
            learnt(self._state, fresh)
            self._desk.release_all()

    async def _read_slice(self, incidents: list[str]) -> WatchSlice:
        return await look_up(
            load_watch_slice,
            WatchSliceRequest(application=self.order.application, incidents=incidents),
            summary="Look up the dossier",
        )

    def _remember(self, memory: WatchState) -> None:
        self._state = memory
        application = self.order.application
        self._book = IncidentBook(application, memory, workflow.now, self._start, self._outbox.put)
        self._desk = AlarmDesk(application, memory, self._book, workflow.now, self._outbox.put)
        self._leases = LeaseDesk(application, memory, workflow.now, self._outbox.put)
        self._orders = WatchOrders(
            application, memory, self._book, self._desk, self._leases, workflow.now, self._outbox.put
        )
        untold, memory.untold = memory.untold, []
        self._outbox.put_again(untold)

    async def _write_journal(self) -> None:
        """Write one batch; what has come meanwhile waits for the next round, so that no flood holds the main loop up."""
        if not self._known or not self._memory.journal:
            return
        batch = self._memory.journal[:JOURNAL_BATCH]
        batch = batch[: first_that_fit(batch, 2 * MESSAGE)]
        await call(
            write_records,
            WriteRecords(alarms=[record(self.order.application, entry) for entry in batch]),
            retry=WRITE,
            summary=f"Write {len(batch)} alarm messages to the records",
        )
        del self._memory.journal[: len(batch)]

    def _review(self) -> None:
        """What waited long enough is looked at again."""
        if self._known and self._desk.review():
            leave_a_command("alarms were looked at again")

    async def _look_up(self) -> None:
        wanted = self._unheard_of()
        if not wanted or workflow.now() < self._look_due():
            return
        self._last_look = workflow.now()
        found = await call(
            look_up_incidents,
            LookUpIncidents(ids=wanted),
            summary="See which incidents and operations have ended",
        )
        for id, end in found.ended.items():
            self._orders.gone(id)
            # Opened again while it was looked up, it runs under the same id; then somebody follows it.
            if id not in self._followed:
                self._ended(id, end or LOST)
        self._review()

    async def _rest(self) -> None:
        """Wait until there is something to do, always with a timer: what the main loop did before has left a command then."""
        due = self._next_due()
        wait = max(due - workflow.now(), timedelta(0)) if due else LONGEST_REST
        await until(
            lambda: (
                self._reload
                or self._should_hand_on()
                or bool(self._known and self._memory.journal)
                or self._sooner(due)
            ),
            within=wait,
            summary="Look again at alarms that were left alone",
        )

    def _next_due(self) -> datetime | None:
        due = [d for d in (self._desk.next_review() if self._known else None, self._load_due()) if d]
        due += [self._look_due()] if self._unheard_of() else []
        return min(due, default=None)

    def _sooner(self, due: datetime | None) -> bool:
        """Whether something has to be looked at earlier than was known when the wait began."""
        first = self._desk.next_review() if self._known else None
        first = min((d for d in (first, self._look_due() if self._unheard_of() else None) if d), default=None)
        return first is not None and (due is None or first < due)

    def _load_due(self) -> datetime | None:
        until = self._memory.slice.spans_until if self._known else None
        return None if until is None else max(until - LOAD_AHEAD, self._last_load + LOAD_AGAIN)

    def _hours_run_out(self) -> bool:
        due = self._load_due()
        return due is not None and due <= workflow.now()

    def _should_hand_on(self) -> bool:
        return (self._hand_on or workflow.info().is_continue_as_new_suggested()) and self._known

    # --- alarms and incidents

    @workflow.update(
        name="report_alarms", description=f"Sent by the intake and the monitor: alarms of this application. {_ALARM}"
    )
    async def report_alarms(self, batch: AlarmBatch) -> BatchReceipt:
        """Take a batch of alarms in; the receipt says what became of each."""
        await workflow.wait_condition(lambda: self._known)
        return BatchReceipt(receipts=[self._desk.take(alarm) for alarm in batch.alarms])

    @report_alarms.validator
    def _has_to_hand_on_first(self, batch: AlarmBatch) -> None:
        info = workflow.info()
        if info.get_current_history_size() > MOST_BYTES or info.get_current_history_length() > MOST_EVENTS:
            raise ApplicationError(
                f"the watch of {self.order.application} goes on in a new run first; send the alarms again in a moment",
                type=HANDS_ON,
            )

    @workflow.update(name="open_incident", description=f"Open an incident by hand. {_OPEN}")
    async def open_incident(self, order: OpenByHand) -> OpenReceipt:
        """Open an incident that somebody has noticed; it joins the one that is open for a connected component."""
        await workflow.wait_condition(lambda: self._known)
        update = workflow.current_update_info()
        assert update is not None
        if not (is_program(order.by) and _of_a_program()):
            order = named_once(order, self._orders.known)
        return self._desk.report_once(update.id, order)

    @workflow.update(
        name="merge_incidents",
        description=f"Two incidents are one matter: the first ends, the second goes on. {_MERGE}",
    )
    async def merge_incidents(self, order: MergeIncidents) -> WatchTold:
        """End one incident as the same matter as another."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.merge(order))

    @workflow.update(name="split_incident", description=f"Open a new incident for some alarms of another. {_SPLIT}")
    async def split_incident(self, order: SplitIncident) -> WatchTold:
        """Open a new incident for some alarms of another."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.split(order))

    @workflow.update(name="reopen_incident", description=f"A closed incident was not over after all. {_REOPEN}")
    async def reopen_incident(self, order: ReopenIncident) -> WatchTold:
        """Open a closed incident again, however long ago it was closed."""
        await workflow.wait_condition(lambda: self._known)
        id = self._orders.may_reopen(order)
        if id in self._memory.closed:
            return self._shown(self._orders.reopen(order, None))
        try:
            fresh = await self._read_slice([id])
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(
                f"whether there is an incident {order.incident!r} cannot be read just now: {error.message}",
                type="StoreError",
            ) from None
        return self._shown(self._orders.reopen(order, begun(fresh).closed.get(id)))

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was not taken."""
        self._refusals.say(notice)
        self._show()

    def _shown(self, told: WatchTold) -> WatchTold:
        self._refusals.forget()
        self._show()
        return told

    def _start(self, incident: str, order: IncidentOrder) -> None:
        self._followed.add(incident)
        self._starting.add(incident)
        self._spawn(self._follow(incident, order))

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
                static_summary=summary_line(order.title),
                static_details=f"Opened by the watch of {self.order.application}. *Current Details* say what it does, what it "
                "waits for and what to press; press R to see them anew.",
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), customer),
                        SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), self.order.application),
                        SearchAttributePair(SearchAttributeKey.for_keyword(STATE), IncidentState.CONFIRMING.value),
                        SearchAttributePair(SearchAttributeKey.for_keyword(TITLE), summary_line(order.title)),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            # The records were lost and the numbers began anew: what runs under this number is older than we know.
            self._followed.discard(incident)
            self._gone(incident, order.alarms)
            self._memory.closed.pop(incident, None)  # so it is not opened again under this number
            return
        finally:
            self._starting.discard(incident)
        leave_a_command(f"{incident} was started")
        ended = asyncio.ensure_future(handle)
        try:
            await workflow.wait_condition(lambda: ended.done() or self._should_hand_on())
            if ended.done():
                outcome = await ended
                self._ended(incident, outcome.end.value, outcome.lead)
        except ChildWorkflowError:  # terminated, failed, or cancelled before its first step
            self._ended(incident, LOST)

    def _ended(self, incident: str, end: str | None, lead: str | None = None) -> None:
        """An incident no longer runs: what of its alarms still fires is looked at again after a while, its lease goes on."""
        self._followed.discard(incident)
        held = self._orders.gone(incident)
        known = self._memory.incidents.get(incident)
        if not self._book.ended(incident, end, lead) and not held:
            return
        leave_a_command(f"{incident} ended")  # else the next update could join it, and open another in a replay
        self._desk.gone(incident, known.reported if known else [])
        self._show()

    def _unheard_of(self) -> list[str]:
        """Workflows whose end matters and is not told to this run."""
        if not self._known:
            return []
        orphans = [i for i in self._memory.incidents if i not in self._followed]
        holders = [h for h in (*self._memory.operations, *self._leases.holders()) if h not in self._followed]
        return list(dict.fromkeys([*orphans, *holders]))

    def _look_due(self) -> datetime:
        ending = any(i.unhandled or i.reported for i in self._memory.incidents.values() if i.id not in self._followed)
        return self._last_look + (LOOK_UP_SOON if ending else LOOK_UP_EVERY)

    def _gone(self, incident: str, undelivered: list[Alarm]) -> None:
        """An incident is gone before it was told of alarms: they are raised again as soon as it is known how it ended."""
        known = self._memory.incidents.get(incident)
        if known is not None and incident in self._followed:  # its end arrives in a moment
            self._desk.keep_unhandled(known, undelivered)
            return
        self._ended(incident, None)
        self._desk.gone(incident, undelivered)

    @workflow.signal(
        name="alarms_unhandled",
        description="Sent by an incident that ends: alarms that came too late for it to handle. "
        '{"incident": "inc.acme.shop.17", "members": ["1a2b3c4d5e6f7a8b"]}',
    )
    async def alarms_unhandled(self, told: AlarmsUnhandled) -> None:
        """Raise alarms again that an incident did not handle, as soon as it has ended."""
        await workflow.wait_condition(lambda: self._known)
        self._desk.gone(told.incident, self._book.unhandled(told))

    # --- silences and operations

    @workflow.update(
        name="silence",
        description=f"Agree that alarms are not acted on for 30 days at most; what still fires then is raised. {_SILENCE}",
    )
    async def silence(self, order: SilenceOrder) -> WatchTold:
        """Let a silence hold."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.silence(order))

    @silence.validator
    def _silence_has_an_end(self, order: SilenceOrder) -> None:
        if fault := silence_fault(order, workflow.now()):
            raise ApplicationError(fault, type="InvalidInputError", non_retryable=True)

    @workflow.update(
        name="lift_silence",
        description='End a silence now; what still fires is raised. {"id": "s1", "by": "on-call@driftbolaget.example"}',
    )
    async def lift_silence(self, order: LiftSilence) -> WatchTold:
        """End a silence before its time."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.lift(order))

    @workflow.update(
        name="begin_operation", description=f"An operation begins: alarms that it can cause are held. {_OPERATION}"
    )
    async def begin_operation(self, order: BeginOperation) -> WatchTold:
        """Hold the alarms of an operation."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.begin(order))

    @workflow.update(
        name="end_operation",
        description="An operation is over: what still fires is raised. "
        '{"holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    async def end_operation(self, order: EndOperation) -> WatchTold:
        """Raise what still fires after an operation."""
        await workflow.wait_condition(lambda: self._known)
        self._orders.known(order.by)
        return self._shown(self._orders.end(order.holder))

    @workflow.signal(
        name="operation_begins",
        description=f"For workflows, which cannot send updates: an operation begins. {_OPERATION}",
    )
    async def operation_begins(self, order: BeginOperation) -> None:
        """Hold the alarms of an operation; one that cannot be is let go with a line in the log, for nobody hears an answer."""
        await workflow.wait_condition(lambda: self._known)
        try:
            self._orders.begin(order)
        except ApplicationError as error:
            self.signal_refused(f"An operation was not begun: {error.message}")

    @workflow.signal(
        name="operation_ends",
        description='For workflows, which cannot send updates: an operation is over. {"holder": "change.acme.shop.4"}',
    )
    async def operation_ends(self, order: EndOperation) -> None:
        """Raise what still fires after an operation."""
        await workflow.wait_condition(lambda: self._known)
        self._orders.end(order.holder)

    @workflow.update(
        name="request_lease",
        description=f"Sent by operations: ask for the right to operate on components. {_LEASE}",
    )
    async def request_lease(self, order: AskForLease) -> LeaseAnswer:
        """Grant a lease, or let its asker wait in the queue."""
        await workflow.wait_condition(lambda: self._known)
        answer = self._leases.ask(order)
        self._show()
        return answer

    @workflow.update(
        name="release_lease",
        description="Give a lease back, also that of an operation that hangs: what it still sends is refused by the hosts. "
        '{"application": "acme.shop", "holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    async def release_lease(self, order: ReleaseLease) -> WatchTold:
        """Take a lease back; what still fires, and what is said to fail, is raised."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.release(order, program=_of_a_program()))

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
        return status_of(self.order.application, self._state, self._leases.queue())

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
        self._details.changed()

    def _page(self) -> str:
        if self._state is None:
            return page(f"### Watch of {plain(self.order.application)}", "Starting", self._not_taken())
        return watch_page(self.order.application, self._memory, self._leases.queue(), workflow.now(), self._not_taken())

    def _not_taken(self) -> str:
        """What was refused, as Markdown."""
        when = plain(self._cancellation)
        said = f"**Request Cancellation was refused** ({when}): a watch is not cancelled, or alarms would be lost."
        return "\n\n".join(filter(None, [said if self._cancellation else "", self._refusals.markdown()]))


def _of_a_program() -> bool:
    """Whether the update being handled was sent by a program of ours: these give it an id that says what it is for."""
    update = workflow.current_update_info()
    return update is not None and "/" in update.id
