"""What every operation inherits: the slice of the dossier it acts by, the lease, gates, steps that can be taken up again where
they failed, a page, and a record of it all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.records import load_application_plan, write_records
from models.base import Model
from models.converter import WRONG_INPUT
from models.dossier.agreement import Freezable
from models.dossier.instructions import Step
from models.dossier.parties import OPERATOR
from models.errors import OPERATION_REFUSED, IdUsedError
from models.fences import HeldLease
from models.gates import GateOutcome, Question
from models.jobs import Outcome
from models.lease import LeaseMode
from models.names import APPLICATION, CUSTOMER, SCHEDULED_BY, STATE, TITLE
from models.notices import Occasion
from models.operation import (
    AbortOperation,
    OperationEnd,
    OperationKind,
    OperationOrder,
    OperationOutcome,
    OperationState,
    OperationStatus,
    OperationTold,
)
from models.people import Person, is_among, is_program, named_once, stranger, who_is
from models.probes import HealthVerdict, WatchHealth
from models.records import EntryKind, TimelineEntry, WriteRecords
from models.runbooks import StepReport, steps_that_fit
from models.sizes import ANSWER, CARRIED
from models.slices import ApplicationPlan, PlanRequest, may_not_operate
from models.timeline import Timeline
from workflows.gates.gates import Asking, decision_line
from workflows.operation.failed_step import RETRY, SKIP, failed_step_question
from workflows.operation.giving_way import GivingWay
from workflows.operation.page import operation_page
from workflows.operation.record import operation_record, proof_record
from workflows.runtime.calls import call, look_up
from workflows.runtime.details import Details
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import WRITE
from workflows.runtime.waiting import in_turn, until
from workflows.steps.health import find_unhealthy, watch, without
from workflows.steps.lease import Holding, refuse_operation
from workflows.steps.notify import tell_deciders
from workflows.steps.runner import Steps
from workflows.steps.text import step_text

_Class = TypeVar("_Class", bound="type[Operation]")
_STATE = SearchAttributeKey.for_keyword(STATE)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_SCHEDULED_BY = SearchAttributeKey.for_keyword(SCHEDULED_BY)


def operation(kind: OperationKind) -> Callable[[_Class], _Class]:
    """Declare a class as the workflow of a kind of operation; a wrong input fails it with a sentence instead of wedging it."""
    return workflow.defn(name=kind.value, failure_exception_types=WRONG_INPUT)


class Operation(Holding, Asking):
    """Base of the workflows that do something to an application on purpose.

    A subclass calls `begin`, asks for what needs approval, calls `hold`, acts through `carry_out`, and returns `finish`. All of
    it stands inside `self.carried_out(...)`, so that whatever ends it is recorded and the lease given back.
    """

    kind: OperationKind
    yields: ClassVar[bool] = False
    """Whether it hands its lease over to a remedy while it acts on nothing; it then calls `way.take_again` before it acts."""
    stopping_means: ClassVar[str] = "Nothing more is begun; the record says what was done and what was not."
    """What people choose who stop it at a step that failed."""

    def __init__(self) -> None:
        super().__init__()
        self._details = Details(lambda: operation_page(self))
        self.order: OperationOrder | None = None
        self.state = OperationState.PREPARING
        self.title = ""
        self.name = ""
        """Of the routine or instruction in the dossier."""
        self.components: list[str] = []
        self.doing = "Starting"
        self.progress = ""
        self._before_halt = ""
        self.data: dict[str, Any] = {}
        """What is particular to its kind; recorded."""
        self.lease_says = ""
        self.aborting: AbortOperation | None = None
        self.id_used = False
        """Whether its id names another operation in the records, which is not touched."""
        self.way = GivingWay(self)
        self._steps: Steps | None = None
        self._timeline = Timeline()
        self._outcome: OperationOutcome | None = None

    # --- the frame

    async def begin(self, order: OperationOrder, title: str, *, name: str = "") -> Steps:
        """Load what the dossier says, and give the steps to act through; nothing is asked or done yet."""
        self.order, self.title, self.name = order, title, name
        workflow.upsert_search_attributes(
            [
                _APPLICATION.value_set(order.application),
                _CUSTOMER.value_set(order.application.split(".")[0]),
                _STATE.value_set(self.state.value),
                _TITLE.value_set(summary_line(title)),
            ]
        )
        plan = await self._load_plan(order.dossier)
        by = order.by if is_program(order.by) and _started_by_a_program() else who_is(order.by, plan.contacts)
        self.order = order = order.model_copy(update={"by": by or order.by})
        self._steps = Steps(
            plan,
            requester=order.by,
            rehearse=order.rehearse,
            ask=self.ask,
            heard=self._heard,
            waits=self._waits_for_lift,
        )
        rehearsal = " (rehearsal: nothing is changed)" if order.rehearse else ""
        self.tell(EntryKind.STATE, f"{title}{rehearsal}, asked for by {order.by}" + _because(order.reason))
        await self._take_id()
        if by is None:
            raise refuse_operation(stranger(order.by, order.application, plan.contacts))
        if self.kind is not OperationKind.ROUTINE and not is_program(by) and not is_among(by, plan.operates):
            raise refuse_operation(may_not_operate(by, plan))
        return self._steps

    async def _take_id(self) -> None:
        """Write the first record; the records keep what they hold of another operation under this id."""
        try:
            await self.record()
        except ApplicationError as error:
            if error.type != IdUsedError.__name__:
                raise
            self.id_used = True
            raise refuse_operation(error.message) from None

    async def carried_out(self, work: Callable[[], Awaitable[OperationOutcome]]) -> OperationOutcome:
        """Do the work of `run`; however it ends, the record says so and the lease is given back."""
        try:
            return await work()
        except ApplicationError as error:
            if error.type != OPERATION_REFUSED:
                self.tell(EntryKind.STATE, f"Failed: {error.message}")
                await self._close(OperationEnd.FAILED, error.message)
                raise
            return await self.finish(OperationEnd.REFUSED, error.message)
        except BaseException as error:
            if is_cancelled_exception(error):
                reason = workflow.cancellation_reason()
                who = f"in Temporal, nobody knows by whom{_because(reason or '')}"
                said = f"Cancelled {who}. It was doing: {self.doing}. {self.left_behind()}"
                self.tell(EntryKind.STATE, said)
                await self._tell_of_cancellation(said)
                await self._close(OperationEnd.CANCELLED, said)
            elif isinstance(error, FailureError):
                self.tell(EntryKind.STATE, f"Failed: {explain(error)}")
                await self._close(OperationEnd.FAILED, explain(error))
            raise

    async def _tell_of_cancellation(self, said: str) -> None:
        """Whoever asked for it, and the operators, hear what was left half-done: nothing of it is taken back."""
        if self._steps is None or not self._acted or self._steps.rehearse:
            return
        people = dict.fromkeys([*self.plan.people.get("operator", []), *([] if is_program(self.by) else [self.by])])
        if people:
            await self.write_to(Occasion.MESSAGE, list(people), f"{self.title}: {said}"[:2000])

    async def _load_plan(self, dossier: str) -> ApplicationPlan:
        assert self.order is not None
        return await look_up(
            load_application_plan,
            PlanRequest(application=self.order.application, dossier=dossier),
            summary="Look up the dossier",
        )

    @property
    def by(self) -> str:
        """Who asked for it, under their one name."""
        return self._begun[0].by

    def contacts(self) -> list[Person]:
        """Everybody whom the dossier knows."""
        return self._steps.plan.contacts if self._steps else []

    @property
    def knows_people(self) -> bool:
        """Whether the dossier has been read, which says who may do what."""
        return self._steps is not None

    def application(self) -> str:
        """To which it is done."""
        return self.plan.application

    def _known(self, who: str, may: Sequence[str] = ()) -> str:
        found = who_is(who, self.plan.contacts)
        if found is None:
            message = stranger(who, self.plan.application, self.plan.contacts, may)
            raise ApplicationError(message, type="NotPossible", non_retryable=True)
        return found

    async def hold(
        self,
        components: Sequence[str],
        *,
        lasts: timedelta,
        mode: LeaseMode = LeaseMode.EXCLUSIVE,
        emergency: bool = False,
        work: Freezable | None = None,
        holds_alarms: bool = True,
        wait_until: datetime | None = None,
    ) -> bool:
        """Get the right to act on components (none: the whole application), waiting in the queue for as long as it takes, or
        until a moment; tell whether it was to be had.

        A rehearsal needs none. A refusal, as by a freeze that keeps such `work` back, ends the operation as refused; so does an
        abort while it waits.
        """
        order, steps = self._begun
        self.components = list(components)
        if order.rehearse:
            return True
        before = self.state

        def waits(reason: str) -> None:
            if self.lease_says == f"Waits for the lease: {reason}":
                return  # it was asked again, and nothing has changed
            self.lease_says = f"Waits for the lease: {reason}"
            self.tell(EntryKind.STATE, self.lease_says)
            self.enter(OperationState.WAITING, self.lease_says)

        answer = await self.take_lease(
            order.application,
            self.kind,
            self.title,
            order.by,
            components=components,
            dossier=steps.plan.dossier,
            lasts=lasts,
            mode=mode,
            emergency=emergency,
            yields=self.yields,
            work=work,
            holds_alarms=holds_alarms,
            waits=waits,
            moot=lambda: self.aborting is not None,
            wait_until=wait_until,
            ask=self._may_go_on,
        )
        if answer is None and self.aborting is None:
            self.enter(before, "The lease was not to be had in time")
            return False
        if answer is None:
            raise refuse_operation("it was stopped while it waited for the lease")
        if self.yields:
            self.way.holds(
                partial(
                    self.hold,
                    components,
                    lasts=lasts,
                    mode=mode,
                    emergency=emergency,
                    work=work,
                    holds_alarms=holds_alarms,
                    wait_until=wait_until,
                )
            )
        self.components = answer.components
        self.lease_says = answer.reason
        steps.lease = HeldLease(holder=workflow.info().workflow_id, fences=answer.fences, rises=answer.rises)
        if self.state is OperationState.WAITING:
            self.tell(EntryKind.STATE, "The lease is granted")
            self.enter(before, "The lease is granted")
        return True

    async def _may_go_on(self, question: Question) -> bool:
        return (await self.decide_on(question)).approved

    async def finish(self, end: OperationEnd, summary: str, data: dict[str, Any] | None = None) -> OperationOutcome:
        """Look at health, give the lease back (what fails is raised), write it all down, and say how it ended."""
        self.data |= data or {}
        return await self._close(end, summary)

    # --- asking

    async def approve(self, question: Question) -> bool:
        """Ask for an approval; a rehearsal says who would be asked and goes on."""
        order, _ = self._begun
        why = question.nobody_may()
        if order.rehearse:
            self.report(question.text, why or f"would ask {question.asks()}", Outcome.FAILED if why else Outcome.OK)
            return True
        if why:
            raise refuse_operation(why)
        return (await self.decide_on(question)).approved

    async def decide_on(self, question: Question) -> GateOutcome:
        """Ask, record question and answer, and return to the state before."""
        before, doing = self.state, self.doing
        self.enter(OperationState.DECIDING, f"Waiting for a decision: {question.text}")
        await self.record()
        outcome = await self.way.during(self.ask(question, lambda: self.aborting is not None))
        assert outcome is not None
        self.tell(EntryKind.DECISION, *decision_line(question, outcome, "Nobody needs to answer any more"))
        self.enter(before, doing)
        return outcome

    def may_stop(self) -> list[str]:
        """Who may stop it: the operators and, if they are people, whoever asked for it; none: anybody."""
        operators = self._steps.plan.people.get(OPERATOR, []) if self._steps else []
        ours = self.order is not None and who_is(self.order.by, self.contacts()) is not None
        return list(dict.fromkeys([*operators, *([self.by] if ours and operators else [])]))

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Write to whoever may decide; that nobody could be reached stands in the timeline."""
        written = await tell_deciders(
            self.plan,
            people,
            text,
            occasion=occasion,
            title=self.title,
            command=f"driftvakt operation show {workflow.info().workflow_id}",
            **facts,
        )
        self.tell(EntryKind.NOTICE, f"{occasion.value.replace('-', ' ').capitalize()}: {written.said}")

    async def wait_until(self, moment: datetime, doing: str) -> bool:
        """Wait for a moment; False when somebody stops it before."""
        if workflow.now() < moment:
            self.now(doing)
            await until(lambda: self.aborting is not None, within=moment - workflow.now(), summary=doing)
        return self.aborting is None

    # --- acting

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry steps out in order. Where one fails, people say whether it is tried again, passed over, or all stops there.

        Returns the outcome of the step that all stopped at, else OK. A rehearsal goes through all of them.
        """
        for number, step in enumerate(steps, 1):
            outcome = await self.take_step(step, f"step {number} of {len(steps)}")
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    async def take_step(self, step: Step, place: str, act: Callable[[], Awaitable[Outcome]] | None = None) -> Outcome:
        """Carry one step out, again and again if people want it; OK also where they pass over it.

        `act` does it where it is not simply the step.
        """
        order, own = self._begun
        while True:
            if not order.rehearse and (why := self.stops()):
                self.report(f"Stop before {step_text(step)}", why, Outcome.FAILED)
                return Outcome.FAILED
            self.now(f"{place}: {step_text(step)}")
            outcome = await (act() if act else own.carry_out_one(step))
            await self.record()
            if outcome is Outcome.OK or order.rehearse:
                return Outcome.OK
            if why := self.stops():  # neither trying again nor passing over the step would begin anything
                self.report(f"Stop after {step_text(step)}", why, Outcome.FAILED)
                return outcome
            choice = await self._what_now(step, place, outcome)
            if choice == SKIP:
                return Outcome.OK
            if choice != RETRY:
                return outcome

    def stops(self) -> str:
        """Why nothing more is begun; empty: it goes on."""
        order, _ = self._begun
        if self.aborting is not None:
            return f"stopped by {self.aborting.by}: {self.aborting.reason}"
        if self.taken_back_by:
            return f"its lease was taken back by {self.taken_back_by}"
        if order.window_until is not None and workflow.now() >= order.window_until:
            return f"its window closed at {order.window_until:%Y-%m-%d %H:%M} UTC"
        return ""

    async def _what_now(self, step: Step, place: str, outcome: Outcome) -> str:
        order, own = self._begun
        question = failed_step_question(
            step,
            own.reports[-1],
            place,
            outcome,
            operators=own.plan.people.get("operator", []),
            unattended=order.unattended,
            stopping_means=self.stopping_means,
        )
        return (await self.decide_on(question)).option

    async def prove(
        self, components: Sequence[str], healthy_for: timedelta, within: timedelta, besides: Collection[str] = ()
    ) -> HealthVerdict:
        """Prove that components (none: all) are healthy for a while, but for the measuring points `besides`; a rehearsal looks
        once.
        """
        order, own = self._begun
        plan = own.plan
        names = list(components) or list(plan.components)
        probes = without([group for name in names for group in plan.components[name].health], besides)
        if not probes:
            return HealthVerdict(
                healthy=True, certain=False, looks=0, samples=[], reason="no measuring point shows its health"
            )
        before = self.state
        if not order.rehearse:
            self.enter(OperationState.VERIFYING, f"Prove that {', '.join(components) or 'the application'} is healthy")
        verdict = await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=min(plan.terms.confirm_every, max(healthy_for / 2, timedelta(milliseconds=200))),
                healthy_for=max(healthy_for, timedelta(milliseconds=1)),
                failing_looks=1 if order.rehearse else None,
                give_up_after=within,
            ),
            self.doing,
        )
        self.tell(EntryKind.PROBE, f"{'Healthy' if verdict.healthy else 'Not healthy'}: {verdict.reason}", verdict)
        self.enter(before, self.doing)
        return verdict

    def _waits_for_lift(self, reason: str) -> None:
        if reason:
            self._before_halt = self.doing
            self.tell(EntryKind.STATE, reason)
            self.now(reason)
        else:
            self.tell(EntryKind.STATE, "The halt is lifted; it goes on")
            self.now(self._before_halt)

    # --- telling

    def enter(self, state: OperationState, doing: str) -> None:
        """Enter a state."""
        if state is not self.state:
            self.state = state
            workflow.upsert_search_attributes([_STATE.value_set(state.value)])
        self.now(doing)

    def now(self, doing: str) -> None:
        """Say what is being done."""
        self.doing, self.progress = doing, ""
        self.on_gates_changed()

    def tell(self, kind: EntryKind, text: str, data: Model | dict[str, Any] | None = None) -> None:
        """Add a line to the timeline."""
        self._timeline.tell(workflow.now(), kind, text, data)
        self.on_gates_changed()

    def report(self, title: str, detail: str, outcome: Outcome = Outcome.OK, host: str | None = None) -> None:
        """Report something that was found or left undone as a step of its own."""
        _, steps = self._begun
        report = StepReport(title=title, host=host, outcome=outcome, changed=False, detail=detail)
        steps.reports.append(report)
        self._heard(report)

    def _heard(self, report: StepReport) -> None:
        where = f" on {report.host}" if report.host else ""
        said = report.detail.strip().partition("\n")[0]
        self.tell(EntryKind.ACTION, f"{report.title}{where}: {report.outcome.value}. {said}", report)

    def latest(self, count: int) -> list[TimelineEntry]:
        """The last lines of the timeline."""
        return self._timeline.lines[-count:]

    def left_behind(self) -> str:
        """What was done last on a host, for whoever finds it there."""
        last = self.reports[-1] if self.reports else None
        if last is None:
            return "Nothing had been done on any host."
        where = f" on {last.host}" if last.host else ""
        return f"The last step was {last.title}{where}: {last.outcome.value}."

    def more_on_page(self) -> str:
        """What is particular to a kind of operation, as Markdown."""
        return ""

    @property
    def reports(self) -> list[StepReport]:
        """The steps so far."""
        return self._steps.reports if self._steps else []

    @property
    def outcome(self) -> OperationOutcome | None:
        """How it ended; None while it runs."""
        return self._outcome

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._outcome is not None

    # --- the record

    async def record(self) -> None:
        """Write all that is new by now to the records, in as many parts as it takes."""
        new = self._timeline.count
        await self._record()
        while self._timeline.taken < new:
            await self._record()

    async def _record(self) -> None:
        order, steps = self._begun
        outcome = self._outcome
        record = operation_record(
            order,
            outcome,
            kind=self.kind,
            name=self.name,
            title=self.title,
            state=self.state,
            dossier=steps.plan.dossier,
            data=self.data,
            timeline=self._timeline.take(),
        )
        proof = outcome and proof_record(order, outcome, self.proves, steps.plan.dossier)
        await call(
            write_records,
            WriteRecords(operations=[record], proofs=[proof] if proof else []),
            retry=WRITE,
            summary="Write the operation to the records",
        )

    @property
    def proves(self) -> str:
        """The instruction of the dossier that this is the use of, as its proof is kept; empty: of none."""
        # A drill proves what a restore would do.
        kind = OperationKind.RESTORE if self.kind is OperationKind.DRILL else self.kind
        return f"{kind.value}/{self.name}" if self.name else ""

    async def _close(self, end: OperationEnd, summary: str) -> OperationOutcome:
        failing = await self._failing() if self._acted else {}
        self.withdraw()
        said = await self.give_lease_back(failing=failing, **self.says_of_components())
        if said:
            self.lease_says = said
        self.enter(OperationState.CLOSED, summary)
        self.tell(EntryKind.STATE, f"Closed: {end.value.replace('-', ' ')}. {summary}")
        self._outcome = OperationOutcome(
            id=workflow.info().workflow_id,
            kind=self.kind,
            end=end,
            summary=summary,
            steps=steps_that_fit(self.reports, CARRIED),
            opened_at=workflow.info().workflow_start_time,
            closed_at=workflow.now(),
            data=self.data,
        )
        self.on_gates_changed()
        await self.all_told()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._steps is not None and not self.id_used:
            await self.record()
        await workflow.wait_condition(workflow.all_handlers_finished)  # who asked meanwhile is answered
        return self._outcome

    @property
    def _acted(self) -> bool:
        """Whether anything was changed, or may have been."""
        return any(r.changed or r.outcome is Outcome.UNKNOWN for r in self.reports)

    async def _failing(self) -> dict[str, str]:
        """What it acted on and is not healthy at the end, as far as it is measured; meant to be so is no failure."""
        order, steps = self._begun
        down = self.meant_to_be_down()
        known = steps.plan.components  # the lease may name a component that this version of the dossier does not have
        names = [n for n in (self.components or known) if n in known and n not in down]
        if order.rehearse:
            return {}
        found, verdict = await find_unhealthy(steps.plan, names)
        if found:
            self.tell(EntryKind.PROBE, f"Not healthy at the end: {', '.join(found)}", verdict)
        return found

    def meant_to_be_down(self) -> set[str]:
        """Components that are to be down at the end; their silence is no incident."""
        return set()

    def says_of_components(self) -> dict[str, Any]:
        """What the watch is told when the lease is given back: fields of `ReleaseLease`."""
        return {}

    @property
    def _begun(self) -> tuple[OperationOrder, Steps]:
        if self.order is None or self._steps is None:
            raise refuse_operation("the operation acts before it has called begin")
        return self.order, self._steps

    @property
    def plan(self) -> ApplicationPlan:
        """What the dossier says of the application; there once `begin` has returned."""
        return self._begun[1].plan

    @property
    def steps(self) -> Steps:
        """What `begin` gave."""
        return self._begun[1]

    def require_components(self, names: Sequence[str]) -> None:
        """Refuse names that the dossier does not know."""
        if unknown := [name for name in names if name not in self.plan.components]:
            known = ", ".join(self.plan.components)
            raise refuse_operation(f"{self.plan.application} has no component {unknown[0]!r}; it has {known}")

    # --- what people tell and ask it

    @workflow.update(
        name="abort",
        description="Stop it: what runs on a host is brought to its end, nothing new is begun. "
        '{"by": "on-call@driftbolaget.example", "reason": "The customer calls"}',
    )
    async def abort(self, told: AbortOperation) -> OperationTold:
        """Stop after what is running now. Who may is known once the dossier is; until then nothing is begun."""
        await in_turn()
        await workflow.wait_condition(lambda: self._steps is not None or self.ended)
        if self.ended:
            raise ApplicationError("it has ended already", type="NotPossible", non_retryable=True)
        may = self.may_stop()
        told = named_once(told, lambda name: self._known(name, may))
        if not is_among(told.by, may):
            raise ApplicationError(
                f"{told.by} may not stop this; {', '.join(may)} may", type="NotPossible", non_retryable=True
            )
        self.aborting = told
        self.tell(EntryKind.STATE, f"To be stopped, says {told.by}: {told.reason}")
        return OperationTold(message=f"It stops once this has ended: {self.doing}.")

    @workflow.query(name="status", description="Where it stands: state, lease, open questions, steps, timeline")
    def status(self) -> OperationStatus:
        """Where it stands."""
        order = self.order
        return OperationStatus(
            id=workflow.info().workflow_id,
            kind=self.kind,
            application=order.application if order else "",
            title=self.title,
            state=self.state,
            doing=self.doing,
            by=order.by if order else "",
            rehearsed=bool(order and order.rehearse),
            opened_at=workflow.info().workflow_start_time,
            components=self.components,
            lease=self.lease_says,
            gates=self.open_gates,
            steps=steps_that_fit(self.reports, ANSWER // 2),
            timeline=self._timeline.shown(ANSWER // 2),
            progress=self.progress,
        )

    def on_gates_changed(self) -> None:
        """Show what has changed on the page."""
        self._details.changed()


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _started_by_a_program() -> bool:
    """Whether a schedule or another workflow started this one; only they act under the name of a program."""
    info = workflow.info()
    return info.parent is not None or info.typed_search_attributes.get(_SCHEDULED_BY) is not None
