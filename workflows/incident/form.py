"""Opening an incident from the UI's start form; the result names the incident."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.stubs.workflows import report_by_hand
from models.converter import WRONG_INPUT
from models.errors import UserError
from models.names import APPLICATION, CUSTOMER, TITLE
from models.opening import OpenIncidentForm, ReportByHand
from models.watch import OpenByHand, OpenReceipt
from workflows.runtime.keys import action_key
from workflows.runtime.markdown import link, page, plain, summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import RECORD

_TRY = timedelta(seconds=30)
_GIVE_UP = timedelta(minutes=5)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)


@workflow.defn(name="open-incident", failure_exception_types=WRONG_INPUT)
class OpenIncident:
    """One filled-in form."""

    @workflow.run
    async def run(self, form: OpenIncidentForm) -> OpenReceipt:
        """Ask the watch of the application to open the incident; fail with the fault of the form."""
        workflow.upsert_search_attributes(
            [
                _CUSTOMER.value_set(form.application.partition(".")[0]),
                _APPLICATION.value_set(form.application),
                _TITLE.value_set(summary_line(form.title)),
            ]
        )
        order = OpenByHand.model_validate(form.model_dump(exclude={"application"}))
        try:
            receipt = await workflow.execute_activity(
                report_by_hand,
                ReportByHand(key=action_key("form"), application=form.application, order=order),
                start_to_close_timeout=_TRY,
                schedule_to_close_timeout=_GIVE_UP,
                retry_policy=RECORD,
                summary=summary_line(f"Send the form to the watch of {form.application}"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # Without the activity around it the UI shows the sentence itself.
            raise ApplicationError(f"No incident was opened: {explain(error)}", type=UserError.__name__) from None
        workflow.set_current_details(
            page(f"### {plain(form.title)}", f"{plain(receipt.message)} Go to {link(receipt.incident)}.")
        )
        return receipt
