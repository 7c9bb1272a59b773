"""No two things that workflows do outside ever get the same key, and a retry or a reset makes the right ones again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.jobs import RunJob
from tests.servers import real_server
from tests.workflows.keymaking import KeyMaking, Made, Making
from tests.workflows.world import World, unique
from workflows.restore.backups.adapter import Place

QUEUE = "keys"


async def made(client: Client, id: str, *, again: int = 0) -> list[Made]:
    return await client.execute_workflow(KeyMaking.run, Making(again=again), id=id, task_queue=QUEUE)


async def test_no_two_keys_are_the_same_within_a_run_after_continue_as_new_and_in_the_next_run_of_the_id(
    skipping: WorkflowEnvironment,
) -> None:
    id = unique("inc.acme.shop.7")
    async with World().worker(skipping.client, workflows=[KeyMaking], queue=QUEUE):
        first = await made(skipping.client, id, again=2)
        reopened = await made(skipping.client, id)
    keys = [key for one in [*first, *reopened] for name, key in one.model_dump().items() if name != "child"]
    assert len(first) == 6
    assert len(set(keys)) == len(keys) == 5 * 8


async def test_workflows_that_start_within_a_second_share_no_job_id(skipping: WorkflowEnvironment) -> None:
    # Schedules may give ids that differ only in what a folder's name may not hold.
    ids = [unique("maintenance") + end for end in (":1", "1", "1:", "/1")]
    async with World().worker(skipping.client, workflows=[KeyMaking], queue=QUEUE):
        found = [await made(skipping.client, id) for id in ids]
    jobs = [job for all_of_one in found for one in all_of_one for job in (one.changing, one.reading)]
    assert len(set(jobs)) == len(jobs) == 16


async def test_a_long_workflow_id_gives_keys_that_fit_and_still_differ(skipping: WorkflowEnvironment) -> None:
    begin = unique("routine") + "x" * 300
    async with World().worker(skipping.client, workflows=[KeyMaking], queue=QUEUE):
        found = [*await made(skipping.client, f"{begin}1"), *await made(skipping.client, f"{begin}2")]
    pattern = re.compile(str(RunJob.model_fields["job"].metadata[0].pattern))
    for one in found:
        assert all(len(key) <= 200 for key in (one.action, one.message, one.changing, one.reading))
        assert pattern.fullmatch(one.changing)
        assert re.fullmatch("[a-z2-7]{26}", one.scratch)
    assert len(set.union(*(one.all for one in found))) == 4 * 6


async def test_after_a_reset_an_action_keeps_its_key_and_people_and_evidence_get_new_ones(tmp_path: Any) -> None:
    with real_server(tmp_path) as server:
        client = await server.client()
        async with World().worker(client, workflows=[KeyMaking], queue=QUEUE):
            id = unique("inc.acme.shop.8")
            for again in (0, 1):
                before = await made(client, id, again=again)
                described = await client.get_workflow_handle(id).describe()
                reset = await client.workflow_service.reset_workflow_execution(
                    ResetWorkflowExecutionRequest(
                        namespace="default",
                        workflow_execution=WorkflowExecution(workflow_id=id, run_id=described.run_id),
                        reason="a mistake was mended",
                        workflow_task_finish_event_id=3,
                        request_id=unique("reset"),
                    )
                )
                run: Any = client.get_workflow_handle_for(KeyMaking.run, id, run_id=reset.run_id)
                after = await run.result()
                for old, new in zip(before[-2:], after[-2:], strict=True):
                    assert (new.action, new.changing, new.scratch) == (old.action, old.changing, old.scratch)
                    assert new.message != old.message
                    assert new.reading != old.reading


def test_the_scratch_names_of_two_restores_differ_also_where_postgresql_cuts_them() -> None:
    long = "orders_of_the_shop_in_the_north_" * 2
    keys = ("20260131_" + "a" * 26, "20260131_" + "a" * 25 + "b")
    places = [Place(host="db1", key=key, limit=timedelta(minutes=1)) for key in keys]
    names = [place.named_database(long, what) for place in places for what in ("new", "kept", "bad", "drill")]
    assert all(len(name.encode()) <= 63 for name in names)
    assert len(set(names)) == 8
    assert places[0].named_database("shop", "kept") == f"shop_kept_{keys[0]}"
