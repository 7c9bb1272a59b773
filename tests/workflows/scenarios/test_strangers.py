"""Nobody acts under a name that the dossier does not know, whatever update or signal they send from the Temporal UI."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import BaseModel
from temporalio import workflow
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from models.inputs import sample_of
from models.names import watch_id
from models.watch import BeginOperation
from tests.workflows.scenarios.scene import HOUR, Scene
from tests.workflows.shop import APPLICATION, CONTACTS, OPERATOR
from tests.workflows.test_wrong_inputs import _takes
from workflows.incident.workflow import Incident
from workflows.watch.workflow import Watch

Given = Callable[..., Scene]

KNOWN = {"contacts": CONTACTS, "people": [OPERATOR]}
MALLORY = "mallory@example.com"
OF_PROGRAMS = {"report_alarms", "request_lease"}
"""Sent by the intake, the monitor and operations, which have no name of a person; nobody gives an order by them."""


def _updates(cls: type) -> list[Any]:
    found = workflow._Definition.must_from_class(cls).updates.values()
    return [update for update in found if update.name not in OF_PROGRAMS]


def _by_mallory(kind: type[BaseModel], scene_now: str) -> dict[str, Any]:
    good = {**sample_of(kind), "by": MALLORY}
    return good | ({"until": scene_now} if "until" in good else {}) | ({"option": "close"} if "gate" in good else {})


async def _refusal(handle: WorkflowHandle[Any, Any], update: str, given: dict[str, Any]) -> str:
    try:
        return f"taken: {await handle.execute_update(update, given)}"
    except WorkflowUpdateFailedError as refused:
        return cast(ApplicationError, refused.cause).message


async def test_no_update_of_an_incident_or_a_watch_is_taken_from_a_stranger(given: Given) -> None:
    scene = given(plan=KNOWN)
    async with scene.played():
        await scene.fault()
        watch = scene.env.client.get_workflow_handle(watch_id(APPLICATION))
        soon = (await scene.now() + HOUR).isoformat()
        before = await scene.said()
        said = {}
        for handle, cls in ((scene.incident(), Incident), (watch, Watch)):
            for update in _updates(cls):
                kind = _takes(update.fn)
                assert kind is not None
                said[update.name] = await _refusal(handle, update.name, _by_mallory(kind, soon))
                await scene.settled()
        as_holder = {"application": APPLICATION, "holder": scene.incident().id, "by": scene.incident().id}
        said["release_lease by its holder"] = await _refusal(watch, "release_lease", as_holder)
        as_program = {"title": "x", "by": "Driftvakt"}
        said["open_incident by a program"] = await _refusal(watch, "open_incident", as_program)
        after = await scene.said()

    words = ("is not a contact of acme.shop", "is the name of a program")
    assert {name: text for name, text in said.items() if not any(word in text for word in words)} == {}
    assert len(said) > 18
    assert after == before


@pytest.mark.parametrize(
    ("signal", "told"),
    [
        ("merged", {"into": "inc.acme.shop.9", "reason": "Mine"}),
        ("led_by_major", {"major": "major.1", "title": "Mine"}),
        ("lease_revoked", {"holder": "inc.acme.shop.1"}),
        ("decide_by_signal", {"gate": "g1", "option": "close", "note": "Mine", "plan": "00000000"}),
    ],
)
async def test_a_signal_of_a_stranger_changes_nothing_and_the_page_says_so(
    given: Given, signal: str, told: dict[str, Any]
) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        before = await scene.said()
        await scene.incident().signal(signal, told | {"by": MALLORY})
        await scene.settled()
        page, after = await scene.page(), await scene.said()

    assert "A signal was refused" in page
    assert f"{MALLORY} is not a contact of acme.shop" in page
    assert after == before


async def test_an_operation_that_a_stranger_announces_holds_no_alarms(given: Given) -> None:
    scene = given(plan=KNOWN)
    async with scene.played():
        await scene.begin_watching()
        watch = scene.env.client.get_workflow_handle(watch_id(APPLICATION))
        until = await scene.now() + timedelta(hours=1)
        begin = BeginOperation(holder="change.4", title="Change 4", by=MALLORY, until=until)
        await watch.signal("operation_begins", begin)
        receipt = await scene.alarm()
        await scene.asked()
        shown = await watch.query("__temporal_workflow_metadata")

    assert receipt.incident
    assert f"{MALLORY} is not a contact of acme.shop" in shown.current_details.replace("\\", "")
