"""Coordination: service levels, escalation and customer updates of an incident, while remediation runs beside it."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

from models.beginning import IncidentBegun
from models.clock import ClockEventKind, ClockMoment, TargetKind
from models.dossier.agreement import Priority
from models.incident import Reclassify
from models.notices import Audience, Occasion
from models.people import same
from models.records import EntryKind
from workflows.incident.clocks import Clocks
from workflows.incident.communication import Customer
from workflows.incident.context import IncidentContext, refused
from workflows.incident.escalation import Escalation
from workflows.incident.notices import Notices
from workflows.runtime.waiting import until

_WORDS = {
    TargetKind.RESPOND: "the response",
    TargetKind.RESTORE: "restoring the service",
    TargetKind.UPDATE: "the next customer update",
}
_BY_NOTICE = 75
"""From this percentage on, the lead gets a notice; below it, only the timeline has a line."""


class Coordination:
    """Clocks, escalation policy and customer of one incident, and the loop that does the next thing due."""

    def __init__(self, context: IncidentContext) -> None:
        self._context = context
        self.notices = Notices(context)
        self.clocks = Clocks(context)
        self.escalation = Escalation(context, self.clocks, self.notices)
        self.customer = Customer(context, self.clocks, self.escalation, self.notices)
        self._began = False
        self._cancellations: list[str] = []
        """Reasons of refused cancellations, of which the lead has no notice yet."""

    def begin(self) -> None:
        """Begin: the fault is confirmed or could not be refuted, so people are called and service levels are supervised."""
        self._began = True
        self.escalation.confirmed()

    def need_people(self, why: str) -> None:
        """Call people, for the reason `why`."""
        self._began = True
        self.escalation.need_people(why)

    def cancellation_refused(self, reason: str) -> None:
        """An unknown person has tried to cancel it: send the lead a notice."""
        self._cancellations.append(reason)

    async def notify_end(self) -> None:
        """Notify everybody who was called or asked that it is over, except the person who ended it."""
        memory = self._context.memory
        ended_by = [order.by for order in (memory.closing, memory.cancelling) if order is not None]
        people = [who for who in memory.lead.notified if not any(same(who, by) for by in ended_by)]
        if people:
            await self.notices.send(Occasion.OVER, Audience(contacts=people), text=self._context.summary())

    async def run(self) -> None:
        """Do the next thing due, until the incident is over."""
        await workflow.wait_condition(lambda: self._began or bool(self._cancellations and self._context.prepared))
        while not self._context.stopping:
            await self.clocks.read()
            await self._act()
            await self._rest()

    def _next(self) -> datetime | None:
        dues = [self.clocks.next_moment, self.escalation.next_due, self.customer.answer_due]
        return min((due for due in dues if due is not None), default=None)

    async def _rest(self) -> None:
        due = self._next()
        if self.clocks.stale or self._cancellations or (due is not None and due <= workflow.now()):
            return
        await until(
            lambda: self._context.stopping or self.clocks.stale or bool(self._cancellations) or self._sooner_than(due),
            within=None if due is None else due - workflow.now(),
            summary="Until the next warning, reminder or level of the escalation policy",
        )

    def _sooner_than(self, due: datetime | None) -> bool:
        """Whether something is due before `due`. A later time needs no new timer: it is read when this one has fired."""
        first = self._next()
        return first is not None and (due is None or first < due)

    async def _act(self) -> None:
        while (moment := self.clocks.take_passed()) is not None:
            await self._warn(moment)
        while self._cancellations:
            await self.notices.to_lead(Occasion.CANCELLATION, text=self._cancellations.pop(0))
        now = workflow.now()
        if self.customer.answer_due is not None and self.customer.answer_due <= now:
            await self.customer.no_answer()
        if self.escalation.next_due is not None and self.escalation.next_due <= now:
            await self.escalation.run_due()
        await self.customer.opened()

    async def _warn(self, moment: ClockMoment) -> None:
        target = self.clocks.target(moment.target)
        if target is None:
            return
        what, over = _WORDS[moment.target], moment.percent >= 100
        text = f"The deadline for {what} has passed" if over else f"{moment.percent} % of the time for {what} is used"
        until = f" ({target.deadline:%Y-%m-%d %H:%M} UTC)" if target.deadline else ""
        self._context.log(EntryKind.CLOCK, f"{text}{until}", {"target": moment.target.value, "percent": moment.percent})
        if moment.target is TargetKind.UPDATE:
            await self.customer.update_is_due(moment.percent)
            if self.clocks.stale:  # the update was sent automatically
                return
        if moment.percent >= _BY_NOTICE:
            draft = f"\n\n{self.customer.draft}" if moment.target is TargetKind.UPDATE else ""
            await self.notices.to_lead(
                Occasion.BREACH if over else Occasion.WARNING,
                text=f"{text}.{draft}",
                percent=moment.percent,
                target=moment.target.value,
                deadline=target.deadline,
            )

    # --- priority

    def began(self, begun: IncidentBegun) -> None:
        """Take over the first priority and the clocks, which the dossier gives."""
        memory = self._context.memory
        memory.events = begun.events
        shown = self.clocks.began(begun.reading)
        priority = next((e.priority for e in reversed(begun.events) if e.priority is not None), None)
        if priority is not None:
            self._context.set_priority(priority, *shown)

    def change_priority(self, priority: Priority, by: str, reason: str) -> None:
        """Change the priority: service levels that are not done yet are judged under the new one."""
        before = self._context.memory.priority
        if before == priority.value:
            return
        self._context.set_priority(priority)
        self.clocks.happened(ClockEventKind.PRIORITY, priority=priority, by=by, note=reason[:2000])
        self._context.log(EntryKind.STATE, f"Priority {before or '-'} changed to {priority.value} by {by}: {reason}")
        if before is None or priority.value < before:
            self.escalation.raised()

    async def reclassify(self, request: Reclassify) -> str:
        """Change the priority at a person's request; return the new priority and deadline."""
        self._context.require_leader(request.by, "reclassify")
        priority = request.priority
        if priority is None:
            if request.impact is None or request.urgency is None:
                raise refused("give either a priority, or impact and urgency together")
            priority = self._context.plan.matrix.priority(request.impact, request.urgency)
        if self._context.memory.priority == priority.value:
            return f"It is {priority.value} already."
        self.change_priority(priority, request.by, request.reason)
        await self.clocks.read()
        restore = self.clocks.target(TargetKind.RESTORE)
        due = f"; restoration is due by {restore.deadline:%Y-%m-%d %H:%M} UTC" if restore and restore.deadline else ""
        return f"It is {priority.value} now{due}."
