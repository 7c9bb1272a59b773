"""Whoever is asked can answer: what the page offers to paste is taken, and nobody is stuck alone at night."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from models.dossier.instructions import Approval, OnSilence
from models.gates import Decision
from models.incident import Acknowledge
from models.names import watch_id
from models.watch import OpenByHand, OpenReceipt
from tests.workflows.scenarios.scene import MINUTE, Scene
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.world import decide

Given = Callable[..., Scene]

THIRD_LEVEL = "cio@acme.example"
BOSS = "boss@supplier.example"


async def _opened_by(scene: Scene, who: str) -> None:
    await scene.begin_watching()
    watch = scene.env.client.get_workflow_handle(watch_id(APPLICATION))
    order = OpenByHand(title="Mail is dead", component="mail", by=who)
    await watch.execute_update("open_incident", order, result_type=OpenReceipt)


def _to_paste(page: str) -> list[dict[str, str]]:
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)]


async def _refused(scene: Scene, option: str, by: str, **fields: str) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(scene.incident(), option, by=by, **fields)
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause.message


async def test_people_may_acknowledge_and_answer_once_the_policy_has_called_them_and_not_before(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        early = await scene.refusal("acknowledge", Acknowledge(by=THIRD_LEVEL))
        too_early = await _refused(scene, "close", THIRD_LEVEL, note="Gone")
        await scene.forward(31 * MINUTE)
        offered, question = _to_paste(await scene.page())[:2]
        message = await scene.tell("acknowledge", Acknowledge.model_validate(offered))
        receipt = await decide(scene.incident(), "close", by=THIRD_LEVEL, note="It is our own maintenance")
        outcome = await scene.over()

    assert "may not acknowledge" in early
    assert f"{THIRD_LEVEL} may not decide g1" in too_early
    assert offered["by"] == THIRD_LEVEL
    assert question["by"] == OPERATOR
    assert message.startswith("You lead it.")
    assert receipt.decided
    assert outcome.lead == THIRD_LEVEL


async def test_a_notice_of_a_refused_signal_goes_away_once_something_is_taken_or_an_hour_is_over(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        wrong = {"gate": "g1", "option": "closed", "by": OPERATOR}
        await scene.incident().signal("decide_by_signal", wrong)
        await scene.settled()
        at_once = await scene.page()
        await scene.forward(61 * MINUTE)
        later = await scene.page()
        await scene.incident().signal("decide_by_signal", wrong)
        await scene.settled()
        again = await scene.page()
        await decide(scene.incident(), "retry", by=OPERATOR)
        await scene.asked()
        taken = await scene.page()

    refusal = "gate g1 has no option 'closed'"
    assert [refusal in page for page in (at_once, later, again, taken)] == [True, False, True, False]
    assert "Last notice" not in taken


async def test_an_answer_stands_first_in_its_line_where_no_page_cuts_it(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await decide(scene.incident(), "retry", by=OPERATOR, note="The switch is back")
        await scene.asked()
        page = await scene.page()

    assert f"retry by {OPERATOR} (update): The switch is back. The question was: " in page


async def test_who_opened_an_incident_may_approve_its_remedy_unless_the_dossier_asks_for_four_eyes(
    given: Given,
) -> None:
    scene = given(approval=Approval(roles=["approver"], within=timedelta(hours=1)))
    async with scene.played():
        await _opened_by(scene, BOSS)
        await scene.asked()
        receipt = await decide(scene.incident(), "approve", by=BOSS)

    assert receipt.decided


async def test_four_eyes_that_the_dossier_asks_for_leave_a_way_out_where_it_names_one(given: Given) -> None:
    four_eyes = Approval(
        roles=["approver"],
        not_requester=True,
        alone_after=timedelta(minutes=20),
        within=timedelta(hours=1),
        on_silence=OnSilence.ASK_AGAIN,
    )
    scene = given(approval=four_eyes)
    async with scene.played():
        await _opened_by(scene, BOSS)
        await scene.asked()
        offered = [one for one in _to_paste(await scene.page()) if "gate" in one]
        early = await _refused(scene, "approve", BOSS)
        await scene.forward(21 * MINUTE)
        without_reason = await _refused(scene, "approve", BOSS)
        receipt = await decide(scene.incident(), "approve", by=BOSS, note="Alone on duty")

    assert [Decision.model_validate(one).by for one in offered] == [THIRD_LEVEL]
    assert f"{BOSS} asked for this and may not decide it; {THIRD_LEVEL} must, or they themselves from" in early
    assert f"{BOSS} answers alone" in without_reason
    assert receipt.decided
