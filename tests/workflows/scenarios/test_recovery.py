"""A question that is open while everything becomes healthy again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.dossier.instructions import Approval
from models.incident import IncidentEnd, IncidentState
from models.notices import Occasion
from tests.workflows.scenarios.scene import HOUR, MINUTE, NOTHING_COMES_LATE, Scene
from tests.workflows.shop import OPERATOR
from tests.workflows.world import cleared, decide, report

Given = Callable[..., Scene]


@pytest.mark.parametrize("approval", [Approval(roles=["approver"]), None], ids=["take a remedy", "how to go on"])
async def test_a_question_is_withdrawn_once_health_is_proven_and_the_incident_ends_by_itself(
    given: Given, approval: Approval | None
) -> None:
    scene = given(down={"mail"}, approval=approval, fails={"stopped mail"})
    async with scene.played():
        await scene.fault("mail")
        done = list(scene.world.commands)
        scene.world.down.clear()
        await scene.pass_time(10 * MINUTE)
        outcome = await scene.over()
        said = await scene.said()
    assert outcome.end is (IncidentEnd.RECOVERED_BY_ITSELF if approval else IncidentEnd.RECOVERED)
    assert outcome.remedy is None
    assert OPERATOR in scene.told(Occasion.OVER)[0]
    assert scene.told(Occasion.DECIDED) == []
    assert scene.world.commands == done
    assert any("The question is withdrawn: everything that failed is healthy again." in text for text in said)
    assert scene.world.looked[-1].healthy_for == scene.world.looked[-2].healthy_for or approval


async def test_a_question_stays_open_while_a_point_fails_or_an_alarm_without_a_probe_is_active(given: Given) -> None:
    scene = given(down=set())
    async with scene.played():
        await scene.alarm("mail", point=False, title="Disk 97 % full")
        await scene.asked()
        await scene.forward(2 * HOUR + 37 * MINUTE)  # at no moment at which it leads, too
        waiting = (await scene.status()).state
        await report(scene.env.client, cleared("mail", point=False))
        outcome = await scene.over()
    assert waiting is IncidentState.DECIDING
    assert outcome.end is IncidentEnd.RECOVERED_BY_ITSELF


async def test_an_answer_counts_while_health_is_not_proven(given: Given) -> None:
    scene = given(down={"mail"}, approval=Approval(roles=["approver"]), cures=True)
    async with scene.played():
        incident = await scene.fault("mail")
        await scene.forward(20 * MINUTE)
        await decide(incident, "approve", by="boss@supplier.example")
        outcome = await scene.over()
    assert outcome.end is IncidentEnd.RECOVERED


async def test_a_fault_that_a_measuring_point_finds_while_an_unconfirmed_alarm_waits_for_people_is_healed(
    given: Given,
) -> None:
    scene = given(down=set(), cures=True, terms=NOTHING_COMES_LATE)
    async with scene.played():
        await scene.alarm(None, point=False, title="A message could not be understood")
        await scene.asked()
        scene.world.down.add("mail")
        await scene.alarm("mail")
        outcome = await scene.over()
        said = await scene.said()
    assert "The question is withdrawn: a measuring point has found a fault meanwhile (mail is down)." in " ".join(said)
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, "restart-mail")
