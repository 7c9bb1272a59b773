"""Whoever can start a workflow can open an incident: a small form, and a result that says which one it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.temporal.workflows import Workflows
from models.names import WORKFLOW_QUEUE, watch_id
from models.opening import ReportByHand
from models.watch import OpenByHand, OpenReceipt, WatchOrder
from tests.replaying import replayed
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.test_watch_orders import StandInIncident
from tests.workflows.waiting import hand_on
from tests.workflows.world import World, watch_status
from workflows.incident.form import OpenIncident
from workflows.watch.workflow import Watch


@workflow.defn(name="watch")
class OpeningWatch:
    """A watch that only opens incidents."""

    def __init__(self) -> None:
        self.orders: list[OpenByHand] = []

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def open_incident(self, order: OpenByHand) -> OpenReceipt:
        if order.component == "wbe":
            raise ApplicationError("acme.shop has no component 'wbe'; it has web, db", type="NotFoundError")
        self.orders.append(order)
        id = f"inc.acme.shop.{len(self.orders)}"
        return OpenReceipt(incident=id, joined=False, message=f"Opened {id}.")

    @workflow.query
    def heard(self) -> list[OpenByHand]:
        return self.orders


@asynccontextmanager
async def serving(client: Client) -> AsyncIterator[None]:
    does = Workflows(client, lambda: ["acme.payroll", "acme.shop"]).activities()
    async with replayed(client, task_queue=WORKFLOW_QUEUE, workflows=[OpenIncident, OpeningWatch], activities=does):
        yield


async def fill_in(client: Client, form: dict[str, Any]) -> OpenReceipt:
    receipt: OpenReceipt = await client.execute_workflow(
        "open-incident", form, id=str(uuid4()), task_queue=WORKFLOW_QUEUE, result_type=OpenReceipt
    )
    return receipt


async def test_an_application_and_a_title_are_enough(skipping: WorkflowEnvironment) -> None:
    async with serving(skipping.client):
        receipt = await fill_in(skipping.client, {"application": "acme.shop", "title": "Customers cannot pay"})
        [order] = await skipping.client.get_workflow_handle("watch.acme.shop").query(
            "heard", result_type=list[OpenByHand]
        )
    assert receipt == OpenReceipt(incident="inc.acme.shop.1", joined=False, message="Opened inc.acme.shop.1.")
    assert (order.title, order.component, order.impact, order.separate) == ("Customers cannot pay", None, None, False)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            {"application": "acme.shopp", "title": "x"},
            "No incident was opened: no dossier of acme.shopp is published; there are acme.payroll, acme.shop",
        ),
        (
            {"application": "acme.shop", "title": "x", "component": "wbe"},
            "No incident was opened: acme.shop has no component 'wbe'; it has web, db",
        ),
        ({"application": "acme.shop"}, "title is missing; it takes the fields application, title and where wanted "),
        ({"application": "Shop", "title": "x"}, "application does not have its form, as in acme.shop; "),
        ({"application": "acme.shop", "title": "x", "prio": "P1"}, "there is no field 'prio'"),
    ],
)
async def test_a_wrong_form_fails_with_its_errors(
    skipping: WorkflowEnvironment, form: dict[str, Any], said: str
) -> None:
    async with serving(skipping.client):
        with pytest.raises(WorkflowFailureError) as failed:
            await fill_in(skipping.client, form)
    assert isinstance(failed.value.cause, ApplicationError)
    assert said in failed.value.cause.message


@pytest.mark.parametrize("handed_on", [False, True])
async def test_a_report_that_is_sent_again_opens_nothing_more_also_after_the_watch_went_on_in_a_new_run(
    skipping: WorkflowEnvironment, handed_on: bool
) -> None:
    client = skipping.client
    order = OpenByHand(title="Customers cannot pay", component="web", by=OPERATOR, separate=True)
    request = ReportByHand(key="change.acme.shop.4/r1/incident/7", application=APPLICATION, order=order)
    tell = Workflows(client, lambda: [APPLICATION]).report_by_hand
    async with World().worker(client, workflows=[Watch, StandInIncident]):
        first = await tell(request)
        if handed_on:
            await hand_on(client.get_workflow_handle(watch_id(APPLICATION)))
        again = await tell(request)
        seen = await watch_status(client)
        other = await tell(request.model_copy(update={"key": "change.acme.shop.5/r1/incident/7"}))
    assert again == first == OpenReceipt(incident="inc.acme.shop.1", joined=False, message="Opened inc.acme.shop.1.")
    assert seen.opened == 1
    assert other.incident == "inc.acme.shop.2"
