"""The incident: from an alarm that is not yet believed to a recovery that is proven, led by people where it needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, is_cancelled_exception

from models.clock import ClockEventKind, ClockEvents
from models.dossier.agreement import CauseCode
from models.dossier.parties import OPERATOR
from models.gates import Decision, DecisionReceipt
from models.incident import (
    Acknowledge,
    AlarmsCleared,
    AlarmsJoined,
    CancelIncident,
    CloseIncident,
    CustomerUpdate,
    HandOver,
    IncidentEnd,
    IncidentOrder,
    IncidentOutcome,
    IncidentState,
    IncidentStatus,
    LeadSilent,
    LedByMajor,
    Merged,
    Note,
    NoteFor,
    Reclassify,
    Resume,
    SetCause,
    Told,
    Waiting,
)
from models.names import incident_id, watch_id
from models.notices import Audience, Occasion
from models.people import Person
from models.records import EntryKind
from models.sizes import ANSWER, first_that_fit
from workflows.gates.gates import Asking
from workflows.incident.alarm_lines import AlarmLines
from workflows.incident.context import Case, refused
from workflows.incident.coordination import Leading
from workflows.incident.late_alarms import LateAlarms
from workflows.incident.page import incident_page
from workflows.incident.remediation import Healing
from workflows.runtime.cancelling import whatever_is_pressed
from workflows.runtime.details import Details
from workflows.runtime.waiting import in_turn
from workflows.runtime.wrong_inputs import Begun
from workflows.steps.lease import Holding

_YOU = '"by": "on-call@driftbolaget.example"'
_EXAMPLE_ALARM = (
    '{"alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", "component": "db", '
    '"source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)


@workflow.defn(name="incident")
class Incident(Begun, Holding, Asking):
    """One incident of one application."""

    tells_of_withdrawal = False  # it is over then, which people are told, or asks anew

    @workflow.init
    def __init__(self, order: IncidentOrder) -> None:
        super().__init__()
        self._details = Details(self._page)
        self.case = Case(order, self._changed, self.admit_stand_ins)
        self._lines = AlarmLines(self.case)
        self.memory = self.case.memory
        self.leading = Leading(self.case)
        self.healing = Healing(self.case, self.leading, self.ask, self)
        self.late = LateAlarms(self.case, self.healing.was_looked_at)
        self._closed = False

    @workflow.run
    async def run(self, order: IncidentOrder) -> IncidentOutcome:
        """Heal it and lead it until it is over; close with an account."""
        info, watch = workflow.info(), watch_id(order.application)
        by_its_watch = info.parent is not None and info.parent.workflow_id == watch
        if not by_its_watch or info.workflow_id != incident_id(order.application, order.number):
            # Only the watch knows which number is free, and who may open one: a number that was used has a record.
            raise refused(
                f"its watch opens an incident: start open-incident, or send the update open_incident to {watch}"
            )
        self._tell_how_it_began()
        return await whatever_is_pressed(self._to_the_end(), self._refuse_cancellation)

    async def _to_the_end(self) -> IncidentOutcome:
        return await self._close(await self._until_over())

    def _tell_how_it_began(self) -> None:
        order = self.case.order
        if again := order.reopening:
            self.case.tell(EntryKind.STATE, f"Opened again by {again.by}: {again.reason}")
            self.memory.lead.who = again.lead
        self._lines.began_with(order.alarms)
        if order.note:
            self.case.tell(EntryKind.NOTE, f"{order.opened_by}: {order.note}", {"audience": NoteFor.INTERNAL.value})

    async def _until_over(self) -> IncidentEnd:
        """Heal and lead side by side, until health is proven or people end it."""
        healing, leading = asyncio.create_task(self.healing.run()), asyncio.create_task(self.leading.run())
        await workflow.wait_condition(lambda: healing.done() or leading.done() or self._can_end)
        self.late.decided()
        healed, doing = healing.done(), self.memory.doing
        await self._stop(healing, leading)
        if healed:
            return healing.result()
        if self.memory.cancelling is not None:
            self.case.tell(EntryKind.STATE, f"Cancelled while: {doing}. {self.healing.left_behind()}")
            return IncidentEnd.CANCELLED
        return IncidentEnd.MERGED if self.memory.merged else IncidentEnd.CLOSED_BY_HAND

    @property
    def _can_end(self) -> bool:
        """Whether people or another incident have ended it, and nothing has to be brought to its end before."""
        if not self.case.prepared:
            return False
        return self.memory.cancelling is not None or (self.case.over and not self.healing.acting)

    async def _stop(self, *tasks: asyncio.Task[Any]) -> None:
        """Stop tasks, one after the other, and wait until each has stopped."""
        self.case.stopping = True
        for task in tasks:
            task.cancel()
            await workflow.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None and not is_cancelled_exception(error):
                raise error

    async def _close(self, end: IncidentEnd) -> IncidentOutcome:
        case = self.case
        self._closed = True
        self.late.decided()
        case.end = end
        self.withdraw()
        stays_closed_at = self._refuted() if end is IncidentEnd.NOT_CONFIRMED else None
        if stays_closed_at is None:
            if end.proven:
                self.leading.clocks.happened(ClockEventKind.RESTORED)
            self.leading.clocks.happened(ClockEventKind.CLOSED)
            case.tell(EntryKind.STATE, f"Closed: {end.value.replace('-', ' ')}{self._why_closed()}")
        case.enter(IncidentState.CLOSED, "Closed")
        await self.leading.customer.closed(end)
        await self.leading.tell_that_it_is_over()
        await self.all_told()
        await workflow.wait_condition(workflow.all_handlers_finished)
        closed_at = stays_closed_at or workflow.now()
        account = await case.conclude(closed_at)
        await self.late.tell_watch(end)
        await workflow.wait_condition(workflow.all_handlers_finished)  # who told it something meanwhile is answered
        return IncidentOutcome(
            id=case.id,
            end=end,
            priority=self.memory.priority,
            remedy=case.helped,
            cause=self.memory.cause,
            lead=self.memory.lead.who,
            summary=case.summary(),
            opened_at=case.opened_at,
            closed_at=closed_at,
            restored_at=case.restored_at,
            account=account,
        )

    def _refuted(self) -> datetime | None:
        """Go back to how the incident had ended, where probes show that the fault did not come back.

        Returns when it had been closed; None where its recovery had not been proven before.
        """
        again, events = self.case.order.reopening, self.memory.events
        if again is None or again.end not in {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF}:
            return None
        reopened = max((n for n, e in enumerate(events) if e.kind is ClockEventKind.REOPENED), default=0)
        before = events[:reopened]
        closed = [e.at for e in before if e.kind is ClockEventKind.CLOSED]
        if not closed:  # the records did not tell what had happened before
            return None
        self.memory.events = before
        if priority := next((e.priority for e in reversed(before) if e.priority is not None), None):
            self.case.set_priority(priority)
        self.case.end = again.end
        ended = again.end.value.replace("-", " ")
        self.case.tell(EntryKind.STATE, f"Closed: probes found nothing wrong, so the earlier end stands: {ended}")
        return closed[-1]

    def _why_closed(self) -> str:
        closing, merged, cancelling = self.memory.closing, self.memory.merged, self.memory.cancelling
        if self.case.end is IncidentEnd.CLOSED_BY_HAND and closing is not None:
            return f", by {closing.by} ({closing.cause.value}): {closing.reason}"
        if self.case.end is IncidentEnd.MERGED and merged is not None:
            return f" into {merged.into}, by {merged.by}: {merged.reason}"
        if self.case.end is IncidentEnd.CANCELLED and cancelling is not None:
            return f", by {cancelling.by}: {cancelling.reason}"
        return ""

    def _refuse_cancellation(self, reason: str) -> None:
        """*Request Cancellation* gives no name; the incident goes on, shows it, and whoever leads is told."""
        if self._closed:
            return
        said = f" with the reason '{reason}'" if reason else ""
        self.memory.cancellation = f"{workflow.now():%Y-%m-%d %H:%M} UTC{said}"
        self.case.tell(
            EntryKind.STATE,
            f"Not cancelled: its cancellation was requested in Temporal{said}, and nobody knows by whom. It goes on",
        )
        self.leading.cancellation_refused(reason)

    # --- what the watch and a major incident tell it

    @workflow.signal(
        name="join_alarms", description=f"Sent by the watch: further alarms belong to this incident. {_EXAMPLE_ALARM}"
    )
    def join_alarms(self, joined: AlarmsJoined) -> None:
        """Take further alarms in; what they concern must be healthy too before the incident can end."""
        symptoms, told = set(joined.symptoms), []
        for alarm in joined.alarms:
            symptom = alarm.fingerprint in symptoms
            own = self.healing.is_own_doing(alarm)
            self.case.firing.join(alarm, symptom=symptom, own_doing=own)
            self.late.joined(alarm)
            role = " as a symptom" if symptom else ""
            role += " (a remedy is acting on its component, so it does not raise the priority)" if own else ""
            told.append((alarm, role))
        self._lines.joined(told)
        self.healing.see_urgency(joined.alarms)

    @workflow.signal(
        name="clear_alarms",
        description='Sent by the watch: alarms were taken back by their source. {"fingerprints": ["disk/db1"]}',
    )
    def clear_alarms(self, cleared: AlarmsCleared) -> None:
        """Note that a source took alarms back; recovery is proven by probes all the same."""
        names = [name for f in cleared.fingerprints if (name := self.case.firing.clear(f)) is not None]
        further = self.case.firing.clear_members(cleared.members)
        self.case.taken_back += len(names) + further
        self._lines.cleared(cleared, names, further)

    @workflow.signal(
        name="merged",
        description="Sent by the watch: another incident takes over; use the watch's update merge_incidents. "
        f'{{"into": "inc.acme.shop.16", {_YOU}, "reason": "the same matter"}}',
    )
    def merged(self, merged: Merged) -> None:
        """Another incident takes over."""
        if self._refuses(merged.by, "merged"):
            return
        self.memory.merged = merged
        self.late.decided()
        self.memory.cause = CauseCode.DUPLICATE

    @workflow.signal(
        name="led_by_major",
        description=f'Sent by a major incident: it takes the lead. {{"major": "major.1", {_YOU}, "title": "Data centre dark"}}',
    )
    async def led_by_major(self, told: LedByMajor) -> None:
        """A major incident takes the lead, or gives it back."""
        await workflow.wait_condition(lambda: self.case.prepared or self._closed)
        if self._closed or (told.major is not None and self._refuses(told.by, "led_by_major")):
            return
        self.memory.major = told if told.major else None
        self.leading.ladder.led_by_major(told)

    @workflow.signal(
        name="lead_silent",
        description="Sent by a major incident: nobody who leads it is heard of. "
        '{"major": "major.2026-03-01.1", "since": "2026-03-01T12:00:00Z", "times": 1}',
    )
    async def lead_silent(self, told: LeadSilent) -> None:
        """Ask whoever leads its major incident, and then its own ladder."""
        await workflow.wait_condition(lambda: self.case.prepared or self._closed)
        if not self._closed and self.memory.major is not None:
            await self.leading.ladder.major_is_silent(told)

    # --- what people tell it

    @workflow.update(name="acknowledge", description=f"Take it up: you lead it from now on. {{{_YOU}}}")
    async def acknowledge(self, told: Acknowledge) -> Told:
        """Somebody takes it up."""
        await self._ready()
        told = self.case.identified(told)
        return Told(message=self.leading.ladder.acknowledge(told))

    @workflow.update(
        name="hand_over",
        description=f'Give the lead to somebody else. {{{_YOU}, "to": "next@example.com", "note": "Disk grows since 02:00"}}',
    )
    async def hand_over(self, told: HandOver) -> Told:
        """The lead goes to somebody else, with a note."""
        await self._ready()
        told = self.case.identified(told)
        return Told(message=await self.leading.ladder.hand_over(told))

    @workflow.update(
        name="wait_for",
        description="It is a party's turn; pauses the clocks that the agreement names, once they were reached. "
        f'{{"party": "acme", {_YOU}, "note": "They must open the firewall", "reference": "CH-81"}}',
    )
    async def wait_for(self, told: Waiting) -> Told:
        """It is a customer's or a third party's turn."""
        await self._ready()
        told = self.case.identified(told)
        return Told(message=await self.leading.customer.wait_for(told))

    @workflow.update(name="resume", description=f'They have answered. {{{_YOU}, "note": "Firewall is open"}}')
    async def resume(self, told: Resume) -> Told:
        """It is our turn again."""
        await self._ready()
        told = self.case.identified(told)
        return self._heard(told.by, self.leading.customer.resume(told))

    @workflow.update(
        name="update_customer",
        description=f'Tell the customer how it stands; without text the draft is sent. {{{_YOU}, "text": "We expect ..."}}',
    )
    async def update_customer(self, told: CustomerUpdate) -> Told:
        """Tell the customer how it stands."""
        await self._ready()
        told = self.case.identified(told)
        return self._heard(told.by, await self.leading.customer.update(told))

    @workflow.update(
        name="reclassify",
        description=f'Change its priority. {{{_YOU}, "priority": "P1", "reason": "Nobody can pay"}}',
    )
    async def reclassify(self, told: Reclassify) -> Told:
        """Change the priority; what is done stays judged under the one that held then."""
        await self._ready()
        told = self.case.identified(told)
        return self._heard(told.by, await self.leading.reclassify(told))

    @workflow.update(
        name="close_incident",
        description=f'Close it without proof. {{{_YOU}, "cause": "no-fault", "reason": "Planned by the customer"}} '
        f"Causes: {', '.join(CauseCode)}",
    )
    async def close_incident(self, told: CloseIncident) -> Told:
        """Close it without proof of recovery; what is being changed on a host is brought to its end first."""
        await self._ready()
        told = self.case.identified(told)
        self.case.require_leader(told.by, "close")
        self.memory.closing = told
        self.late.decided()
        self.memory.cause = told.cause
        if self.healing.acting:
            return Told(message=f"It is closed as soon as this has ended: {self.memory.doing}.")
        return Told(message="It is being closed.")

    @workflow.update(
        name="cancel_incident",
        description="Give it up at once, where no alarm of it fires any more; what runs on a host is told to end. "
        f'{{{_YOU}, "reason": "Opened by a test"}}',
    )
    async def cancel_incident(self, told: CancelIncident) -> Told:
        """Give it up; refused while anything of it fires."""
        await self._ready()
        told = self.case.identified(told)
        self.case.require_leader(told.by, "cancel")
        if firing := self.case.firing.in_words():
            raise refused(
                f"it is not cancelled: {firing}. End it with `driftvakt incident close`, which says what it came from; to keep "
                "it from acting, use `driftvakt halt`"
            )
        self.memory.cancelling = told
        return self._heard(told.by, "It is being cancelled.")

    @workflow.update(
        name="set_cause",
        description=f'Say what it came from. {{{_YOU}, "cause": "capacity"}} Causes: {", ".join(CauseCode)}',
    )
    async def set_cause(self, told: SetCause) -> Told:
        """Say what it came from."""
        await self._ready()
        told = self.case.identified(told)
        self.case.require_leader(told.by, "name the cause of")
        self.memory.cause = told.cause
        note = f": {told.note}" if told.note else ""
        self.case.tell(EntryKind.NOTE, f"{told.by} names the cause: {told.cause.value}{note}", {"audience": "internal"})
        return self._heard(told.by, f"Its cause is {told.cause.value}.")

    @workflow.update(
        name="add_note",
        description=f'Add a note; for "audience": "customer" it stands in the next update. {{"text": "They see it too", {_YOU}}}',
    )
    async def add_note(self, note: Note) -> Told:
        """Add a note."""
        await self._ready()
        note = self.case.identified(note)
        data = {"audience": note.audience.value, "text": note.text, "by": note.by}
        self.case.tell(EntryKind.NOTE, f"{note.by}: {note.text}", data)
        if note.audience is NoteFor.CUSTOMER:
            self.leading.customer.note(note.text)
        return self._heard(note.by, f"Noted at {workflow.now():%H:%M:%S} UTC.")

    def contacts(self) -> list[Person]:
        """Everybody whom the dossier knows."""
        return self.case.plan.contacts

    def _refuses(self, who: str, signal: str) -> bool:
        """Whether somebody may not send this, which the watch or a major incident sends once it has looked who they are."""
        try:
            self.case.require_leader(self.case.known(who), "lead")
        except ApplicationError as error:
            self.signal_refused(f"A signal was refused ({signal}): {error.message}")
            return True
        return False

    def stand_ins(self) -> list[str]:
        """Whoever the ladder has asked may take it up and answer what waits for operators."""
        return self.memory.lead.called

    def application(self) -> str:
        """Whose incident it is."""
        return self.case.order.application

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Write to whoever may decide."""
        self.leading.ladder.rung(people)
        await self.leading.notices.send(occasion, Audience(contacts=list(people)), text=text, **facts)

    def on_decided(self, decision: Decision, receipt: DecisionReceipt) -> None:
        """Whoever decides has taken it up, if nobody had."""
        self.leading.ladder.heard(decision.by)

    def _heard(self, who: str, message: str) -> Told:
        self.leading.ladder.heard(who)
        return Told(message=message)

    async def _ready(self) -> None:
        """Nobody is answered before it is known what the dossier says: who may what, and what is promised."""
        await in_turn()
        if not self.case.prepared:
            await workflow.wait_condition(lambda: self.case.prepared or self._closed)
        if self._closed:
            raise refused("it is closed; open it again with `driftvakt incident reopen`")

    # --- what they can ask it

    @workflow.query(name="status", description="Where it stands: state, lead, clocks, open questions, alarms, timeline")
    def status(self) -> IncidentStatus:
        """Where the incident stands."""
        memory = self.memory
        alarms = list(memory.alarms.values())
        alarms = alarms[: first_that_fit(alarms, ANSWER // 2)]
        return IncidentStatus(
            id=self.case.id,
            title=self.case.order.title,
            state=memory.state,
            priority=memory.priority,
            components=self.case.plan.affected,
            doing=memory.doing,
            gates=self.open_gates,
            alarms=alarms,
            further_alarms=len(memory.alarms) - len(alarms) + self.case.firing.further,
            timeline=memory.timeline.shown(ANSWER // 2),
            opened_at=self.case.opened_at,
            lead=memory.lead.who,
            waiting=f"{memory.waiting.name}: {memory.waiting.note}" if memory.waiting else None,
            clock=memory.reading,
            draft=self.leading.customer.draft,
            cause=memory.cause,
            major=memory.major.major if memory.major else None,
            leaders=self.case.leaders,
            heard_at=memory.lead.heard_at,
        )

    @workflow.query(name="clock", description="The events that its service-level clocks are computed from")
    def clock(self) -> ClockEvents:
        """The events of its clock."""
        return ClockEvents(events=self.memory.events)

    def awaited(self) -> set[str]:
        """Who is asked to take it up, until somebody has; an operator where something keeps it from healing."""
        if self.memory.state is IncidentState.CLOSED:
            return set()
        lead = self.memory.lead
        asked = {*lead.asked, OPERATOR} if lead.asked and not lead.acknowledged else set()
        return asked | ({OPERATOR} if self.case.blocked else set())

    def _changed(self) -> None:
        self.show_awaited()
        self._details.changed()

    def on_gates_changed(self) -> None:
        """Show the open questions on the page."""
        self._details.changed()

    def _page(self) -> str:
        return incident_page(self.case, self.open_gates, self.gates_markdown(), self.leading.customer.draft)
