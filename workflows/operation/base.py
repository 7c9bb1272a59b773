"""The base of all operations: it loads the dossier, asks people, acts under a lease, and records the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from models.converter import WRONG_INPUT
from models.dossier.instructions import Step
from models.errors import NOT_POSSIBLE, OPERATION_REFUSED, IdUsedError
from models.gates import GateOutcome, Question
from models.jobs import Outcome
from models.names import APPLICATION, CUSTOMER, SCHEDULED_BY, STATE, TITLE
from models.operation import (
    AbortOperation,
    OperationEnd,
    OperationOrder,
    OperationOutcome,
    OperationReply,
    OperationState,
    OperationStatus,
)
from models.operation_kinds import OperationKind
from models.people import is_among, is_program, named_once, stranger, who_is
from models.plans import may_not_operate
from models.probes import HealthVerdict
from models.records import EntryKind
from models.scope import Scope
from workflows.gates.gates import OnWaiting
from workflows.operation.closing import because, cancelled, close
from workflows.operation.context import OperationContext
from workflows.operation.failed_steps import StepByStep
from workflows.operation.health import prove_health
from workflows.operation.lease import OperationLease
from workflows.operation.page import operation_page
from workflows.operation.status import operation_status, operation_view
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.refusals import refusal
from workflows.runtime.waiting import in_turn, until
from workflows.steps.lease import refuse_operation
from workflows.steps.runner import Steps

_Class = TypeVar("_Class", bound="type[Operation]")
_STATE = SearchAttributeKey.for_keyword(STATE)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_SCHEDULED_BY = SearchAttributeKey.for_keyword(SCHEDULED_BY)


def operation(kind: OperationKind[Any]) -> Callable[[_Class], _Class]:
    """Declare a class as the workflow of a kind of operation; a wrong input fails it with a sentence instead of wedging it."""

    def declare(cls: _Class) -> _Class:
        cls.kind = kind
        return workflow.defn(name=kind.name, failure_exception_types=WRONG_INPUT)(cls)

    return declare


class Operation(OperationContext):
    """Base of the workflows that carry out planned work on an application.

    A subclass calls `begin`, asks for approvals, calls `lease.hold`, acts through `carry_out`, and returns `finish`.
    All of this runs inside `self.carried_out(...)`, which records every end and releases the lease.
    """

    stopping_means: ClassVar[str] = "The operation ends here; the record says which steps ran."
    """Meaning of the option to stop at a failed step."""

    def __init__(self) -> None:
        super().__init__()
        self.lease = OperationLease(self, self.decide_on)
        self._step_by_step = StepByStep(self, self.decide_on, self.stopping_means)

    # --- the frame

    async def begin(self, order: OperationOrder, title: str, *, name: str = "") -> Steps:
        """Load the dossier, and return the steps to act through. This asks nobody, and changes no host."""
        self.order, self.title, self.name = order, title, name
        workflow.upsert_search_attributes(
            [
                _APPLICATION.value_set(order.application),
                _CUSTOMER.value_set(order.application.split(".")[0]),
                _STATE.value_set(self.state.value),
                _TITLE.value_set(summary_line(title)),
            ]
        )
        plan = await self.load_plan(order.dossier)
        by = order.by if is_program(order.by) and _started_by_a_program() else who_is(order.by, plan.contacts)
        self.order = order = order.model_copy(update={"by": by or order.by})
        self._steps = Steps(
            plan,
            requester=order.by,
            rehearse=order.rehearse,
            ask=self.ask,
            on_report=self.log_report,
            on_wait=self.journal.halted,
        )
        rehearsal = " (rehearsal: nothing is changed)" if order.rehearse else ""
        self.log(EntryKind.STATE, f"{title}{rehearsal}, requested by {order.by}" + because(order.reason))
        await self._take_id()
        if by is None:
            raise refuse_operation(stranger(order.by, order.application, plan.contacts))
        if self.kind.operators_only and not is_program(by) and not is_among(by, plan.operates):
            raise refuse_operation(may_not_operate(by, plan))
        return self._steps

    async def _take_id(self) -> None:
        """Write the first record; refuse the id if the records have another operation under it."""
        try:
            await self.record()
        except ApplicationError as error:
            if error.type != IdUsedError.__name__:
                raise
            self.id_used = True
            raise refuse_operation(error.message) from None

    async def carried_out(self, work: Callable[[], Awaitable[OperationOutcome]]) -> OperationOutcome:
        """Do the work of `run`; record every end, and release the lease."""
        try:
            return await work()
        except ApplicationError as error:
            if error.type == OPERATION_REFUSED:
                return await self.finish(OperationEnd.REFUSED, error.message)
            await self._fail(error.message)
            raise
        except BaseException as error:
            if is_cancelled_exception(error):
                await self.finish(OperationEnd.CANCELLED, await cancelled(self))
            elif isinstance(error, FailureError):
                await self._fail(explain(error))
            raise

    async def _fail(self, why: str) -> None:
        self.log(EntryKind.STATE, f"Failed: {why}")
        await self.finish(OperationEnd.FAILED, why)

    async def finish(self, end: OperationEnd, summary: str, data: dict[str, Any] | None = None) -> OperationOutcome:
        """Check health, release the lease, record the end, and return the outcome."""
        self.data |= data or {}
        return await close(
            self,
            end,
            summary,
            meant_to_be_down=self.meant_to_be_down(),
            of_components=self.release_fields(),
        )

    # --- asking

    async def approve(self, question: Question) -> bool:
        """Ask for an approval; a rehearsal reports who would be asked, and goes on."""
        why = question.nobody_may()
        if self.steps.rehearse:
            self.report(question.text, why or f"would ask {question.asks()}", Outcome.FAILED if why else Outcome.OK)
            return True
        if why:
            raise refuse_operation(why)
        return (await self.decide_on(question)).approved

    async def decide_on(self, question: Question) -> GateOutcome:
        """Ask people, record the question and the answer, and return to the state before."""
        return await self.journal.decide(question, partial(self._answer, question), OperationState.DECIDING)

    async def _answer(self, question: Question, on_waiting: OnWaiting) -> GateOutcome:
        outcome = await self.lease.during(self.ask(question, lambda: self.aborting is not None, on_waiting))
        assert outcome is not None
        return outcome

    # --- acting

    async def wait_until(self, moment: datetime, doing: str) -> bool:
        """Wait until a moment; return False if somebody stops the operation before."""
        if workflow.now() < moment:
            self.now(doing)
            await until(lambda: self.aborting is not None, within=moment - workflow.now(), summary=doing)
        return self.aborting is None

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry out steps in order. If one fails, people decide: retry it, skip it, or stop.

        Return the outcome of the step at which people stopped, else OK. A rehearsal goes through all steps.
        """
        return await self._step_by_step.carry_out(steps)

    async def take_step(self, step: Step, place: str, act: Callable[[], Awaitable[Outcome]] | None = None) -> Outcome:
        """Carry out one step, and retry it as often as people decide; return OK also if they skip it.

        `act` carries it out in place of the step runner.
        """
        return await self._step_by_step.take(step, place, act)

    async def prove(
        self, components: Scope, healthy_for: timedelta, within: timedelta, besides: Collection[str] = ()
    ) -> HealthVerdict:
        """Prove that components are healthy for a while, without the measuring points `besides`."""
        return await prove_health(self, components, healthy_for, within, besides)

    # --- the end of a kind of operation

    def meant_to_be_down(self) -> set[str]:
        """Components that stay down at the end, in planned downtime."""
        return set()

    def release_fields(self) -> dict[str, Any]:
        """Further fields of `ReleaseLease`, which the watch gets with the release of the lease."""
        return {}

    # --- updates and queries

    @workflow.update(
        name="abort",
        description="Stop it: the running step ends, and no other begins. "
        '{"by": "on-call@driftbolaget.example", "reason": "The customer calls"}',
    )
    async def abort(self, request: AbortOperation) -> OperationReply:
        """Stop after the running step. The dossier says who may stop it, so the update waits until it is loaded."""
        await in_turn()
        await workflow.wait_condition(lambda: self.begun or self.outcome is not None)
        if self.outcome is not None:
            raise refusal("it has ended already", NOT_POSSIBLE)
        may = self.may_stop()
        request = named_once(request, lambda name: self.known(name, may))
        if not is_among(request.by, may):
            raise refusal(f"{request.by} may not stop this; {', '.join(may)} may", NOT_POSSIBLE)
        self.aborting = request
        self.log(EntryKind.STATE, f"Stopped by {request.by}: {request.reason}")
        return OperationReply(message=f"It stops as soon as this step has ended: {self.doing}.")

    @workflow.query(name="status", description="State, lease, open questions, steps, timeline")
    def status(self) -> OperationStatus:
        """The status of the operation."""
        return operation_status(self)

    def render_page(self) -> str:
        """Render its page as Markdown."""
        return operation_page(operation_view(self))


def _started_by_a_program() -> bool:
    """Whether a schedule or another workflow started this one; only they act under the name of a program."""
    info = workflow.info()
    return info.parent is not None or info.typed_search_attributes.get(_SCHEDULED_BY) is not None
