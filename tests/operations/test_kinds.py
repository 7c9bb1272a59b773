"""What a kind of operation declares is what its workflow does."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from models.operation import OperationOrder
from models.operation_kinds import CHANGE, MAINTENANCE, REVIEW, OperationKind, operation_kinds
from tests.docs.pages import DOCS, ROOT
from tests.operations.every_kind import ENTRIES, entries_missing
from worker import WORKFLOWS
from workflows.operation.base import Operation
from workflows.runtime.found import workflow_type

KINDS = list(operation_kinds().values())
CLASSES: dict[str, type[Any]] = {found.kind.name: found for found in WORKFLOWS if issubclass(found, Operation)}


def test_every_kind_has_one_workflow_and_every_operation_one_declaration() -> None:
    assert sorted(CLASSES) == sorted(kind.name for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_says_under_which_name_its_workflow_is_started_and_what_it_takes(kind: OperationKind[Any]) -> None:
    found = CLASSES[kind.name]

    assert workflow_type(found) == kind.name
    assert typing.get_type_hints(found.run)["order"] is kind.order


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.started_as], ids=lambda kind: kind.name)
def test_the_sample_of_a_kind_is_taken_by_its_workflow_and_changes_nothing(kind: OperationKind[Any]) -> None:
    order = kind.order.model_validate(kind.sample("acme.shop", "on-call@driftbolaget.example", "web"))

    assert (order.application, order.rehearse) == ("acme.shop", True)
    assert not kind.named_by or getattr(order, kind.named_by) == "web"


def test_people_start_no_review_and_a_change_by_the_form_that_numbers_it() -> None:
    assert (REVIEW.started_as, CHANGE.started_as, MAINTENANCE.started_as) == ("", "submit-change", "maintenance")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_in_each_file_that_names_all_kinds(kind: OperationKind[Any]) -> None:
    assert entries_missing(kind) == []


def test_a_new_kind_is_told_every_file_that_it_must_extend() -> None:
    missing = entries_missing(OperationKind("acceptance", OperationOrder, "Acceptance", named_by="component"))

    assert len(missing) == len(ENTRIES)
    assert (
        "tests/pages/places.py has nothing for the kind of operation acceptance: "
        "add a Place to PLACES, which opens its page while the page asks a question"
    ) in missing


def test_the_page_on_extending_names_every_file_that_a_kind_of_driftvakts_own_extends() -> None:
    page = (DOCS / "extending.md").read_text()

    assert [
        str(entry.file.relative_to(ROOT)) for entry in ENTRIES if str(entry.file.relative_to(ROOT)) not in page
    ] == []
