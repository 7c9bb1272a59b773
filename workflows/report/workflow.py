"""The workflow of a report: it waits until its period is complete, gathers facts, asks people, sends, and seals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from temporalio import workflow

from activities.stubs.reports import gather_facts, load_sealed, render_report, seal_report, survey_report
from models.documents import DocumentFile
from models.errors import NOT_POSSIBLE
from models.gates import APPROVE, REFUSE, WITHDRAWN, GateOption, GateOutcome, Question
from models.notices import DeliveryState, Occasion
from models.operation import OperationEnd, OperationOutcome, OperationReply, OperationState
from models.operation_kinds import REPORT
from models.people import People, is_among
from models.records import EntryKind
from models.report import Commentary
from models.report_order import (
    LONGEST_COMMENTARY,
    AddCommentary,
    GatheredFacts,
    GatherFacts,
    LoadSealed,
    PartyApproval,
    ReceiverDelivery,
    RenderedReport,
    RenderReport,
    ReportApprover,
    ReportOrder,
    ReportSealed,
    ReportSurvey,
    SealReport,
    SurveyReport,
    reached,
)
from workflows.operation.base import Operation, operation
from workflows.report.draft import ReportDraft, approval_text
from workflows.report.page import report_part
from workflows.report.sending import send_report
from workflows.runtime.calls import call, compute
from workflows.runtime.cancelling import whatever_is_pressed
from workflows.runtime.refusals import refusal
from workflows.runtime.waiting import in_turn, until
from workflows.steps.lease import refuse_operation

GATHER_AGAIN = "gather-again"
"""The answer after which the facts are gathered again from the records."""

_LATE_FOR = timedelta(days=1)
"""How long a report waits for late data after its period has settled."""

_CHECKS_EVERY = timedelta(hours=1)
"""The pause between two checks whether the data is complete."""


@operation(REPORT)
class ReportForPeriod(Operation):
    """Makes the report of one period, and sends it once people have approved exactly what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._terms = ReportSurvey()
        self._draft: ReportDraft | None = None
        self._commentary: list[Commentary] = []
        self._approved_by: list[ReportApprover] = []
        self._deliveries: list[ReceiverDelivery] = []
        self._sealed: ReportSealed | None = None
        self._sending = False

    @workflow.run
    async def run(self, order: ReportOrder) -> OperationOutcome:
        """Wait for the data, gather it, ask people, send the report, and seal it."""
        return await self.carried_out(lambda: self._make(order))

    async def _make(self, order: ReportOrder) -> OperationOutcome:
        await self.begin(order, f"Report {order.report} {order.period}", name=order.report)
        if order.resend:
            return await self._send_again(order)
        terms = await self._survey(order)
        self._begin_commentary(order)
        if order.rehearse:
            return await self._preview(order)
        self._require_deciders()
        if not await self._settled(terms):
            return await self._stopped()
        draft = await self._until_approved(order)
        if draft is None:
            return await self._stopped()
        self._sending = True
        return await whatever_is_pressed(self._send_and_seal(order, draft), self._too_late)

    # --- the terms

    async def _survey(self, order: ReportOrder) -> ReportSurvey:
        terms = await call(
            survey_report,
            SurveyReport(
                application=order.application,
                dossier=self.plan.dossier,
                report=order.report,
                period=order.period,
                corrects=order.corrects,
                rehearse=order.rehearse,
                at=workflow.now(),
            ),
            summary="Look up the report",
        )
        if terms.faults:
            raise refuse_operation("; ".join(terms.faults))
        self._terms, self.title = terms, terms.title
        self.data |= {"period": order.period, "version": terms.version}
        return terms

    def _begin_commentary(self, order: ReportOrder) -> None:
        self._commentary = list(self._terms.commentary)
        if order.commentary:
            if not is_among(self.by, self._terms.authors):
                raise refuse_operation(self._may_not_write(self.by))
            self._commentary.append(Commentary(by=self.by, at=workflow.now(), text=order.commentary))

    def _require_deciders(self) -> None:
        """Refuse the order if a question could never be decided."""
        for ask in self._terms.asks:
            if why := self._question(ask, "", self._commentary).nobody_may():
                raise refuse_operation(why)

    # --- waiting for the data

    async def _settled(self, terms: ReportSurvey) -> bool:
        """Wait until the period is over and has settled. Return False if the report was stopped meanwhile."""
        assert terms.ends is not None
        ready = terms.ends + (terms.settle or timedelta(0))
        if ready > workflow.now():
            await self.record()
        return await self.wait_until(ready, f"Waiting for late data until {ready:%Y-%m-%d %H:%M} UTC")

    async def _gathered(self, order: ReportOrder, *, patient: bool) -> GatheredFacts | None:
        """Gather the facts. If `patient`, wait for late sources at most a day. None: the report was stopped meanwhile."""
        waits_until = workflow.now() + _LATE_FOR
        while True:
            left = waits_until - workflow.now()
            found = await self._gather(order, complete_only=patient and left > timedelta(0))
            if found.facts:
                return found
            self.now(f"Waiting for late data: {'; '.join(found.missing)}")
            if await until(
                lambda: self.aborting is not None,
                within=min(left, _CHECKS_EVERY),
                summary="Until late data may be there",
            ):
                return None

    # --- the draft

    async def _until_approved(self, order: ReportOrder) -> ReportDraft | None:
        """Gather, render and ask until all have approved the same draft. None: the report was stopped or refused."""
        patient = True
        while self.aborting is None:
            draft = await self._make_draft(order, patient=patient)
            patient = False
            if draft is None:
                return None
            answer = await self._ask(draft, order)
            if answer is None:
                return draft
            if answer.option == REFUSE:
                raise refuse_operation(
                    f"Not approved: {'; '.join(a.note for a in answer.answers if a.note) or 'no answer'}"
                )
        return None

    async def _make_draft(self, order: ReportOrder, *, patient: bool = False) -> ReportDraft | None:
        """Gather and render with the commentary so far. None: the report was stopped meanwhile."""
        while True:
            self.enter(OperationState.ACTING, "Gathering the facts")
            commentary = list(self._commentary)
            found = await self._gathered(order, patient=patient)
            if found is None:
                return None
            if commentary != self._commentary:
                continue
            self.now("Making the files")
            draft = self._draft = ReportDraft(found, await self._render(order, found), commentary)
            self.data |= {"facts": draft.facts}
            said = f"Facts {draft.facts[:8]} gathered; preview in {draft.rendered.folder}"
            self.log(EntryKind.EVIDENCE, said, {"facts": draft.facts, "missing": found.missing})
            return draft

    async def _gather(self, order: ReportOrder, *, complete_only: bool) -> GatheredFacts:
        request = GatherFacts(
            application=order.application,
            dossier=self.plan.dossier,
            report=order.report,
            period=order.period,
            operation=workflow.info().workflow_id,
            corrects=order.corrects,
            commentary=self._commentary,
            complete_only=complete_only,
            at=workflow.now(),
        )
        return await compute(gather_facts, request, summary="Gather the facts of the report")

    async def _render(self, order: ReportOrder, found: GatheredFacts) -> RenderedReport:
        request = RenderReport(
            facts=found.facts,
            application=order.application,
            report=order.report,
            period=order.period,
            version=self._terms.version,
            attachments=self._terms.attachments,
        )
        return await compute(render_report, request, summary="Make the files of the report")

    async def _preview(self, order: ReportOrder) -> OperationOutcome:
        """Make the files only."""
        draft = await self._make_draft(order)
        if draft is None:
            return await self._stopped()
        missing = f"; missing: {'; '.join(draft.gathered.missing)}" if draft.gathered.missing else ""
        return await self.finish(OperationEnd.REHEARSED, f"Preview in {draft.rendered.folder}{missing}")

    # --- approval

    async def _ask(self, draft: ReportDraft, order: ReportOrder) -> GateOutcome | None:
        """Ask the parties, one after the other. None: all approved this draft; otherwise the answer that ended it."""
        self._approved_by = []
        text = approval_text(draft, self._terms, order.corrects)
        for ask in self._terms.asks:
            question = self._question(ask, text, draft.commentary)
            outcome = await self.journal.decide(
                question,
                partial(self.ask, question, partial(self._overtaken, draft)),
                OperationState.DECIDING,
                unanswered=self._why_withdrawn,
            )
            # Commentary that came together with the answer is not what was approved.
            if not outcome.approved or self._overtaken(draft):
                return outcome if outcome.option != APPROVE else outcome.model_copy(update={"option": WITHDRAWN})
            self._approved_by += self._approvers(ask, outcome)
        return None

    def _overtaken(self, draft: ReportDraft) -> bool:
        """Whether the draft is no longer what would be sent."""
        return self.aborting is not None or list(draft.commentary) != self._commentary

    def _why_withdrawn(self) -> str:
        return self.stops() or "There is new commentary, so people are asked again"

    def _question(self, ask: PartyApproval, text: str, commentary: Sequence[Commentary]) -> Question:
        # The author of a part of the report may not approve it alone.
        author = commentary[-1].by if commentary else self.by
        return Question(
            text=f"For the {ask.party.value}: may {self.title} be sent to {', '.join(self._terms.receivers)}?",
            options=[
                GateOption(name=APPROVE, means="Exactly these files are sent to the receivers, and sealed."),
                GateOption(name=GATHER_AGAIN, means="The facts are gathered again, and people are asked again."),
                GateOption(name=REFUSE, means="Nothing is sent.", needs_reason=True),
            ],
            plan=text,
            deciders=People.of(ask.deciders),
            roles=ask.approval.roles,
            count=ask.approval.count,
            requester=ask.approval.excluded(author),
            alone_after_seconds=ask.approval.alone_after.total_seconds() if ask.approval.alone_after else None,
            within_seconds=ask.approval.within.total_seconds(),
            on_silence=ask.approval.on_silence,
        )

    def _approvers(self, ask: PartyApproval, outcome: GateOutcome) -> list[ReportApprover]:
        question = self.question_digest(outcome.gate)
        return [
            ReportApprover(by=one.by, party=ask.party, at=one.at, note=one.note, question=question)
            for one in outcome.answers
            if one.option == APPROVE
        ]

    def enclosed(self, occasion: Occasion) -> Sequence[DocumentFile]:
        """Return the files that people are asked about, for the notice that asks them."""
        asks = occasion in {Occasion.DECISION, Occasion.DECISION_REMINDER}
        return self._draft.sent if asks and self._draft is not None else ()

    # --- sending and sealing

    async def _send_and_seal(self, order: ReportOrder, draft: ReportDraft) -> OperationOutcome:
        self.enter(OperationState.ACTING, f"Sending the report to {', '.join(self._terms.receivers)}")
        await self.record()
        self._deliveries = await self._send(order, draft)
        self._log_deliveries(self._deliveries)
        self.now("Sealing the report")
        sealed = self._sealed = await self._seal(order, draft)
        self.data |= {"seal": sealed.seal, "version": sealed.version}
        await self._report_undelivered()
        sent, all_ = len(reached(self._deliveries)), len(self._deliveries)
        return await self.finish(
            OperationEnd.DONE, f"Sent to {sent} of {all_} receivers and sealed as version {sealed.version}"
        )

    async def _send(self, order: ReportOrder, draft: ReportDraft) -> list[ReceiverDelivery]:
        corrects = bool(order.corrects)
        return await send_report(
            self.plan,
            self._terms.receivers,
            draft.sent,
            title=self.title,
            purpose=f"report/{draft.facts}",
            occasion=Occasion.REPORT_CORRECTION if corrects else Occasion.REPORT,
            text="\n".join(draft.gathered.differences)[:4000] if corrects else "",
        )

    async def _send_again(self, order: ReportOrder) -> OperationOutcome:
        """Send the latest sealed version again, by default to the receivers whom it did not reach."""
        request = LoadSealed(application=order.application, report=order.report, period=order.period)
        found = await call(load_sealed, request, summary="Look up the sealed report")
        if (sealed := found.sealed) is None:
            raise refuse_operation(f"no report {order.report} of {order.period} is sealed, so there is nothing to send")
        receivers = {one.contact: one.state for one in sealed.sent_to}
        if strangers := [name for name in order.to if name not in receivers]:
            raise refuse_operation(f"{strangers[0]} is no receiver of this report; {', '.join(receivers)} are")
        missed = [name for name, state in receivers.items() if state is not DeliveryState.SENT]
        to = order.to or missed
        if not to:
            raise refuse_operation("the report has reached all its receivers; name those who get it again with `to`")
        self.title, self._sending = f"{found.title}, sent again", True
        self.data |= {"period": order.period, "version": sealed.version, "seal": sealed.seal, "resent_to": to}
        self.enter(OperationState.ACTING, f"Sending the report to {', '.join(to)}")
        await self.record()
        self._deliveries = await send_report(
            self.plan,
            to,
            found.attachments,
            title=found.title,
            purpose=f"again/{sealed.seal}",
            occasion=Occasion.REPORT_CORRECTION if sealed.version > 1 else Occasion.REPORT,
            text="\n".join(found.changes)[:4000],
        )
        self._log_deliveries(self._deliveries)
        await self._report_undelivered()
        sent = len(reached(self._deliveries))
        end = OperationEnd.DONE if sent == len(to) else OperationEnd.FAILED
        return await self.finish(end, f"Version {sealed.version} sent again to {sent} of {len(to)} receivers")

    def _log_deliveries(self, deliveries: Sequence[ReceiverDelivery]) -> None:
        for one in deliveries:
            how = one.state.value.replace("-", " ")
            by = f" by {one.channel}" if one.channel else ""
            why = f" ({one.detail})" if one.detail and one.state is not DeliveryState.SENT else ""
            self.log(EntryKind.NOTICE, f"Report to {one.to or one.contact}{by}: {how}{why}", one)

    async def _report_undelivered(self) -> None:
        """Notify the operators of receivers whom the report did not reach, or may not have reached."""
        missed = [one.to or one.contact for one in self._deliveries if one.state is not DeliveryState.SENT]
        if missed:
            await self.notify_operators(
                f"{self.title} did not reach {', '.join(missed)}, or may not have. Correct the address in the dossier and "
                f"publish it, then send it again: `driftvakt report resend {workflow.info().workflow_id}`."
            )

    async def _seal(self, order: ReportOrder, draft: ReportDraft) -> ReportSealed:
        return await call(
            seal_report,
            SealReport(
                application=order.application,
                report=order.report,
                period=order.period,
                version=self._terms.version,
                operation=workflow.info().workflow_id,
                facts=draft.facts,
                attached=draft.rendered.attached,
                approved_by=self._approved_by,
                sent_to=self._deliveries,
                at=workflow.now(),
            ),
            summary="Seal the report",
        )

    def _too_late(self, reason: str) -> None:
        said = f": {reason}" if reason else ""
        self.log(
            EntryKind.STATE, f"An unknown person asked Temporal to cancel the report{said}. It is being sent already"
        )

    async def _stopped(self) -> OperationOutcome:
        return await self.finish(OperationEnd.ABORTED, f"{self.title}: {self.stops()}")

    # --- commentary

    @workflow.update(
        name="add_commentary",
        description="Add a text to the report; people are then asked again. "
        '{"by": "on-call@driftbolaget.example", "text": "The payment provider was down on the 12th."}',
    )
    async def add_commentary(self, request: AddCommentary) -> OperationReply:
        """Add commentary, or replace what there is. Open questions are withdrawn and asked again with the text."""
        await in_turn()
        await workflow.wait_condition(lambda: bool(self._terms.title) or self.outcome is not None)
        if self.outcome is not None or self._sending:
            raise refusal("the report is approved already, so it stays as it is", NOT_POSSIBLE)
        by = self.known(request.by, self._terms.authors)
        if not is_among(by, self._terms.authors):
            raise refusal(self._may_not_write(by), NOT_POSSIBLE)
        added = [
            *([] if request.instead else self._commentary),
            Commentary(by=by, at=workflow.now(), text=request.text),
        ]
        if (length := sum(len(one.text) for one in added)) > LONGEST_COMMENTARY:
            raise refusal(
                f"all commentary together would have {length} characters; {LONGEST_COMMENTARY} are allowed",
                NOT_POSSIBLE,
            )
        for ask in self._terms.asks:
            if why := self._question(ask, "", added).nobody_may():
                raise refusal(why, NOT_POSSIBLE)
        self._commentary = added
        self.log(EntryKind.NOTE, f"Commentary by {by}: {request.text}"[:1000])
        return OperationReply(message="The report is made again with the commentary, and people are asked again.")

    def _may_not_write(self, who: str) -> str:
        return f"{who} may not write commentary; {', '.join(self._terms.authors) or 'nobody'} may"

    # --- its page

    def more_on_page(self) -> str:
        """Return the draft, the commentary, the deliveries and the seal as Markdown; empty before the terms are known."""
        if not self._terms.title:
            return ""
        writes = not self._sending and self.outcome is None and not (self.order and self.order.rehearse)
        return report_part(self._terms, self._draft, self._commentary, self._deliveries, self._sealed, writes=writes)
