"""A journal shows each change on the page, gives each line to the records once, and asks with its question on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.operation import OperationState
from models.records import OperationRecord, WriteRecords
from models.sizes import MESSAGE, encoded_size
from tests.replaying import replayed
from tests.workflows.journals import Decides, DecidesTwiceAtOnce, IsHalted, LogsMuch


class RecordsOfJournals:
    """The records, as a list of what was written."""

    def __init__(self) -> None:
        self.written: list[OperationRecord] = []

    @activity.defn(name="write_records")
    async def write(self, order: WriteRecords) -> None:
        """Keep what is written."""
        assert encoded_size(order.operations[0].timeline) <= MESSAGE
        self.written += order.operations


@pytest.fixture
def records() -> RecordsOfJournals:
    return RecordsOfJournals()


@pytest.fixture
async def run(skipping: WorkflowEnvironment, records: RecordsOfJournals) -> AsyncIterator[Any]:
    """Run one of the workflows to its end."""
    client: Client = skipping.client
    queue = f"journal-{uuid4().hex[:8]}"

    async def to_its_end(kind: Any, *given: Any) -> list[str]:
        id = f"change.acme.shop.{uuid4().hex[:8]}"
        ended: list[str] = await client.execute_workflow(kind.run, *given, id=id, task_queue=queue)
        return ended

    async with replayed(
        client,
        task_queue=queue,
        workflows=[LogsMuch, Decides, DecidesTwiceAtOnce, IsHalted],
        activities=[records.write],
    ):
        yield to_its_end


async def test_every_line_reaches_the_records_once_and_in_order_in_as_many_parts_as_it_takes(
    run: Any, records: RecordsOfJournals
) -> None:
    await run(LogsMuch, 400)
    assert [line.sequence for record in records.written for line in record.timeline] == list(range(401))
    assert len(records.written) > 2


async def test_a_page_is_rendered_once_however_many_lines_are_logged_at_once(run: Any) -> None:
    pages = await run(LogsMuch, 50)
    assert pages == ["Starting 50", "Starting 51"]


async def test_the_records_have_the_state_before_people_are_asked_and_the_log_has_the_answer(
    run: Any, records: RecordsOfJournals
) -> None:
    *seen, first, second, third = await run(Decides)
    working, waiting = "carrying-out: Working", "awaiting-decision: Waiting for a decision: Go on?"
    assert seen == [
        working,
        waiting,
        working,
        working,
        working,
        waiting,
        "carrying-out: Goes on",
        "carrying-out: Goes on",
    ]
    assert [record.state for record in records.written] == [OperationState.DECIDING.value] * 2
    assert first == "Somebody thinks about it"
    assert second == third == "All is well again. The question was: Go on?"


async def test_a_workflow_waits_for_people_until_they_have_answered_all_questions(run: Any) -> None:
    assert await run(DecidesTwiceAtOnce) == [
        "awaiting-decision: Waiting for a decision: Second?",
        "awaiting-decision: Waiting for a decision: Second?",
        "carrying-out: Working",
    ]


async def test_after_a_halt_a_workflow_says_again_what_it_was_doing(run: Any) -> None:
    assert await run(IsHalted) == [
        "carrying-out: Halted by anna",
        "carrying-out: Step 2 of 3",
        "Halted by anna",
        "The halt is lifted; work continues",
    ]
