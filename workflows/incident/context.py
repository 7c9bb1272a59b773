"""The context of one incident: the state, memory and journal that its parts share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError

from activities.stubs.incidents import end_incident
from models.alarms import Subject, subject_of
from models.base import Model
from models.beginning import EndIncident
from models.clock import ClockEventKind
from models.dossier.agreement import IncidentTerms, Priority
from models.dossier.instructions import Approval
from models.errors import NOT_POSSIBLE
from models.incident import IncidentEnd, IncidentMemory, IncidentOrder, IncidentState
from models.names import PRIORITY
from models.people import DRIFTVAKT, People, named_once, same, stranger, who_is
from models.plans import IncidentPlan
from models.proof import ProofRecord, Use
from models.records import IncidentRecord, TimelineEntry, WriteRecords
from workflows.incident.active_alarms import Firing
from workflows.journal.journal import Journal
from workflows.runtime.calls import call
from workflows.runtime.markdown import span
from workflows.runtime.policies import WRITE
from workflows.runtime.refusals import refusal
from workflows.steps.proof import proof_by_this_run

_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)

M = TypeVar("M", bound=Model)


class IncidentContext:
    """State, memory and journal of one incident.

    `page` renders its page, `changed` is called before each rendering, and `called` when the escalation policy has called
    people.
    """

    def __init__(
        self,
        order: IncidentOrder,
        page: Callable[[], str],
        changed: Callable[[], None] = lambda: None,
        called: Callable[[], None] = lambda: None,
    ) -> None:
        self.order = order
        self.journal = Journal(
            IncidentState.CONFIRMING, page, what="incident", records=self._records, on_change=changed
        )
        self.log, self.now = self.journal.log, self.journal.now
        self.memory = IncidentMemory()
        self.firing = Firing(self.memory, order.alarms)
        self.plan = IncidentPlan(plan=None, handover=Approval(roles=["operator"]))
        self.end: IncidentEnd | None = None
        self.helped: str | None = None
        """The remedy after which health was proven."""
        self.restored_at: datetime | None = None
        self.blocked = ""
        """Why a remedy waits, as for a halt or another operation; empty when none waits."""
        self.roots: list[str] = []
        """Root components by the latest check: they fail although no component that they need fails."""
        self.prepared = False
        """Whether the plan of the dossier is loaded: who may decide, and the service levels."""
        self.cleared = 0
        """How many alarms have cleared, or moved to another incident, so far."""
        self.stopping = False
        """Whether remediation and coordination must stop."""
        self._called = called
        self._proofs: list[ProofRecord] = []

    @property
    def id(self) -> str:
        """Workflow id."""
        return workflow.info().workflow_id

    @property
    def opened_at(self) -> datetime:
        """The time at which it was opened first."""
        again = self.order.reopening
        return again.opened_at if again else workflow.info().workflow_start_time

    @property
    def subject(self) -> Subject | None:
        """Its subject if it is not about the health of the application; None once an alarm of the application has joined."""
        return subject_of([*self.order.alarms, *self.memory.alarms.values()])

    @property
    def leaders(self) -> People:
        """Who may lead it: the people in the dossier, and all whom the escalation policy has called."""
        return self.plan.leaders.joined_by(self.memory.lead.called)

    def call(self, people: Sequence[str]) -> None:
        """Note that the escalation policy calls these people: from now on they may lead it, and answer questions to operators."""
        lead = self.memory.lead
        new = [who for who in people if not any(same(who, one) for one in lead.called)]
        if new:
            lead.called = [*lead.called, *new]
            self._called()

    @property
    def terms(self) -> IncidentTerms:
        """How incidents are handled, as agreed."""
        return self.plan.plan.terms if self.plan.plan else IncidentTerms()

    @property
    def over(self) -> bool:
        """Whether a person has closed it, or it was merged into another incident."""
        return self.memory.closing is not None or self.memory.merged is not None

    @property
    def reclassified(self) -> bool:
        """Whether a person has set the priority, which then stays."""
        return any(e.kind is ClockEventKind.PRIORITY and e.by not in {"", DRIFTVAKT} for e in self.memory.events)

    def title_of(self, component: str) -> str:
        """The title of a component; its name if it has none."""
        part = self.plan.plan.components.get(component) if self.plan.plan else None
        return part.title if part else component

    def identified(self, request: M) -> M:
        """A request with the dossier's spelling of every person in it; refuses people whom the dossier does not know."""
        return named_once(request, self.known)

    def known(self, who: str) -> str:
        """The dossier's spelling of a person; refuses people whom the dossier does not know."""
        found = who_is(who, self.plan.contacts)
        if found is None:
            raise refused(stranger(who, self.order.application, self.plan.contacts))
        return found

    def require_leader(self, who: str, to_do: str) -> None:
        """Refuse a request of a person who may not lead; `to_do` is the verb of the request, as in `close`."""
        may = self.leaders
        if not may.has(who):
            raise refused(f"{who} may not {to_do} {self.order.application}'s incidents; {may} may")

    def set_priority(self, priority: Priority, *shown: SearchAttributeUpdate[Any]) -> None:
        """Set the priority and its search attribute, together with the changes `shown` of other search attributes."""
        self.memory.priority = priority.value
        workflow.upsert_search_attributes([_PRIORITY.value_set(priority.value), *shown])

    def raise_if_stopping(self) -> None:
        """Raise `CancelledError` while stopping: a cancelled activity may still have returned a result."""
        if self.stopping:
            raise asyncio.CancelledError

    def enter(self, state: IncidentState, doing: str) -> None:
        """Enter a state and note the current step; while stopping, only the state CLOSED."""
        if state is not IncidentState.CLOSED:
            self.raise_if_stopping()
        self.journal.enter(state, doing)

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self.journal.state is IncidentState.CLOSED

    async def conclude(self, closed_at: datetime) -> str:
        """Write how it ended to the records, and then its post-incident report; returns the digest of that."""
        last = self.draft(await self.journal.last_part(), closed_at)
        ended = await call(
            end_incident,
            EndIncident(
                records=WriteRecords(incidents=[last], proofs=self._take_proofs()),
                incident=self.id,
                run=last.run,
                now=workflow.now(),
            ),
            retry=WRITE,
            summary="Write how the incident ended, and its post-incident report",
        )
        if ended.reading is not None:
            self.memory.reading = ended.reading
            self.journal.changed()
        return ended.report

    def _records(self, timeline: list[TimelineEntry]) -> WriteRecords:
        return WriteRecords(incidents=[self.draft(timeline)], proofs=self._take_proofs())

    def draft(self, timeline: list[TimelineEntry], closed_at: datetime | None = None) -> IncidentRecord:
        """The record of the incident, with these new lines of its timeline."""
        memory, order = self.memory, self.order
        return IncidentRecord(
            id=self.id,
            application=order.application,
            number=order.number,
            title=order.title,
            state=self.journal.state.value,
            priority=memory.priority,
            components=self.plan.affected,
            dossier=self.plan.plan.dossier if self.plan.plan else order.dossier,
            opened_at=self.opened_at,
            opened_by=order.opened_by,
            closed_at=closed_at,
            outcome=self.end.value if self.end else None,
            summary=self.summary() if self.end else "",
            clock=memory.events,
            cause=memory.cause.value if memory.cause else None,
            remedy=self.helped,
            lead=memory.lead.who,
            reopened=order.reopening.times if order.reopening else 0,
            subject=self.subject.value if self.subject else None,
            run=workflow.info().run_id,
            timeline=timeline,
        )

    def prove(self, instruction: str, use: Use) -> None:
        """Keep the result of an instruction as proof; the next record has it."""
        if self.plan.plan is not None:
            dossier = self.plan.plan.dossier
            self._proofs.append(proof_by_this_run(self.order.application, instruction, use, dossier))

    def _take_proofs(self) -> list[ProofRecord]:
        taken, self._proofs = self._proofs, []
        return taken

    def summary(self) -> str:
        """How it ended, as one sentence."""
        end = self.end.value.replace("-", " ") if self.end else "open"
        helped = f" after {self.helped}" if self.helped else ""
        return f"{self.order.title}: {end}{helped}, {span(workflow.now() - self.opened_at)} after it was opened."


def refused(message: str) -> ApplicationError:
    """The error for a request that is not possible; the incident goes on."""
    return refusal(message, NOT_POSSIBLE)
