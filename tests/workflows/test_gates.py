"""Nothing is decided by whoever may not, on a plan that was not shown, twice, too late, or by a run that was reset."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import OnSilence
from models.gates import Decision, GateOption, GateOutcome, Question
from models.records import OpenedGate, OpenGate
from tests.servers import pass_time, real_server, skipping_environment
from tests.workflows.asks import Ask, Asks, AsksAtOnce
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, decide, gates, unique

QUEUE = "gates"
PEOPLE = ["ann@x.example", "bob@x.example", "cid@x.example"]


def question(**fields: Any) -> Question:
    known: dict[str, Any] = {
        "text": "May it be done?",
        "options": [
            GateOption(name="approve", means="It is done."),
            GateOption(name="refuse", means="It is not done."),
        ],
        "plan": "1. restart db",
        "deciders": PEOPLE,
        "roles": ["approver"],
        "within_seconds": 3600.0,
        "on_silence": OnSilence.REFUSE,
    }
    return Question(**(known | fields))


async def asking(client: Client, *, times: int = 1, **fields: Any) -> WorkflowHandle[Any, list[GateOutcome]]:
    order = Ask(question=question(**fields), times=times)
    handle = await client.start_workflow(Asks.run, order, id=unique("asks"), task_queue=QUEUE)
    await until_asked(handle)
    return handle


ATTEMPT = st.fixed_dictionaries(
    {
        "by": st.sampled_from([*PEOPLE, "eve@x.example", "ANN@X.EXAMPLE", "ann@x.example "]),
        "option": st.sampled_from(["approve", "refuse", "Approve", ""]),
        "plan": st.sampled_from(["right", "00000000", "", "short", "other"]),
        "gate": st.sampled_from(["g1", "g2", "g", ""]),
        "signal": st.booleans(),
    }
)


class Reference:
    """The rules of a gate, written down again as plainly as can be."""

    def __init__(self, count: int, requester: str | None) -> None:
        self.count = count
        self.requester = requester
        self.approved: set[str] = set()
        self.decided: str | None = None

    def take(self, attempt: dict[str, Any]) -> bool:
        by = attempt["by"].strip().lower()
        allowed = (
            self.decided is None
            and attempt["gate"] == "g1"
            and attempt["option"] in {"approve", "refuse"}
            and by in PEOPLE
            and by != (self.requester or "").lower()
            and by not in self.approved
            and attempt["plan"] == "right"
        )
        if allowed and attempt["option"] == "refuse":
            self.decided = "refuse"
        elif allowed:
            self.approved.add(by)
            self.decided = "approve" if len(self.approved) == self.count else None
        return allowed


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    attempts=st.lists(ATTEMPT, min_size=1, max_size=12),
    count=st.integers(1, 3),
    requester=st.sampled_from([None, "ann@x.example", "Ann@X.example"]),
)
async def test_only_allowed_answers_count_whatever_is_tried(
    attempts: list[dict[str, Any]], count: int, requester: str | None
) -> None:
    async with skipping_environment() as env, World().worker(env.client, workflows=[Asks], queue=QUEUE):
        handle = await asking(env.client, count=count, requester=requester)
        [gate] = await gates(handle)
        rules = Reference(count, requester)
        for attempt in attempts:
            if rules.decided is not None:
                break
            plans = {"right": gate.digest[:8], "short": gate.digest[:7], "other": gate.digest[8:16]}
            answer = {k: attempt[k] for k in ("by", "option", "gate")} | {
                "plan": plans.get(attempt["plan"], attempt["plan"])
            }
            await _try(handle, answer, by_signal=attempt["signal"], expected=rules.take(attempt))
        if rules.decided is None:
            assert [a.by for a in (await gates(handle))[0].answers] == list(
                dict.fromkeys(a.by for a in (await gates(handle))[0].answers)
            )
            await pass_time(env, timedelta(hours=2))
        [outcome] = await end_of(handle)
    assert outcome.option == (rules.decided or "refuse")
    assert {a.by for a in outcome.answers if a.option == "approve"} == rules.approved


async def _try(handle: WorkflowHandle[Any, Any], answer: dict[str, str], *, by_signal: bool, expected: bool) -> None:
    if by_signal:
        await handle.signal("decide_by_signal", answer)
        return
    try:
        await handle.execute_update("decide", Decision.model_construct(**answer))
    except WorkflowUpdateFailedError:
        assert not expected
    else:
        assert expected


async def test_an_answer_to_an_earlier_asking_does_not_fit_a_later_one(skipping: WorkflowEnvironment) -> None:
    async with World().worker(skipping.client, workflows=[Asks], queue=QUEUE):
        handle = await asking(skipping.client, times=2)
        [first] = await gates(handle)
        await decide(handle, "approve", by=PEOPLE[0])
        second = await until_asked(handle)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await decide(handle, "approve", by=PEOPLE[0], plan=first.digest[:8])
        assert second.digest != first.digest
        assert "is not the one that gate g2 asks about" in str(refused.value.cause)
        await handle.terminate()


async def test_after_the_deadline_an_answer_is_too_late(skipping: WorkflowEnvironment) -> None:
    async with World().worker(skipping.client, workflows=[Asks], queue=QUEUE):
        handle = await asking(skipping.client, times=2)
        await pass_time(skipping, timedelta(hours=1, seconds=1))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await decide(handle, "approve", by=PEOPLE[0], gate="g1")
        assert "gate g1 was decided already: refuse" in str(refused.value.cause)
        await handle.terminate()


async def test_silence_that_means_ask_again_asks_again(skipping: WorkflowEnvironment) -> None:
    async with World().worker(skipping.client, workflows=[Asks], queue=QUEUE):
        handle = await asking(skipping.client, on_silence=OnSilence.ASK_AGAIN)
        await pass_time(skipping, timedelta(hours=5))
        await decide(handle, "approve", by=PEOPLE[1])
        [outcome] = await end_of(handle)
    assert outcome.option == "approve"


@dataclass
class FirstIsSlow(World):
    """The plan of the first gate is named last."""

    second_named: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="open_gate")
    async def open_gate(self, request: OpenGate) -> OpenedGate:
        if request.gate == "g1":
            await self.second_named.wait()
            await asyncio.sleep(0.3)  # until the workflow has heard of the second
        else:
            self.second_named.set()
        return await super().open_gate(request)


async def test_questions_that_are_asked_at_once_stand_in_the_order_of_their_numbers(
    skipping: WorkflowEnvironment,
) -> None:
    async with FirstIsSlow().worker(skipping.client, workflows=[AsksAtOnce], queue=QUEUE):
        order = Ask(question=question(), times=2)
        handle = await skipping.client.start_workflow(AsksAtOnce.run, order, id=unique("asks"), task_queue=QUEUE)
        async with asyncio.timeout(60):
            while len(asked := [gate.id for gate in await gates(handle)]) < 2:
                await asyncio.sleep(0.02)
        await handle.terminate()
    assert asked == ["g1", "g2"]


async def test_a_reset_run_does_not_act_on_an_approval_that_was_used(tmp_path: Any) -> None:
    with real_server(tmp_path) as server:
        client = await server.client()
        async with World().worker(client, workflows=[Asks], queue=QUEUE):
            handle = await asking(client)
            await decide(handle, "approve", by=PEOPLE[0])
            await end_of(handle)
            reset = await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace="default",
                    workflow_execution=WorkflowExecution(workflow_id=handle.id),
                    reason="trying whether the approval works twice",
                    workflow_task_finish_event_id=4,
                    request_id=unique("reset"),
                )
            )
            again = client.get_workflow_handle(handle.id, run_id=reset.run_id, result_type=list[GateOutcome])
            gate = await until_asked(again)
            await decide(again, "refuse", by=PEOPLE[1])
            [outcome] = await again.result()
    assert gate.answers == []
    assert outcome.option == "refuse"


async def test_nobody_answers_a_question_whose_deciders_are_an_empty_list(client: Client) -> None:
    async with World().worker(client, workflows=[Asks], queue=QUEUE):
        handle = await asking(client, deciders=[])
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await decide(handle, "approve", by=PEOPLE[0])
        await handle.terminate()

    assert "ann@x.example may not decide g1; nobody may" in str(refused.value.cause)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"deciders": "anybody"}, ""),
        ({"deciders": []}, "nobody holds approver, so nobody may answer: give the role to a contact in the dossier"),
        (
            {"deciders": PEOPLE[:1], "requester": PEOPLE[0]},
            "ann@x.example asked for it and may not approve it, and nobody else holds approver where 1 must approve: have "
            "somebody else submit it, or give the role to another contact in the dossier",
        ),
    ],
)
def test_a_question_says_why_nobody_may_answer_it(fields: dict[str, Any], why: str) -> None:
    assert question(**fields).nobody_may() == why


def test_a_question_without_deciders_cannot_be_asked() -> None:
    with pytest.raises(ValidationError, match="deciders"):
        Question(text="?", options=[GateOption(name="approve", means="It is done.")])  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "ann@x.example, bob@x.example, cid@x.example"),
        ({"requester": "BOB@x.example"}, "ann@x.example, cid@x.example"),
        ({"requester": "bob@x.example", "alone_after_seconds": 60.0}, "ann@x.example, cid@x.example"),
        ({"deciders": "anybody"}, "approver"),
    ],
)
def test_a_rehearsal_names_only_people_who_may_answer(fields: dict[str, Any], said: str) -> None:
    assert question(**fields).asks() == said
