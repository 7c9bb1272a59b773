"""Orders of extended routines: the form, and the checked order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.instructions import Approval, Step
from models.operation import OperationEnd, OperationOrder


class RoutineOrder(OperationOrder):
    """An order of an extended routine of the dossier."""

    routine: Annotated[Identifier, Field(examples=["campaign"])]
    """The name of the routine in the dossier."""
    inputs: Annotated[dict[str, Any], Field(examples=[{"campaign": "ABC12"}])] = {}
    """The inputs by name: `{"campaign": "ABC12", "prices": "spring"}`."""
    at: Moment | None = None
    """The requested time; by default as soon as the lead time allows."""


_NOT_COUNTED: Final = {OperationEnd.REFUSED.value, OperationEnd.CANCELLED.value, OperationEnd.MISSED.value}


def counts(outcome: str | None, data: Mapping[str, Any]) -> bool:
    """Return whether an order with this end and these data counts against the customer's entitlement."""
    # An order that is wrong fails before it is one.
    return outcome not in _NOT_COUNTED and not data.get("faults")


class CheckOrder(Model):
    """Check an order before anything is done."""

    application: ApplicationId
    dossier: str
    operation: str
    """The workflow id, so that the order is not counted twice."""
    routine: str
    by: str
    inputs: dict[str, Any]
    ordered_at: Moment
    at: Moment | None
    rehearse: bool


class CheckedOrder(Model):
    """A checked order."""

    title: str = ""
    faults: list[str] = []
    """All faults of the order, one sentence each; with faults, the other fields do not matter."""
    values: dict[str, str] = {}
    """The inputs in the form for commands."""
    steps: list[Step] = []
    """The steps with the inputs inserted."""
    not_before: Moment | None = None
    approval: Approval | None = None
    deciders: list[str] = []
    beyond: str = ""
    """The reason why the order exceeds the customer's entitlement; an operator must then approve."""
    operators: list[str] = []
    receipt_to: list[str] = []
    """The contacts who get the receipts, that is, the requester."""
