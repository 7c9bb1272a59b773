"""Maintenance: an agreed routine carried out in its window, one host first, then in batches, each proven before the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.maintenance import load_maintenance, look_at_calendar
from models.dossier.agreement import Freezable
from models.dossier.instructions import Approval, OnSilence
from models.dossier.routines import Missed, at_longest
from models.gates import GateOption, Question
from models.maintenance import (
    CalendarLook,
    LoadMaintenance,
    LookAtCalendar,
    MaintenanceData,
    MaintenanceOrder,
    MaintenancePlan,
)
from models.operation import OperationEnd, OperationKind, OperationOutcome, OperationState
from models.people import SCHEDULE
from models.records import EntryKind
from models.slices import STALE_ASKS
from workflows.gates.gates import approval_question
from workflows.maintenance.rolling import Rolling
from workflows.operation.base import Operation, operation
from workflows.runtime.calls import call
from workflows.runtime.markdown import plain
from workflows.runtime.outcomes import explain
from workflows.runtime.waiting import until
from workflows.steps.lease import refuse_operation
from workflows.steps.notify import delivered, tell
from workflows.steps.scope import scope_of
from workflows.steps.text import EACH_HOST, plan_text

_SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")

NEXT_WINDOW = "next-window"
SKIP = "skip"

_STALE = Approval(roles=[STALE_ASKS], within=timedelta(hours=1), not_requester=False)
"""Who is asked before a routine that is not proven is carried out while nobody is there."""

_ASKS_FOR = timedelta(days=30)
"""So long a question about a missed run waits, or until the next run."""


@operation(OperationKind.MAINTENANCE)
class Maintenance(Operation):
    """Carry out a maintenance routine of the dossier: in its window, host by host, proven healthy in between."""

    kind = OperationKind.MAINTENANCE
    yields = True

    def __init__(self) -> None:
        super().__init__()
        self._order: MaintenanceOrder | None = None
        self._maintained: MaintenancePlan | None = None
        self._rolling: Rolling | None = None
        self._scheduled: datetime | None = None
        self._closes_at: datetime | None = None
        self._missed = ""

    @workflow.run
    async def run(self, order: MaintenanceOrder) -> OperationOutcome:
        """Find out whether it is due, wait for its turn, and roll over the hosts."""
        return await self.carried_out(lambda: self._maintain(order))

    async def _maintain(self, order: MaintenanceOrder) -> OperationOutcome:
        self._order, self._scheduled = order, _scheduled(order)
        found = await self._look()
        if not found.due and order.exact_until is not None and self._when >= order.exact_until:
            return await self.finish(
                OperationEnd.NOTHING_TO_DO, "Not due: its schedule wakes up more often, see `driftvakt plan`"
            )
        plan = self._maintained = await self._load(order)
        await self.begin(
            order.model_copy(update={"dossier": plan.dossier}), f"{plan.routine.title}, maintenance", name=order.routine
        )
        self._rolling = Rolling(self, plan, self._hosts(order, plan))
        if not found.due:
            return await self._end(
                OperationEnd.MISSED,
                "Not due by the dossier that holds now; `driftvakt plan` shows what has changed. If you triggered the "
                "schedule by hand, do so again: in the first second of a minute that counts as its own time",
            )
        if not await self._approved(plan):
            return await self._end(OperationEnd.REFUSED, "Not approved; nothing was done")
        if order.rehearse:
            await self._rolling.go(None)
            return await self._end(OperationEnd.REHEARSED, "Rehearsal, nothing was changed")
        return await self._through_windows(self._rolling)

    async def _through_windows(self, rolling: Rolling) -> OperationOutcome:
        """Carry it out in its window; in a later one, too, where that is agreed for what was missed."""
        first = True
        while True:
            why = await self._take_turn(first)
            if not why:
                self.enter(OperationState.ACTING, "The window is open")
                why = await rolling.go(self._closes_at)
                if not why:
                    return await self._ended(rolling)
                await self.give_lease_back()
            first, self._missed = False, why
            self.tell(EntryKind.STATE, f"Not in this window: {why}")
            ended = await self._until_next_window(why)
            if ended is not None:
                return ended

    # --- its turn

    async def _take_turn(self, first: bool) -> str:
        """Get the right to act while the window is open; returns why it was not to be had."""
        found = await self._look()
        # Once people or the dossier have let it go on late, only the window that is open now counts.
        why = found.late if first else found.closed
        if why:
            return why
        assert self._maintained is not None
        routine, self._closes_at = self._maintained.routine, found.open_until
        named = self._maintained.components
        more = scope_of(self.plan, [s for s in routine.steps if getattr(s, "component", None) is not None])
        held = await self.hold(
            [name for name in self.plan.components if name in {*named, *(more or [])}] if named else [],
            lasts=min(self._lasts(), found.open_until - workflow.now()) if found.open_until else self._lasts(),
            work=Freezable.MAINTENANCE,
            wait_until=found.open_until,
        )
        return "" if held else f"the lease was not to be had before the window closed: {self.lease_says}"

    def _lasts(self) -> timedelta:
        assert self._maintained is not None
        assert self._rolling is not None
        routine = self._maintained.routine
        return (at_longest(routine.steps) + routine.healthy_for) * max(1, self._rolling.hosts)

    async def _until_next_window(self, why: str) -> OperationOutcome | None:
        """Do what is agreed for a missed run; returns how it ended, or nothing once its next window has opened."""
        assert self._maintained is not None
        assert self._order is not None
        # What is left of the window that is open would not do.
        at = max(workflow.now(), self._closes_at or workflow.now())
        found, agreed = await self._look(at), self._maintained.routine.missed
        by_hand = self._scheduled is None and not self._begun_on_hosts
        if found.opens is None:
            return await self._missed_for_good(f"{why}; its window does not open within a year")
        if by_hand and not self._order.when_open:
            return await self._end(OperationEnd.REFUSED, f"{_sentence(why)}; its window opens at {found.opens_text}")
        if not by_hand and (agreed is Missed.SKIP or self._overtaken(found)):
            passed = "it is skipped, as agreed" if agreed is Missed.SKIP else "a later run takes its place"
            return await self._missed_for_good(f"{why}; {passed}")
        if not by_hand and agreed is Missed.ASK:
            if not await self._asked_about_it(why, found):
                return await self._missed_for_good(f"{why}; it was decided to leave it out")
            found = await self._look(max(workflow.now(), at))
        if found.opens is None or (not by_hand and self._overtaken(found)):
            return await self._missed_for_good(f"{why}; a later run takes its place")
        return await self._wait_for_window(found)

    def _overtaken(self, found: CalendarLook) -> bool:
        """Whether another run of the routine takes place first, or in the window in which this one would."""
        if found.overtaken or found.opens is None or found.next_due is None:
            return found.overtaken
        return self._scheduled is not None and found.next_due < found.opens.until

    async def _wait_for_window(self, found: CalendarLook) -> OperationOutcome | None:
        assert found.opens is not None
        self.enter(OperationState.WAITING, f"Waits for its window, which opens at {found.opens_text}")
        await self.record()
        left = found.opens.since - workflow.now()
        if left > timedelta(0) and await until(
            lambda: self.aborting is not None, within=left, summary=f"Until the window opens at {found.opens_text}"
        ):
            return await self._end(OperationEnd.ABORTED, self._said(self.stops()))
        return None

    async def _asked_about_it(self, why: str, found: CalendarLook) -> bool:
        """Ask whether a missed run is made up for; silence leaves it out."""
        assert self._maintained is not None
        roles = self._maintained.routine.approval.roles if self._maintained.routine.approval else ["operator"]
        left = _ASKS_FOR if found.next_due is None else min(_ASKS_FOR, found.next_due - workflow.now())
        question = Question(
            text=f"{self._maintained.routine.title} was missed: {why}. Shall it be made up for?",
            options=[
                GateOption(
                    name=NEXT_WINDOW,
                    means=f"It is carried out in its next window; from now that is {found.opens_text}.",
                ),
                GateOption(name=SKIP, means="It is left out; the next run comes as agreed."),
            ],
            plan=plan_text(self._maintained.routine.steps, EACH_HOST),
            deciders=sorted({person for role in roles for person in self.plan.people.get(role, [])}),
            roles=roles,
            within_seconds=left.total_seconds(),
            on_silence=OnSilence.REFUSE,
        )
        return (await self.decide_on(question)).option == NEXT_WINDOW

    # --- looking up

    async def _look(self, at: datetime | None = None) -> CalendarLook:
        assert self._order is not None
        dossier = self._maintained.dossier if self._maintained else self._order.dossier
        return await call(
            look_at_calendar,
            LookAtCalendar(
                application=self._order.application,
                dossier=dossier,
                routine=self._order.routine,
                at=at or workflow.now(),
                scheduled=self._scheduled,
            ),
            summary="Look at the calendar",
        )

    async def _load(self, order: MaintenanceOrder) -> MaintenancePlan:
        return await call(
            load_maintenance,
            LoadMaintenance(application=order.application, dossier=order.dossier, routine=order.routine),
            summary="Look up the routine",
        )

    @property
    def _when(self) -> datetime:
        return self._scheduled or workflow.now()

    @property
    def _begun_on_hosts(self) -> bool:
        return self._rolling is not None and self._rolling.begun

    def _hosts(self, order: MaintenanceOrder, plan: MaintenancePlan) -> list[str]:
        if unknown := [host for host in order.hosts if host not in plan.hosts]:
            raise refuse_operation(
                f"{order.routine} is not carried out on {unknown[0]!r}; it is on {', '.join(plan.hosts) or 'no host'}"
            )
        return order.hosts or plan.hosts

    async def _approved(self, plan: MaintenancePlan) -> bool:
        assert self.order is not None
        stale = self.plan.stale.get(self.proves, "") if self.order.unattended else ""
        approval = plan.routine.approval or (_STALE if stale else None)
        if approval is None:
            return True
        deciders = sorted({person for role in approval.roles for person in self.plan.people.get(role, [])})
        text = f"May {plan.routine.title} be carried out on {', '.join(plan.hosts)}?"
        text += f" It is asked because {stale}." if stale else ""
        return await self.approve(
            approval_question(text, plan_text(plan.routine.steps, EACH_HOST), approval, deciders, self.order.by)
        )

    # --- ending

    async def _ended(self, rolling: Rolling) -> OperationOutcome:
        if self.aborting is not None:
            return await self._end(OperationEnd.ABORTED, self._said(rolling.stopped))
        if rolling.failed or rolling.left or rolling.stopped:
            return await self._end(OperationEnd.FAILED, self._said(rolling.stopped))
        changed = any(report.changed for report in self.reports)
        end = OperationEnd.DONE if changed else OperationEnd.NOTHING_TO_DO
        return await self._end(end, self._said("" if changed else "nothing was to be done"))

    async def _missed_for_good(self, why: str) -> OperationOutcome:
        end = OperationEnd.FAILED if self._begun_on_hosts else OperationEnd.MISSED
        return await self._end(end, self._said(why))

    def _said(self, why: str) -> str:
        """What was done, and why no more, in a sentence or two."""
        rolling = self._rolling
        if rolling is None or not rolling.begun:
            return _sentence(why)
        failed = f"; failed on {', '.join(rolling.failed)}" if rolling.failed else ""
        left = f"; {', '.join(rolling.left)} had no turn" if rolling.left else ""
        return f"Done on {len(rolling.done)} of {rolling.hosts} hosts{failed}{left}" + (
            f". {_sentence(why)}" if why else ""
        )

    async def _end(self, end: OperationEnd, summary: str) -> OperationOutcome:
        """Finish, and tell the operators of what did not go as agreed while nobody was there."""
        assert self._order is not None
        if self._order.unattended and end in {OperationEnd.MISSED, OperationEnd.FAILED, OperationEnd.REFUSED}:
            await self._notify(f"{self.title} of {self._order.application}: {end.value}. {summary}")
        return await self.finish(end, summary, self._data().model_dump(mode="json"))

    async def _notify(self, text: str) -> None:
        people = self.plan.people.get("operator", [])
        if not people:
            return
        try:
            receipt = await tell(self.plan, people, text[:2000], summary="Tell the operators how it ended")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.tell(EntryKind.NOTICE, f"The operators could not be told: {explain(error)}")
        else:
            self.tell(EntryKind.NOTICE, f"Told the operators: {delivered(receipt)}")

    def _data(self) -> MaintenanceData:
        rolling = self._rolling
        return MaintenanceData(
            routine=self.name,
            done=list(rolling.done) if rolling else [],
            failed=dict(rolling.failed) if rolling else {},
            left=list(rolling.left) if rolling else [],
            scheduled=self._scheduled,
            missed=self._missed,
        )

    def more_on_page(self) -> str:
        """How far it is, and until when it may go on."""
        rolling = self._rolling
        if rolling is None:
            return ""
        until = f" · window until {self._closes_at:%Y-%m-%d %H:%M} UTC" if self._closes_at else ""
        failed = "".join(f"\n- {plain(host)} failed: {plain(why)}" for host, why in rolling.failed.items())
        return f"{len(rolling.done)} of {rolling.hosts} hosts done, {len(rolling.left)} to come{until}{failed}"


def _scheduled(order: MaintenanceOrder) -> datetime | None:
    """The time of the schedule that it stands for; a schedule that somebody triggered by hand does so at any second.

    The server does not say which of the two it was: in the first second of a minute, a trigger by hand counts as a time.
    """
    if order.scheduled is not None or order.by != SCHEDULE:
        return order.scheduled
    at = workflow.info().typed_search_attributes.get(_SCHEDULED)
    return at if at is not None and at.second == 0 else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
