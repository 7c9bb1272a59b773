"""The customer and third parties of one incident: what they are told, and whose turn it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from models.clock import ClockEventKind, Promise
from models.dossier.agreement import CustomerUpdates, Pause
from models.dossier.parties import Language, PartyKind
from models.incident import CustomerUpdate, IncidentEnd, Resume, Waiting, WaitingState
from models.notices import Audience, DeliveryState, NoticeReceipt, Occasion
from models.people import DRIFTVAKT
from models.records import EntryKind
from models.slices import PartyBrief
from workflows.incident.clocks import Clocks
from workflows.incident.context import Case, refused
from workflows.incident.drafts import draft
from workflows.incident.escalation import Ladder
from workflows.incident.notices import Notices

_SAFE_END = {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF, IncidentEnd.NOT_CONFIRMED}

_TELL_THEM = "Tell them by other means, then say so by the same order with already_told."

_NOTES = 20
"""Notes for the customer that are kept until the customer is told; the account has all of them."""


class Customer:
    """Keeps customer and third parties informed, and waits for them where it is their turn."""

    def __init__(self, case: Case, clocks: Clocks, ladder: Ladder, notices: Notices) -> None:
        self._case = case
        self._clocks = clocks
        self._ladder = ladder
        self._notices = notices
        self._opened_as: str | None = None
        """The priority under which they were last to be told that it is worked on."""

    # --- what they are told

    @property
    def draft(self) -> str:
        """What the next update would say, in the customer's language."""
        memory = self._case.memory
        parties = self._case.plan.parties.values()
        language = next((p.language for p in parties if p.kind is PartyKind.CUSTOMER), Language.ENGLISH)
        waiting = memory.waiting.name if memory.waiting else None
        return draft(memory.state, waiting, memory.notes_for_customer, language)

    def note(self, text: str) -> None:
        """Keep a note for the next time that the customer is told how it stands."""
        notes = self._case.memory.notes_for_customer
        notes.append(text)
        del notes[:-_NOTES]

    async def opened(self) -> None:
        """Once people have it, tell them that it is worked on, where updates are promised; later ones follow on their clock."""
        memory = self._case.memory
        if not memory.lead.alerted or memory.major is not None or memory.informed_at is not None:
            return
        if self._clocks.promise(Promise.UPDATE) is not None and self._opened_as != memory.priority:
            self._opened_as = memory.priority
            self._informed(await self._notices.send(Occasion.OPENED, Audience(customer=True), text=self.draft), "")

    async def update(self, told: CustomerUpdate) -> str:
        """Send an update now, or note that they were told."""
        self._case.require_leader(told.by, "write to the customer about")
        text = told.text or self.draft
        if told.already_told:
            self._note_informed(told.by)
            self._case.tell(EntryKind.NOTICE, f"{told.by} told the customer: {text}", {"audience": "customer"})
            return "Noted that the customer was told."
        receipt = await self._notices.send(Occasion.UPDATE, Audience(customer=True), text=text, by=told.by)
        if not self._informed(receipt, told.by):
            return (
                "It could not be delivered to anybody; tell them by other means, then send it again with already_told."
            )
        sent = {d.to for d in receipt.deliveries if d.state is DeliveryState.SENT}
        missed = sorted({d.to for d in receipt.deliveries} - sent)
        return f"Sent to {', '.join(sorted(sent))}." + (f" Not delivered to {', '.join(missed)}." if missed else "")

    async def update_is_due(self, percent: int) -> None:
        """The promised time of the next update runs out."""
        if percent >= 90 and self._case.terms.customer_updates is CustomerUpdates.AUTOMATIC:
            self._informed(
                await self._notices.send(Occasion.UPDATE, Audience(customer=True), text=self.draft), DRIFTVAKT
            )

    def _informed(self, receipt: NoticeReceipt, by: str) -> bool:
        if receipt.reached:
            self._note_informed(by)
        return receipt.reached

    def _note_informed(self, by: str) -> None:
        self._case.memory.informed_at = workflow.now()
        self._case.memory.notes_for_customer.clear()
        self._clocks.happened(ClockEventKind.UPDATED, by=by)

    async def closed(self, end: IncidentEnd) -> None:
        """Tell those who were told that it began how it ended."""
        memory = self._case.memory
        if memory.informed_at is None or end is IncidentEnd.MERGED:
            return
        cause = memory.cause.value if memory.cause else ""
        occasion = Occasion.RESTORED if end in _SAFE_END else Occasion.CLOSED
        await self._notices.send(
            occasion, Audience(customer=True), cause=cause, text=" ".join(memory.notes_for_customer)
        )

    # --- whose turn it is

    async def wait_for(self, told: Waiting) -> str:
        """It is a party's turn; pauses the clocks that were agreed, once somebody of the party was reached."""
        self._case.require_leader(told.by, "pause the clocks of")
        parties = self._case.plan.parties
        party = parties.get(told.party)
        if party is None:
            raise refused(f"the dossier has no party {told.party!r}; it has {', '.join(parties) or 'none'}")
        if party.kind is PartyKind.SUPPLIER:
            raise refused(f"{party.name} is the supplier: there is nobody else to wait for")
        waiting = self._waiting(told, party)
        self._ladder.heard(told.by)
        ticket = f", their reference {told.reference}" if told.reference else ""
        self._case.tell(EntryKind.CLOCK, f"{told.by} waits for {party.name}{ticket}: {told.note}")
        foreseen = await self._clocks.foresee(ClockEventKind.WAITING, **_event(waiting, told.by))
        waiting.answer_due = foreseen.answer_due if foreseen else None
        waiting.reached = (
            told.already_told
            or (
                await self._notices.send(
                    Occasion.WAITING,
                    Audience(party=told.party),
                    text=told.note,
                    by=told.by,
                    reference=told.reference,
                    deadline=waiting.answer_due,
                )
            ).reached
        )
        if waiting.reached and not waiting.third_party:
            self._note_informed(told.by)
        if self._case.memory.waiting is not waiting:
            return f"{party.name} has answered meanwhile."
        self._clocks.happened(ClockEventKind.WAITING, **_event(waiting, told.by))
        await self._clocks.read()
        clocks = self._which_clocks(waiting)
        self._case.tell(EntryKind.CLOCK, f"While {party.name} is waited for, {clocks}")
        due = waiting.answer_due
        answer = f" They must answer until {due:%Y-%m-%d %H:%M} UTC." if due else ""
        written = "" if waiting.reached else f" They could not be written to{_by_phone(party.support)}. {_TELL_THEM}"
        return f"Waiting for {party.name}: {clocks}.{answer}{written}"

    def _waiting(self, told: Waiting, party: PartyBrief) -> WaitingState:
        """The wait from now on; one of which nobody has heard may be told again, of the same party."""
        memory = self._case.memory
        before = memory.waiting
        if before is not None and (before.party != told.party or before.reached is not False):
            raise refused(f"it waits for {before.name} already; resume that first")
        memory.waiting = WaitingState(
            party=told.party,
            name=party.name,
            third_party=party.kind is PartyKind.THIRD_PARTY,
            since=before.since if before else workflow.now(),
            note=told.note,
            reference=told.reference or (before.reference if before else ""),
        )
        return memory.waiting

    def _which_clocks(self, waiting: WaitingState) -> str:
        """Which clocks stand still."""
        if not waiting.reached:
            return "no clock is paused, because nobody there was reached"
        reading = self._case.memory.reading
        if reading is None or not reading.pauses:
            return "the agreement does not pause the clocks for that"
        named = [promise.value for promise in reading.pauses]
        if len(named) == 1:
            return f"the clock {named[0]} is paused"
        return f"the clocks {', '.join(named[:-1])} and {named[-1]} are paused"

    def resume(self, told: Resume) -> str:
        """They have answered; anybody of the dossier may say so."""
        memory = self._case.memory
        if memory.waiting is None:
            raise refused("it waits for nobody")
        waited, memory.waiting = memory.waiting, None
        self._clocks.happened(ClockEventKind.RESUMED, by=told.by, note=told.note[:2000])
        note = f": {told.note}" if told.note else ""
        self._case.tell(EntryKind.CLOCK, f"{told.by}: the wait for {waited.name} is over{note}")
        return f"It is our turn again; {waited.name} was waited for since {waited.since:%Y-%m-%d %H:%M} UTC."

    @property
    def answer_due(self) -> datetime | None:
        """When whoever is waited for is asked again."""
        return self._case.memory.waiting.answer_due if self._case.memory.waiting else None

    async def no_answer(self) -> None:
        """The time to answer is over: ask them again, tell the lead, and at the second time ask the next rung."""
        waiting = self._case.memory.waiting
        assert waiting is not None
        assert waiting.answer_due is not None
        waiting.reminders += 1
        waiting.answer_due = workflow.now() + max(waiting.answer_due - waiting.since, timedelta(minutes=5))
        why = f"{waiting.name} has not answered since {waiting.since:%Y-%m-%d %H:%M} UTC: {waiting.note}"
        self._case.tell(EntryKind.CLOCK, why)
        receipt = await self._notices.send(
            Occasion.WAITING_REMINDER, Audience(party=waiting.party), text=waiting.note, reference=waiting.reference
        )
        if self._case.memory.waiting is not waiting:
            return  # they have answered meanwhile
        if receipt.reached and not waiting.reached:
            waiting.reached = True
            self._clocks.happened(ClockEventKind.WAITING, **_event(waiting, DRIFTVAKT))
        if waiting.reminders == 1 or self._case.memory.major is not None:
            await self._notices.to_lead(Occasion.REMINDER, text=why)
        else:
            self._ladder.go_on(why)


def _event(waiting: WaitingState, by: str) -> dict[str, Any]:
    """What the clock has to know of a wait."""
    return {
        "reason": Pause.WAITING_FOR_THIRD_PARTY if waiting.third_party else Pause.WAITING_FOR_CUSTOMER,
        "party": waiting.party,
        "reached": waiting.reached is not False,
        "by": by,
        "note": waiting.note[:2000],
    }


def _by_phone(support: str) -> str:
    return f"; their support: {support}" if support else ""
