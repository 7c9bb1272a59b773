"""What an incident makes of a remedy that fails, that does not help, and that helps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.dossier.monitoring import Severity
from models.proof import Use
from tests.workflows.scenarios.scene import NOTHING_COMES_LATE, Scene
from tests.workflows.world import decide

Given = Callable[..., Scene]


async def test_after_a_command_that_failed_at_once_one_failed_look_is_enough_to_go_on(given: Given) -> None:
    scene = given(down={"mail"}, fails={"stopped mail"})
    async with scene.played():
        incident = await scene.fault("mail")
        last = scene.world.looked[-1]
        await decide(incident, "close", note="Replaced by hand")
        await scene.over()
    assert (last.failing_checks, last.healthy_for is not None) == (1, True)
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.FAILED)]


async def test_a_remedy_that_was_carried_out_and_did_not_help_has_not_failed(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        incident = await scene.fault("mail")
        last = scene.world.looked[-1]
        await decide(incident, "close", note="Replaced by hand")
        await scene.over()
    assert last.failing_checks is None, "it may need its time to help"
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.DID_NOT_HELP)]


async def test_a_remedy_that_helped_is_proven(given: Given) -> None:
    scene = given(down={"mail"}, cures=True)
    async with scene.played():
        await scene.alarm("mail")
        await scene.over()
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.CARRIED_OUT)]


@pytest.mark.parametrize(("cures", "priority"), [(True, "P2"), (False, "P1")])
async def test_an_alarm_that_a_remedy_causes_does_not_raise_the_priority_unless_it_did_not_help(
    given: Given, cures: bool, priority: str
) -> None:
    scene = given(down={"db"}, cures=cures, terms=NOTHING_COMES_LATE)

    async def meanwhile(command: str) -> None:
        if command == "stopped db":
            await scene.alarm("web", severity=Severity.CRITICAL)

    scene.world.meanwhile = meanwhile
    async with scene.played():
        await scene.alarm("db", severity=Severity.WARNING)
        if not cures:
            await scene.asked()
            await decide(scene.incident(), "close", note="Replaced by hand")
        outcome = await scene.over()
        said = await scene.said()
    joined = [text for text in said if text.startswith("Joined")]
    assert outcome.priority == priority
    assert len(joined) == 1
    assert "a remedy is acting on its component, so it does not raise the priority" in joined[0]
