"""The context that the parts of an operation share: order, plan, journal, people, and the reasons to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from temporalio import workflow

from activities.stubs.records import load_application_plan
from models.base import Model
from models.documents import DocumentFile
from models.dossier.parties import OPERATOR
from models.errors import NOT_POSSIBLE
from models.jobs import Outcome
from models.lease import LEASES
from models.notices import Occasion
from models.operation import (
    AbortOperation,
    OperationOrder,
    OperationOutcome,
    OperationState,
)
from models.operation_kinds import OperationKind
from models.people import Person, is_program, stranger, who_is
from models.plans import ApplicationPlan, PlanRequest
from models.records import EntryKind, TimelineEntry, WriteRecords
from models.runbooks import StepReport
from models.scope import Scope
from workflows.gates.gates import HasGates
from workflows.journal.journal import Journal
from workflows.operation.record import operation_record, proof_record
from workflows.runtime.calls import look_up
from workflows.runtime.refusals import refusal
from workflows.steps.lease import HoldsLease, refuse_operation
from workflows.steps.notify import notify_deciders
from workflows.steps.runner import Steps
from workflows.steps.text import first_line, last_step_text, report_text


class OperationContext(HoldsLease, HasGates):
    """State and services of one operation. Its parts use only this context, and do not know each other."""

    kind: ClassVar[OperationKind[Any]]
    """The kind that `@operation` declares."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal(OperationState.PREPARING, self.render_page, what="operation", records=self._records)
        self.order: OperationOrder | None = None
        self.title = ""
        self.name = ""
        """Name of the routine or instruction in the dossier; empty without one."""
        self.components: Scope | None = None
        self.data: dict[str, Any] = {}
        """Data of its kind, which the record keeps."""
        self.lease_says = ""
        self.aborting: AbortOperation | None = None
        self.id_used = False
        """Whether the records have another operation under its id; then it writes no record."""
        self.outcome: OperationOutcome | None = None
        """The outcome; None while it runs."""
        self._steps: Steps | None = None

    # --- data that `begin` has loaded

    @property
    def begun(self) -> bool:
        """Whether the dossier is loaded, which says who may do what."""
        return self._steps is not None

    @property
    def order_and_steps(self) -> tuple[OperationOrder, Steps]:
        """The order, with the dossier's spelling of its requester, and the steps to act through; available after `begin`."""
        if self.order is None or self._steps is None:
            raise refuse_operation("the operation acts before it has called begin")
        return self.order, self._steps

    @property
    def steps(self) -> Steps:
        """The steps that `begin` returned."""
        return self.order_and_steps[1]

    @property
    def plan(self) -> ApplicationPlan:
        """The plan of the application, from the dossier; available after `begin`."""
        return self.steps.plan

    @property
    def by(self) -> str:
        """The requester, as the dossier spells the name."""
        return self.order_and_steps[0].by

    async def load_plan(self, dossier: str) -> ApplicationPlan:
        """Load the plan of the application from a version of the dossier; without a digest, from the current one."""
        assert self.order is not None
        return await look_up(
            load_application_plan,
            PlanRequest(application=self.order.application, dossier=dossier),
            summary="Look up the dossier",
        )

    def require_components(self, names: Sequence[str]) -> None:
        """Refuse names that the dossier does not know."""
        if unknown := [name for name in names if name not in self.plan.components]:
            known = ", ".join(self.plan.components)
            raise refuse_operation(f"{self.plan.application} has no component {unknown[0]!r}; it has {known}")

    # --- its journal

    @property
    def state(self) -> OperationState:
        """Its state."""
        return self.journal.state

    @property
    def doing(self) -> str:
        """Its current step, in one sentence."""
        return self.journal.doing

    def enter(self, state: OperationState, doing: str) -> None:
        """Enter a state."""
        self.journal.enter(state, doing)

    def now(self, doing: str) -> None:
        """Show the current step."""
        self.journal.now(doing)

    def log(self, kind: EntryKind, text: str, data: Model | dict[str, Any] | None = None) -> None:
        """Add a line to the timeline."""
        self.journal.log(kind, text, data)

    def report(self, title: str, detail: str, outcome: Outcome = Outcome.OK, host: str | None = None) -> None:
        """Report a finding, or a step that was left out, as a step of its own."""
        report = StepReport(title=title, host=host, outcome=outcome, changed=False, detail=detail)
        self.steps.reports.append(report)
        self.log_report(report)

    def log_report(self, report: StepReport) -> None:
        """Add a step to the timeline."""
        self.log(EntryKind.ACTION, f"{report_text(report)}. {first_line(report.detail)}", report)

    @property
    def reports(self) -> list[StepReport]:
        """The steps so far."""
        return self._steps.reports if self._steps else []

    @property
    def acted(self) -> bool:
        """Whether a step changed something, or may have."""
        return any(r.changed or r.outcome is Outcome.UNKNOWN for r in self.reports)

    def left_behind(self) -> str:
        """The last step and its result, for the people who take over the host."""
        return last_step_text(self.reports)

    async def record(self) -> None:
        """Write all new lines of the journal to the records, in as many parts as needed."""
        await self.journal.record()

    @property
    def proves(self) -> str:
        """The instruction whose proof this operation is; empty without one."""
        return f"{self.kind.proof}/{self.name}" if self.name and self.kind.proven else ""

    def _records(self, timeline: list[TimelineEntry]) -> WriteRecords:
        order, steps = self.order_and_steps
        outcome, dossier = self.outcome, steps.plan.dossier
        record = operation_record(
            order,
            outcome,
            kind=self.kind.name,
            name=self.name,
            title=self.title,
            state=self.state,
            dossier=dossier,
            data=self.data | self._leases(),
            timeline=timeline,
        )
        proof = outcome and proof_record(order, outcome, self.proves, dossier)
        return WriteRecords(operations=[record], proofs=[proof] if proof else [])

    def _leases(self) -> dict[str, Any]:
        """The times in which it held a lease, as data of its record; empty if it never held one."""
        return {LEASES: [one.model_dump(mode="json") for one in self.lease_times]} if self.lease_times else {}

    # --- its page

    def refresh_page(self) -> None:
        """Refresh the page and the search attributes."""
        self.journal.changed()

    def more_on_page(self) -> str:
        """Further parts of the page for a kind of operation, as Markdown."""
        return ""

    def render_page(self) -> str:
        """Render its page as Markdown."""
        raise NotImplementedError

    # --- people

    def contacts(self) -> list[Person]:
        """Everybody in the dossier."""
        return self._steps.plan.contacts if self._steps else []

    def application(self) -> str:
        """The application of the operation."""
        return self.plan.application

    def known(self, who: str, may: Sequence[str] = ()) -> str:
        """The dossier's spelling of a person; refuses people whom the dossier does not know, and names those who `may`."""
        found = who_is(who, self.plan.contacts)
        if found is None:
            raise refusal(stranger(who, self.plan.application, self.plan.contacts, may), NOT_POSSIBLE)
        return found

    def may_stop(self) -> list[str]:
        """People who may stop it: the operators, and the requester if that is a person."""
        operators = self._steps.plan.people.get(OPERATOR, []) if self._steps else []
        ours = self.order is not None and who_is(self.order.by, self.contacts()) is not None
        return list(dict.fromkeys([*operators, *([self.by] if ours else [])]))

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Send a notice to people who may decide; the timeline says whom it reached."""
        written = await notify_deciders(
            self.plan,
            people,
            text,
            occasion=occasion,
            title=self.title,
            command=f"driftvakt operation show {workflow.info().workflow_id}",
            attachments=self.enclosed(occasion),
            **facts,
        )
        self.log(EntryKind.NOTICE, f"{occasion.value.replace('-', ' ').capitalize()}: {written.said}")

    def enclosed(self, occasion: Occasion) -> Sequence[DocumentFile]:
        """Return the files that go with a notice to people who may decide."""
        return ()

    async def notify_operators(self, text: str) -> None:
        """Send a notice to the operators, and to the requester if that is a person."""
        people = dict.fromkeys([*self.plan.people.get(OPERATOR, []), *([] if is_program(self.by) else [self.by])])
        if people:
            await self.write_to(Occasion.MESSAGE, list(people), text[:2000])

    # --- reasons to stop

    def called_off(self) -> str:
        """Who stopped it or released its lease, and why; empty while nobody has."""
        if self.aborting is not None:
            return f"stopped by {self.aborting.by}: {self.aborting.reason}"
        return f"its lease was revoked by {self.revoked_by}" if self.revoked_by else ""

    def stops(self) -> str:
        """Why no further step may begin; empty while it goes on."""
        order, _ = self.order_and_steps
        if why := self.called_off():
            return why
        if order.window_until is not None and workflow.now() >= order.window_until:
            return f"its window closed at {order.window_until:%Y-%m-%d %H:%M} UTC"
        return ""
