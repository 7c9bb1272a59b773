"""The escalation ladder of one incident: who is asked to take it up, and who next when they are silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from activities.stubs.workflows import look_up_incidents
from models.clock import ClockEventKind
from models.incident import Acknowledge, HandOver, LeadSilent, LedByMajor
from models.names import LEAD
from models.notices import Audience, Occasion
from models.people import DRIFTVAKT, as_written, is_among, same
from models.records import EntryKind
from models.watch import LookUpIncidents
from workflows.incident.clocks import Clocks
from workflows.incident.context import Case, refused
from workflows.incident.notices import Notices
from workflows.runtime.calls import call

_LEAD = SearchAttributeKey.for_keyword(LEAD)

_ACKNOWLEDGE_WITHIN = timedelta(minutes=15)
"""Where the ladder says nothing of it: at a hand-over, or when somebody is asked again."""

_PAUSE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(hours=4)
"""After the whole ladder was silent it is climbed again: after a quarter of an hour, then twice as long, up to this."""

_LOOK_AT_MAJOR = timedelta(hours=1)
"""How often it is looked up whether the major incident that leads still runs: one that was terminated gives nothing back."""

_SEND_AGAIN = timedelta(minutes=1)
"""When sending itself failed, the same rung is asked again: after a minute, then twice as long, up to the pause above."""


class Ladder:
    """Finds somebody who takes the incident up, and sees that they do not forget it."""

    def __init__(self, case: Case, clocks: Clocks, notices: Notices) -> None:
        self._case = case
        self._clocks = clocks
        self._notices = notices
        self._why = ""
        self._handed_by: str | None = None
        """Who handed it over to somebody who has not taken it up yet."""
        self._failures = 0
        self._alert_at: datetime | None = None
        self._major_due: datetime | None = None

    # --- when

    def confirmed(self) -> None:
        """The fault is real: people are alerted unless the agreed remedies help soon."""
        self._alert_at = workflow.now() + self._case.terms.alert_after

    def need_people(self, why: str) -> None:
        """Something waits for people: alert them now, if nobody was."""
        lead = self._case.memory.lead
        self._why = why
        if not lead.alerted:
            lead.alerted = True
            lead.due = workflow.now()

    @property
    def next_due(self) -> datetime | None:
        """When the ladder has to be looked at next."""
        lead = self._case.memory.lead
        dues = [lead.due, self._forgotten_at, None if lead.alerted else self._alert_at, self._major_due]
        return min((due for due in dues if due is not None), default=None)

    @property
    def _forgotten_at(self) -> datetime | None:
        memory = self._case.memory
        waiting = memory.waiting is not None and memory.waiting.answer_due is not None
        if not memory.lead.acknowledged or memory.lead.heard_at is None or waiting or memory.major is not None:
            return None  # who is waited for has a time of its own, and a major incident asks its lead itself
        return memory.lead.heard_at + self._case.terms.forgotten_after

    # --- what

    async def climb(self) -> None:
        """Do what is due."""
        lead, now = self._case.memory.lead, workflow.now()
        if not lead.alerted and self._alert_at is not None and self._alert_at <= now:
            self.need_people("The agreed remedies have not helped so far.")
        if self._major_due is not None and self._major_due <= now:
            await self._look_at_major()
        if self._forgotten_at is not None and self._forgotten_at <= now:
            await self._ask_again()
        elif lead.due is not None and lead.due <= now:
            await self._ask_next()

    async def _ask_next(self) -> None:
        lead = self._case.memory.lead
        lead.due = self._handed_by = None
        receipt = await self._notices.send(Occasion.ALERT, Audience(rung=lead.rung + 1), text=self._why)
        if receipt.rung is not None:
            self._case.call(receipt.rung.people)
        if lead.acknowledged or lead.due is not None:
            return  # taken up, handed over or raised meanwhile
        if self._notices.could_not_send(receipt):
            lead.due = workflow.now() + _growing(_SEND_AGAIN, self._failures)
            self._failures += 1
            return
        self._failures = 0
        if receipt.rung is None:
            self._start_over(known=bool(receipt.deliveries) or lead.rung > 0)
            return
        lead.rung, lead.rungs, lead.asked = receipt.rung.number, receipt.rung.rungs, receipt.rung.people
        self.rung(lead.asked)
        within = timedelta(seconds=receipt.rung.acknowledge_within_seconds) if receipt.reached else timedelta(0)
        lead.due = workflow.now() + within
        until = f", until {lead.due:%H:%M} UTC" if receipt.reached else ""
        asked = ", ".join(lead.asked) or "nobody"
        how = "Asked" if receipt.reached else "Could not reach"
        self._case.tell(EntryKind.LEAD, f"{how} rung {lead.rung} of {receipt.rung.rungs}: {asked}{until}")

    def _start_over(self, *, known: bool) -> None:
        lead = self._case.memory.lead
        lead.rung = 0
        if not known:
            self._case.tell(
                EntryKind.LEAD,
                f"The dossier has no escalation ladder for {self._case.memory.priority or 'this priority'}: nobody was asked",
            )
            return
        pause = _growing(_PAUSE, lead.rounds)
        lead.rounds += 1
        lead.due = workflow.now() + pause
        self._case.tell(
            EntryKind.LEAD, f"Nobody on the ladder took it up; it is climbed again at {lead.due:%Y-%m-%d %H:%M} UTC"
        )

    async def _look_at_major(self) -> None:
        major = self._case.memory.major
        self._major_due = None if major is None else workflow.now() + _LOOK_AT_MAJOR
        if major is None or major.major is None:
            return
        found = await call(
            look_up_incidents,
            LookUpIncidents(ids=[major.major]),
            summary="See whether the major incident that leads it still runs",
        )
        if major.major in found.ended and self._case.memory.major is major:
            self._case.memory.major = None
            self.led_by_major(LedByMajor(major=None, by=DRIFTVAKT))

    async def _ask_again(self) -> None:
        """Whoever took it up has said nothing for long: ask them, and if they stay silent, the next."""
        memory = self._case.memory
        lead = memory.lead
        lead.acknowledged = False
        lead.due = until = workflow.now() + _ACKNOWLEDGE_WITHIN
        self._why = f"{lead.who} took it up and has not been heard of since {lead.heard_at:%H:%M} UTC."
        self._case.tell(EntryKind.LEAD, f"Asked again: {self._why}")
        receipt = await self._notices.to_lead(Occasion.REMINDER, text=self._why)
        if not receipt.reached and lead.due == until:
            lead.due = workflow.now()

    def rung(self, people: Sequence[str]) -> None:
        """These people were asked for something; they hear when it is over."""
        lead = self._case.memory.lead
        lead.told = list(dict.fromkeys([*lead.told, *people]))

    def go_on(self, why: str) -> None:
        """Ask the next rung now, though somebody leads."""
        lead = self._case.memory.lead
        lead.alerted, lead.acknowledged, lead.due = True, False, workflow.now()
        self._why = why

    def raised(self) -> None:
        """The priority was raised: another ladder holds, from its first rung, unless somebody has it."""
        lead = self._case.memory.lead
        if lead.alerted and not lead.acknowledged:
            lead.rung, lead.rounds, lead.due = 0, 0, workflow.now()

    def led_by_major(self, told: LedByMajor) -> None:
        """A major incident has the lead; when it gives it back, people are looked for again."""
        self._major_due = workflow.now() + _LOOK_AT_MAJOR if told.major else None
        if told.major is not None:
            self._take(told.by)
            self._case.tell(EntryKind.LEAD, f"Led by the major incident {told.major} ({told.title}), by {told.by}")
        else:
            self._case.memory.lead.rung = self._case.memory.lead.rounds = 0
            self.go_on("No major incident leads it any more.")
            self._case.tell(EntryKind.LEAD, f"No longer led by a major incident, by {told.by}")

    async def major_is_silent(self, told: LeadSilent) -> None:
        """Nobody who leads its major incident is heard of: they are asked, and at the second time its own ladder."""
        lead = self._case.memory.lead
        why = f"Nobody who leads {told.major} has been heard of since {told.since:%H:%M} UTC."
        self._case.tell(EntryKind.LEAD, why)
        reached = told.times == 1 and (await self._notices.to_lead(Occasion.REMINDER, text=why)).reached
        if not reached and lead.acknowledged:
            lead.rung = lead.rounds = 0
            self.go_on(why)

    # --- what people say

    def heard(self, who: str) -> None:
        """Somebody who may lead has said something: they have it, if nobody had."""
        if not is_among(who, self._case.leaders):
            return
        lead = self._case.memory.lead
        if self._handed_by is not None and same(who, self._handed_by):
            return  # a last word of whoever has handed it over does not take it back
        lead.heard_at = workflow.now()
        if not lead.acknowledged:
            self._take(who)

    def acknowledge(self, told: Acknowledge) -> str:
        """Somebody takes it up."""
        self._case.require_leader(told.by, "take up")
        lead = self._case.memory.lead
        leads = lead.who if (lead.acknowledged or lead.handed_to) and lead.who else None
        if lead.acknowledged and leads and same(leads, told.by):
            lead.heard_at = workflow.now()
            if told.note:
                self._case.tell(EntryKind.LEAD, f"{told.by} leads it: {told.note}")
            again = workflow.now() + self._case.terms.forgotten_after
            return f"You lead it already. You are asked again if nothing is heard of you until {again:%H:%M} UTC."
        before = leads if leads and not same(leads, told.by) else None
        self._take(told.by)
        note = f": {told.note}" if told.note else ""
        over = f", over from {before}" if before else ""
        self._case.tell(EntryKind.LEAD, f"{told.by} has taken it up{over}{note}")
        again = workflow.now() + self._case.terms.forgotten_after
        return f"You lead it{over}. You are asked again if nothing is heard of you until {again:%H:%M} UTC."

    def _take(self, who: str) -> None:
        lead = self._case.memory.lead
        who = as_written(who, self._case.leaders)
        if not any(e.kind is ClockEventKind.RESPONDED for e in self._case.memory.events):
            self._clocks.happened(ClockEventKind.RESPONDED, by=who)
        lead.who, lead.acknowledged, lead.alerted, lead.due = who, True, True, None
        lead.handed_to = None
        lead.heard_at = workflow.now()
        lead.rounds = 0
        self._handed_by = None
        workflow.upsert_search_attributes([_LEAD.value_set(who)])
        self._case.show_anew()

    async def hand_over(self, told: HandOver) -> str:
        """The lead goes to somebody else, who has to take it up."""
        self._case.require_leader(told.by, "hand over")
        if not is_among(told.to, self._case.leaders):
            raise refused(f"{told.to} may not lead it; {', '.join(self._case.leaders)} may")
        self.heard(told.by)
        lead, to = self._case.memory.lead, as_written(told.to, self._case.leaders)
        lead.who, lead.handed_to = lead.who or told.by, to
        lead.asked, lead.acknowledged, lead.alerted = [to], False, True
        self.rung([to])
        lead.due = until = workflow.now() + _ACKNOWLEDGE_WITHIN
        self._handed_by = None if same(told.by, to) else told.by
        self._why = f"{told.by} handed it over to {to}, who has not taken it up."
        workflow.upsert_search_attributes([_LEAD.value_set(lead.who)])
        self._case.tell(
            EntryKind.LEAD, f"{told.by} handed over to {to}: {told.note}. {lead.who} leads until somebody takes it up"
        )
        receipt = await self._notices.send(Occasion.HANDED_OVER, Audience(contacts=[to]), text=told.note, by=told.by)
        if lead.acknowledged:
            return f"{lead.who} has taken it up."
        if not receipt.reached:
            return (
                f"{to} could not be written to: tell them; at {until:%H:%M} UTC the ladder goes on. "
                f"{lead.who} leads until somebody takes it up."
            )
        return (
            f"{to} was told and must acknowledge until {until:%H:%M} UTC; else the ladder goes on. "
            f"{lead.who} leads until somebody takes it up."
        )


def _growing(first: timedelta, times: int) -> timedelta:
    """A pause that doubles each time, up to the longest; the doubling ends before its number grows out of bounds."""
    doublings: int = 2 ** min(times, 16)
    return min(first * doublings, _LONGEST_PAUSE)
