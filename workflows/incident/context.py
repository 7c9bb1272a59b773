"""The case: what the parts of an incident share, tell and keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError

from activities.stubs.incidents import end_incident
from activities.stubs.records import write_records
from models.alarms import Subject, subject_of
from models.base import Model
from models.beginning import EndIncident
from models.clock import ClockEventKind
from models.dossier.agreement import IncidentTerms, Priority
from models.dossier.instructions import Approval
from models.incident import IncidentEnd, IncidentMemory, IncidentOrder, IncidentState
from models.names import PRIORITY, STATE
from models.people import DRIFTVAKT, is_among, named_once, same, stranger, who_is
from models.proof import ProofRecord, Use
from models.records import EntryKind, IncidentRecord, WriteRecords
from models.slices import IncidentPlan
from workflows.incident.active_alarms import Firing
from workflows.runtime.calls import call
from workflows.runtime.markdown import span
from workflows.runtime.policies import WRITE

_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)

M = TypeVar("M", bound=Model)


class Case:
    """One incident as its parts see it; `changed` is called whenever its page should be written anew, `called` when
    the ladder has asked somebody.
    """

    def __init__(
        self, order: IncidentOrder, changed: Callable[[], None], called: Callable[[], None] = lambda: None
    ) -> None:
        self.order = order
        self.memory = IncidentMemory()
        self.firing = Firing(self.memory, order.alarms)
        self.plan = IncidentPlan(plan=None, handover=Approval(roles=["operator"]))
        self.end: IncidentEnd | None = None
        self.helped: str | None = None
        """The remedy after which health was proven."""
        self.restored_at: datetime | None = None
        self.blocked = ""
        """What keeps a remedy from being carried out: a halt, another operation; empty where nothing does."""
        self.roots: list[str] = []
        """Components in which the fault begins, by the latest look at all that is connected."""
        self.prepared = False
        """Whether it is known what the dossier says: who may what, and what is promised."""
        self.taken_back = 0
        """How many alarms were taken back, or given to another incident, so far."""
        self.stopping = False
        """Whether healing and leading are told to stop."""
        self._changed = changed
        self._called = called
        self._proofs: list[ProofRecord] = []

    @property
    def id(self) -> str:
        """Workflow id."""
        return workflow.info().workflow_id

    @property
    def opened_at(self) -> datetime:
        """When it was opened for the first time."""
        again = self.order.reopening
        return again.opened_at if again else workflow.info().workflow_start_time

    @property
    def subject(self) -> Subject | None:
        """What it is about, where that is not the health of the application; an alarm of the application that joins ends that."""
        return subject_of([*self.order.alarms, *self.memory.alarms.values()])

    @property
    def leaders(self) -> list[str]:
        """Who may lead it: whom the dossier says, and everybody whom the ladder has asked; none: anybody."""
        may = self.plan.leaders
        return [*may, *(who for who in self.memory.lead.called if not is_among(who, may))] if may else may

    def call(self, people: Sequence[str]) -> None:
        """The ladder asks these people: from now on they may take it up and answer what it asks operators."""
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
        """Whether people or another incident have ended it."""
        return self.memory.closing is not None or self.memory.merged is not None

    @property
    def reclassified(self) -> bool:
        """Whether people have set the priority; what they decided stands."""
        return any(e.kind is ClockEventKind.PRIORITY and e.by not in {"", DRIFTVAKT} for e in self.memory.events)

    def title_of(self, component: str) -> str:
        """What people call a component."""
        part = self.plan.plan.components.get(component) if self.plan.plan else None
        return part.title if part else component

    def identified(self, told: M) -> M:
        """What somebody tells, under the one name of whoever tells it; refuses whom the dossier does not know."""
        return named_once(told, self.known)

    def known(self, who: str) -> str:
        """The one name of somebody; refuses whom the dossier does not know."""
        found = who_is(who, self.plan.contacts)
        if found is None:
            raise refused(stranger(who, self.order.application, self.plan.contacts))
        return found

    def require_leader(self, who: str, to_do: str) -> None:
        """Refuse what only those who may lead may do."""
        may = self.leaders
        if not is_among(who, may):
            raise refused(f"{who} may not {to_do} {self.order.application}'s incidents; {', '.join(may)} may")

    def set_priority(self, priority: Priority, *shown: SearchAttributeUpdate[Any]) -> None:
        """Set the priority, where people search by it too, together with what else search attributes have to show."""
        self.memory.priority = priority.value
        workflow.upsert_search_attributes([_PRIORITY.value_set(priority.value), *shown])

    def stop_if_told(self) -> None:
        """Stop where an activity that was told to cancel came back with a result all the same."""
        if self.stopping:
            raise asyncio.CancelledError

    def enter(self, state: IncidentState, doing: str) -> None:
        """Enter a state; once it is over, none but the last."""
        if state is not IncidentState.CLOSED:
            self.stop_if_told()
        if state is not self.memory.state:
            self.memory.state = state
            workflow.upsert_search_attributes([_STATE.value_set(state.value)])
        self.do(doing)

    def changed(self) -> None:
        """Its page has to be written anew."""
        self._changed()

    def do(self, doing: str) -> None:
        """Say what is being done."""
        self.memory.doing = doing
        self.show_anew()

    def show_anew(self) -> None:
        """Show how it stands: on its page, and to those who search by whom it waits for."""
        self._changed()

    def tell(
        self,
        kind: EntryKind,
        text: str,
        data: Model | dict[str, Any] | None = None,
        *,
        instead_of: int | None = None,
    ) -> int:
        """Add a line to the timeline, or say its latest line anew; returns the sequence of the line."""
        line = self.memory.timeline.tell(workflow.now(), kind, text, data, instead_of=instead_of)
        self._changed()
        return line

    async def record(self) -> None:
        """Write all that is new by now to the records, in as many parts as it takes."""
        new = self.memory.timeline.count
        await self._write(self.draft())
        while self.memory.timeline.taken < new:
            await self._write(self.draft())

    async def conclude(self, closed_at: datetime) -> str:
        """Write how it ended to the records, and then its account; returns the digest of the account."""
        new = self.memory.timeline.count
        last = self.draft(closed_at)
        while self.memory.timeline.taken < new:
            await self._write(last)
            last = self.draft(closed_at)
        ended = await call(
            end_incident,
            EndIncident(
                records=WriteRecords(incidents=[last], proofs=self._take_proofs()),
                incident=self.id,
                run=last.run,
                now=workflow.now(),
            ),
            retry=WRITE,
            summary="Write how the incident ended, and its account",
        )
        if ended.reading is not None:
            self.memory.reading = ended.reading
            self._changed()
        return ended.account

    async def _write(self, record: IncidentRecord) -> None:
        await call(
            write_records,
            WriteRecords(incidents=[record], proofs=self._take_proofs()),
            retry=WRITE,
            summary="Write the incident to the records",
        )

    def draft(self, closed_at: datetime | None = None) -> IncidentRecord:
        """The incident as the records shall have it, with the next lines of its timeline, each of which is given once."""
        memory, order = self.memory, self.order
        return IncidentRecord(
            id=self.id,
            application=order.application,
            number=order.number,
            title=order.title,
            state=memory.state.value,
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
            lead=memory.lead.who,
            reopened=order.reopening.times if order.reopening else 0,
            subject=self.subject.value if self.subject else None,
            run=workflow.info().run_id,
            timeline=memory.timeline.take(),
        )

    def prove(self, instruction: str, use: Use) -> None:
        """Note how an instruction fared; it is written with what is recorded next."""
        if self.plan.plan is None:
            return
        info = workflow.info()
        self._proofs.append(
            ProofRecord(
                application=self.order.application,
                instruction=instruction,
                use=use,
                operation=info.workflow_id,
                run=info.run_id,
                dossier=self.plan.plan.dossier,
                at=workflow.now(),
            )
        )

    def _take_proofs(self) -> list[ProofRecord]:
        taken, self._proofs = self._proofs, []
        return taken

    def summary(self) -> str:
        """How it ended, in a sentence."""
        end = self.end.value.replace("-", " ") if self.end else "open"
        helped = f" after {self.helped}" if self.helped else ""
        return f"{self.order.title}: {end}{helped}, {span(workflow.now() - self.opened_at)} after it was opened."


def refused(message: str) -> ApplicationError:
    """What somebody wants is not possible; the incident goes on."""
    return ApplicationError(message, type="NotPossible", non_retryable=True)
