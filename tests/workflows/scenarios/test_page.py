"""The page of an incident in the UI, from the first question to the post-incident report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tests.workflows.scenarios.scene import Scene
from tests.workflows.shop import OPERATOR
from tests.workflows.world import decide

Given = Callable[..., Scene]


async def test_the_page_begins_with_the_next_step_and_after_the_end_with_the_outcome_and_the_report(
    given: Given,
) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        asked = await scene.page()
        await decide(scene.incident(), "close", by=OPERATOR, note="mended by hand")
        await scene.over()
        closed = await scene.page()

    lines = [line for line in asked.splitlines() if line]
    assert lines[0].startswith("### ")
    assert lines[1].startswith("**P")
    assert lines[1].endswith("**you: acknowledge and answer g1**")
    texts = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", asked, re.DOTALL)]
    assert [sorted(text) for text in texts] == [["by"], ["by", "gate", "option", "plan"]]
    assert all("\n" in text for text in re.findall(r"```json\n(.*?)\n```", asked, re.DOTALL))
    assert asked.index('"gate"') < asked.index("**Timeline, newest first**")
    assert "**Finding** Not recovered: acme.shop.mail-up fail. Root component: **mail**." in asked
    assert "· closed by hand**" in closed.splitlines()[2]
    assert "driftvakt incident report acme.shop.1" in closed
    assert "Acknowledge" not in closed
