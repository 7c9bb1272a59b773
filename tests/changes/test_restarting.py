"""A change that restarts a component on two hosts: one after the other, the ill host first, with health between."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import Client

from models.operation import OperationEnd, OperationOutcome
from tests.changes.scene import Scene, agree, changing

RESTART = {"type": "restart", "component": "web"}


class Pair(Scene):
    """The shop with a measuring point for each of the two hosts of its web server."""

    def __init__(self) -> None:
        super().__init__(before=[], steps=[RESTART], verify=[])
        self.publish(self._points)

    @staticmethod
    def _points(dossier: dict[str, Any]) -> None:
        points = dossier["monitoring"]["measuring_points"]
        for host in ("web1", "web2"):
            points[f"{host}-up"] = points["app-port"] | {"component": "web", "host": host}

    def acted_and_watched(self) -> list[str]:
        """What was done from the first restart to the last, and each look at health between."""
        first = next(number for number, line in enumerate(self.lines) if " stop web" in line)
        last = max(number for number, line in enumerate(self.lines) if " start web" in line)
        return ["watch" if line.startswith("watch ") else line for line in self.lines[first : last + 1]]


async def made(client: Client, scene: Scene) -> OperationOutcome:
    async with changing(client, scene) as handle:
        await agree(handle)
        return await handle.result()


@pytest.mark.parametrize(("failing", "order"), [(None, ["web1", "web2"]), ("web2", ["web2", "web1"])])
async def test_hosts_are_restarted_one_by_one_the_unhealthy_one_first_with_health_checks_between(
    client: Client, failing: str | None, order: list[str]
) -> None:
    scene = Pair()
    if failing:
        scene.fail(f"{failing}-up")
        scene.on(f"{failing}: start web", lambda: scene.well(f"{failing}-up"))
    outcome = await made(client, scene)
    one, other = order
    assert scene.acted_and_watched() == [
        f"{one}: stop web", f"{one}: start web", "watch", f"{other}: stop web", f"{other}: start web",
    ]  # fmt: skip
    assert outcome.end is OperationEnd.DONE


@pytest.mark.parametrize("failing_before", [True, False])
async def test_the_last_host_that_serves_is_left_alone_while_the_restarted_one_is_not_up(
    client: Client, failing_before: bool
) -> None:
    scene = Pair()
    broken, serving = ("web2", "web1") if failing_before else ("web1", "web2")
    if failing_before:
        scene.fail("web2-up")
    else:
        scene.on("web1: start web", lambda: scene.fail("web1-up"))
    outcome = await made(client, scene)
    assert f"{broken}: start web" in scene.acted
    assert not any(line.startswith(serving) for line in scene.acted)
    assert outcome.end is not OperationEnd.DONE
