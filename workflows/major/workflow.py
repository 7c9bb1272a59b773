"""The major incident: several incidents, of several applications or customers, under one lead.

Each incident still confirms, remedies and proves by itself. The major incident gives people one lead, one page, one note to all
incidents, and one update to all customers. An incident keeps in its own timeline everything that reaches it, and the records
have that timeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.records import identify_people
from models.base import Model, counted
from models.converter import WRONG_INPUT
from models.dossier.agreement import Priority
from models.incident import CustomerUpdate, HandOver, LeadSilent, Note
from models.major import (
    MOST_MEMBERS,
    AddIncidents,
    CloseMajor,
    IncidentAnswer,
    IncidentSnapshot,
    MajorMemory,
    MajorOrder,
    MajorOutcome,
    MajorReply,
    MajorState,
    MajorStatus,
    RemoveIncident,
    SendToIncidents,
    UpdateCustomers,
)
from models.names import APPLICATION, CUSTOMER, PRIORITY, STATE, TITLE
from models.people import IdentifyPeople, as_written, named_in, named_once
from models.records import EntryKind
from workflows.journal.journal import Journal
from workflows.major.joining import why_not, why_not_led_by
from workflows.major.members import Members, refused, short
from workflows.major.page import major_page
from workflows.runtime.calls import look_up
from workflows.runtime.keys import update_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.refusals import Refusals
from workflows.runtime.waiting import until
from workflows.runtime.wrong_inputs import Begun, only_carried

QUERY_EVERY = timedelta(minutes=1)
"""How often it queries its incidents."""

FORGOTTEN_AFTER = timedelta(minutes=30)
"""The lead gets a reminder after so long without an update from them, here or at one of its incidents."""

ANSWER_WITHIN = timedelta(minutes=15)
"""Time to answer the reminder before others are called."""

M = TypeVar("M", bound=Model)

_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_YOU = '"by": "on-call@driftbolaget.example"'


@workflow.defn(name="major", failure_exception_types=WRONG_INPUT)
class Major(Begun):
    """One major incident: one lead, one page and one voice for several incidents."""

    @workflow.init
    def __init__(self, order: MajorOrder) -> None:
        self.order = order
        self._refusals = Refusals()
        self.memory = order.memory or MajorMemory(lead=order.lead, opened_at=workflow.now())
        self.journal = Journal(MajorState.LED, self._page, timeline=self.memory.timeline)
        self.members = Members(order.title, self.memory, self.journal, self._show)
        self.ending: CloseMajor | None = None
        self._handing_on = False
        self._lock = asyncio.Lock()
        """Held while incidents are added, removed or queried, so that no two handlers decide by the same state."""

    @workflow.run
    async def run(self, order: MajorOrder) -> MajorOutcome:
        """Lead the incidents together until somebody closes it."""
        only_carried("memory", order.memory)
        try:
            if order.memory is None:
                await self._begin()
            while not self._over():
                await self._rest()
                if not self._over():
                    await self._query_incidents()
                    await self._remind_lead()
                if self._handing_on or workflow.info().is_continue_as_new_suggested():
                    await self._hand_on()
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            self.journal.log(
                EntryKind.STATE,
                "Cancelled in Temporal by an unknown person: its incidents have leads of their own again",
            )
            await self.members.led_by(None, self.memory.lead, self.members.open())
            raise
        return await self._end()

    # --- the steps of the process

    async def _begin(self) -> None:
        by = self.order.by or self.order.lead
        known = await self._one_names([by, self.memory.lead], self.order.incidents)
        by, self.memory.lead = known[by], known[self.memory.lead]
        self.journal.log(EntryKind.STATE, f"Opened by {by}; {self.memory.lead} leads: {self.order.title}")
        self._show()
        if self.order.incidents:
            async with self._lock:
                seen = await self.members.query(self.order.incidents)
                taken = [s for s in seen if not why_not(s)]
                if refusal := why_not_led_by(self.memory.lead, taken):
                    raise refused(refusal)
                await self.members.take(taken)
            for reason in filter(None, map(why_not, seen)):
                self.journal.log(EntryKind.LEAD, f"Not added: {reason}")
        self._show()

    async def _rest(self) -> None:
        await until(
            lambda: self._over() or self._handing_on, within=QUERY_EVERY, summary="Until it queries its incidents"
        )

    async def _query_incidents(self) -> None:
        async with self._lock:
            await self.members.query_open()

    async def _remind_lead(self) -> None:
        """Remind a silent lead through the most urgent incident; from the second time on, it calls its escalation policy."""
        memory, now = self.memory, workflow.now()
        open_ones = sorted((m.seen for m in memory.members.values() if m.seen.runs), key=_urgency)
        last = max([memory.opened_at, *(seen.active_at for seen in open_ones if seen.active_at is not None)])
        if memory.reminded_at is None or last > memory.reminded_at:
            memory.reminders, memory.reminded_at = 0, None
        since, pause = memory.reminded_at or last, ANSWER_WITHIN if memory.reminders == 1 else FORGOTTEN_AFTER
        if not open_ones or now < since + pause:
            return
        memory.reminders, memory.reminded_at = memory.reminders + 1, now
        self.journal.log(EntryKind.LEAD, f"The lead has been silent since {last:%H:%M} UTC: reminded")
        knows_them = [
            seen for seen in open_ones if memory.reminders == 1 and seen.leaders and seen.leaders.has(memory.lead)
        ]
        request = LeadSilent(major=workflow.info().workflow_id, since=last, times=memory.reminders)
        await self.members.signal("lead_silent", request, (knows_them or open_ones)[0].id)

    async def _hand_on(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._over():
            workflow.continue_as_new(self.order.model_copy(update={"memory": self.memory}))

    async def _end(self) -> MajorOutcome:
        await workflow.wait_condition(workflow.all_handlers_finished)
        assert self.ending is not None
        ending = self.ending
        self._show()
        return MajorOutcome(
            id=workflow.info().workflow_id,
            title=self.order.title,
            lead=self.memory.lead,
            opened_at=self.memory.opened_at,
            closed_at=workflow.now(),
            closed_by=ending.by,
            reason=ending.reason,
            members=[m.seen for m in self.memory.members.values()],
            timeline=self.journal.timeline.lines,
        )

    # --- updates of people

    @workflow.update(
        name="add_incidents",
        description=f'Add incidents. {{"incidents": ["acme.shop.17"], {_YOU}}}',
    )
    async def add_incidents(self, message: AddIncidents) -> MajorReply:
        """Add incidents: all of them, or none if one cannot be added."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            fresh = [id for id in dict.fromkeys(message.incidents) if id not in self.memory.members]
            if len(self.memory.members) + len(fresh) > MOST_MEMBERS:
                raise refused(f"a major incident has {MOST_MEMBERS} incidents at most; open another one for the rest")
            seen = await self.members.query(fresh)
            if reasons := list(filter(None, map(why_not, seen))):
                raise refused("; ".join(reasons) + "; none was added")
            if refusal := why_not_led_by(self.memory.lead, [*self.members.seen(), *seen]):
                raise refused(f"{refusal}; hand it over first; none was added")
            await self.members.take(seen)
        if not fresh:
            return MajorReply(message="They belong to it already.")
        answers = await self._fan_out(Note(text=message.note, by=message.by), fresh) if message.note else []
        names = ", ".join(short(id) for id in fresh)
        return MajorReply(message=f"Added: {names}.", answers=answers)

    @workflow.update(
        name="remove_incident",
        description=f'Remove an incident. {{"incident": "acme.shop.17", {_YOU}, "reason": "Own cause"}}',
    )
    async def remove_incident(self, message: RemoveIncident) -> MajorReply:
        """Remove an incident, which has a lead of its own again."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            if message.incident not in self.memory.members:
                names = ", ".join(short(id) for id in self.memory.members) or "none"
                raise refused(f"{short(message.incident)} does not belong to it; its incidents: {names}")
            member = self.memory.members.pop(message.incident)
            self.journal.log(EntryKind.LEAD, f"{message.by} removed {short(message.incident)}: {message.reason}")
            await self.members.led_by(None, message.by, [message.incident] if member.seen.runs else [])
            self._show()
        return MajorReply(message=f"{short(message.incident)} has a lead of its own again.")

    @workflow.update(
        name="hand_over",
        description=f'Hand the lead over. {{{_YOU}, "to": "eva@example.com", "note": "Supplier is on it"}}',
    )
    async def hand_over(self, message: HandOver) -> MajorReply:
        """Hand the lead over, with a note for the next lead."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            self._may_lead(message.to)
            leaders = [one for seen in self.members.seen() if seen.leaders for one in seen.leaders.names]
            lead = self.memory.lead = as_written(message.to, leaders)
            self.journal.log(EntryKind.LEAD, f"{message.by} handed over to {lead}: {message.note}")
            await self.members.led_by(workflow.info().workflow_id, lead, self.members.open())
            self._show()
        return MajorReply(message=f"{lead} leads it now.")

    @workflow.update(
        name="add_note",
        description=f'Add a note to all its open incidents. {{"text": "The carrier confirms a cut fibre", {_YOU}}}',
    )
    async def add_note(self, note: Note) -> MajorReply:
        """Add a note here and in the timelines of all open incidents."""
        note = await self._identified(note)
        self._must_be_open()
        self.journal.log(EntryKind.NOTE, f"{note.by}: {note.text}")
        self._show()
        answers = await self._fan_out(note, self.members.open())
        return MajorReply(message=_counted("Noted", answers), answers=answers)

    @workflow.update(
        name="update_customers",
        description=f'Send one update to the customers of all its open incidents. {{{_YOU}, "text": "We expect light at 14:00"}}',
    )
    async def update_customers(self, message: UpdateCustomers) -> MajorReply:
        """Send one update to the customers of all open incidents."""
        message = await self._identified(message)
        self._must_be_open()
        open_ones = self.members.open()
        if not open_ones:
            raise refused("all its incidents are closed, so no customer needs an update")
        self.journal.log(EntryKind.NOTICE, f"{message.by} to all customers: {message.text}")
        self._show()
        update = CustomerUpdate(by=message.by, text=message.text)
        answers = await self.members.send(SendToIncidents(key=update_key(), ids=open_ones, customer_update=update))
        return MajorReply(message=_counted("Sent to the customers", answers), answers=answers)

    @workflow.update(
        name="close_major",
        description=f'Close it; with "force": true even while incidents are open. {{{_YOU}, "reason": "All work again"}}',
    )
    async def close_major(self, message: CloseMajor) -> MajorReply:
        """Close it; refused while incidents are open, unless `force` is set."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            await self.members.query_open()
            still = self.members.open()
            if still and not message.force:
                names = ", ".join(short(id) for id in still)
                raise refused(f"{names} still open; close or remove them first, or set force")
            self.journal.log(EntryKind.STATE, f"Closed by {message.by}: {message.reason}")
            self.ending = message
            self.journal.enter(MajorState.CLOSED, "Closed")
            await self.members.led_by(None, message.by, still)
            self._show()
        left = f" Still open, with leads of their own again: {', '.join(map(short, still))}." if still else ""
        return MajorReply(message=f"Closed.{left}")

    @workflow.signal(
        name="hand_on",
        description="Continue in a new run, as happens automatically when the history grows long. Takes no input.",
    )
    def hand_on(self) -> None:
        """Continue in a new run with the same memory, as before an upgrade that cannot replay old histories."""
        self._handing_on = True

    @workflow.query(name="status", description="Lead, incidents as in the latest query, timeline")
    def status(self) -> MajorStatus:
        """The status of the major incident."""
        return MajorStatus(
            id=workflow.info().workflow_id,
            title=self.order.title,
            state=self.journal.state,
            priority=self._priority,
            lead=self.memory.lead,
            opened_at=self.memory.opened_at,
            members=[m.seen for m in self.memory.members.values()],
            seen_at=self.memory.seen_at,
            timeline=self.journal.timeline.lines,
        )

    # --- people

    async def _identified(self, request: M) -> M:
        """A request with the dossier's spelling of every person in it; refuses people whom no dossier knows."""
        known = await self._one_names(
            list(named_in(request).values()), [*self.memory.members, *getattr(request, "incidents", ())]
        )
        return named_once(request, lambda name: known[name])

    async def _one_names(self, names: Sequence[str], ids: Iterable[str]) -> dict[str, str]:
        applications = sorted({id.removeprefix("inc.").rpartition(".")[0] for id in ids})
        try:
            found = await look_up(
                identify_people,
                IdentifyPeople(names=list(names), applications=applications or None),
                summary="Look up the person in the dossiers",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise refused(explain(error)) from None
        return dict(zip(names, found.names, strict=True))

    # --- shared by the updates above

    async def _fan_out(self, note: Note, ids: Sequence[str]) -> list[IncidentAnswer]:
        return await self.members.send(SendToIncidents(key=update_key(), ids=list(ids), note=note))

    def _over(self) -> bool:
        return self.ending is not None

    @property
    def _priority(self) -> Priority | None:
        known = [m.seen.priority for m in self.memory.members.values() if m.seen.priority]
        still = [m.seen.priority for m in self.memory.members.values() if m.seen.priority and m.seen.runs]
        return min(still or known, default=None)

    def _must_be_open(self) -> None:
        if self.ending is not None:
            raise refused(f"it was closed by {self.ending.by}: {self.ending.reason}")

    def _may_lead(self, who: str) -> None:
        if refusal := why_not_led_by(who, self.members.seen()):
            raise refused(refusal)

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was refused."""
        self._refusals.show(notice)
        self.journal.refresh_page()

    def _show(self) -> None:
        self.journal.refresh_page()
        self._find_by()

    def _page(self) -> str:
        notice = self._refusals.markdown()
        return major_page(self.order.title, self.memory, self._priority, workflow.now(), notice, self.ending)

    def _find_by(self) -> None:
        """Update the search attributes; customer and application only if all its incidents are of one."""
        applications = {short(id).rpartition(".")[0] for id in self.memory.members}
        customers = {name.partition(".")[0] for name in applications}
        priority = self._priority
        now = workflow.info().typed_search_attributes
        wanted = {
            _STATE: self.journal.state.value,
            _TITLE: summary_line(self.order.title),
            _PRIORITY: priority.value if priority else None,
            _CUSTOMER: next(iter(customers)) if len(customers) == 1 else None,
            _APPLICATION: next(iter(applications)) if len(applications) == 1 else None,
        }
        changes = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in wanted.items()
            if now.get(key) != value
        ]
        if changes:
            workflow.upsert_search_attributes(changes)


def _urgency(seen: IncidentSnapshot) -> tuple[str, str]:
    return seen.priority or max(Priority), seen.id


def _counted(said: str, answers: Sequence[IncidentAnswer]) -> str:
    failed = [f"{short(a.id)}: {a.message}" for a in answers if not a.taken]
    text = f"{said} ({len(answers) - len(failed)} of {counted(len(answers), 'incident')})."
    return text + (f" Refused: {'; '.join(failed)}." if failed else "")
