"""Whoever may decide a question hears of it: when it opens, before its time is over, and when no answer is needed any more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import OnSilence
from models.gates import GateOption, Question
from models.names import AWAITS_DECISION_BY
from models.notices import Occasion
from tests.replaying import replayed
from tests.servers import pass_time
from tests.workflows.asks import Ask
from tests.workflows.waiting import until_asked
from tests.workflows.world import World, decide, unique
from workflows.gates.gates import HasGates

QUEUE = "asked"
ANN, BOB, CID = "ann@x.example", "bob@x.example", "cid@x.example"
HOUR = timedelta(hours=1)


@workflow.defn(name="asks-people")
class AsksPeople(HasGates):
    """Asks, and keeps what it writes to people."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[str] = []
        self._withdrawn = False

    @workflow.run
    async def run(self, order: Ask) -> list[str]:
        """Ask until it is decided; what was written to whom."""
        await self.ask(order.question, lambda: self._withdrawn)
        await self.all_notified()
        return self._written

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Keep it."""
        self._written.append(f"{occasion.value}: {', '.join(people)}: {text.splitlines()[-1]}")

    @workflow.signal
    def withdraw_it(self) -> None:
        """Nobody needs to answer any more."""
        self._withdrawn = True


@asynccontextmanager
async def asked(env: WorkflowEnvironment, **fields: Any) -> AsyncIterator[WorkflowHandle[Any, list[str]]]:
    known: dict[str, Any] = {
        "text": "May it be done?",
        "options": [
            GateOption(name="approve", means="It is done."),
            GateOption(name="refuse", means="It is not done."),
        ],
        "deciders": [ANN, BOB, CID],
        "requester": CID,
        "within_seconds": 4 * HOUR.total_seconds(),
        "on_silence": OnSilence.REFUSE,
    }
    world = World()
    activities = [world.open_gate, world.use_decision]
    async with replayed(env.client, task_queue=QUEUE, workflows=[AsksPeople], activities=activities):
        order = Ask(question=Question(**(known | fields)))
        handle = await env.client.start_workflow(AsksPeople.run, order, id=unique("asks"), task_queue=QUEUE)
        await until_asked(handle)
        yield handle


async def test_deciders_get_a_notice_and_those_who_did_not_answer_learn_the_decision(
    skipping: WorkflowEnvironment,
) -> None:
    async with asked(skipping) as handle:
        await decide(handle, "approve", by=ANN)
        written = await handle.result()
    assert written == [
        f"decision: {ANN}, {BOB}: refuse: It is not done.",
        f"decided: {BOB}: approve by {ANN}",
    ]


async def awaited(handle: WorkflowHandle[Any, list[str]]) -> list[str]:
    """Whom people find by the search attribute now."""
    upserts = [
        event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        for event in (await handle.fetch_history()).events
        if event.HasField("upsert_workflow_search_attributes_event_attributes")
    ]
    names: list[str] = json.loads(upserts[-1][AWAITS_DECISION_BY].data)
    return names


async def test_a_search_finds_only_those_who_may_still_answer(skipping: WorkflowEnvironment) -> None:
    async with asked(skipping, roles=["approver"], count=2) as handle:
        before = await awaited(handle)
        await decide(handle, "approve", by=ANN)
        between = await awaited(handle)
        await decide(handle, "approve", by=BOB)
    assert before == [ANN, "approver", BOB]
    assert between == ["approver", BOB]


async def test_a_search_finds_the_requester_once_they_may_answer_alone(skipping: WorkflowEnvironment) -> None:
    async with asked(skipping, alone_after_seconds=HOUR.total_seconds()) as handle:
        before = await awaited(handle)
        await pass_time(skipping, 2 * HOUR)
        after = await awaited(handle)
        await decide(handle, "approve", by=ANN)
    assert (before, after) == ([ANN, BOB], [ANN, BOB, CID])


async def test_people_are_reminded_before_the_time_is_over_and_hear_what_silence_meant(
    skipping: WorkflowEnvironment,
) -> None:
    async with asked(skipping) as handle:
        await pass_time(skipping, 5 * HOUR)
        written = await handle.result()
    assert [line.partition(": ")[0] for line in written] == ["decision", "decision-reminder", "decided"]
    assert written[-1] == f"decided: {ANN}, {BOB}: Nobody answered in time, so refuse counts as the answer."


async def test_a_requester_gets_a_notice_once_they_may_answer_alone(
    skipping: WorkflowEnvironment,
) -> None:
    async with asked(skipping, alone_after_seconds=HOUR.total_seconds()) as handle:
        await pass_time(skipping, 2 * HOUR)
        await decide(handle, "approve", by=CID, note="Nobody else is awake")
        written = await handle.result()
    assert written[0].startswith(f"decision: {ANN}, {BOB}: ")
    assert written[1].startswith(f"decision: {CID}: Nobody else has answered since ")
    assert written[1].endswith("UTC, so you may answer alone; say why.")
    assert written[2:] == [f"decided: {ANN}, {BOB}: approve by {CID}: Nobody else is awake"]


async def test_who_is_the_only_one_and_asked_for_it_themselves_is_written_to_once_they_may_answer(
    skipping: WorkflowEnvironment,
) -> None:
    async with asked(skipping, deciders=[CID], alone_after_seconds=3.5 * HOUR.total_seconds()) as handle:
        await pass_time(skipping, 3 * HOUR)
        before = await handle.query("gates")
        await pass_time(skipping, 2 * HOUR)
        written = await handle.result()
    assert len(before) == 1
    assert [line.partition(": ")[0] for line in written] == ["decision", "decided"]
    assert written[0].startswith(f"decision: {CID}: Nobody else has answered since ")


async def test_a_requester_gets_no_notice_if_somebody_else_answers_in_time(
    skipping: WorkflowEnvironment,
) -> None:
    async with asked(skipping, alone_after_seconds=HOUR.total_seconds()) as handle:
        await decide(handle, "approve", by=ANN)
        written = await handle.result()
    assert not any(CID in line for line in written)


async def test_a_question_that_is_asked_again_and_again_reminds_ever_more_rarely(skipping: WorkflowEnvironment) -> None:
    async with asked(skipping, within_seconds=HOUR.total_seconds(), on_silence=OnSilence.ASK_AGAIN) as handle:
        await pass_time(skipping, timedelta(days=10))
        await handle.signal("withdraw_it")
        async with asyncio.timeout(60):
            written = await handle.result()
    kinds = [line.partition(": ")[0] for line in written]
    assert (kinds[0], kinds[-1]) == ("decision", "decided")
    assert 10 <= kinds.count("decision-reminder") <= 15
    assert written[-1] == f"decided: {ANN}, {BOB}: The question was withdrawn."
