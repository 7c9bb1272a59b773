"""The workflow of a maintenance run: the calendar, approval, window and lease, and what follows a missed run."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.maintenance import load_maintenance, query_calendar
from models.base import counted
from models.dossier.agreement import Freezable
from models.dossier.instructions import Approval, OnSilence
from models.dossier.routines import Missed, at_longest
from models.gates import GateOption, Question
from models.lease import Announcement
from models.maintenance import (
    CalendarReading,
    LoadMaintenance,
    MaintenanceData,
    MaintenanceOrder,
    MaintenancePlan,
    QueryCalendar,
)
from models.operation import OperationEnd, OperationOutcome, OperationState
from models.operation_kinds import MAINTENANCE
from models.people import SCHEDULE, People
from models.plans import STALE_ASKS
from models.records import EntryKind
from models.scope import Scope
from workflows.gates.gates import approval_question
from workflows.maintenance.rolling import Rolling
from workflows.operation.base import Operation, operation
from workflows.runtime.calls import call
from workflows.runtime.markdown import plain
from workflows.runtime.outcomes import explain
from workflows.runtime.waiting import until
from workflows.steps.lease import refuse_operation
from workflows.steps.notify import delivered, notify
from workflows.steps.scope import scope_of
from workflows.steps.text import EACH_HOST, plan_text

_SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")

NEXT_WINDOW = "next-window"
SKIP = "skip"

_STALE = Approval(roles=[STALE_ASKS], within=timedelta(hours=1), not_requester=False)
"""The approval that a scheduled routine needs when it has not been proven for too long."""

_ASKS_FOR = timedelta(days=30)
"""A question about a missed run waits for this time, or until the next run."""


@operation(MAINTENANCE)
class Maintenance(Operation):
    """Carries out a maintenance routine of the dossier in its window, host by host, with a proof of health in between."""

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
        """Check whether the run is due, wait for window and lease, and maintain the hosts."""
        return await self.carried_out(lambda: self._maintain(order))

    async def _maintain(self, order: MaintenanceOrder) -> OperationOutcome:
        self._order, self._scheduled = order, _scheduled(order)
        found = await self._query_calendar()
        if not found.due and order.exact_until is not None and self._when >= order.exact_until:
            return await self.finish(
                OperationEnd.NOTHING_TO_DO,
                "Not due: its schedule starts more often than the calendar needs, see `driftvakt plan`",
            )
        plan = self._maintained = await self._load(order)
        await self.begin(
            order.model_copy(update={"dossier": plan.dossier}), f"{plan.routine.title}, maintenance", name=order.routine
        )
        self._rolling = Rolling(self, plan, self._hosts(order, plan))
        if not found.due:
            return await self._end(
                OperationEnd.MISSED,
                "Not due by the current dossier; `driftvakt plan` shows the differences. If you triggered the schedule by "
                "hand, trigger it again: a trigger in the first second of a minute counts as the schedule's own",
            )
        if not await self._approved(plan):
            return await self._end(OperationEnd.REFUSED, "Not approved; nothing was changed")
        if order.rehearse:
            await self._rolling.go(None)
            return await self._end(OperationEnd.REHEARSED, "Rehearsal, nothing was changed")
        return await self._through_windows(self._rolling)

    async def _through_windows(self, rolling: Rolling) -> OperationOutcome:
        """Maintain the hosts in the window, and continue in later windows if the routine agrees to that."""
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
            self.log(EntryKind.STATE, f"Not in this window: {why}")
            ended = await self._until_next_window(why)
            if ended is not None:
                return ended

    # --- window and lease

    async def _take_turn(self, first: bool) -> str:
        """Get the lease while the window is open. Return why that failed, or an empty text."""
        found = await self._query_calendar()
        # After a decision to continue late, only the window that is open now counts.
        why = found.late if first else found.closed
        if why:
            return why
        assert self._maintained is not None
        routine, self._closes_at = self._maintained.routine, found.open_until
        named = self._maintained.components
        more = scope_of(self.plan, [s for s in routine.steps if getattr(s, "component", None) is not None])
        held = await self.lease.hold(
            named
            if named.whole or more is None
            else Scope.of(n for n in self.plan.components if named.has(n) or more.has(n)),
            lasts=min(self._lasts(), found.open_until - workflow.now()) if found.open_until else self._lasts(),
            work=Freezable.MAINTENANCE,
            wait_until=found.open_until,
            announced=self._announcement(found),
        )
        return "" if held else f"the window closed while the routine waited for the lease: {self.lease_says}"

    def _announcement(self, found: CalendarReading) -> Announcement | None:
        """Return since when the customer knew of this run and its window; None if a person started it by hand."""
        assert self._maintained is not None
        published = self._maintained.in_force_since
        if self._scheduled is None or published is None:
            return None
        return Announcement(at=published, until=found.open_until)

    def _lasts(self) -> timedelta:
        assert self._maintained is not None
        assert self._rolling is not None
        routine = self._maintained.routine
        return (at_longest(routine.steps) + routine.healthy_for) * max(1, self._rolling.hosts)

    async def _until_next_window(self, why: str) -> OperationOutcome | None:
        """Do what the routine agrees for a missed run. Return the outcome, or None when the next window has opened."""
        assert self._maintained is not None
        assert self._order is not None
        # The rest of an open window is too short, so the search begins at its end.
        at = max(workflow.now(), self._closes_at or workflow.now())
        found, agreed = await self._query_calendar(at), self._maintained.routine.missed
        by_hand = self._scheduled is None and not self._begun_on_hosts
        if found.opens is None:
            return await self._missed_for_good(f"{why}; the next window is more than a year away")
        if by_hand and not self._order.when_open:
            return await self._end(
                OperationEnd.REFUSED, f"{_sentence(why)}; the next window opens at {found.opens_text}"
            )
        if not by_hand and (agreed is Missed.SKIP or self._overtaken(found)):
            passed = "the run is skipped, as agreed" if agreed is Missed.SKIP else "a later run replaces it"
            return await self._missed_for_good(f"{why}; {passed}")
        if not by_hand and agreed is Missed.ASK:
            if not await self._asked_about_it(why, found):
                return await self._missed_for_good(f"{why}; the run is skipped by decision")
            found = await self._query_calendar(max(workflow.now(), at))
        if found.opens is None or (not by_hand and self._overtaken(found)):
            return await self._missed_for_good(f"{why}; a later run replaces it")
        return await self._wait_for_window(found)

    def _overtaken(self, found: CalendarReading) -> bool:
        """Return whether another run of the routine comes first, or in the same window."""
        if found.overtaken or found.opens is None or found.next_due is None:
            return found.overtaken
        return self._scheduled is not None and found.next_due < found.opens.until

    async def _wait_for_window(self, found: CalendarReading) -> OperationOutcome | None:
        assert found.opens is not None
        self.enter(OperationState.WAITING, f"Waiting for the window, which opens at {found.opens_text}")
        await self.record()
        left = found.opens.since - workflow.now()
        if left > timedelta(0) and await until(
            lambda: self.aborting is not None, within=left, summary=f"Until the window opens at {found.opens_text}"
        ):
            return await self._end(OperationEnd.ABORTED, self._said(self.stops()))
        return None

    async def _asked_about_it(self, why: str, found: CalendarReading) -> bool:
        """Ask whether to repeat a missed run in the next window. If nobody answers, the run is skipped."""
        assert self._maintained is not None
        roles = self._maintained.routine.approval.roles if self._maintained.routine.approval else ["operator"]
        left = _ASKS_FOR if found.next_due is None else min(_ASKS_FOR, found.next_due - workflow.now())
        question = Question(
            text=f"{self._maintained.routine.title} was missed: {why}. Do you want to run it in the next window?",
            options=[
                GateOption(
                    name=NEXT_WINDOW,
                    means=f"The routine runs in the next window; at the moment that is {found.opens_text}.",
                ),
                GateOption(name=SKIP, means="This run is skipped; the next run follows as planned."),
            ],
            plan=plan_text(self._maintained.routine.steps, EACH_HOST),
            deciders=People.of(self.plan.holders(roles)),
            roles=roles,
            within_seconds=left.total_seconds(),
            on_silence=OnSilence.REFUSE,
        )
        return (await self.decide_on(question)).option == NEXT_WINDOW

    # --- look-ups

    async def _query_calendar(self, at: datetime | None = None) -> CalendarReading:
        assert self._order is not None
        dossier = self._maintained.dossier if self._maintained else self._order.dossier
        return await call(
            query_calendar,
            QueryCalendar(
                application=self._order.application,
                dossier=dossier,
                routine=self._order.routine,
                at=at or workflow.now(),
                scheduled=self._scheduled,
            ),
            summary="Query the calendar",
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
                f"{order.routine} does not run on {unknown[0]!r}; its hosts are {', '.join(plan.hosts) or 'none'}"
            )
        return order.hosts or plan.hosts

    async def _approved(self, plan: MaintenancePlan) -> bool:
        assert self.order is not None
        stale = self.plan.stale.get(self.proves, "") if self.order.unattended else ""
        approval = plan.routine.approval or (_STALE if stale else None)
        if approval is None:
            return True
        deciders = self.plan.holders(approval.roles)
        text = f"Do you approve {plan.routine.title} on {', '.join(plan.hosts)}?"
        text += f" Approval is needed: {stale}." if stale else ""
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
        return await self._end(end, self._said("" if changed else "there was nothing to do"))

    async def _missed_for_good(self, why: str) -> OperationOutcome:
        end = OperationEnd.FAILED if self._begun_on_hosts else OperationEnd.MISSED
        return await self._end(end, self._said(why))

    def _said(self, why: str) -> str:
        """Return one or two sentences: the hosts that are done, and why the others are not."""
        rolling = self._rolling
        if rolling is None or not rolling.begun:
            return _sentence(why)
        failed = f"; failed on {', '.join(rolling.failed)}" if rolling.failed else ""
        left = f"; {', '.join(rolling.left)} not started" if rolling.left else ""
        return f"Done on {len(rolling.done)} of {counted(rolling.hosts, 'host')}{failed}{left}" + (
            f". {_sentence(why)}" if why else ""
        )

    async def _end(self, end: OperationEnd, summary: str) -> OperationOutcome:
        """Finish, and notify the operators when a scheduled run was missed, failed or was refused."""
        assert self._order is not None
        if self._order.unattended and end in {OperationEnd.MISSED, OperationEnd.FAILED, OperationEnd.REFUSED}:
            await self._notify(f"{self.title} of {self._order.application}: {end.value}. {summary}")
        return await self.finish(end, summary, self._data().model_dump(mode="json"))

    async def _notify(self, text: str) -> None:
        people = self.plan.people.get("operator", [])
        if not people:
            return
        try:
            receipt = await notify(self.plan, people, text[:2000], summary="Notify the operators of the result")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.log(EntryKind.NOTICE, f"The operators could not be notified: {explain(error)}")
        else:
            self.log(EntryKind.NOTICE, f"Notified the operators: {delivered(receipt)}")

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
        """Return the progress and the end of the window as Markdown; empty before the hosts are known."""
        rolling = self._rolling
        if rolling is None:
            return ""
        until = f" · window until {self._closes_at:%Y-%m-%d %H:%M} UTC" if self._closes_at else ""
        failed = "".join(f"\n- {plain(host)} failed: {plain(why)}" for host, why in rolling.failed.items())
        return (
            f"{len(rolling.done)} of {counted(rolling.hosts, 'host')} done, {len(rolling.left)} to come{until}{failed}"
        )


def _scheduled(order: MaintenanceOrder) -> datetime | None:
    """Return the scheduled time of this run; None for a run that somebody triggered by hand.

    The server does not distinguish the two, so a trigger by hand in the first second of a minute counts as scheduled.
    """
    if order.scheduled is not None or order.by != SCHEDULE:
        return order.scheduled
    at = workflow.info().typed_search_attributes.get(_SCHEDULED)
    return at if at is not None and at.second == 0 else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
