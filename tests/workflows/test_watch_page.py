"""What a watch's page offers to start: under an id that says what it is, with an input that its workflow takes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activities.records.plans import watch_plan
from models.change import ChangeForm
from models.halts import HaltOrder
from models.lease import Lease, LeaseMode
from models.operation_kinds import CHANGE, operation_kinds
from models.plans import WatchPlan
from models.watch import WaitingForLease, WatchState
from starter.dossier.publishing import read_all
from workflows.watch.page import watch_page

NOON = datetime(2026, 11, 30, 12, 5, tzinfo=UTC)

TAKES: dict[str, type[Any]] = {
    **{kind.started_as: kind.order for kind in operation_kinds().values() if kind.started_as},
    "submit-change": ChangeForm,
    "halt": HaltOrder,
}
"""The model that each workflow takes which people start from the page: of a kind of operation, or of a form."""


def offered(page: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Workflow to the id that its form gets, and what is to be pasted."""
    forms = re.findall(r"workflowType=([^&]+)&workflowId=([^)]+)\) `([^`]+)`", page)
    return {workflow: (id, json.loads(given)) for workflow, id, given in forms}


def test_whatever_the_dossier_has_can_be_started_by_a_link_and_an_input_that_fits() -> None:
    [dossier] = read_all([Path("examples/acme/shop.yaml")])
    state = WatchState(plan=watch_plan("acme.shop", dossier, 1, 1), next_number=1, next_alarm=1)
    forms = offered(watch_page("acme.shop", state, [], NOON))

    assert set(forms) == set(TAKES)
    assert forms["shut-down"][0] == "shut-down.acme.shop.2026-11-30-1205"
    assert forms["restore"][0] == "restore.acme.shop.database.2026-11-30-1205"
    assert forms["halt"][0] == "halt.acme"
    for workflow, (_, given) in forms.items():
        TAKES[workflow].model_validate(given)
        assert given["by"] in state.plan.people.names


@pytest.mark.parametrize(("waiting", "offers"), [(0, True), (15, False)])
def test_open_questions_come_first_and_no_link_is_cut(waiting: int, offers: bool) -> None:
    lease = Lease(
        holder="change.acme.shop.1", key="k", kind=CHANGE.name, title="Change 1", by="anna@supplier.example",
        mode=LeaseMode.EXCLUSIVE, components=["web"], since=NOON, until=NOON, holds_alarms=True, emergency=False,
    )  # fmt: skip
    queue = [WaitingForLease(lease=lease, reason="change.acme.shop.2 holds web " * 4)] * waiting
    state = WatchState(plan=WatchPlan(application="acme.shop", known=True), next_number=1, next_alarm=1)
    page = watch_page("acme.shop", state, queue, NOON)
    assert ("**Start**" in page) is offers
    assert page.count("](") == len(re.findall(r"\]\([^)\s]+\)", page))
