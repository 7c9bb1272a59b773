"""The incident: from an alarm that is not confirmed yet to a proven recovery."""

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
    IncidentReply,
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
    Waiting,
)
from models.names import incident_id, watch_id
from models.notices import Audience, Occasion
from models.people import Person
from models.records import EntryKind
from workflows.gates.gates import HasGates
from workflows.incident.alarm_lines import AlarmLines
from workflows.incident.context import IncidentContext, refused
from workflows.incident.coordination import Coordination
from workflows.incident.late_alarms import LateAlarms
from workflows.incident.page import incident_page
from workflows.incident.remediation import Remediation
from workflows.incident.status import incident_status, incident_view
from workflows.runtime.cancelling import whatever_is_pressed
from workflows.runtime.waiting import in_turn
from workflows.runtime.wrong_inputs import Begun
from workflows.steps.lease import HoldsLease

_YOU = '"by": "on-call@driftbolaget.example"'
_EXAMPLE_ALARM = (
    '{"alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", "component": "db", '
    '"source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)


@workflow.defn(name="incident")
class Incident(Begun, HoldsLease, HasGates):
    """One incident of one application: remediation and coordination side by side."""

    notifies_of_withdrawal = False  # people get the notice that the incident is over, or the next question

    @workflow.init
    def __init__(self, order: IncidentOrder) -> None:
        super().__init__()
        self.context = IncidentContext(order, self._page, self.show_awaited, self.admit_additional_deciders)
        self._lines = AlarmLines(self.context)
        self.memory = self.context.memory
        self.coordination = Coordination(self.context)
        self.remediation = Remediation(self.context, self.coordination, self.ask, self)
        self.late = LateAlarms(self.context, self.remediation.was_checked)
        self._closed = False

    @workflow.run
    async def run(self, order: IncidentOrder) -> IncidentOutcome:
        """Remediate and coordinate until it is over; close with a post-incident report."""
        info, watch = workflow.info(), watch_id(order.application)
        by_its_watch = info.parent is not None and info.parent.workflow_id == watch
        if not by_its_watch or info.workflow_id != incident_id(order.application, order.number):
            # Only the watch knows which number is free, and who may open an incident: a used number has a record.
            raise refused(
                f"only the watch can start an incident: start open-incident, or send the update open_incident to {watch}"
            )
        self._log_beginning()
        return await whatever_is_pressed(self._to_the_end(), self._refuse_cancellation)

    async def _to_the_end(self) -> IncidentOutcome:
        return await self._close(await self._until_over())

    def _log_beginning(self) -> None:
        order = self.context.order
        if again := order.reopening:
            self.context.log(EntryKind.STATE, f"Reopened by {again.by}: {again.reason}")
            self.memory.lead.who = again.lead
        self._lines.began_with(order.alarms)
        if order.note:
            self.context.log(EntryKind.NOTE, f"{order.opened_by}: {order.note}", {"audience": NoteFor.INTERNAL.value})

    async def _until_over(self) -> IncidentEnd:
        """Remediate and coordinate side by side, until recovery is proven or people end it."""
        remediation, coordination = (
            asyncio.create_task(self.remediation.run()),
            asyncio.create_task(self.coordination.run()),
        )
        await workflow.wait_condition(lambda: remediation.done() or coordination.done() or self._can_end)
        self.late.decided()
        remediated, doing = remediation.done(), self.context.journal.doing
        await self._stop(remediation, coordination)
        if remediated:
            return remediation.result()
        if self.memory.cancelling is not None:
            self.context.log(EntryKind.STATE, f"Cancelled during: {doing}. {self.remediation.left_behind()}")
            return IncidentEnd.CANCELLED
        return IncidentEnd.MERGED if self.memory.merged else IncidentEnd.CLOSED_BY_HAND

    @property
    def _can_end(self) -> bool:
        """Whether a person or another incident has ended it, and no step is changing a host."""
        if not self.context.prepared:
            return False
        return self.memory.cancelling is not None or (self.context.over and not self.remediation.acting)

    async def _stop(self, *tasks: asyncio.Task[Any]) -> None:
        """Cancel tasks, one after the other, and wait until each has ended."""
        self.context.stopping = True
        for task in tasks:
            task.cancel()
            await workflow.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None and not is_cancelled_exception(error):
                raise error

    async def _close(self, end: IncidentEnd) -> IncidentOutcome:
        context = self.context
        self._closed = True
        self.late.decided()
        context.end = end
        self.withdraw()
        stays_closed_at = self._refuted() if end is IncidentEnd.NOT_CONFIRMED else None
        if stays_closed_at is None:
            if end.proven:
                self.coordination.clocks.happened(ClockEventKind.RESTORED)
            self.coordination.clocks.happened(ClockEventKind.CLOSED)
            context.log(EntryKind.STATE, f"Closed: {end.value.replace('-', ' ')}{self._why_closed()}")
        context.enter(IncidentState.CLOSED, "Closed")
        await self.coordination.customer.closed(end)
        await self.coordination.notify_end()
        await self.all_notified()
        await workflow.wait_condition(workflow.all_handlers_finished)
        closed_at = stays_closed_at or workflow.now()
        report = await context.conclude(closed_at)
        await self.late.return_to_watch(end)
        await workflow.wait_condition(workflow.all_handlers_finished)  # updates that came meanwhile get their answers
        return IncidentOutcome(
            id=context.id,
            end=end,
            priority=self.memory.priority,
            remedy=context.helped,
            cause=self.memory.cause,
            lead=self.memory.lead.who,
            summary=context.summary(),
            opened_at=context.opened_at,
            closed_at=closed_at,
            restored_at=context.restored_at,
            report=report,
        )

    def _refuted(self) -> datetime | None:
        """Restore the earlier end of a reopened incident when probes show that the fault did not return.

        Return the earlier time of closing; None if recovery was not proven then.
        """
        again, events = self.context.order.reopening, self.memory.events
        if again is None or again.end not in {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF}:
            return None
        reopened = max((n for n, e in enumerate(events) if e.kind is ClockEventKind.REOPENED), default=0)
        before = events[:reopened]
        closed = [e.at for e in before if e.kind is ClockEventKind.CLOSED]
        if not closed:  # the records have no events of the time before
            return None
        self.memory.events = before
        if priority := next((e.priority for e in reversed(before) if e.priority is not None), None):
            self.context.set_priority(priority)
        self.context.end = again.end
        ended = again.end.value.replace("-", " ")
        self.context.log(EntryKind.STATE, f"Closed: probes found no fault, so the earlier end stays: {ended}")
        return closed[-1]

    def _why_closed(self) -> str:
        closing, merged, cancelling = self.memory.closing, self.memory.merged, self.memory.cancelling
        if self.context.end is IncidentEnd.CLOSED_BY_HAND and closing is not None:
            return f", by {closing.by} ({closing.cause.value}): {closing.reason}"
        if self.context.end is IncidentEnd.MERGED and merged is not None:
            return f" into {merged.into}, by {merged.by}: {merged.reason}"
        if self.context.end is IncidentEnd.CANCELLED and cancelling is not None:
            return f", by {cancelling.by}: {cancelling.reason}"
        return ""

    def _refuse_cancellation(self, reason: str) -> None:
        """Refuse *Request Cancellation*, which names no person: the incident goes on, and the lead gets a notice."""
        if self._closed:
            return
        said = f" with the reason '{reason}'" if reason else ""
        self.memory.cancellation = f"{workflow.now():%Y-%m-%d %H:%M} UTC{said}"
        self.context.log(
            EntryKind.STATE,
            f"Not cancelled: an unknown person requested the cancellation in Temporal{said}. The incident continues",
        )
        self.coordination.cancellation_refused(reason)

    # --- signals of the watch and of a major incident

    @workflow.signal(
        name="join_alarms", description=f"Sent by the watch: further alarms belong to this incident. {_EXAMPLE_ALARM}"
    )
    def join_alarms(self, joined: AlarmsJoined) -> None:
        """Add further alarms; their components must be healthy, too, before the incident can end."""
        symptoms, roles = set(joined.symptoms), []
        for alarm in joined.alarms:
            symptom = alarm.fingerprint in symptoms
            own = self.remediation.may_be_caused_by_remedy(alarm)
            self.context.firing.join(alarm, symptom=symptom, caused_by_remedy=own)
            self.late.joined(alarm)
            role = " as a symptom" if symptom else ""
            role += " (a remedy is acting on its component, so it does not raise the priority)" if own else ""
            roles.append((alarm, role))
        self._lines.joined(roles)
        self.remediation.see_urgency(joined.alarms)

    @workflow.signal(
        name="clear_alarms",
        description='Sent by the watch: alarms have cleared. {"fingerprints": ["disk/db1"]}',
    )
    def clear_alarms(self, cleared: AlarmsCleared) -> None:
        """Remove cleared alarms; probes must prove the recovery in any case."""
        names = [name for f in cleared.fingerprints if (name := self.context.firing.clear(f)) is not None]
        further = self.context.firing.clear_members(cleared.members)
        self.context.cleared += len(names) + further
        self._lines.cleared(cleared, names, further)

    @workflow.signal(
        name="merged",
        description="Sent by the watch: another incident takes over; use the watch's update merge_incidents. "
        f'{{"into": "inc.acme.shop.16", {_YOU}, "reason": "the same disk"}}',
    )
    def merged(self, merged: Merged) -> None:
        """End this incident: another one takes over its alarms."""
        if self._refuses(merged.by, "merged"):
            return
        self.memory.merged = merged
        self.late.decided()
        self.memory.cause = CauseCode.DUPLICATE

    @workflow.signal(
        name="led_by_major",
        description=f'Sent by a major incident: it takes the lead. {{"major": "major.1", {_YOU}, "title": "Data centre dark"}}',
    )
    async def led_by_major(self, request: LedByMajor) -> None:
        """A major incident takes the lead, or returns it."""
        await workflow.wait_condition(lambda: self.context.prepared or self._closed)
        if self._closed or (request.major is not None and self._refuses(request.by, "led_by_major")):
            return
        self.memory.major = request if request.major else None
        self.coordination.escalation.led_by_major(request)

    @workflow.signal(
        name="lead_silent",
        description="Sent by a major incident: its lead is silent. "
        '{"major": "major.2026-03-01.1", "since": "2026-03-01T12:00:00Z", "times": 1}',
    )
    async def lead_silent(self, request: LeadSilent) -> None:
        """Remind the lead of the major incident; the second time, call this incident's own escalation policy."""
        await workflow.wait_condition(lambda: self.context.prepared or self._closed)
        if not self._closed and self.memory.major is not None:
            await self.coordination.escalation.major_is_silent(request)

    # --- updates of people

    @workflow.update(name="acknowledge", description=f"Acknowledge: you lead it from now on. {{{_YOU}}}")
    async def acknowledge(self, request: Acknowledge) -> IncidentReply:
        """Acknowledge the incident; the person leads it from now on."""
        await self._ready()
        request = self.context.identified(request)
        return IncidentReply(message=self.coordination.escalation.acknowledge(request))

    @workflow.update(
        name="hand_over",
        description=f'Hand the lead over. {{{_YOU}, "to": "next@example.com", "note": "Disk grows since 02:00"}}',
    )
    async def hand_over(self, request: HandOver) -> IncidentReply:
        """Hand the lead over to another person, with a note."""
        await self._ready()
        request = self.context.identified(request)
        return IncidentReply(message=await self.coordination.escalation.hand_over(request))

    @workflow.update(
        name="wait_for",
        description="Wait for a party. The clocks that the agreement names pause once the notice has reached it. "
        f'{{"party": "acme", {_YOU}, "note": "They must open the firewall", "reference": "CH-81"}}',
    )
    async def wait_for(self, request: Waiting) -> IncidentReply:
        """Wait for an answer of the customer or a third party."""
        await self._ready()
        request = self.context.identified(request)
        return IncidentReply(message=await self.coordination.customer.wait_for(request))

    @workflow.update(name="resume", description=f'The party has answered. {{{_YOU}, "note": "Firewall is open"}}')
    async def resume(self, request: Resume) -> IncidentReply:
        """End the wait: the party has answered."""
        await self._ready()
        request = self.context.identified(request)
        return self._reply(request.by, self.coordination.customer.resume(request))

    @workflow.update(
        name="update_customer",
        description=f'Send the customer an update; without a text, the draft is sent. {{{_YOU}, "text": "We expect ..."}}',
    )
    async def update_customer(self, request: CustomerUpdate) -> IncidentReply:
        """Send the customer an update."""
        await self._ready()
        request = self.context.identified(request)
        return self._reply(request.by, await self.coordination.customer.update(request))

    @workflow.update(
        name="reclassify",
        description=f'Change the priority. {{{_YOU}, "priority": "P1", "reason": "Nobody can pay"}}',
    )
    async def reclassify(self, request: Reclassify) -> IncidentReply:
        """Change the priority. Completed targets keep their result."""
        await self._ready()
        request = self.context.identified(request)
        return self._reply(request.by, await self.coordination.reclassify(request))

    @workflow.update(
        name="close_incident",
        description=f'Close it without proof of recovery. {{{_YOU}, "cause": "no-fault", "reason": "Planned by the customer"}} '
        f"Causes: {', '.join(CauseCode)}",
    )
    async def close_incident(self, request: CloseIncident) -> IncidentReply:
        """Close it without proof of recovery; a step that is changing a host ends first."""
        await self._ready()
        request = self.context.identified(request)
        self.context.require_leader(request.by, "close")
        self.memory.closing = request
        self.late.decided()
        self.memory.cause = request.cause
        if self.remediation.acting:
            return IncidentReply(message=f"It is closed as soon as this step has ended: {self.context.journal.doing}.")
        return IncidentReply(message="It is being closed.")

    @workflow.update(
        name="cancel_incident",
        description="Cancel it at once, if none of its alarms is active; commands on hosts are stopped. "
        f'{{{_YOU}, "reason": "Opened by a test"}}',
    )
    async def cancel_incident(self, request: CancelIncident) -> IncidentReply:
        """Cancel it; refused while one of its alarms is active."""
        await self._ready()
        request = self.context.identified(request)
        self.context.require_leader(request.by, "cancel")
        if firing := self.context.firing.in_words():
            raise refused(
                f"it is not cancelled: {firing}. Close it with `driftvakt incident close`, which records the cause; to stop its "
                "actions, use `driftvakt halt`"
            )
        self.memory.cancelling = request
        return self._reply(request.by, "It is being cancelled.")

    @workflow.update(
        name="set_cause",
        description=f'Set its cause. {{{_YOU}, "cause": "capacity"}} Causes: {", ".join(CauseCode)}',
    )
    async def set_cause(self, request: SetCause) -> IncidentReply:
        """Set its cause."""
        await self._ready()
        request = self.context.identified(request)
        self.context.require_leader(request.by, "set the cause of")
        self.memory.cause = request.cause
        note = f": {request.note}" if request.note else ""
        self.context.log(
            EntryKind.NOTE, f"{request.by} set the cause: {request.cause.value}{note}", {"audience": "internal"}
        )
        return self._reply(request.by, f"Its cause is {request.cause.value}.")

    @workflow.update(
        name="add_note",
        description=f'Add a note; with "audience": "customer" the next update has it. {{"text": "They see it too", {_YOU}}}',
    )
    async def add_note(self, note: Note) -> IncidentReply:
        """Add a note to the timeline."""
        await self._ready()
        note = self.context.identified(note)
        data = {"audience": note.audience.value, "text": note.text, "by": note.by}
        self.context.log(EntryKind.NOTE, f"{note.by}: {note.text}", data)
        if note.audience is NoteFor.CUSTOMER:
            self.coordination.customer.note(note.text)
        return self._reply(note.by, f"Noted at {workflow.now():%H:%M:%S} UTC.")

    def contacts(self) -> list[Person] | None:
        """Everybody in the dossier; None without a dossier."""
        return self.context.plan.contacts

    def _refuses(self, who: str, signal: str) -> bool:
        """Whether a signal is refused: its person may not lead. The watch and a major incident send it for a person."""
        try:
            self.context.require_leader(self.context.known(who), "lead")
        except ApplicationError as error:
            self.signal_refused(f"A signal was refused ({signal}): {error.message}")
            return True
        return False

    def additional_deciders(self) -> list[str]:
        """People whom the escalation policy has called: they may lead it and answer questions to operators."""
        return self.memory.lead.called

    def application(self) -> str:
        """The application of the incident."""
        return self.context.order.application

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Send a notice to the people who may decide."""
        self.coordination.escalation.notified(people)
        await self.coordination.notices.send(occasion, Audience(contacts=list(people)), text=text, **facts)

    def on_decided(self, decision: Decision, receipt: DecisionReceipt) -> None:
        """Make the person who decided the lead, if nobody leads."""
        self.coordination.escalation.note_activity(decision.by)

    def _reply(self, who: str, message: str) -> IncidentReply:
        self.coordination.escalation.note_activity(who)
        return IncidentReply(message=message)

    async def _ready(self) -> None:
        """Wait until the dossier is loaded: it says who may send what."""
        await in_turn()
        if not self.context.prepared:
            await workflow.wait_condition(lambda: self.context.prepared or self._closed)
        if self._closed:
            raise refused("it is closed; reopen it with `driftvakt incident reopen`")

    # --- queries

    @workflow.query(name="status", description="State, lead, clocks, open questions, alarms, timeline")
    def status(self) -> IncidentStatus:
        """The status of the incident."""
        return incident_status(self.context, self.open_gates, self.coordination.customer.draft)

    @workflow.query(name="clock", description="The events from which its service-level clocks are computed")
    def clock(self) -> ClockEvents:
        """The events of its clocks."""
        return ClockEvents(events=self.memory.events)

    def awaited(self) -> set[str]:
        """People who were called, until somebody acknowledges; an operator while a remedy is blocked."""
        if self.context.closed:
            return set()
        lead = self.memory.lead
        asked = {*lead.called_last, OPERATOR} if lead.called_last and not lead.acknowledged else set()
        return asked | ({OPERATOR} if self.context.blocked else set())

    def refresh_page(self) -> None:
        """Show the open questions on the page."""
        self.context.journal.refresh_page()

    def _page(self) -> str:
        draft = self.coordination.customer.draft
        return incident_page(incident_view(self.context, self.open_gates, self.gates_markdown(), draft))
