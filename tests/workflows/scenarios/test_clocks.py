"""The service-level clocks of an incident that people lead: warnings, breach, another priority, and pauses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models.clock import ClockEventKind, TargetKind, TargetState
from models.dossier.agreement import CauseCode, Pause
from models.dossier.monitoring import Severity
from models.incident import Acknowledge, CloseIncident, CustomerUpdate, Note, Reclassify, Resume, Waiting
from models.notices import Occasion
from tests.workflows.scenarios.calendar import NIGHTS, STOCKHOLM, last_sunday, stockholm
from tests.workflows.scenarios.scene import HOUR, MINUTE, Scene
from tests.workflows.shop import OPERATOR, SECOND_LINE, agreement

Given = Callable[..., Scene]


async def test_a_target_gives_warnings_at_50_75_and_90_per_cent_and_when_it_is_missed(
    given: Given,
) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        opened_at = (await scene.status()).opened_at
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        for _ in range(11):  # whoever leads says a word now and then
            await scene.forward(23 * MINUTE)
            await scene.tell("add_note", Note(by=OPERATOR, text="Still looking"))
        status = await scene.status()
        restore = await scene.target(TargetKind.RESTORE)
    told = [(e.data["percent"], e.at) for e in status.timeline if e.data.get("target") == "restore"]
    expected = [(percent, opened_at + 4 * HOUR * percent / 100) for percent in (50, 75, 90, 100)]
    assert [percent for percent, _ in told] == [percent for percent, _ in expected]
    assert all(timedelta(0) <= at - due < MINUTE for (_, at), (_, due) in zip(told, expected, strict=True))
    written = [n.occasion for n in scene.world.notices if n.facts.target == "restore"]
    assert written == [Occasion.WARNING, Occasion.WARNING, Occasion.BREACH]
    assert (restore.state, restore.breached_at) == (TargetState.OVERDUE, opened_at + 4 * HOUR)


async def test_a_priority_that_is_raised_half_way_counts_from_the_start(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault(severity=Severity.INFO)
        opened_at = (await scene.status()).opened_at
        low = await scene.target(TargetKind.RESTORE)
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.forward(HOUR)
        message = await scene.tell("reclassify", Reclassify(by=OPERATOR, priority="P1", reason="Nobody can pay"))
        high = await scene.target(TargetKind.RESTORE)
        respond = await scene.target(TargetKind.RESPOND)
        status = await scene.status()
        said = await scene.said()
    assert low.deadline == opened_at + timedelta(days=2)
    assert high.deadline == opened_at + 4 * HOUR
    assert HOUR <= timedelta(seconds=high.elapsed_seconds) < HOUR + MINUTE
    assert message == f"It is P1 now; restoration is due by {high.deadline:%Y-%m-%d %H:%M} UTC."
    assert respond.state is TargetState.MET
    assert status.priority == "P1"
    assert f"Priority P3 changed to P1 by {OPERATOR}: Nobody can pay" in said
    assert scene.told(Occasion.OPENED) == ["customer"]  # only P1 targets the customer a word


async def test_a_priority_that_is_raised_too_late_is_a_breach_at_once_and_asks_its_own_policy(given: Given) -> None:
    scene = given(policy=[[OPERATOR], [SECOND_LINE]])
    async with scene.played():
        await scene.fault(severity=Severity.INFO)
        opened_at = (await scene.status()).opened_at
        await scene.forward(5 * HOUR)
        before = len(scene.told(Occasion.ALERT))
        may_not = await scene.refusal("reclassify", Reclassify(by="cio@acme.example", priority="P1", reason="x"))
        neither = await scene.refusal("reclassify", Reclassify(by=OPERATOR, impact="high", reason="x"))
        same = await scene.tell("reclassify", Reclassify(by=OPERATOR, priority="P3", reason="x"))
        await scene.tell("reclassify", Reclassify(by=SECOND_LINE, priority="P1", reason="All shops are down"))
        restore = await scene.target(TargetKind.RESTORE)
        respond = await scene.target(TargetKind.RESPOND)
        events = await scene.events(ClockEventKind.PRIORITY)
        said = await scene.said()
    assert may_not.startswith("cio@acme.example may not reclassify acme.shop's incidents")
    assert "give either a priority, or impact and urgency together" in neither
    assert same == "It is P3 already."
    assert (restore.state, restore.breached_at) == (TargetState.OVERDUE, opened_at + 4 * HOUR)
    # Nobody took it up as P3 in time, either: that it is P1 now does not bring it forward.
    assert (respond.breached_at, respond.breached_as) == (opened_at + 2 * HOUR, "P3")
    assert [(e.priority, e.by) for e in events] == [("P1", SECOND_LINE)]
    assert len([s for s in said if s.startswith("The deadline for restoring the service has passed")]) == 1
    assert before >= 1


async def test_a_target_that_was_missed_as_p1_is_reported_once_and_stays_missed_when_it_is_closed_as_p3(
    given: Given,
) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        opened_at = (await scene.status()).opened_at
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.forward(4 * HOUR + 5 * MINUTE)
        await scene.tell("reclassify", Reclassify(by=OPERATOR, priority="P3", reason="Only the test shop"))
        lowered = await scene.target(TargetKind.RESTORE)
        page = await scene.page()
        await scene.tell("close_incident", CloseIncident(by=OPERATOR, cause=CauseCode.NO_FAULT, reason="Planned"))
        await scene.over()
        closed, said, ended = await scene.target(TargetKind.RESTORE), await scene.said(), await scene.page()
    assert (lowered.state, lowered.deadline) == (TargetState.RUNNING, opened_at + 48 * HOUR)
    assert (lowered.breached_at, lowered.breached_as) == (opened_at + 4 * HOUR, "P1")
    assert "running, missed before" in page
    assert (closed.state, closed.priority) == (TargetState.MISSED, "P1")
    assert "Response: met, restoration: missed" in ended
    assert len([s for s in said if s.startswith("The deadline for restoring the service has passed")]) == 1


async def test_the_second_late_word_is_overdue_at_once_as_the_first_was(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.asked()
        seen = []
        for _ in range(2):
            await scene.tell("update_customer", CustomerUpdate(by=OPERATOR, text="Back soon", already_informed=True))
            await scene.forward(HOUR + MINUTE)
            update = await scene.target(TargetKind.UPDATE)
            seen.append((update.state, update.breaches))
    assert seen == [(TargetState.OVERDUE, 1), (TargetState.OVERDUE, 2)]


@pytest.mark.parametrize(("month", "hours"), [(3, 2), (10, 4)], ids=["clocks go forward", "clocks go back"])
async def test_a_customer_pause_over_the_change_of_the_clocks_lasts_as_long_as_it_lasted(
    given: Given, month: int, hours: int
) -> None:
    level = {"within": "15m", "hours": "nights"}
    promised = {"P1": {"respond": level, "restore": level | {"within": "4h"}}}
    scene = given(agreement=agreement(service_hours={"nights": NIGHTS}, service_levels=promised))
    sunday = last_sunday(month, await scene.now())
    await scene.pass_time_to(stockholm(sunday - timedelta(days=1), 22))
    async with scene.played():
        await scene.fault()
        opened_at = (await scene.status()).opened_at
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.forward_to(stockholm(sunday, 1))
        told = await scene.tell("wait_for", Waiting(party="acme", by=OPERATOR, note="They must open the firewall"))
        paused = await scene.target(TargetKind.RESTORE)
        await scene.forward_to(stockholm(sunday, 4))
        await scene.tell("resume", Resume(by=OPERATOR, note="It is open"))
        await scene.forward(MINUTE)
        running, reading = await scene.target(TargetKind.RESTORE), await scene.reading()
        [waiting, resumed] = await scene.events(ClockEventKind.WAITING, ClockEventKind.RESUMED)
    assert told == "Waiting for Acme: the clocks respond and restore are paused."
    assert (waiting.reason, waiting.party, waiting.note) == (
        Pause.WAITING_FOR_CUSTOMER,
        "acme",
        "They must open the firewall",
    )
    assert (paused.state, paused.deadline) == (TargetState.PAUSED, None)
    pause = resumed.at - waiting.at
    assert abs(pause - timedelta(hours=hours)) < MINUTE  # three hours on the wall clock
    assert running.paused_seconds == pytest.approx(pause.total_seconds())
    assert reading.waited_seconds["customer"] == pytest.approx(pause.total_seconds())
    assert running.deadline == opened_at + 4 * HOUR + pause
    assert running.deadline.astimezone(STOCKHOLM).hour == 5  # an hour of service is left at four in the morning


async def test_closing_without_proof_ends_the_clocks_and_does_not_count_as_restored(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.forward(10 * MINUTE)
        await scene.tell("close_incident", CloseIncident(by=OPERATOR, cause=CauseCode.NO_FAULT, reason="Planned"))
        await scene.over()
        events, restored_at = await scene.events(), (await scene.over()).restored_at
    assert events[-1].kind is ClockEventKind.CLOSED
    assert ClockEventKind.RESTORED not in {event.kind for event in events}
    assert restored_at is None
