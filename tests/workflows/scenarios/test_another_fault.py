"""A fault that joins while people are asked is healed as agreed, if the dossier has an instruction for it that was not tried."""

from __future__ import annotations

from typing import Any

from models.dossier.instructions import Approval
from tests.workflows.scenarios.scene import MINUTE, Scene
from tests.workflows.scenarios.test_instructions import Given
from tests.workflows.world import alarm, decide, report


async def in_vain(given: Given, component: str = "app", **world: Any) -> Scene:
    """A scene in which restarting this component does not help, while restarting any other does."""
    scene = given(down={component}, cures=False, **world)

    def heals(command: str) -> None:
        verb, _, name = command.partition(" ")
        if verb == "started" and name != component:
            scene.world.down.discard(name)

    scene.world.on_command = heals
    return scene


def started(scene: Scene) -> list[str]:
    return [c.removeprefix("started ") for c in scene.world.commands if c.startswith("started")]


async def joins(scene: Scene, component: str | None, **fields: Any) -> None:
    """An alarm joins while people are asked, and the incident has done what follows at once."""
    before = len((await scene.status()).alarms)
    await report(scene.env.client, alarm(component, **fields))
    while len((await scene.status()).alarms) == before:
        await scene.forward(MINUTE / 60)
    await scene.settled()


async def test_a_fault_that_joins_after_useless_remedies_is_fixed_by_its_own_instruction(
    given: Given,
) -> None:
    scene = await in_vain(given)
    async with scene.played():
        await scene.fault("app")
        scene.world.down.add("db")
        await joins(scene, "db")
        await scene.until(lambda: started(scene) == ["app", "db"])
        again = await scene.asked()
        said = await scene.said()
        await scene.incident().terminate()
    assert started(scene) == ["app", "db"]
    assert scene.world.down == {"app"}
    assert (
        "The question is withdrawn: another fault has joined (db is down). Its instruction db-down "
        "was not tried yet. The question was: "
    ) in " ".join(said)
    assert again.id == "g2"


async def test_a_remedy_of_a_fault_that_joins_is_asked_for_where_that_was_agreed(given: Given) -> None:
    scene = await in_vain(given)
    async with scene.played():
        await scene.fault("app")
        scene.world.approval = Approval(roles=["approver"])
        scene.world.down.add("db")
        await joins(scene, "db")
        gate = await scene.asked()
        before = started(scene)
        await decide(scene.incident(), "approve", by="boss@supplier.example")
        await scene.until(lambda: started(scene) == ["app", "db"])
        await scene.incident().terminate()
    assert gate.question.text == "Carry out: Restart db?"
    assert before == ["app"]


async def test_another_alarm_of_a_component_whose_remedies_failed_leaves_the_question_open(given: Given) -> None:
    scene = await in_vain(given)
    async with scene.played():
        await scene.fault("app")
        await joins(scene, "app", fingerprint="prometheus/app", title="app answers with 502", source="prometheus")
        gate = await scene.asked()
        await scene.incident().terminate()
    assert (gate.id, started(scene)) == ("g1", ["app"])


async def test_a_fault_that_no_probe_can_confirm_leaves_the_question_open(given: Given) -> None:
    scene = await in_vain(given)
    async with scene.played():
        await scene.fault("app")
        await joins(scene, None, title="A customer cannot log in")
        gate = await scene.asked()
        await scene.incident().terminate()
    assert (gate.id, started(scene)) == ("g1", ["app"])


async def test_each_remedy_is_tried_once_however_many_faults_join(given: Given) -> None:
    scene = await in_vain(given)
    async with scene.played():
        await scene.fault("app")
        for component in ("db", "web"):
            scene.world.down.add(component)
            await joins(scene, component)
            await scene.until(lambda name=component: name in started(scene))
            await scene.asked()
        await scene.incident().terminate()
    assert started(scene) == ["app", "db", "web"]
