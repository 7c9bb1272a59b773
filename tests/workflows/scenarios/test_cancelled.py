"""An incident or a watch that somebody ends in Temporal, without a name and a reason, while faults still fire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.clock import ClockEvent, ClockEventKind, TargetState
from models.dossier.agreement import Priority
from models.incident import CancelIncident, IncidentEnd
from models.names import watch_id
from models.notices import Occasion
from models.watch import OpenByHand
from tests.workflows.scenarios.scene import MINUTE, Scene
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import until_asked
from tests.workflows.world import cleared, report

Given = Callable[..., Scene]


async def test_a_cancellation_without_a_name_is_refused_shown_and_told_and_meets_no_target(given: Given) -> None:
    scene = given()
    async with scene.played():
        incident = await scene.fault()
        await incident.cancel()
        await scene.settled()
        page, said, status = await scene.page(), await scene.said(), await scene.status()
        await scene.forward(20 * MINUTE)
        later = await scene.reading()
    assert "Request Cancellation was refused" in page
    assert "close_incident" in page
    assert any(
        text.startswith("Not cancelled: an unknown person requested the cancellation in Temporal") for text in said
    )
    assert scene.told(Occasion.CANCELLATION) == [OPERATOR]
    assert [gate.id for gate in status.gates] == ["g1"]
    assert {p.state for p in later.targets if p.kind.value == "respond"} == {TargetState.OVERDUE}
    assert TargetState.MET not in {p.state for p in later.targets}


async def test_an_incident_is_cancelled_by_name_and_reason_once_its_alarms_are_cleared(given: Given) -> None:
    scene = given(terms={"healthy_for": 10 * MINUTE})
    cancel = CancelIncident(by=OPERATOR, reason="Opened by a test")
    async with scene.played():
        await scene.fault()
        refused = await scene.refusal("cancel_incident", cancel)
        stranger = await scene.refusal("cancel_incident", CancelIncident(by="eve@example.com", reason="I like to"))
        await report(scene.env.client, cleared("mail"))
        await scene.settled()
        told = await scene.tell("cancel_incident", cancel)
        outcome = await scene.over()
        said = await scene.said()
    assert refused.startswith(
        "it is not cancelled: 1 alarm is active (mail is down). Close it with `driftvakt incident close`"
    )
    assert stranger.startswith("eve@example.com is not a contact of acme.shop")
    assert told == "It is being cancelled."
    assert outcome.end is IncidentEnd.CANCELLED
    assert f"Closed: cancelled, by {OPERATOR}: Opened by a test" in said
    assert any(text.startswith("Cancelled during: ") for text in said)


@pytest.mark.parametrize("by_hand", [False, True], ids=["an alarm", "a person's report"])
async def test_a_terminated_incident_goes_on_under_its_number_and_people_are_asked(given: Given, by_hand: bool) -> None:
    scene = given()
    async with scene.played():
        if by_hand:
            await scene.begin_watching()
            await scene.open_by_hand(OpenByHand(title="Customers cannot pay", component="mail", by=OPERATOR))
            await scene.asked()
        else:
            await scene.fault()
        [opened] = await scene.events(ClockEventKind.OPENED)
        scene.world.before = [ClockEvent(at=opened.at, kind=ClockEventKind.OPENED, priority=Priority.P1, by=OPERATOR)]
        first = (await scene.incident().describe()).run_id
        await scene.hand_on()  # this server tells no parent that a child was terminated; the watch looks it up
        await scene.incident().terminate()
        await scene.pass_time(4 * MINUTE)
        await scene.runs_anew(first)
        gate = await until_asked(scene.incident())
        said = await scene.said()
        events = await scene.events()
        respond = next(p for p in (await scene.reading()).targets if p.kind.value == "respond")
    assert gate.question.text.startswith("No agreed remedy has helped")
    assert said[0].startswith("Reopened by Driftvakt: its workflow was terminated or failed")
    assert [e.kind for e in events][:2] == [ClockEventKind.OPENED, ClockEventKind.REOPENED]
    assert respond.started_at == opened.at
    assert len(scene.told(Occasion.ALERT)) >= 2


async def test_a_watch_refuses_its_cancellation_and_remembers_its_alarms(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        watch = scene.env.client.get_workflow_handle(watch_id(APPLICATION))
        await watch.cancel()
        again = await scene.alarm()
        page = str((await watch.query("__temporal_workflow_metadata")).current_details)
    assert again.disposition.value == "duplicate"
    assert "Request Cancellation was refused" in page
