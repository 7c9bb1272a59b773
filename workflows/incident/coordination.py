"""Leading an incident: keeps its promises while the remedies work, by whatever is due next."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

from models.beginning import IncidentBegun
from models.clock import ClockEventKind, ClockMoment, Promise
from models.dossier.agreement import Priority
from models.incident import Reclassify
from models.notices import Audience, Occasion
from models.people import same
from models.records import EntryKind
from workflows.incident.clocks import Clocks
from workflows.incident.communication import Customer
from workflows.incident.context import Case, refused
from workflows.incident.escalation import Ladder
from workflows.incident.notices import Notices
from workflows.runtime.waiting import until

_WORDS = {
    Promise.RESPOND: "taking it up",
    Promise.RESTORE: "restoring the service",
    Promise.UPDATE: "the next word to the customer",
}
_BY_NOTICE = 75
"""From so many percent on, whoever leads is written to; below, the timeline says it."""


class Leading:
    """Clock, ladder and customer of one incident, and the loop that does what is due."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.notices = Notices(case)
        self.clocks = Clocks(case)
        self.ladder = Ladder(case, self.clocks, self.notices)
        self.customer = Customer(case, self.clocks, self.ladder, self.notices)
        self._began = False
        self._cancellations: list[str] = []
        """Reasons of cancellations that were refused, of which nobody was told yet."""

    def begin(self) -> None:
        """The fault is real, or nobody can tell: from now on people are looked for and promises are watched."""
        self._began = True
        self.ladder.confirmed()

    def need_people(self, why: str) -> None:
        """Something waits for people."""
        self._began = True
        self.ladder.need_people(why)

    def cancellation_refused(self, reason: str) -> None:
        """Somebody unknown has tried to cancel it: whoever leads is told."""
        self._cancellations.append(reason)

    async def tell_that_it_is_over(self) -> None:
        """Whoever was asked to take it up, or to decide something, hears that it is over; but for whoever has ended it."""
        memory = self._case.memory
        ended_by = [order.by for order in (memory.closing, memory.cancelling) if order is not None]
        people = [who for who in memory.lead.told if not any(same(who, by) for by in ended_by)]
        if people:
            await self.notices.send(Occasion.OVER, Audience(contacts=people), text=self._case.summary())

    async def run(self) -> None:
        """Do what is due, for as long as the incident lasts."""
        await workflow.wait_condition(lambda: self._began or bool(self._cancellations and self._case.prepared))
        while not self._case.stopping:
            await self.clocks.read()
            await self._act()
            await self._rest()

    def _next(self) -> datetime | None:
        dues = [self.clocks.next_moment, self.ladder.next_due, self.customer.answer_due]
        return min((due for due in dues if due is not None), default=None)

    async def _rest(self) -> None:
        due = self._next()
        if self.clocks.stale or self._cancellations or (due is not None and due <= workflow.now()):
            return
        await until(
            lambda: self._case.stopping or self.clocks.stale or bool(self._cancellations) or self._sooner_than(due),
            within=None if due is None else due - workflow.now(),
            summary="Until the next warning, reminder or rung of the ladder",
        )

    def _sooner_than(self, due: datetime | None) -> bool:
        """What is due later is seen when the time that was waited for has come: no timer is set anew for every word."""
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
        if self.ladder.next_due is not None and self.ladder.next_due <= now:
            await self.ladder.climb()
        await self.customer.opened()

    async def _warn(self, moment: ClockMoment) -> None:
        promise = self.clocks.promise(moment.promise)
        if promise is None:
            return
        what, over = _WORDS[moment.promise], moment.percent >= 100
        text = f"The time for {what} is over" if over else f"{moment.percent} % of the time for {what} is used up"
        until = f" ({promise.deadline:%Y-%m-%d %H:%M} UTC)" if promise.deadline else ""
        self._case.tell(EntryKind.CLOCK, f"{text}{until}", {"promise": moment.promise.value, "percent": moment.percent})
        if moment.promise is Promise.UPDATE:
            await self.customer.update_is_due(moment.percent)
            if self.clocks.stale:  # it went out by itself
                return
        if moment.percent >= _BY_NOTICE:
            draft = f"\n\n{self.customer.draft}" if moment.promise is Promise.UPDATE else ""
            await self.notices.to_lead(
                Occasion.BREACH if over else Occasion.WARNING,
                text=f"{text}.{draft}",
                percent=moment.percent,
                promise=moment.promise.value,
                deadline=promise.deadline,
            )

    # --- priority

    def began(self, begun: IncidentBegun) -> None:
        """It is known what the dossier says: the priority that it begins with, and its clocks."""
        memory = self._case.memory
        memory.events = begun.events
        shown = self.clocks.began(begun.reading)
        priority = next((e.priority for e in reversed(begun.events) if e.priority is not None), None)
        if priority is not None:
            self._case.set_priority(priority, *shown)

    def change_priority(self, priority: Priority, by: str, reason: str) -> None:
        """Another priority holds: what is not done yet is judged under it from now on."""
        before = self._case.memory.priority
        if before == priority.value:
            return
        self._case.set_priority(priority)
        self.clocks.happened(ClockEventKind.PRIORITY, priority=priority, by=by, note=reason[:2000])
        self._case.tell(EntryKind.STATE, f"Priority {before or '-'} becomes {priority.value}, by {by}: {reason}")
        if before is None or priority.value < before:
            self.ladder.raised()

    async def reclassify(self, told: Reclassify) -> str:
        """Somebody sees its impact or urgency otherwise."""
        self._case.require_leader(told.by, "reclassify")
        priority = told.priority
        if priority is None:
            if told.impact is None or told.urgency is None:
                raise refused("give either a priority, or impact and urgency together")
            priority = self._case.plan.matrix.priority(told.impact, told.urgency)
        if self._case.memory.priority == priority.value:
            return f"It is {priority.value} already."
        self.change_priority(priority, told.by, told.reason)
        await self.clocks.read()
        restore = self.clocks.promise(Promise.RESTORE)
        until = f"; to be restored until {restore.deadline:%Y-%m-%d %H:%M} UTC" if restore and restore.deadline else ""
        return f"It is {priority.value} now{until}."
