"""The demo's second act: a change that fails and is undone, then a restore drill that proves itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from temporalio.client import Client

from activities.records import Records
from models.change import ChangeOrder
from models.errors import UserError
from models.operation import OperationEnd, OperationKind, OperationOutcome, OperationStatus
from models.restores import DrillOrder
from starter.change.service import next_key
from starter.demo.customer import APPLICATION, Shop
from starter.demo.following import Listener, follow
from starter.demo.json_lines import JsonScreen
from starter.demo.screen import Screen
from starter.operation.starting import Handle, start_operation

REQUESTER: Final = "jonas.berg@driftbolaget.example"
"""Who asks for the change; somebody else must approve it."""

_ENDINGS: Final = {
    OperationEnd.UNDONE: "Undone: the shop is as it was before",
    OperationEnd.DONE: "Proven: the backup can be restored",
}


class SecondAct:
    """Shows two operations to their end; `listener` is told how they go on."""

    def __init__(
        self, client: Client, records: Records, shop: Shop, screen: Screen | JsonScreen, listener: Listener
    ) -> None:
        self._client = client
        self._records = records
        self._shop = shop
        self._screen = screen
        self._listener = listener

    async def change(self) -> None:
        """A change whose catalogue is broken: found out by the health from before, and taken back."""
        self._screen.part(
            "3  A change that fails, and is undone",
            "The spring catalogue is put into the database. Supplier and customer approve the plan that they are shown; then its "
            "file turns out to be broken. Health is held against that from before, and what was done is taken back.",
        )
        before = self._shop.stock()
        order = ChangeOrder(
            application=APPLICATION, by=REQUESTER, routine="spring-catalogue", reason="The season begins"
        )
        key = await next_key(self._records, APPLICATION)
        outcome = await self._show(
            await start_operation(self._client, OperationKind.CHANGE, order, key, "Put the spring catalogue in")
        )
        self._prove(outcome, OperationEnd.UNDONE)
        if self._shop.stock() != before:
            raise UserError("The change says that it was undone, but the stock is not what it was before")

    async def drill(self) -> None:
        """Last night's backup is restored into a scratch place, verified, timed and removed again."""
        self._screen.part(
            "4  A restore drill that proves itself",
            "Last night's backup of the stock is restored into a scratch place on the database's host, read, timed and removed "
            "again. Nothing of the shop is touched.",
        )
        self._shop.back_up()
        order = DrillOrder(application=APPLICATION, by=REQUESTER, restore="stock", reason="To know that it works")
        outcome = await self._show(
            await start_operation(
                self._client, OperationKind.DRILL, order, "stock.1", "Practise the restore of the stock"
            )
        )
        self._prove(outcome, OperationEnd.DONE)

    async def _show(self, handle: Handle) -> OperationOutcome | None:
        began = datetime.now(UTC)
        self._screen.begun(handle.id, began, f"{handle.id} was started")
        outcome = await follow(handle, self._listener, OperationStatus)
        if outcome is None:
            self._screen.result(False, f"{handle.id} ended without an account")
        else:
            took = (outcome.closed_at - began).total_seconds()
            said = _ENDINGS.get(outcome.end, outcome.end.value)
            self._screen.result(outcome.end in _ENDINGS, f"{said}, after {took:.1f} s", outcome)
        return outcome

    @staticmethod
    def _prove(outcome: OperationOutcome | None, wanted: OperationEnd) -> None:
        if outcome is None or outcome.end is not wanted:
            end = outcome.end.value if outcome else "without an account"
            raise UserError(f"It ended {end}, where {wanted.value} was expected")
