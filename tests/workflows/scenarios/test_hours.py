"""Alarms outside the agreed service hours: who sleeps on, and who is woken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models.alarms import Disposition
from models.clock import TargetKind, TargetState
from models.dossier.agreement import Agreement
from models.dossier.monitoring import Severity
from models.notices import Occasion
from tests.workflows.scenarios.calendar import OFFICE, STOCKHOLM, midsummer_eve, stockholm
from tests.workflows.scenarios.scene import HOUR, MINUTE, Scene
from tests.workflows.shop import OPERATOR, agreement
from tests.workflows.world import cleared, report, watch_status

Given = Callable[..., Scene]

FIRST = f"1: {OPERATOR}"


def office_hours() -> Agreement:
    """P1 round the clock; P3 in Swedish office hours, in which alarms are handled too."""
    level = {"within": "15m", "hours": "always"}
    later = {"within": "2h", "hours": "office"}
    return agreement(
        service_hours={"always": "24x7", "office": OFFICE},
        monitored_in="office",
        service_levels={
            "P1": {"respond": level, "restore": level | {"within": "4h"}, "update": level | {"within": "1h"}},
            "P3": {"respond": later, "restore": later | {"within": "18h"}},
        },
    )


async def test_a_night_alarm_on_midsummer_eve_waits_for_monday_and_its_clock_begins_then(given: Given) -> None:
    scene = given(agreement=office_hours())
    eve = midsummer_eve(await scene.now())
    monday = eve + timedelta(days=3)
    await scene.pass_time_to(stockholm(eve, 2))
    async with scene.played():
        receipt = await scene.alarm(severity=Severity.INFO)
        gone = await scene.alarm("web", severity=Severity.INFO)
        await scene.pass_time_to(stockholm(eve, 12))  # a Friday, and the office is closed all the same
        await report(scene.env.client, cleared("web", severity=Severity.INFO))
        await scene.pass_time_to(stockholm(monday, 7, 59))
        before = await watch_status(scene.env.client)
        await scene.forward_to(stockholm(monday, 8, 1))
        await scene.asked()
        status = await scene.status()
        respond, restore = await scene.target(TargetKind.RESPOND), await scene.target(TargetKind.RESTORE)
    begins = stockholm(monday, 8)
    assert (receipt.disposition, gone.disposition) == (Disposition.DEFERRED, Disposition.DEFERRED)
    assert f"outside service hours, which begin {begins:%Y-%m-%d %H:%M} UTC; P3 waits for them" in receipt.reason
    assert (before.deferred, before.incidents) == (1, [])
    assert (status.priority, [a.component for a in status.alarms]) == ("P3", ["mail"])
    assert timedelta(0) <= status.opened_at - begins < MINUTE
    assert respond.deadline == status.opened_at + 2 * HOUR
    # Eighteen hours of service are two whole days in the office.
    assert restore.deadline is not None
    assert restore.deadline == status.opened_at + timedelta(days=2)
    assert scene.told(Occasion.ALERT) == [FIRST]


async def test_an_alarm_in_24x7_hours_calls_somebody_on_midsummer_eve(given: Given) -> None:
    scene = given(agreement=office_hours())
    eve = midsummer_eve(await scene.now())
    await scene.pass_time_to(stockholm(eve, 2))
    async with scene.played():
        receipt = await scene.alarm(severity=Severity.CRITICAL)
        await scene.asked()
        joined = await scene.alarm("mail", fingerprint="second", severity=Severity.INFO)
        respond = await scene.target(TargetKind.RESPOND)
        opened_at = (await scene.status()).opened_at
    assert (receipt.disposition, joined.disposition) == (Disposition.OPENED, Disposition.JOINED)
    assert scene.told(Occasion.ALERT) == [FIRST]
    assert (respond.state, respond.deadline) == (TargetState.RUNNING, opened_at + 15 * MINUTE)


@pytest.mark.parametrize(("hour", "state"), [(16, TargetState.RUNNING), (18, TargetState.OUTSIDE_HOURS)])
async def test_a_clock_that_began_before_the_holiday_stands_still_over_it(
    given: Given, hour: int, state: TargetState
) -> None:
    scene = given(agreement=office_hours())
    eve = midsummer_eve(await scene.now())
    thursday = eve - timedelta(days=1)
    await scene.pass_time_to(stockholm(thursday, 14))
    async with scene.played():
        await scene.fault(severity=Severity.INFO)
        opened_at = (await scene.status()).opened_at
        await scene.forward_to(stockholm(thursday, hour))
        if state is TargetState.OUTSIDE_HOURS:
            assert not [s for s in await scene.said() if "90 % of the time for restoring" in s]
        restore = await scene.target(TargetKind.RESTORE)
    # Three hours on Thursday and nine on Monday leave six for Tuesday.
    tuesday = thursday + timedelta(days=5)
    assert restore.deadline == opened_at.astimezone(STOCKHOLM).replace(day=tuesday.day, month=tuesday.month)
