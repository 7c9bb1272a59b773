"""A name that the dossier does not have fails what was started with it, by the sentence with the names there are."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from models.names import WORKFLOW_QUEUE
from tests.fakes import FakeHosts, application_plan, working
from tests.workflows.shop import OPERATOR
from tests.workflows.world import unique
from workflows.restore.drill import RestoreDrill
from workflows.restore.workflow import RestoreFromBackup

PLAN = application_plan({"db": []})


@pytest.mark.parametrize(("type", "cls"), [("drill", RestoreDrill), ("restore", RestoreFromBackup)])
async def test_a_restore_or_a_drill_of_an_unknown_name_fails_as_maintenance_and_routines_do(
    client: Client, type: str, cls: Any
) -> None:
    order = {"application": "acme.shop", "by": OPERATOR, "restore": "datbase"}
    async with working(client, FakeHosts(PLAN), cls):
        with pytest.raises(WorkflowFailureError) as failed:
            await client.execute_workflow(type, order, id=unique(type), task_queue=WORKFLOW_QUEUE)

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.message == "acme.shop has no restore 'datbase'; it has none"
