"""What an incident makes of a remedy that fails, that does not help, and that helps."""

from __future__ import annotations

from collections.abc import Callable

from models.proof import Use
from tests.workflows.scenarios.scene import Scene
from tests.workflows.world import decide

Given = Callable[..., Scene]


async def test_after_a_command_that_failed_at_once_one_failed_look_is_enough_to_go_on(given: Given) -> None:
    scene = given(down={"mail"}, fails={"stopped mail"})
    async with scene.played():
        incident = await scene.fault("mail")
        last = scene.world.looked[-1]
        await decide(incident, "close", note="Replaced by hand")
        await scene.over()
    assert (last.failing_looks, last.healthy_for is not None) == (1, True)
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.FAILED)]


async def test_a_remedy_that_was_carried_out_and_did_not_help_has_not_failed(given: Given) -> None:
    scene = given(down={"mail"}, cures=False)
    async with scene.played():
        incident = await scene.fault("mail")
        last = scene.world.looked[-1]
        await decide(incident, "close", note="Replaced by hand")
        await scene.over()
    assert last.failing_looks is None, "it may need its time to help"
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.DID_NOT_HELP)]


async def test_a_remedy_that_helped_is_proven(given: Given) -> None:
    scene = given(down={"mail"}, cures=True)
    async with scene.played():
        await scene.alarm("mail")
        await scene.over()
    assert scene.world.uses_of_instructions == [("remedy/mail-down/restart-mail", Use.CARRIED_OUT)]
