"""The UI's form: a change gets its number and goes on by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError

from activities.change.activities import Changes, next_number
from activities.records import Records, upgrade
from models.change import NumberChange
from models.errors import NotFoundError
from models.names import WORKFLOW_QUEUE
from models.operation import OperationEnd, OperationOutcome
from tests.changes.plans import BY
from tests.changes.scene import Scene
from tests.fakes import working
from tests.workflows.world import unique
from workflows.change.form import SubmitChange
from workflows.change.review import Review
from workflows.change.workflow import ChangeImplementation

FORM = {"application": "acme.shop", "routine": "release", "by": BY}


async def test_a_form_starts_a_change_under_its_number(client: Client) -> None:
    scene = Scene(standard=True)
    async with working(client, scene, SubmitChange, ChangeImplementation, Review):
        started: dict[str, Any] = await client.execute_workflow(
            "submit-change", FORM, id=unique("form"), task_queue=WORKFLOW_QUEUE
        )
        change = client.get_workflow_handle(started["change"], result_type=OperationOutcome)
        outcome = await change.result()

    assert started == {"change": "change.acme.shop.4"}
    assert outcome.end is OperationEnd.DONE


async def test_a_wrong_form_fails_and_names_its_errors(client: Client) -> None:
    async with working(client, Scene(), SubmitChange):
        with pytest.raises(WorkflowFailureError) as failed:
            await client.execute_workflow(
                "submit-change", FORM | {"kind": "urgent"}, id=unique("form"), task_queue=WORKFLOW_QUEUE
            )

    assert "kind must be one of standard, normal, emergency" in str(failed.value.cause)


def test_numbers_are_counted_by_application_and_the_same_key_gives_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    upgrade(url)
    records = Records(url)

    def number(key: str, application: str = "acme.shop") -> int:
        return next_number(records, NumberChange(key=key, application=application))

    assert [number("a"), number("b"), number("a"), number("c")] == [1, 2, 1, 3]
    assert number("d", "acme.payroll") == 1
    records.close()


def test_a_routine_or_an_application_that_is_not_there_takes_no_number(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    upgrade(url)
    records = Records(url)
    records.publish_dossier(Scene().dossier, "ann")
    changes = Changes(records, {})

    for application, routine, said in [
        ("acme.shop", "relaese", "acme.shop has no routine 'relaese' for changes; it has release"),
        ("acme.chop", "release", "no dossier of acme.chop is published"),
    ]:
        with pytest.raises(NotFoundError, match=said):
            changes.number_change(NumberChange(key="a", application=application, routine=routine))

    assert changes.number_change(NumberChange(key="b", application="acme.shop", routine="release")).number == 1
    records.close()
