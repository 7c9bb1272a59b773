"""What the documentation says to paste is taken as it status, by an installation that knows the examples."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from activities.records import Records, upgrade
from models.names import STATE, WORKFLOW_QUEUE, watch_id
from models.operation import OperationState
from starter.dossier.publishing import publish, read_all
from tests.docs.pages import DOCS, ROOT, code, start_forms
from tests.servers import real_server
from tests.workflows.world import unique
from worker import running

_STATE = SearchAttributeKey.for_keyword(STATE)
_WORKS = {"await_lift", "ensure_component", "run_batch", "watch_health"}
"""Activities that begin once an order was taken."""

_AT_WORK = {state.value for state in OperationState} - {"preparing", "closed"}
_REFUSED = {"refused", "failed", "missed"}


def updates() -> list[tuple[str, dict[str, Any]]]:
    """The updates that docs/coordination.md shows for an incident, in the order of that page."""
    table = re.findall(r"`(\w+)` `(\{.*?\})` \|$", (DOCS / "coordination.md").read_text(), re.MULTILINE)
    return [(update, json.loads(text)) for update, text in table]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """Of an installation that serves no site of the examples: nothing is done on any host."""
    with real_server(tmp_path / "home") as server:
        settings = server.settings.model_copy(update={"sites": ["nowhere"]})
        upgrade(settings.records_url)
        client, records = await server.client(), Records(settings.records_url)
        async with running(settings, client):
            await publish(client, records, read_all([ROOT / "examples" / "acme" / "shop.yaml"]), "test")
            yield client
        records.close()


async def status_of(handle: WorkflowHandle[Any, Any]) -> str:
    """How a workflow status once it has read its order: at work, or how it ended."""
    async with asyncio.timeout(90):
        while True:
            described = await handle.describe()
            raw = described.raw_description
            if described.status is WorkflowExecutionStatus.COMPLETED:
                result = await handle.result()
                return str(result.get("end", "done") if isinstance(result, dict) else "done")
            if described.status is not WorkflowExecutionStatus.RUNNING:
                return await why(handle)
            names = {one.activity_type.name for one in raw.pending_activities}
            state = described.typed_search_attributes.get(_STATE)
            if _WORKS & names or (state in _AT_WORK):
                return "at work"
            await asyncio.sleep(0.1)


async def why(handle: WorkflowHandle[Any, Any]) -> str:
    """Why a workflow failed."""
    try:
        await handle.result()
    except Exception as error:
        return f"failed: {error.__cause__ or error}"
    return "done"


@pytest.mark.slow
async def test_every_start_form_takes_the_sample_that_stands_beside_its_link(client: Client) -> None:
    refused = []
    for page, type, text in start_forms():
        handle = await client.start_workflow(type, json.loads(text), id=unique(type), task_queue=WORKFLOW_QUEUE)
        status = await status_of(handle)
        if type == "submit-change":
            status = await status_of(client.get_workflow_handle((await handle.result())["change"]))
        if status in _REFUSED or status.startswith("failed"):
            refused.append(f"{page}: {type}: {status}")
        if type == "halt":
            await handle.execute_update("lift", {"by": json.loads(text)["by"]})

    assert refused == []


@pytest.mark.parametrize("workflow", ["open-incident", "halt", "runbook.restart-with-dependants"])
def test_the_pages_show_how_to_start_each_other_workflow_that_people_start(workflow: str) -> None:
    """Those of operations are in tests/operations/test_kinds.py."""
    assert workflow in {type for _, type, _ in start_forms()}


async def until_there(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until a workflow has begun: the receipt of its watch may be quicker."""
    async with asyncio.timeout(60):
        while True:
            with suppress(RPCError):
                await handle.query("status")
                return
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_an_incident_takes_every_update_as_the_page_for_its_lead_has_it(client: Client) -> None:
    [order] = [json.loads(text) for text in code(DOCS / "operating.md", "json") if "severity" in text]
    watch = client.get_workflow_handle(watch_id("acme.shop"))
    opened = await watch.execute_update("open_incident", order)
    incident = client.get_workflow_handle(opened["incident"])
    await until_there(incident)
    refused = {}
    for update, message in updates():
        # The page names somebody to hand it over to who is not in the example.
        message |= {"to": "jonas.berg@driftbolaget.example"} if update == "hand_over" else {}
        try:
            await incident.execute_update(update, message)
        except WorkflowUpdateFailedError as error:
            refused[update] = str(error.cause)

    assert set(refused) == {"decide", "cancel_incident"}
    assert refused["decide"] == "DecisionRefused: there is no gate 'g1'; open gates: none"
    assert "is active" in refused["cancel_incident"]
