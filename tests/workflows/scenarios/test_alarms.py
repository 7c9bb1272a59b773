"""Alarms that come in numbers, again and again, or because somebody works on the application."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from models.alarms import AlarmReceipt, Disposition
from models.notices import Occasion
from models.watch import BeginOperation, EndOperation, LiftSilence, SilenceOrder
from tests.workflows.scenarios.scene import HOUR, MINUTE, Scene
from tests.workflows.shop import OPERATOR
from tests.workflows.world import alarm, cleared, report, watch_status

Given = Callable[..., Scene]

PATCHES = "maintenance.acme.shop.patches"


async def _comes_and_goes(scene: Scene, times: int, first: int = 0) -> list[AlarmReceipt]:
    """Each alarm and each end of one finds the incident idle (see `Scene.settled`)."""
    receipts: list[AlarmReceipt] = []
    for number in range(first, first + times):
        since = datetime(2026, 3, 1, tzinfo=UTC) + number * MINUTE
        for news in alarm("mail", since=since), cleared("mail", since=since):
            receipts += (await report(scene.env.client, news)).receipts
            await scene.settled()
        await scene.forward(MINUTE)
    return receipts


async def test_an_alarm_that_flaps_is_one_open_alarm_until_it_has_calmed_down(given: Given) -> None:
    scene = given()
    async with scene.played():
        receipts = await _comes_and_goes(scene, 8)
        await scene.asked()
        seen = await watch_status(scene.env.client)
        alarms = (await scene.status()).alarms
        scene.world.down.clear()
        await scene.pass_time(31 * MINUTE)  # quiet for so long that it counts as over
        calm = await watch_status(scene.env.client)
        ended = await scene.over()
    opened = [r.disposition for r in receipts]
    assert opened[:2] == [Disposition.OPENED, Disposition.CLEARED]
    assert opened[9:] == [Disposition.FLAPPING] * 7
    assert "it is flapping: it started 5 times within 30m" in receipts[9].reason
    assert (seen.flapping, seen.opened, len(seen.incidents)) == (1, 1, 1)
    assert [a.component for a in alarms] == ["mail"]
    assert (calm.flapping, calm.alarms) == (0, [])
    assert ended.end.value == "recovered"


async def test_alarms_during_maintenance_are_suppressed_and_active_ones_are_raised_afterwards(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.begin_watching()
        begin = BeginOperation(
            holder=PATCHES, title="Patches", by=OPERATOR, until=await scene.now() + 2 * HOUR, components=["db", "mail"]
        )
        await scene.order("begin_operation", begin)
        receipts = [await scene.alarm(name) for name in ("db", "web", "mail")]
        await report(scene.env.client, cleared("db"), cleared("web"))
        await scene.pass_time(HOUR)
        during = await watch_status(scene.env.client)
        told = await scene.order("end_operation", EndOperation(holder=PATCHES, by=OPERATOR))
        await scene.asked()
        after = await watch_status(scene.env.client)
        [raised] = (await scene.status()).alarms
    assert [r.disposition for r in receipts] == [Disposition.SUPPRESSED] * 3  # web needs db
    assert f"Patches ({PATCHES}, {OPERATOR}) is in progress" in receipts[0].reason
    assert (during.suppressed, during.incidents, [o.holder for o in during.operations]) == (1, [], [PATCHES])
    assert told.message == "The operation is over; active alarms are raised."
    assert (after.suppressed, len(after.incidents), after.operations) == (0, 1, [])
    assert (raised.component, raised.detail) == ("mail", "still active after it was suppressed.")


async def test_an_alarm_outside_the_maintenance_opens_an_incident(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.begin_watching()
        begin = BeginOperation(
            holder=PATCHES, title="Patches", by=OPERATOR, until=await scene.now() + HOUR, components=["app"]
        )
        await scene.order("begin_operation", begin)
        receipt = await scene.alarm("mail")
        await scene.asked()
    assert receipt.disposition is Disposition.OPENED


@pytest.mark.parametrize("left", ["its time is over", "its workflow is gone"])
async def test_an_operation_that_nobody_ends_does_not_suppress_alarms_forever(given: Given, left: str) -> None:
    scene = given()
    async with scene.played():
        await scene.begin_watching()
        begin = BeginOperation(holder=PATCHES, title="Patches", by=OPERATOR, until=await scene.now() + 3 * HOUR)
        await scene.order("begin_operation", begin)
        held = await scene.alarm()
        if left == "its workflow is gone":
            scene.world.ended = {PATCHES: None}
        await scene.pass_time(2 * MINUTE if scene.world.ended else 3 * HOUR + MINUTE)
        await scene.asked()
    assert held.disposition is Disposition.SUPPRESSED
    assert scene.told(Occasion.ALERT) == [f"1: {OPERATOR}"]


@pytest.mark.parametrize("lifted", [True, False], ids=["lifted", "ran out"])
async def test_alarms_that_are_still_active_are_raised_when_a_silence_ends(given: Given, lifted: bool) -> None:
    scene = given()
    async with scene.played():
        await scene.begin_watching()
        until = await scene.now() + 8 * HOUR
        await scene.order(
            "silence", SilenceOrder(by=OPERATOR, reason="Disk is replaced", until=until, components=["mail"])
        )
        receipt = await scene.alarm()
        await scene.pass_time(HOUR)
        before = await watch_status(scene.env.client)
        if lifted:
            await scene.order("lift_silence", LiftSilence(id="s1", by=OPERATOR))
        else:
            await scene.pass_time(7 * HOUR)
        await scene.asked()
        after = await watch_status(scene.env.client)
    assert receipt.disposition is Disposition.SUPPRESSED
    assert f"silence s1 of {OPERATOR}: Disk is replaced" in receipt.reason
    assert (before.suppressed, before.incidents) == (1, [])
    assert (after.silences, len(after.incidents)) == ([], 1)


async def test_when_the_database_is_down_the_web_alarm_joins_as_a_symptom(given: Given) -> None:
    scene = given(down={"db", "web"})
    async with scene.played():
        await scene.alarm("db")
        joined = await scene.alarm("web")
        await scene.asked()
        said = await scene.said()
        status = await scene.status()
    assert joined.disposition is Disposition.JOINED
    assert joined.reason == "a symptom: its component needs db, which has failed"
    assert "Joined as a symptom: critical alarm from embedded: web is down" in said
    assert len(status.alarms) == 2


async def test_a_storm_is_one_incident_for_each_connected_fault_and_no_alarm_is_lost(given: Given) -> None:
    scene = given(down={"web", "app", "db", "mail"})
    scene.incidents = 2
    storm = [
        alarm(component, fingerprint=f"storm/{component}/{number}", title=f"Point {number} of {component} fails")
        for component in ("web", "app", "db", "mail")
        for number in range(150)
    ]
    random.Random("storm").shuffle(storm)
    async with scene.played():
        receipts = []
        for begin in range(0, len(storm), 50):
            receipts += (await report(scene.env.client, *storm[begin : begin + 50])).receipts
        await scene.asked(1)
        await scene.asked(2)
        seen = await watch_status(scene.env.client)
        await scene.until(lambda: sum(len(w.alarms) for w in scene.world.records) == len(storm))
        [one, two] = [await scene.status(1), await scene.status(2)]
    of = {a.fingerprint: r.incident for a, r in zip(storm, receipts, strict=True)}
    connected = {i for f, i in of.items() if "mail" not in f}
    alone = {i for f, i in of.items() if "mail" in f}
    assert (seen.opened, len(connected), len(alone)) == (2, 1, 1)
    assert connected != alone
    assert len(one.alarms) + len(two.alarms) == len(storm)
    recorded = sorted(a.title for w in scene.world.records for a in w.alarms)
    assert recorded == sorted(a.title for a in storm)


async def test_a_fault_that_comes_back_within_the_agreed_time_opens_the_same_incident_again(given: Given) -> None:
    scene = given(plan={"reopen_within": timedelta(minutes=30)}, cures=True)
    async with scene.played():
        await scene.alarm()
        first = await scene.over()
        await report(scene.env.client, cleared("mail"))
        await scene.pass_time(10 * MINUTE)
        scene.world.down, scene.world.cures = {"mail"}, False
        again = await scene.alarm(number=40)
        await scene.asked()
        said = await scene.said()
    assert first.end.value == "recovered"
    assert (again.disposition, again.incident) == (Disposition.OPENED, "inc.acme.shop.1")
    assert "reopened incident 1: mail is down came back" in again.reason
    assert said[0].startswith("Reopened by embedded: mail is down came back")
