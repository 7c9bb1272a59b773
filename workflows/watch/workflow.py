"""The watch: one workflow for each application, without an end. It accepts alarms, opens and numbers incidents, and
grants leases.

Handlers change the state without awaiting in between, so that no two interleave. The main loop and tasks do all that
must wait: they start incidents, send signals and write records. Their commands leave in the same workflow task as the
answer to the sender. So a sender with a receipt knows that the incident is as durable as the alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import (
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.stubs.records import load_watch_plan, write_records
from activities.stubs.workflows import find_ended_incidents
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.base import counted
from models.errors import HANDS_ON, NOT_READY, StoreError
from models.incident import AlarmsUnhandled, IncidentOrder
from models.people import is_program, named_once
from models.plans import WatchPlan, WatchPlanRequest
from models.records import WriteRecords
from models.sizes import MESSAGE, encoded_size, first_that_fit
from models.watch import (
    LOST,
    DossierPublished,
    FindEndedIncidents,
    MergeIncidents,
    OpenByHand,
    OpenReceipt,
    ReopenIncident,
    SplitIncident,
    WatchOrder,
    WatchReply,
    WatchState,
    WatchStatus,
)
from workflows.runtime.calls import call, look_up
from workflows.runtime.cancelling import whatever_is_pressed
from workflows.runtime.details import Details
from workflows.runtime.markdown import page, plain
from workflows.runtime.policies import WRITE
from workflows.runtime.refusals import Refusals
from workflows.runtime.waiting import leave_a_command, until
from workflows.runtime.wrong_inputs import Begun, only_carried
from workflows.watch.alarms import AlarmHandler
from workflows.watch.incidents import IncidentRegister
from workflows.watch.leases import LeaseQueue
from workflows.watch.next_run import fit
from workflows.watch.orders import WatchOrders
from workflows.watch.outbox import Outbox
from workflows.watch.page import watch_page
from workflows.watch.starting import start_incident
from workflows.watch.state import begun, learnt, record, status_of
from workflows.watch.taking_orders import TakesOrders, of_a_program

LOOK_UP_EVERY = timedelta(minutes=1)
"""How often the watch asks whether incidents of an earlier run, and holders of operations and leases, have ended. No
event informs this run about their end."""

LOOK_UP_SOON = timedelta(seconds=5)
"""The same for an incident that has sent its unhandled alarms: it is about to end."""

LONGEST_REST = timedelta(days=1)
"""The main loop wakes up at least this often, even if nothing is due."""

LOAD_AHEAD = timedelta(days=7)
"""The watch reads the service hours again this long before the known ones end."""

LOAD_AGAIN = timedelta(hours=1)
"""The pause before the next attempt if the service hours could not be read."""

MOST_BYTES, MOST_EVENTS = 8_000_000, 10_000
"""The size of a run's history above which the watch refuses alarms until it has continued as new: twice the size at
which Temporal suggests a new run. The server would end a run of 50 MB, and with it leases and silences."""

JOURNAL_BATCH = 500

LEFT_OVER = MESSAGE // 2
"""The bytes of unwritten journal and unsent messages that a run may leave to the next one."""

_ALARM = (
    '{"application": "acme.shop", "alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", '
    '"component": "db", "source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)
_OPEN = '{"title": "Customers cannot pay", "component": "web", "severity": "critical", "by": "on-call@driftbolaget.example"}'
_MERGE = '{"incident": "17", "into": "16", "by": "on-call@driftbolaget.example", "reason": "The same disk"}'
_SPLIT = '{"incident": "17", "by": "on-call@driftbolaget.example", "reason": "Has nothing to do with it", "components": ["mail"]}'
_REOPEN = '{"incident": "17", "by": "on-call@driftbolaget.example", "reason": "Customers still cannot pay"}'


@workflow.defn(name="watch")
class Watch(TakesOrders, Begun):
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
        """When a cancellation was requested and refused, and the reason; empty if it never was."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed: set[str] = set()
        self._starting: set[str] = set()
        self._outbox = Outbox(self._spawn, self._starting.__contains__, self._gone)
        self._last_search = workflow.now()
        self._last_load = workflow.now()
        if order.state is not None:
            self._remember(order.state)

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        """Keep watch until the history is long enough, then continue as new with the same memory."""
        only_carried("state", order.state)
        await whatever_is_pressed(self._watch(order), self._refuse_cancellation)

    def _refuse_cancellation(self, reason: str) -> None:
        """Refuse a cancellation, because silences and leases would be lost. To retire an application, terminate its watch."""
        said = f" with the reason '{reason}'" if reason else ""
        self._cancellation = f"{workflow.now():%Y-%m-%d %H:%M} UTC{said}"
        self._show()

    async def _watch(self, order: WatchOrder) -> None:
        while not self._should_hand_on():
            if self._reload or self._hours_run_out():
                await self._load_plan()
            await self._write_journal()
            self._review()
            await self._find_ended()
            self._show()
            await self._rest()
        await self._settle()
        self._memory.unsent = self._outbox.left
        self._memory.shortened = self._shortened()
        workflow.continue_as_new(WatchOrder(application=order.application, state=self._state))

    async def _settle(self) -> None:
        """Complete the work of this run.

        A small rest of unwritten journal and unsent messages goes to the next run. Otherwise a steady flow of alarms
        would keep the watch from continuing as new.
        """
        while True:
            if self._reload:  # published meanwhile: the next run would not know it
                await self._load_plan()
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
        """Cut the memory until it fits. Return what was cut, and when."""
        done = fit(self._memory)
        if not done:
            return self._memory.shortened
        workflow.logger.warning("the memory of the watch was too large, and was cut: %s", "; ".join(done))
        return f"{workflow.now():%Y-%m-%d %H:%M} UTC: {'; '.join(done)}"

    # --- the main loop

    async def _load_plan(self) -> None:
        self._reload = False
        self._last_load = workflow.now()
        try:
            fresh = await self._read_plan([])
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            if self._state is not None:
                return  # the previous version stays in use
            # Alarms reach people without a dossier too. The start of an incident skips a number that is in use.
            fresh = WatchPlan.without_dossier(self.order.application)
        if self._state is None:
            self._remember(begun(fresh))
            self._last_search -= LOOK_UP_EVERY
        else:
            learnt(self._state, fresh)
            self._alarms.release_all()

    async def _read_plan(self, incidents: list[str]) -> WatchPlan:
        return await look_up(
            load_watch_plan,
            WatchPlanRequest(application=self.order.application, incidents=incidents),
            summary="Look up the dossier",
        )

    def _remember(self, memory: WatchState) -> None:
        self._state = memory
        application = self.order.application
        self._register = IncidentRegister(application, memory, workflow.now, self._start, self._outbox.put)
        self._alarms = AlarmHandler(application, memory, self._register, workflow.now, self._outbox.put)
        self._leases = LeaseQueue(application, memory, workflow.now, self._outbox.put)
        self._orders = WatchOrders(
            application, memory, self._register, self._alarms, self._leases, workflow.now, self._outbox.put
        )
        unsent, memory.unsent = memory.unsent, []
        self._outbox.put_again(unsent)

    async def _write_journal(self) -> None:
        """Write one batch to the records. Later entries wait for the next round, so that a storm does not block the main loop."""
        if not self._known or not self._memory.journal:
            return
        batch = self._memory.journal[:JOURNAL_BATCH]
        batch = batch[: first_that_fit(batch, 2 * MESSAGE)]
        await call(
            write_records,
            WriteRecords(alarms=[record(self.order.application, entry) for entry in batch]),
            retry=WRITE,
            summary=f"Write {counted(len(batch), 'alarm message')} to the records",
        )
        del self._memory.journal[: len(batch)]

    def _review(self) -> None:
        """Decide again on alarms whose time has come."""
        if self._known and self._alarms.review():
            leave_a_command("alarms were reviewed")

    async def _find_ended(self) -> None:
        wanted = self._unheard_of()
        if not wanted or workflow.now() < self._find_ended_due():
            return
        self._last_search = workflow.now()
        found = await call(
            find_ended_incidents,
            FindEndedIncidents(ids=wanted),
            summary="See which incidents and operations have ended",
        )
        for id, end in found.ended.items():
            self._orders.gone(id)
            # If it was reopened during the look-up, it runs under the same id, and a task follows it.
            if id not in self._followed:
                self._ended(id, end or LOST)
        self._review()

    async def _rest(self) -> None:
        """Wait until something is due, always with a timer: the main loop has then left a command for what it did before."""
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
            summary="Wait for the next review of alarms",
        )

    def _next_due(self) -> datetime | None:
        due = [d for d in (self._alarms.next_review() if self._known else None, self._load_due()) if d]
        due += [self._find_ended_due()] if self._unheard_of() else []
        return min(due, default=None)

    def _sooner(self, due: datetime | None) -> bool:
        """Whether something became due earlier than when the wait began."""
        first = self._alarms.next_review() if self._known else None
        first = min((d for d in (first, self._find_ended_due() if self._unheard_of() else None) if d), default=None)
        return first is not None and (due is None or first < due)

    def _load_due(self) -> datetime | None:
        until = self._memory.plan.spans_until if self._known else None
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
        """Accept a batch of alarms. Each receipt has the disposition and its reason."""
        await workflow.wait_condition(lambda: self._known)
        return BatchReceipt(receipts=[self._alarms.take(alarm) for alarm in batch.alarms])

    @report_alarms.validator
    def _has_to_hand_on_first(self, batch: AlarmBatch) -> None:
        info = workflow.info()
        if info.get_current_history_size() > MOST_BYTES or info.get_current_history_length() > MOST_EVENTS:
            raise ApplicationError(
                f"the watch of {self.order.application} must continue as new first; send the alarms again in a moment",
                type=HANDS_ON,
            )

    @workflow.update(name="open_incident", description=f"Open an incident by hand. {_OPEN}")
    async def open_incident(self, order: OpenByHand) -> OpenReceipt:
        """Open an incident that a person noticed. It joins the open incident of a connected component, unless
        `separate` is set.
        """
        await workflow.wait_condition(lambda: self._known)
        update = workflow.current_update_info()
        assert update is not None
        if not (is_program(order.by) and of_a_program()):
            order = named_once(order, self._orders.known)
        return self._alarms.report_once(update.id, order)

    @workflow.update(
        name="merge_incidents",
        description=f"Two incidents have the same cause: the first ends, the second continues. {_MERGE}",
    )
    async def merge_incidents(self, order: MergeIncidents) -> WatchReply:
        """End one incident as a duplicate of another."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.merge(order))

    @workflow.update(name="split_incident", description=f"Open a new incident for some alarms of another. {_SPLIT}")
    async def split_incident(self, order: SplitIncident) -> WatchReply:
        """Open a new incident for some alarms of another."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.split(order))

    @workflow.update(name="reopen_incident", description=f"Reopen a closed incident under the same number. {_REOPEN}")
    async def reopen_incident(self, order: ReopenIncident) -> WatchReply:
        """Reopen a closed incident, however long ago it was closed."""
        await workflow.wait_condition(lambda: self._known)
        id = self._orders.may_reopen(order)
        if id in self._memory.closed:
            return self._shown(self._orders.reopen(order, None))
        try:
            fresh = await self._read_plan([id])
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(
                f"the records cannot be read now, so incident {order.incident!r} is not reopened: {error.message}; try again",
                type=StoreError.__name__,
            ) from None
        return self._shown(self._orders.reopen(order, begun(fresh).closed.get(id)))

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was refused."""
        self._refusals.show(notice)
        self._show()

    def _shown(self, message: WatchReply) -> WatchReply:
        self._refusals.remove()
        self._show()
        return message

    def _start(self, incident: str, order: IncidentOrder) -> None:
        self._followed.add(incident)
        self._starting.add(incident)
        self._spawn(self._follow(incident, order))

    async def _follow(self, incident: str, order: IncidentOrder) -> None:
        """Start an incident and wait for its end. When the watch continues as new, only the wait ends."""
        try:
            handle = await start_incident(self.order.application, incident, order)
        except WorkflowAlreadyStartedError:
            # The records were lost and the numbers began again at 1, so an unknown older incident has this number.
            self._ended(incident, None)
            self._alarms.gone(incident, order.alarms)
            self._memory.closed.pop(incident, None)  # so that it is not reopened under this number
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
        """An incident no longer runs: its active alarms are checked again after a while, and its lease goes to the next
        in the queue.
        """
        self._followed.discard(incident)
        open_alarm = self._orders.gone(incident)
        known = self._memory.incidents.get(incident)
        if not self._register.ended(incident, end, lead) and not open_alarm:
            return
        leave_a_command(
            f"{incident} ended"
        )  # otherwise the next update could join it, and open another one in a replay
        self._alarms.gone(incident, known.reported if known else [])
        self._show()

    def _unheard_of(self) -> list[str]:
        """Return the workflows that matter and whose end no event reports to this run."""
        if not self._known:
            return []
        orphans = [i for i in self._memory.incidents if i not in self._followed]
        holders = [h for h in (*self._memory.operations, *self._leases.holders()) if h not in self._followed]
        return list(dict.fromkeys([*orphans, *holders]))

    def _find_ended_due(self) -> datetime:
        ending = any(i.unhandled or i.reported for i in self._memory.incidents.values() if i.id not in self._followed)
        return self._last_search + (LOOK_UP_SOON if ending else LOOK_UP_EVERY)

    def _gone(self, incident: str, undelivered: list[Alarm]) -> None:
        """An incident ended before it received alarms: they are raised again as soon as its end is known.

        The end decides whether the incident is reopened. It arrives in a moment, or this run looks it up within seconds.
        """
        known = self._memory.incidents.get(incident)
        if known is not None:
            self._alarms.keep_unhandled(known, undelivered)
        else:
            self._ended(incident, None)
            self._alarms.gone(incident, undelivered)

    @workflow.signal(
        name="alarms_unhandled",
        description="Sent by an incident that ends: alarms that came too late for it to handle. "
        '{"incident": "inc.acme.shop.17", "members": ["1a2b3c4d5e6f7a8b"]}',
    )
    async def alarms_unhandled(self, message: AlarmsUnhandled) -> None:
        """Raise the alarms that an incident did not handle, as soon as it has ended."""
        await workflow.wait_condition(lambda: self._known)
        self._alarms.gone(message.incident, self._register.unhandled(message))

    # --- other messages

    @workflow.signal(
        name="dossier_published",
        description='Sent on publishing: read the new version of the dossier. {"digest": "1a2b3c4d"}',
    )
    def dossier_published(self, published: DossierPublished) -> None:
        """Read the new version of the dossier."""
        self._reload = True

    @workflow.signal(
        name="hand_on", description="Continue as new, which also happens when history grows long. Takes no input."
    )
    def hand_on(self) -> None:
        """Continue as new with the same memory, before an upgrade that cannot replay the old history."""
        self._hand_on = True

    @workflow.query(name="status", description="Open alarms and incidents")
    def status(self) -> WatchStatus:
        """Return the state of the watch."""
        if self._state is None:
            raise ApplicationError(
                "the watch has just started and has not read the dossier yet; try again in a moment", type=NOT_READY
            )
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
        """Return the refused requests, as Markdown."""
        when = plain(self._cancellation)
        said = f"**Request Cancellation was refused** ({when}): without its watch, an application would lose alarms."
        return "\n\n".join(filter(None, [said if self._cancellation else "", self._refusals.markdown()]))
