"""A scope is everything, or the components that are named; never nothing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.operation import ComponentsOrder
from models.scope import WHOLE, Scope
from models.watch import SilenceOrder

ORDER = {"application": "acme.shop", "by": "anna@supplier.example"}


def test_a_scope_is_typed_as_a_list_and_left_out_for_everything() -> None:
    given = ComponentsOrder.model_validate(ORDER | {"components": ["db"]})
    left_out = ComponentsOrder.model_validate(ORDER)

    assert (given.components.names, left_out.components.whole) == (["db"], True)
    assert [o.model_dump(mode="json")["components"] for o in (given, left_out)] == [["db"], None]


@pytest.mark.parametrize("field", ["components", "measuring_points"])
def test_an_empty_list_that_somebody_types_is_refused_with_how_to_mean_everything(field: str) -> None:
    order = {"by": "anna@supplier.example", "reason": "Disk", "until": "2026-03-02T06:00:00Z", field: []}

    with pytest.raises(ValidationError, match="name at least one, or leave it out for the whole application"):
        SilenceOrder.model_validate(order)


def test_everything_overlaps_and_has_what_no_component_is_named_for() -> None:
    db, web = Scope.of(["db"]), Scope.of(["web", "app"])

    assert [db.overlaps(web), db.overlaps(db), db.overlaps(WHOLE), WHOLE.overlaps(web)] == [False, True, True, True]
    assert [scope.has(name) for scope in (db, WHOLE) for name in ("db", "web", None)] == [
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert [scope.among(["app", "db", "web"]) for scope in (web, WHOLE)] == [["app", "web"], ["app", "db", "web"]]
    assert [str(scope) for scope in (web, WHOLE)] == ["web, app", "the whole application"]


def test_options_that_nobody_gave_mean_everything() -> None:
    assert Scope.of([]) == WHOLE
