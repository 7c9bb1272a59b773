"""However many alarms join and clear at once, the timeline still shows what else happened."""

from __future__ import annotations

import asyncio
from typing import Any

from models.alarms import Alarm, AlarmState
from models.incident import Note
from tests.workflows.scenarios.scene import MINUTE, Scene
from tests.workflows.scenarios.test_alarms import Given
from tests.workflows.shop import OPERATOR
from tests.workflows.world import alarm, report


def storm(first: int, end: int, **fields: Any) -> list[Alarm]:
    """Alarms of mail with these numbers."""
    return [
        alarm("mail", fingerprint=f"storm/{n}", title=f"Queue {n} is full", point=False, **fields)
        for n in range(first, end)
    ]


def over(first: int, end: int) -> list[Alarm]:
    return storm(first, end, state=AlarmState.CLEARED)


async def took(scene: Scene, *alarms: Alarm, fires: int) -> None:
    """The incident has heard of alarms, after which so many fire besides the first."""
    await report(scene.env.client, *alarms)
    async with asyncio.timeout(90):
        while await _firing(scene) != fires + 1:
            await asyncio.sleep(0.01)
    await scene.settled()


async def _firing(scene: Scene) -> int:
    status = await scene.status()
    return len(status.alarms) + status.further_alarms


async def of_alarms(scene: Scene, *beginnings: str) -> list[str]:
    """The lines of its timeline that begin so."""
    return [text for text in await scene.said() if text.startswith(beginnings)]


async def test_six_hundred_alarms_that_clear_within_a_minute_are_one_line_with_their_number_and_first_names(
    given: Given,
) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        await scene.fault("mail")
        await took(scene, *storm(0, 300), fires=300)
        await took(scene, *storm(300, 600), fires=600)
        before = await scene.said()
        for first in (0, 200, 400):
            await took(scene, *over(first, first + 200), fires=400 - first)
        lines = await of_alarms(scene, "Cleared")
        entry = next(e for e in (await scene.status()).timeline if e.text.startswith("Cleared"))
        said = await scene.said()
        await scene.incident().terminate()
    assert lines == ["Cleared: 600 alarms (Queue 0 is full; Queue 1 is full; Queue 2 is full and 597 more)"]
    assert entry.data["alarms"][3] == "Queue 3 is full"
    assert said[: len(before)] == before


async def test_hundreds_of_alarms_that_join_at_once_are_one_line(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        await scene.fault("mail")
        await took(scene, *storm(0, 300), fires=300)
        lines = await of_alarms(scene, "Joined")
        await scene.incident().terminate()
    first = "critical alarm from embedded: Queue 0 is full"
    assert [line.partition("; ")[0] for line in lines] == [f"Joined: 300 alarms ({first}"]
    assert lines[0].endswith(" and 297 more)")


async def test_a_few_alarms_that_join_at_once_have_a_line_each(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        await scene.fault("mail")
        await took(scene, *storm(0, 2), fires=2)
        lines = await of_alarms(scene, "Joined")
        await scene.incident().terminate()
    assert lines == [f"Joined: critical alarm from embedded: Queue {n} is full" for n in (0, 1)]


async def test_clears_with_a_note_between_them_stand_before_and_after_the_note(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        await scene.fault("mail")
        await took(scene, *storm(0, 6), fires=6)
        await took(scene, *over(0, 2), fires=4)
        await scene.tell("add_note", Note(by=OPERATOR, text="Emptied by hand"))
        await took(scene, *over(2, 3), fires=3)
        lines = await of_alarms(scene, "Cleared", OPERATOR)
        await scene.incident().terminate()
    assert lines == [
        "Cleared: 2 alarms (Queue 0 is full; Queue 1 is full)",
        f"{OPERATOR}: Emptied by hand",
        "Cleared: Queue 2 is full",
    ]


async def test_alarms_that_clear_minutes_apart_have_a_line_each(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        await scene.fault("mail")
        await took(scene, *storm(0, 2), fires=2)
        await took(scene, *over(0, 1), fires=1)
        await scene.forward(2 * MINUTE)
        await took(scene, *over(1, 2), fires=0)
        lines = await of_alarms(scene, "Cleared")
        await scene.incident().terminate()
    assert lines == [f"Cleared: Queue {n} is full" for n in (0, 1)]
