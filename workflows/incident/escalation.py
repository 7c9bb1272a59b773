"""The escalation policy of one incident: it calls one level after the other until somebody acknowledges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from activities.stubs.workflows import find_ended_incidents
from models.clock import ClockEventKind
from models.incident import Acknowledge, HandOver, LeadSilent, LedByMajor
from models.names import LEAD
from models.notices import Audience, Occasion
from models.people import DRIFTVAKT, as_written, same
from models.records import EntryKind
from models.watch import FindEndedIncidents
from workflows.incident.clocks import Clocks
from workflows.incident.context import IncidentContext, refused
from workflows.incident.notices import Notices
from workflows.runtime.calls import call

_LEAD = SearchAttributeKey.for_keyword(LEAD)

_ACKNOWLEDGE_WITHIN = timedelta(minutes=15)
"""Time to acknowledge a hand-over or a reminder, for which the escalation policy sets no time."""

_PAUSE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(hours=4)
"""When no level has acknowledged, the policy starts again: after 15 minutes, then after twice as long, up to four hours."""

_CHECK_MAJOR_EVERY = timedelta(hours=1)
"""How often to check that the major incident which leads this one still runs: a terminated one does not return the lead."""

_SEND_AGAIN = timedelta(minutes=1)
"""When the notice could not be sent, the same level is called again: after a minute, then twice as long, up to four hours."""


class Escalation:
    """Calls people until somebody acknowledges the incident, and reminds a lead who is silent."""

    def __init__(self, context: IncidentContext, clocks: Clocks, notices: Notices) -> None:
        self._context = context
        self._clocks = clocks
        self._notices = notices
        self._why = ""
        self._handed_by: str | None = None
        """Who handed it over to somebody who has not acknowledged yet."""
        self._failures = 0
        self._alert_at: datetime | None = None
        self._major_due: datetime | None = None

    # --- when

    def confirmed(self) -> None:
        """The fault is confirmed: people are called unless the agreed remedies help soon."""
        self._alert_at = workflow.now() + self._context.terms.alert_after

    def need_people(self, why: str) -> None:
        """The incident needs people: call the first level now, if nobody was called."""
        lead = self._context.memory.lead
        self._why = why
        if not lead.alerted:
            lead.alerted = True
            lead.due = workflow.now()

    @property
    def next_due(self) -> datetime | None:
        """When the escalation policy has something to do next."""
        lead = self._context.memory.lead
        dues = [lead.due, self._forgotten_at, None if lead.alerted else self._alert_at, self._major_due]
        return min((due for due in dues if due is not None), default=None)

    @property
    def _forgotten_at(self) -> datetime | None:
        memory = self._context.memory
        waiting = memory.waiting is not None and memory.waiting.answer_due is not None
        if not memory.lead.acknowledged or memory.lead.active_at is None or waiting or memory.major is not None:
            return None  # a wait has a deadline of its own, and a major incident reminds its lead itself
        return memory.lead.active_at + self._context.terms.forgotten_after

    # --- what

    async def run_due(self) -> None:
        """Do what is due."""
        lead, now = self._context.memory.lead, workflow.now()
        if not lead.alerted and self._alert_at is not None and self._alert_at <= now:
            self.need_people("The agreed remedies have not helped so far.")
        if self._major_due is not None and self._major_due <= now:
            await self._check_major()
        if self._forgotten_at is not None and self._forgotten_at <= now:
            await self._remind_lead()
        elif lead.due is not None and lead.due <= now:
            await self._call_next()

    async def _call_next(self) -> None:
        lead = self._context.memory.lead
        lead.due = self._handed_by = None
        receipt = await self._notices.send(Occasion.ALERT, Audience(level=lead.level + 1), text=self._why)
        if receipt.level is not None:
            self._context.call(receipt.level.people)
        if lead.acknowledged or lead.due is not None:
            return  # acknowledged, handed over or raised meanwhile
        if self._notices.could_not_send(receipt):
            lead.due = workflow.now() + _growing(_SEND_AGAIN, self._failures)
            self._failures += 1
            return
        self._failures = 0
        if receipt.level is None:
            self._start_over(known=bool(receipt.deliveries) or lead.level > 0)
            return
        lead.level, lead.levels, lead.called_last = receipt.level.number, receipt.level.levels, receipt.level.people
        self.notified(lead.called_last)
        within = timedelta(seconds=receipt.level.acknowledge_within_seconds) if receipt.reached else timedelta(0)
        lead.due = workflow.now() + within
        due = f"; acknowledge by {lead.due:%H:%M} UTC" if receipt.reached else ""
        called = ", ".join(lead.called_last) or "nobody"
        how = "Escalated to" if receipt.reached else "No notice was delivered to"
        self._context.log(EntryKind.LEAD, f"{how} level {lead.level} of {receipt.level.levels}: {called}{due}")

    def _start_over(self, *, known: bool) -> None:
        lead = self._context.memory.lead
        lead.level = 0
        if not known:
            self._context.log(
                EntryKind.LEAD,
                f"The dossier has no escalation policy for {self._context.memory.priority or 'this priority'}: nobody was called",
            )
            return
        pause = _growing(_PAUSE, lead.rounds)
        lead.rounds += 1
        lead.due = workflow.now() + pause
        self._context.log(
            EntryKind.LEAD,
            f"No level has acknowledged; the escalation policy starts again at {lead.due:%Y-%m-%d %H:%M} UTC",
        )

    async def _check_major(self) -> None:
        major = self._context.memory.major
        self._major_due = None if major is None else workflow.now() + _CHECK_MAJOR_EVERY
        if major is None or major.major is None:
            return
        found = await call(
            find_ended_incidents,
            FindEndedIncidents(ids=[major.major]),
            summary="Check that the major incident still runs",
        )
        if major.major in found.ended and self._context.memory.major is major:
            self._context.memory.major = None
            self.led_by_major(LedByMajor(major=None, by=DRIFTVAKT))

    async def _remind_lead(self) -> None:
        """Remind a lead who has been silent for too long; without an answer, the next level is called."""
        memory = self._context.memory
        lead = memory.lead
        lead.acknowledged = False
        lead.due = until = workflow.now() + _ACKNOWLEDGE_WITHIN
        self._why = f"{lead.who} acknowledged it and has been silent since {lead.active_at:%H:%M} UTC."
        self._context.log(EntryKind.LEAD, f"Reminded: {self._why}")
        receipt = await self._notices.to_lead(Occasion.REMINDER, text=self._why)
        if not receipt.reached and lead.due == until:
            lead.due = workflow.now()

    def notified(self, people: Sequence[str]) -> None:
        """Remember people who got a notice: they get another one when the incident is over."""
        lead = self._context.memory.lead
        lead.notified = list(dict.fromkeys([*lead.notified, *people]))

    def escalate(self, why: str) -> None:
        """Call the next level now, even if somebody leads."""
        lead = self._context.memory.lead
        lead.alerted, lead.acknowledged, lead.due = True, False, workflow.now()
        self._why = why

    def raised(self) -> None:
        """The priority was raised: its own escalation policy begins at the first level, unless somebody has acknowledged."""
        lead = self._context.memory.lead
        if lead.alerted and not lead.acknowledged:
            lead.level, lead.rounds, lead.due = 0, 0, workflow.now()

    def led_by_major(self, request: LedByMajor) -> None:
        """A major incident takes the lead, or returns it; then the escalation policy calls people again."""
        self._major_due = workflow.now() + _CHECK_MAJOR_EVERY if request.major else None
        if request.major is not None:
            self._take(request.by)
            self._context.log(
                EntryKind.LEAD, f"Major incident {request.major} ({request.title}) leads it now: {request.by}"
            )
        else:
            self._context.memory.lead.level = self._context.memory.lead.rounds = 0
            self.escalate("No major incident leads it now.")
            self._context.log(EntryKind.LEAD, f"The major incident no longer leads it: {request.by}")

    async def major_is_silent(self, request: LeadSilent) -> None:
        """The lead of its major incident is silent: remind them; the second time, call this incident's own escalation policy."""
        lead = self._context.memory.lead
        why = f"The lead of {request.major} has been silent since {request.since:%H:%M} UTC."
        self._context.log(EntryKind.LEAD, why)
        reached = request.times == 1 and (await self._notices.to_lead(Occasion.REMINDER, text=why)).reached
        if not reached and lead.acknowledged:
            lead.level = lead.rounds = 0
            self.escalate(why)

    # --- what people say

    def note_activity(self, who: str) -> None:
        """A person has answered or sent an update: if they may lead, and nobody does, they lead from now on."""
        if not self._context.leaders.has(who):
            return
        lead = self._context.memory.lead
        if self._handed_by is not None and same(who, self._handed_by):
            return  # a last update of the person who handed it over does not return the lead to them
        lead.active_at = workflow.now()
        if not lead.acknowledged:
            self._take(who)

    def acknowledge(self, request: Acknowledge) -> str:
        """Make a person the lead; return what it means for them."""
        self._context.require_leader(request.by, "acknowledge")
        lead = self._context.memory.lead
        leads = lead.who if (lead.acknowledged or lead.handed_to) and lead.who else None
        if lead.acknowledged and leads and same(leads, request.by):
            lead.active_at = workflow.now()
            if request.note:
                self._context.log(EntryKind.LEAD, f"{request.by}, who leads it: {request.note}")
            return f"You lead it already. {self._reminder()}"
        before = leads if leads and not same(leads, request.by) else None
        self._take(request.by)
        note = f": {request.note}" if request.note else ""
        instead = f" instead of {before}" if before else ""
        self._context.log(EntryKind.LEAD, f"{request.by} acknowledged and leads{instead}{note}")
        return f"You lead it{instead}. {self._reminder()}"

    def _reminder(self) -> str:
        """When a lead who sends nothing gets a reminder, as a sentence."""
        at = workflow.now() + self._context.terms.forgotten_after
        return f"You get a reminder if you send nothing until {at:%H:%M} UTC."

    def _take(self, who: str) -> None:
        lead = self._context.memory.lead
        who = as_written(who, self._context.leaders.names)
        if not any(e.kind is ClockEventKind.RESPONDED for e in self._context.memory.events):
            self._clocks.happened(ClockEventKind.RESPONDED, by=who)
        lead.who, lead.acknowledged, lead.alerted, lead.due = who, True, True, None
        lead.handed_to = None
        lead.active_at = workflow.now()
        lead.rounds = 0
        self._handed_by = None
        workflow.upsert_search_attributes([_LEAD.value_set(who)])
        self._context.journal.changed()

    async def hand_over(self, request: HandOver) -> str:
        """Hand the lead over to a person, who must acknowledge; return what happens next."""
        self._context.require_leader(request.by, "hand over")
        if not self._context.leaders.has(request.to):
            raise refused(f"{request.to} may not lead it; {self._context.leaders} may")
        self.note_activity(request.by)
        lead, to = self._context.memory.lead, as_written(request.to, self._context.leaders.names)
        lead.who, lead.handed_to = lead.who or request.by, to
        lead.called_last, lead.acknowledged, lead.alerted = [to], False, True
        self.notified([to])
        lead.due = until = workflow.now() + _ACKNOWLEDGE_WITHIN
        self._handed_by = None if same(request.by, to) else request.by
        self._why = f"{request.by} handed it over to {to}, who has not acknowledged."
        workflow.upsert_search_attributes([_LEAD.value_set(lead.who)])
        self._context.log(
            EntryKind.LEAD,
            f"{request.by} handed over to {to}: {request.note}. {lead.who} leads until somebody acknowledges",
        )
        receipt = await self._notices.send(
            Occasion.HANDED_OVER, Audience(contacts=[to]), text=request.note, by=request.by
        )
        if lead.acknowledged:
            return f"{lead.who} acknowledged it."
        if not receipt.reached:
            return (
                f"No notice was delivered to {to}: telephone them. If nobody acknowledges by {until:%H:%M} UTC, the next level "
                f"is called. {lead.who} leads until somebody acknowledges."
            )
        return (
            f"{to} got a notice. If nobody acknowledges by {until:%H:%M} UTC, the next level is called. "
            f"{lead.who} leads until somebody acknowledges."
        )


def _growing(first: timedelta, times: int) -> timedelta:
    """A pause that doubles each time, up to the longest pause."""
    doublings: int = 2 ** min(times, 16)  # bounded, because a timedelta overflows
    return min(first * doublings, _LONGEST_PAUSE)
