"""Ordering extended routines: what somebody fills in, and what comes of looking at it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.instructions import Approval, Step
from models.operation import OperationOrder


class RoutineOrder(OperationOrder):
    """Order an extended routine of the dossier."""

    routine: Annotated[Identifier, Field(examples=["campaign"])]
    """As the dossier names it."""
    inputs: Annotated[dict[str, Any], Field(examples=[{"campaign": "ABC12"}])] = {}
    """What it must be given, by name: `{"campaign": "ABC12", "prices": "spring"}`."""
    at: Moment | None = None
    """When it is wanted; as soon as its lead time allows unless given."""


class CheckOrder(Model):
    """An order to look at before anything is done about it."""

    application: ApplicationId
    dossier: str
    operation: str
    """Workflow id; it is not counted against itself."""
    routine: str
    by: str
    inputs: dict[str, Any]
    ordered_at: Moment
    at: Moment | None
    rehearse: bool


class CheckedOrder(Model):
    """What an order comes to."""

    title: str = ""
    faults: list[str] = []
    """All that is wrong with it, a sentence each; then nothing else counts."""
    values: dict[str, str] = {}
    """The inputs as commands get them."""
    steps: list[Step] = []
    """With the inputs in their places."""
    not_before: Moment | None = None
    approval: Approval | None = None
    deciders: list[str] = []
    beyond: str = ""
    """Why it passes what the customer is entitled to; then an operator is asked."""
    operators: list[str] = []
    receipt_to: list[str] = []
    """Contacts who get the receipts: whoever ordered it."""
