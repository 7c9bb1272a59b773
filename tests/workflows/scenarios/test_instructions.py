"""Which instruction an incident takes: by what is ill, and on to the next one when one does not help."""

from __future__ import annotations

from collections.abc import Callable

from tests.workflows.scenarios.scene import Scene
from tests.workflows.world import decide

Given = Callable[..., Scene]


async def test_the_cause_is_remedied_first_and_then_what_suffers_from_it_if_that_does_not_help(given: Given) -> None:
    scene = given(down={"web", "app", "db"}, cures=False)
    async with scene.played():
        incident = await scene.fault("web")
        said, page = await scene.said(), await scene.page()
        await decide(incident, "close", note="Replaced by hand")
        await scene.over()
    assert [c for c in scene.world.commands if c.startswith("started")] == ["started db", "started web", "started app"]
    assert (
        "Using instruction db-down: db-up fails. Next, if it does not help: web-down (web-up fails); app-down (app-up fails)."
        in said
    )
    assert "Using the next instruction, web-down: web-up fails" in said
    assert (
        "**Instruction** db-down (db does not answer): db-up fails. Next, if it does not help: web-down, app-down."
        in page
    )


async def test_all_components_recover_if_each_needs_its_own_remedy(given: Given) -> None:
    scene = given(down={"web", "app", "db", "mail"}, cures=True)
    async with scene.played():
        await scene.alarm("web")
        outcome = await scene.over()
    assert [c for c in scene.world.commands if c.startswith("started")] == ["started db", "started app", "started web"]
    assert outcome.end.value == "recovered"
