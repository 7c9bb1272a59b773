"""The workflow behind the start form of a change: it takes a number and starts the change as a workflow of its own."""

from __future__ import annotations

from contextlib import suppress

from temporalio import workflow
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.stubs.changes import number_change
from models.change import ChangeForm, ChangeOrder, ChangeStarted, NumberChange
from models.converter import WRONG_INPUT
from models.names import APPLICATION, CUSTOMER, TITLE, WORKFLOW_QUEUE, operation_id
from models.operation_kinds import CHANGE
from workflows.runtime.calls import call
from workflows.runtime.keys import action_key
from workflows.runtime.markdown import link, page, plain, summary_line

_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)


@workflow.defn(name="submit-change", failure_exception_types=WRONG_INPUT)
class SubmitChange:
    """Starts one change from a form that a person filled in, in the Temporal UI."""

    @workflow.run
    async def run(self, form: ChangeForm) -> ChangeStarted:
        """Take the next number, start the change, and return its id. The change continues when this workflow has ended."""
        workflow.upsert_search_attributes(
            [
                _CUSTOMER.value_set(form.application.partition(".")[0]),
                _APPLICATION.value_set(form.application),
                _TITLE.value_set(summary_line(f"Change {form.routine}")),
            ]
        )
        taken = await call(
            number_change,
            NumberChange(key=action_key("number"), application=form.application, routine=form.routine, by=form.by),
            summary="Give the change its number",
        )
        id = operation_id(CHANGE.name, form.application, taken.number)
        with suppress(WorkflowAlreadyStartedError):  # by this form, before it was reset
            await workflow.start_child_workflow(
                CHANGE.name,
                ChangeOrder.model_validate(form.model_dump()),
                id=id,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_queue=WORKFLOW_QUEUE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=summary_line(f"{'Rehearse: ' if form.rehearse else ''}Change {form.routine}"),
                static_details=plain(form.reason, 2000),
                search_attributes=workflow.info().typed_search_attributes,
            )
        workflow.set_current_details(
            page(f"### Change {plain(form.routine)} of {plain(form.application)}", f"Go to {link(id)}.")
        )
        return ChangeStarted(change=id)
