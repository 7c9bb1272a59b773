"""The major incident: several incidents, of several applications or customers, under one lead.

It does not take the incidents over: each still confirms, remedies and proves by itself. It holds them together for people:
one lead, one page, one note to all, one word to all customers. What reaches an incident stands in that incident's timeline,
which is what the records keep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.records import identify_people
from activities.stubs.workflows import look_at_incidents, tell_incidents
from models.base import Model
from models.converter import WRONG_INPUT
from models.dossier.agreement import Priority
from models.incident import CustomerUpdate, HandOver, LeadSilent, LedByMajor, Note
from models.major import (
    MOST_MEMBERS,
    AddIncidents,
    CloseMajor,
    IncidentAnswer,
    LookAtIncidents,
    MajorMemory,
    MajorOrder,
    MajorOutcome,
    MajorState,
    MajorStatus,
    MajorTold,
    Member,
    RemoveIncident,
    SeenIncident,
    TellIncidents,
    UpdateCustomers,
)
from models.names import APPLICATION, CUSTOMER, PRIORITY, STATE, TITLE
from models.people import IdentifyPeople, as_written, is_among, named_in, named_once
from models.records import EntryKind
from workflows.major.joining import why_not, why_not_led_by
from workflows.major.page import major_page, standing
from workflows.runtime.calls import look_up
from workflows.runtime.details import Details
from workflows.runtime.keys import update_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import RECORD
from workflows.runtime.refusals import Refusals
from workflows.runtime.waiting import until
from workflows.runtime.wrong_inputs import Begun, only_carried

LOOK_EVERY = timedelta(minutes=1)
"""How often its incidents are looked at."""

FORGOTTEN_AFTER = timedelta(minutes=30)
"""Whoever leads it is asked again when nothing is heard of them for so long, here or at one of its incidents."""

ANSWER_WITHIN = timedelta(minutes=15)
"""Then they have so long before others are asked."""

M = TypeVar("M", bound=Model)

_LOOK_WITHIN = timedelta(minutes=2)
_TELL_WITHIN = timedelta(minutes=5)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_YOU = '"by": "on-call@driftbolaget.example"'


@workflow.defn(name="major", failure_exception_types=WRONG_INPUT)
class Major(Begun):
    """One major incident."""

    @workflow.init
    def __init__(self, order: MajorOrder) -> None:
        self.order = order
        self._details = Details(self._page)
        self._refusals = Refusals()
        self.memory = order.memory or MajorMemory(lead=order.lead, opened_at=workflow.now())
        self.ending: CloseMajor | None = None
        self._handing_on = False
        self._lock = asyncio.Lock()
        """Held while incidents come, go or are looked at, so that no two decide by the same view."""

    @workflow.run
    async def run(self, order: MajorOrder) -> MajorOutcome:
        """Hold the incidents together until somebody closes it."""
        only_carried("memory", order.memory)
        try:
            if order.memory is None:
                await self._begin()
            while not self._over():
                await self._rest()
                if not self._over():
                    await self._look_again()
                    await self._ask_again()
                if self._handing_on or workflow.info().is_continue_as_new_suggested():
                    await self._hand_on()
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            self._note(
                EntryKind.STATE, "Cancelled in Temporal, nobody knows by whom: its incidents are led on their own again"
            )
            await self._tell_lead(None, self.memory.lead, self._open())
            raise
        return await self._end()

    # --- the steps of the process

    async def _begin(self) -> None:
        by = self.order.by or self.order.lead
        known = await self._one_names([by, self.memory.lead], self.order.incidents)
        by, self.memory.lead = known[by], known[self.memory.lead]
        self._note(EntryKind.STATE, f"Opened by {by}; {self.memory.lead} leads: {self.order.title}")
        self._show()
        if self.order.incidents:
            async with self._lock:
                seen = await self._seen(self.order.incidents)
                taken = [s for s in seen if not why_not(s)]
                if refusal := why_not_led_by(self.memory.lead, taken):
                    raise _refuse(refusal)
                await self._take(taken)
            for reason in filter(None, map(why_not, seen)):
                self._note(EntryKind.LEAD, f"Not taken in: {reason}")
        self._show()

    async def _rest(self) -> None:
        await until(
            lambda: self._over() or self._handing_on, within=LOOK_EVERY, summary="Until its incidents are looked at"
        )

    async def _look_again(self) -> None:
        async with self._lock:
            await self._look()

    async def _ask_again(self) -> None:
        """Nobody who leads is heard of: the most urgent incident asks them, and from the second time on its own ladder."""
        memory, now = self.memory, workflow.now()
        open_ones = sorted((m.seen for m in memory.members.values() if m.seen.runs), key=_urgency)
        heard = max([memory.opened_at, *(seen.heard_at for seen in open_ones if seen.heard_at is not None)])
        if memory.asked_at is None or heard > memory.asked_at:
            memory.asked, memory.asked_at = 0, None
        since, pause = memory.asked_at or heard, ANSWER_WITHIN if memory.asked == 1 else FORGOTTEN_AFTER
        if not open_ones or now < since + pause:
            return
        memory.asked, memory.asked_at = memory.asked + 1, now
        self._note(EntryKind.LEAD, f"Nobody who leads it has been heard of since {heard:%H:%M} UTC: asked again")
        knows_them = [seen for seen in open_ones if memory.asked == 1 and is_among(memory.lead, seen.leaders)]
        told = LeadSilent(major=workflow.info().workflow_id, since=heard, times=memory.asked)
        await self._signal("lead_silent", told, (knows_them or open_ones)[0].id)

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
            timeline=self.memory.timeline,
        )

    # --- what people tell it

    @workflow.update(
        name="add_incidents",
        description=f'These incidents belong to it too. {{"incidents": ["acme.shop.17"], {_YOU}}}',
    )
    async def add_incidents(self, message: AddIncidents) -> MajorTold:
        """Take incidents in; none of them where one cannot be."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            fresh = [id for id in dict.fromkeys(message.incidents) if id not in self.memory.members]
            if len(self.memory.members) + len(fresh) > MOST_MEMBERS:
                raise _refuse(f"a major incident holds {MOST_MEMBERS} incidents at most; open another for the rest")
            seen = await self._seen(fresh)
            if reasons := list(filter(None, map(why_not, seen))):
                raise _refuse("; ".join(reasons) + "; none was taken in")
            if refusal := why_not_led_by(self.memory.lead, [*self._last_seen(), *seen]):
                raise _refuse(f"{refusal}; hand it over first; none was taken in")
            await self._take(seen)
        if not fresh:
            return MajorTold(message="They belong to it already.")
        answers = await self._fan_out(Note(text=message.note, by=message.by), fresh) if message.note else []
        names = ", ".join(_short(id) for id in fresh)
        return MajorTold(message=f"Taken in: {names}.", answers=answers)

    @workflow.update(
        name="remove_incident",
        description=f'An incident is another matter. {{"incident": "acme.shop.17", {_YOU}, "reason": "Own cause"}}',
    )
    async def remove_incident(self, message: RemoveIncident) -> MajorTold:
        """Give an incident back to its own lead."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            if message.incident not in self.memory.members:
                names = ", ".join(_short(id) for id in self.memory.members) or "none"
                raise _refuse(f"{_short(message.incident)} does not belong to it; it has {names}")
            member = self.memory.members.pop(message.incident)
            self._note(EntryKind.LEAD, f"{message.by} took {_short(message.incident)} out: {message.reason}")
            await self._tell_lead(None, message.by, [message.incident] if member.seen.runs else [])
            self._show()
        return MajorTold(message=f"{_short(message.incident)} is led on its own again.")

    @workflow.update(
        name="hand_over",
        description=f'The lead goes to somebody else. {{{_YOU}, "to": "eva@example.com", "note": "Supplier is on it"}}',
    )
    async def hand_over(self, message: HandOver) -> MajorTold:
        """Hand the lead over, with what the next one must know."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            self._may_lead(message.to)
            leaders = [one for seen in self._last_seen() for one in seen.leaders]
            lead = self.memory.lead = as_written(message.to, leaders)
            self._note(EntryKind.LEAD, f"{message.by} handed over to {lead}: {message.note}")
            await self._tell_lead(workflow.info().workflow_id, lead, self._open())
            self._show()
        return MajorTold(message=f"{lead} leads it now.")

    @workflow.update(
        name="add_note",
        description=f'A note to all its open incidents. {{"text": "The carrier confirms a cut fibre", {_YOU}}}',
    )
    async def add_note(self, note: Note) -> MajorTold:
        """Add a note here and in the timelines of all open incidents."""
        note = await self._identified(note)
        self._must_be_open()
        self._note(EntryKind.NOTE, f"{note.by}: {note.text}")
        self._show()
        answers = await self._fan_out(note, self._open())
        return MajorTold(message=_counted("Noted", answers), answers=answers)

    @workflow.update(
        name="update_customers",
        description=f'One text to the customers of all its open incidents. {{{_YOU}, "text": "We expect light at 14:00"}}',
    )
    async def update_customers(self, message: UpdateCustomers) -> MajorTold:
        """Have every open incident tell its customer."""
        message = await self._identified(message)
        self._must_be_open()
        open_ones = self._open()
        if not open_ones:
            raise _refuse("none of its incidents is open, so there is no customer to tell")
        self._note(EntryKind.NOTICE, f"{message.by} to all customers: {message.text}")
        self._show()
        update = CustomerUpdate(by=message.by, text=message.text)
        answers = await self._tell(TellIncidents(key=update_key(), ids=open_ones, customer_update=update))
        return MajorTold(message=_counted("Told the customers", answers), answers=answers)

    @workflow.update(
        name="close_major",
        description=f'It is over; "force": true even while incidents are open. {{{_YOU}, "reason": "All work again"}}',
    )
    async def close_major(self, message: CloseMajor) -> MajorTold:
        """Close it; refuses while incidents are open, unless it is forced."""
        message = await self._identified(message)
        async with self._lock:
            self._must_be_open()
            self._may_lead(message.by)
            await self._look()
            still = self._open()
            if still and not message.force:
                names = ", ".join(_short(id) for id in still)
                raise _refuse(f"{names} still open; close them first, take them out, or say force")
            self._note(EntryKind.STATE, f"Closed by {message.by}: {message.reason}")
            self.ending = message
            await self._tell_lead(None, message.by, still)
            self._show()
        left = f" Still open, led on its own again: {', '.join(map(_short, still))}." if still else ""
        return MajorTold(message=f"Closed.{left}")

    @workflow.signal(
        name="hand_on", description="Go on in a new run, as by itself when history grows long. Takes no input."
    )
    def hand_on(self) -> None:
        """Go on in a new run with the same memory; of use before an upgrade that no longer knows old history."""
        self._handing_on = True

    @workflow.query(name="status", description="Who leads, its incidents as they were last seen, what happened")
    def status(self) -> MajorStatus:
        """Where it stands."""
        return MajorStatus(
            id=workflow.info().workflow_id,
            title=self.order.title,
            state=self._state,
            priority=self._priority,
            lead=self.memory.lead,
            opened_at=self.memory.opened_at,
            members=[m.seen for m in self.memory.members.values()],
            seen_at=self.memory.seen_at,
            timeline=self.memory.timeline,
        )

    # --- its incidents

    async def _identified(self, told: M) -> M:
        """What somebody tells, under the one name of each person in it; refuses whom none of its dossiers knows."""
        known = await self._one_names(
            list(named_in(told).values()), [*self.memory.members, *getattr(told, "incidents", ())]
        )
        return named_once(told, lambda name: known[name])

    async def _one_names(self, names: Sequence[str], ids: Iterable[str]) -> dict[str, str]:
        applications = sorted({id.removeprefix("inc.").rpartition(".")[0] for id in ids})
        try:
            found = await look_up(
                identify_people,
                IdentifyPeople(names=list(names), applications=applications),
                summary="Look up who that is",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise _refuse(explain(error)) from None
        return dict(zip(names, found.names, strict=True))

    async def _take(self, seen: Sequence[SeenIncident]) -> None:
        for one in seen:
            self.memory.members[one.id] = Member(seen=one, joined_at=workflow.now())
            self._note(EntryKind.LEAD, f"Belongs to it: {_short(one.id)}, {one.title}")
        await self._tell_lead(workflow.info().workflow_id, self.memory.lead, [s.id for s in seen])
        self._show()

    async def _tell_lead(self, major: str | None, by: str, ids: Sequence[str]) -> None:
        """Say to incidents who leads them; one that has ended meanwhile needs no lead."""
        message = LedByMajor(major=major, by=by, title=self.order.title if major else "")
        await asyncio.gather(*(self._signal("led_by_major", message, id) for id in ids))

    async def _signal(self, name: str, message: LedByMajor | LeadSilent, id: str) -> None:
        try:
            await workflow.get_external_workflow_handle(id).signal(name, message)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._note(EntryKind.LEAD, f"{_short(id)} was not told who leads it: {explain(error)}")

    async def _look(self) -> None:
        """See how all incidents stand that were open when they were last looked at."""
        try:
            seen = await self._seen(self._open())
        except ApplicationError as error:
            self._note(EntryKind.STATE, f"Its incidents could not be looked at: {error.message}")
            return
        for one in seen:
            member = self.memory.members.get(one.id)
            if member is None:
                continue
            if not one.runs:
                self._note(EntryKind.STATE, f"{_short(one.id)} has ended: {standing(one)}")
                one = one.model_copy(update={"lead": member.seen.lead, "title": one.title or member.seen.title})
            elif one.major is not None:  # both looked before either had told it
                del self.memory.members[one.id]
                self._note(EntryKind.LEAD, f"Belongs to {one.major} now, and no longer to it: {_short(one.id)}")
                continue
            member.seen = one.model_copy(
                update={"leaders": one.leaders or member.seen.leaders, "heard_at": one.heard_at or member.seen.heard_at}
            )
        self.memory.seen_at = workflow.now()
        self._show()

    async def _seen(self, ids: Sequence[str]) -> list[SeenIncident]:
        if not ids:
            return []
        try:
            found = await workflow.execute_activity(
                look_at_incidents,
                LookAtIncidents(ids=list(ids), major=workflow.info().workflow_id),
                start_to_close_timeout=_LOOK_WITHIN,
                schedule_to_close_timeout=_LOOK_WITHIN * 2,
                retry_policy=RECORD,
                summary=summary_line(f"Look at {len(ids)} incidents"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            raise _refuse(explain(error)) from error
        return found.incidents

    async def _fan_out(self, note: Note, ids: Sequence[str]) -> list[IncidentAnswer]:
        return await self._tell(TellIncidents(key=update_key(), ids=list(ids), note=note))

    async def _tell(self, order: TellIncidents) -> list[IncidentAnswer]:
        if not order.ids:
            return []
        try:
            told = await workflow.execute_activity(
                tell_incidents,
                order,
                start_to_close_timeout=_TELL_WITHIN,
                schedule_to_close_timeout=_TELL_WITHIN * 2,
                retry_policy=RECORD,
                summary=summary_line(f"Tell {len(order.ids)} incidents"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            raise _refuse(explain(error)) from error
        for answer in told.answers:
            if not answer.taken:
                self._note(EntryKind.NOTICE, f"{_short(answer.id)} did not take it: {answer.message}")
        self._show()
        return told.answers

    def _last_seen(self) -> list[SeenIncident]:
        return [member.seen for member in self.memory.members.values()]

    def _open(self) -> list[str]:
        return [id for id, member in self.memory.members.items() if member.seen.runs]

    # --- what they share

    def _over(self) -> bool:
        return self.ending is not None

    @property
    def _state(self) -> MajorState:
        return MajorState.LED if self.ending is None else MajorState.CLOSED

    @property
    def _priority(self) -> Priority | None:
        known = [m.seen.priority for m in self.memory.members.values() if m.seen.priority]
        still = [m.seen.priority for m in self.memory.members.values() if m.seen.priority and m.seen.runs]
        return min(still or known, default=None)

    def _must_be_open(self) -> None:
        if self.ending is not None:
            raise _refuse(f"it was closed by {self.ending.by}: {self.ending.reason}")

    def _may_lead(self, who: str) -> None:
        if refusal := why_not_led_by(who, self._last_seen()):
            raise _refuse(refusal)

    def _note(self, kind: EntryKind, text: str) -> None:
        self.memory.tell(workflow.now(), kind, text)

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was not taken."""
        self._refusals.say(notice)
        self._details.changed()

    def _show(self) -> None:
        self._details.changed()
        self._find_by()

    def _page(self) -> str:
        notice = self._refusals.markdown()
        return major_page(self.order.title, self.memory, self._priority, workflow.now(), notice, self.ending)

    def _find_by(self) -> None:
        """Keep what it is found by; a customer or an application only where all its incidents are of one."""
        applications = {_short(id).rpartition(".")[0] for id in self.memory.members}
        customers = {name.partition(".")[0] for name in applications}
        priority = self._priority
        now = workflow.info().typed_search_attributes
        wanted = {
            _STATE: self._state.value,
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


def _urgency(seen: SeenIncident) -> tuple[str, str]:
    return seen.priority or max(Priority), seen.id


def _refuse(text: str) -> ApplicationError:
    return ApplicationError(text, type="UserError", non_retryable=True)


def _short(id: str) -> str:
    return id.removeprefix("inc.")


def _counted(said: str, answers: Sequence[IncidentAnswer]) -> str:
    failed = [f"{_short(a.id)}: {a.message}" for a in answers if not a.taken]
    text = f"{said} ({len(answers) - len(failed)} of {len(answers)} incidents)."
    return text + (f" Not taken: {'; '.join(failed)}." if failed else "")
