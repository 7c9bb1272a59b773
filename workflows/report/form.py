"""The workflow behind the start form of a report, and behind its schedule: it finds the report's id and starts it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.stubs.reports import place_report
from models.converter import WRONG_INPUT
from models.names import APPLICATION, CUSTOMER, TITLE, WORKFLOW_QUEUE
from models.operation_kinds import REPORT
from models.people import SCHEDULE
from models.report_order import PlacedReport, PlaceReport, ReportStarted, StartReport
from workflows.runtime.calls import call
from workflows.runtime.keys import scratch_key
from workflows.runtime.markdown import link, page, plain, summary_line

_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name="start-report", failure_exception_types=WRONG_INPUT)
class StartReportForPeriod:
    """Starts the report of one period, unless it exists already."""

    @workflow.run
    async def run(self, form: StartReport) -> ReportStarted:
        """Find the report's id, start it, and return the id. The report continues when this workflow has ended."""
        workflow.upsert_search_attributes(
            [
                _CUSTOMER.value_set(form.application.partition(".")[0]),
                _APPLICATION.value_set(form.application),
                _TITLE.value_set(summary_line(f"Report {form.report}")),
            ]
        )
        placed = await self._place(form)
        if not placed.due:
            workflow.set_current_details(page(f"### {plain(placed.title)}", plain(placed.message)))
            return ReportStarted(report="", started=False, message=placed.message)
        started = placed.order is not None and await self._start(form, placed)
        said = f"{placed.title} is being made." if started else placed.message or f"{placed.id} exists already."
        workflow.set_current_details(page(f"### {plain(placed.title)}", plain(said), f"Go to {link(placed.id)}."))
        return ReportStarted(report=placed.id, started=started, message=said)

    async def _place(self, form: StartReport) -> PlacedReport:
        scheduled = _scheduled(form)
        return await call(
            place_report,
            PlaceReport(
                application=form.application,
                report=form.report,
                by=form.by,
                period=form.period,
                at=scheduled or workflow.now(),
                scheduled=scheduled is not None,
                rehearsal=scratch_key("preview") if form.rehearse else "",
            ),
            summary="Find the report of the period",
        )

    async def _start(self, form: StartReport, placed: PlacedReport) -> bool:
        """Start the report. Return False if another one was faster."""
        assert placed.order is not None
        order = placed.order.model_copy(update={"reason": form.reason, "unattended": form.unattended})
        with suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                REPORT.name,
                order,
                id=placed.id,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_queue=WORKFLOW_QUEUE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=summary_line(placed.title),
                static_details=plain(form.reason, 2000),
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(_CUSTOMER, form.application.partition(".")[0]),
                        SearchAttributePair(_APPLICATION, form.application),
                    ]
                ),
            )
            return True
        return False


def _scheduled(form: StartReport) -> datetime | None:
    """Return the time at which the schedule was due; None if a person filled in the form or triggered the schedule.

    The server does not distinguish a trigger by hand, so one in the first second of a minute counts as the schedule's own.
    """
    at = workflow.info().typed_search_attributes.get(_SCHEDULED) if form.by == SCHEDULE else None
    return at if at is not None and at.second == 0 else None
