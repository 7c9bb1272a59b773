"""The customer and third parties of one incident: the updates that they get, and the waits for their answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from models.clock import ClockEventKind, TargetKind
from models.dossier.agreement import CustomerUpdates, Pause
from models.dossier.parties import Language, PartyKind
from models.incident import CustomerUpdate, IncidentEnd, Resume, Waiting, WaitingState
from models.notices import Audience, DeliveryState, NoticeReceipt, Occasion
from models.people import DRIFTVAKT
from models.plans import PartyBrief
from models.records import EntryKind
from workflows.incident.clocks import Clocks
from workflows.incident.context import IncidentContext, refused
from workflows.incident.drafts import draft
from workflows.incident.escalation import Escalation
from workflows.incident.notices import Notices

_SAFE_END = {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF, IncidentEnd.NOT_CONFIRMED}

_TELEPHONE = "Telephone them, then send the same update with already_informed."

_NOTES = 20
"""Notes for the customer that are kept until the next update; the post-incident report has all of them."""


class Customer:
    """Sends updates to the customer, and waits for answers of the customer or a third party."""

    def __init__(self, context: IncidentContext, clocks: Clocks, escalation: Escalation, notices: Notices) -> None:
        self._context = context
        self._clocks = clocks
        self._escalation = escalation
        self._notices = notices
        self._opened_as: str | None = None
        """The priority under which the first update was sent last."""

    # --- updates

    @property
    def draft(self) -> str:
        """The text of the next update, in the customer's language."""
        memory = self._context.memory
        parties = self._context.plan.parties.values()
        language = next((p.language for p in parties if p.kind is PartyKind.CUSTOMER), Language.ENGLISH)
        waiting = memory.waiting.name if memory.waiting else None
        return draft(self._context.journal.state, waiting, memory.notes_for_customer, language)

    def note(self, text: str) -> None:
        """Keep a note for the next customer update."""
        notes = self._context.memory.notes_for_customer
        notes.append(text)
        del notes[:-_NOTES]

    async def opened(self) -> None:
        """Send the first update once people are called, where updates are agreed; later updates follow their clock."""
        memory = self._context.memory
        if not memory.lead.alerted or memory.major is not None or memory.informed_at is not None:
            return
        if self._clocks.target(TargetKind.UPDATE) is not None and self._opened_as != memory.priority:
            self._opened_as = memory.priority
            self._informed(await self._notices.send(Occasion.OPENED, Audience(customer=True), text=self.draft), "")

    async def update(self, request: CustomerUpdate) -> str:
        """Send an update now, or note that the customer knows already; return the result."""
        self._context.require_leader(request.by, "write to the customer about")
        text = request.text or self.draft
        if request.already_informed:
            self._note_informed(request.by)
            self._context.log(EntryKind.NOTICE, f"{request.by} informed the customer: {text}", {"audience": "customer"})
            return "Noted: the customer was informed."
        receipt = await self._notices.send(Occasion.UPDATE, Audience(customer=True), text=text, by=request.by)
        if not self._informed(receipt, request.by):
            return "The update reached nobody. Telephone them, then send it again with already_informed."
        sent = {d.to for d in receipt.deliveries if d.state is DeliveryState.SENT}
        missed = sorted({d.to for d in receipt.deliveries} - sent)
        return f"Sent to {', '.join(sorted(sent))}." + (f" Not delivered to {', '.join(missed)}." if missed else "")

    async def update_is_due(self, percent: int) -> None:
        """Send the update that is almost due, where the dossier says that updates are automatic."""
        if percent >= 90 and self._context.terms.customer_updates is CustomerUpdates.AUTOMATIC:
            self._informed(
                await self._notices.send(Occasion.UPDATE, Audience(customer=True), text=self.draft), DRIFTVAKT
            )

    def _informed(self, receipt: NoticeReceipt, by: str) -> bool:
        if receipt.reached:
            self._note_informed(by)
        return receipt.reached

    def _note_informed(self, by: str) -> None:
        self._context.memory.informed_at = workflow.now()
        self._context.memory.notes_for_customer.clear()
        self._clocks.happened(ClockEventKind.UPDATED, by=by)

    async def closed(self, end: IncidentEnd) -> None:
        """Send the last update to a customer who got an earlier one."""
        memory = self._context.memory
        if memory.informed_at is None or end is IncidentEnd.MERGED:
            return
        cause = memory.cause.value if memory.cause else ""
        occasion = Occasion.RESTORED if end in _SAFE_END else Occasion.CLOSED
        await self._notices.send(
            occasion, Audience(customer=True), cause=cause, text=" ".join(memory.notes_for_customer)
        )

    # --- waits

    async def wait_for(self, request: Waiting) -> str:
        """Wait for a party; the agreed clocks pause once a notice has reached somebody of it."""
        self._context.require_leader(request.by, "pause the clocks of")
        parties = self._context.plan.parties
        party = parties.get(request.party)
        if party is None:
            raise refused(f"the dossier has no party {request.party!r}; it has {', '.join(parties) or 'none'}")
        if party.kind is PartyKind.SUPPLIER:
            raise refused(
                f"{party.name} is the supplier, and an incident can only wait for the customer or a third party"
            )
        waiting = self._waiting(request, party)
        self._escalation.note_activity(request.by)
        ticket = f", their reference {request.reference}" if request.reference else ""
        self._context.log(EntryKind.CLOCK, f"{request.by} waits for {party.name}{ticket}: {request.note}")
        foreseen = await self._clocks.foresee(ClockEventKind.WAITING, **_event(waiting, request.by))
        waiting.answer_due = foreseen.answer_due if foreseen else None
        waiting.reached = (
            request.already_informed
            or (
                await self._notices.send(
                    Occasion.WAITING,
                    Audience(party=request.party),
                    text=request.note,
                    by=request.by,
                    reference=request.reference,
                    deadline=waiting.answer_due,
                )
            ).reached
        )
        if waiting.reached and not waiting.third_party:
            self._note_informed(request.by)
        if self._context.memory.waiting is not waiting:
            return f"{party.name} has answered meanwhile."
        self._clocks.happened(ClockEventKind.WAITING, **_event(waiting, request.by))
        await self._clocks.read()
        clocks = self._which_clocks(waiting)
        self._context.log(EntryKind.CLOCK, f"Waiting for {party.name}: {clocks}")
        due = waiting.answer_due
        answer = f" Their answer is due by {due:%Y-%m-%d %H:%M} UTC." if due else ""
        reached = "" if waiting.reached else f" The notice reached nobody{_by_phone(party.support)}. {_TELEPHONE}"
        return f"Waiting for {party.name}: {clocks}.{answer}{reached}"

    def _waiting(self, request: Waiting, party: PartyBrief) -> WaitingState:
        """Begin a wait, and return it. A wait that reached nobody may begin again, for the same party."""
        memory = self._context.memory
        before = memory.waiting
        if before is not None and (before.party != request.party or before.reached is not False):
            raise refused(f"it waits for {before.name} already; send `resume` first")
        memory.waiting = WaitingState(
            party=request.party,
            name=party.name,
            third_party=party.kind is PartyKind.THIRD_PARTY,
            since=before.since if before else workflow.now(),
            note=request.note,
            reference=request.reference or (before.reference if before else ""),
        )
        return memory.waiting

    def _which_clocks(self, waiting: WaitingState) -> str:
        """Which clocks are paused, as a clause."""
        if not waiting.reached:
            return "no clock is paused, because the notice reached nobody"
        reading = self._context.memory.reading
        if reading is None or not reading.pauses:
            return "the agreement pauses no clock for this"
        named = [target.value for target in reading.pauses]
        if len(named) == 1:
            return f"the clock {named[0]} is paused"
        return f"the clocks {', '.join(named[:-1])} and {named[-1]} are paused"

    def resume(self, request: Resume) -> str:
        """End the wait: the party has answered. Everybody in the dossier may send this."""
        memory = self._context.memory
        if memory.waiting is None:
            raise refused("it does not wait for a party")
        waited, memory.waiting = memory.waiting, None
        self._clocks.happened(ClockEventKind.RESUMED, by=request.by, note=request.note[:2000])
        note = f": {request.note}" if request.note else ""
        self._context.log(EntryKind.CLOCK, f"{request.by}: the wait for {waited.name} is over{note}")
        return f"The wait for {waited.name} is over; it began {waited.since:%Y-%m-%d %H:%M} UTC."

    @property
    def answer_due(self) -> datetime | None:
        """When the party gets a reminder; None without a wait."""
        return self._context.memory.waiting.answer_due if self._context.memory.waiting else None

    async def no_answer(self) -> None:
        """No answer came in time: remind the party and the lead; the second time, call the next level instead of the lead."""
        waiting = self._context.memory.waiting
        assert waiting is not None
        assert waiting.answer_due is not None
        waiting.reminders += 1
        waiting.answer_due = workflow.now() + max(waiting.answer_due - waiting.since, timedelta(minutes=5))
        why = f"{waiting.name} has not answered since {waiting.since:%Y-%m-%d %H:%M} UTC: {waiting.note}"
        self._context.log(EntryKind.CLOCK, why)
        receipt = await self._notices.send(
            Occasion.WAITING_REMINDER, Audience(party=waiting.party), text=waiting.note, reference=waiting.reference
        )
        if self._context.memory.waiting is not waiting:
            return  # they have answered meanwhile
        if receipt.reached and not waiting.reached:
            waiting.reached = True
            self._clocks.happened(ClockEventKind.WAITING, **_event(waiting, DRIFTVAKT))
        if waiting.reminders == 1 or self._context.memory.major is not None:
            await self._notices.to_lead(Occasion.REMINDER, text=why)
        else:
            self._escalation.escalate(why)


def _event(waiting: WaitingState, by: str) -> dict[str, Any]:
    """The fields of a clock event for a wait."""
    return {
        "reason": Pause.WAITING_FOR_THIRD_PARTY if waiting.third_party else Pause.WAITING_FOR_CUSTOMER,
        "party": waiting.party,
        "reached": waiting.reached is not False,
        "by": by,
        "note": waiting.note[:2000],
    }


def _by_phone(support: str) -> str:
    return f"; their support: {support}" if support else ""
