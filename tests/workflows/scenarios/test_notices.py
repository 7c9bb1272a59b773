"""Every notice of an incident is really sent, whichever part of it sends the notice."""

from __future__ import annotations

from collections.abc import Callable

from models.dossier.instructions import NotifyStep
from models.notices import Occasion
from tests.workflows.scenarios.scene import MINUTE, Scene
from tests.workflows.shop import OPERATOR, SECOND_LINE

Given = Callable[..., Scene]


async def test_a_remedy_that_notifies_and_an_escalation_that_notifies_are_all_really_sent(given: Given) -> None:
    texts = ["The desk is told", "The hall is told", "The shop is told", "The bank is told"]
    scene = given(down={"mail"}, remedy=[NotifyStep(contacts=["desk"], text=text) for text in texts])
    async with scene.played():
        await scene.fault("mail")
        await scene.forward(16 * MINUTE)
        await scene.forward(15 * MINUTE)
    notices = scene.world.notices
    assert [n.facts.text for n in notices if n.occasion is Occasion.MESSAGE] == texts
    assert scene.told(Occasion.ALERT) == [f"1: {OPERATOR}", f"2: {SECOND_LINE}", "3: cio@acme.example"]
    assert scene.told(Occasion.OPENED) == ["customer"]
    assert (len(scene.told(Occasion.WARNING)), len(scene.told(Occasion.BREACH))) == (2, 1)
    assert len({n.key for n in notices}) == len(notices)
