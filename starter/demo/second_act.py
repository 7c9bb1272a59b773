"""The demo's second act: a change that fails and is rolled back, then a restore drill."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from temporalio.client import Client

from activities.records import Records
from models.change import ChangeOrder
from models.errors import UserError
from models.operation import OperationEnd, OperationOutcome, OperationStatus
from models.operation_kinds import CHANGE, DRILL
from models.restores import DrillOrder
from starter.change.service import next_key
from starter.demo.customer import APPLICATION, Shop
from starter.demo.following import Listener, follow
from starter.demo.json_lines import JsonScreen
from starter.demo.screen import Screen
from starter.operation.starting import Handle, start_operation

REQUESTER: Final = "jonas.berg@driftbolaget.example"
"""The requester of the change; other people must approve it."""

_ENDINGS: Final = {
    OperationEnd.UNDONE: "Rolled back: the shop is in its previous state",
    OperationEnd.DONE: "Proven: the backup can be restored",
}


class SecondAct:
    """Starts two operations and waits for their end; `listener` gets their events."""

    def __init__(
        self, client: Client, records: Records, shop: Shop, screen: Screen | JsonScreen, listener: Listener
    ) -> None:
        self._client = client
        self._records = records
        self._shop = shop
        self._screen = screen
        self._listener = listener

    async def change(self) -> None:
        """Make a change with a broken file: the comparison of the health finds the fault, and the change is rolled back."""
        self._screen.part(
            "3  A change that fails, and is rolled back",
            "The change loads the spring catalogue into the database. Supplier and customer approve the plan that they see. But "
            "the file is broken: the health is worse than before, and Driftvakt rolls the change back.",
        )
        before = self._shop.stock()
        order = ChangeOrder(
            application=APPLICATION, by=REQUESTER, routine="spring-catalogue", reason="The season begins"
        )
        key = await next_key(self._records, APPLICATION)
        outcome = await self._show(
            await start_operation(self._client, CHANGE, order, key, "Put the spring catalogue in")
        )
        self._prove(outcome, OperationEnd.UNDONE)
        if self._shop.stock() != before:
            raise UserError("The change reports a rollback, but the stock differs from the stock before")

    async def drill(self) -> None:
        """Run a drill: restore last night's backup into a scratch place, verify it, and remove it again."""
        self._screen.part(
            "4  A restore drill",
            "The drill restores last night's backup of the stock into a scratch place on the database's host, verifies it, "
            "measures the time, and removes it again. It does not touch the shop.",
        )
        self._shop.back_up()
        order = DrillOrder(application=APPLICATION, by=REQUESTER, restore="stock", reason="To know that it works")
        outcome = await self._show(
            await start_operation(self._client, DRILL, order, "stock.1", "Drill: restore of the stock")
        )
        self._prove(outcome, OperationEnd.DONE)

    async def _show(self, handle: Handle) -> OperationOutcome | None:
        began = datetime.now(UTC)
        self._screen.begun(handle.id, began, f"{handle.id} was started")
        outcome = await follow(handle, self._listener, OperationStatus)
        if outcome is None:
            self._screen.result(False, f"{handle.id} ended without a post-incident report")
        else:
            took = (outcome.closed_at - began).total_seconds()
            said = _ENDINGS.get(outcome.end, outcome.end.value)
            self._screen.result(outcome.end in _ENDINGS, f"{said}, after {took:.1f} s", outcome)
        return outcome

    @staticmethod
    def _prove(outcome: OperationOutcome | None, wanted: OperationEnd) -> None:
        if outcome is None or outcome.end is not wanted:
            end = outcome.end.value if outcome else "without a post-incident report"
            raise UserError(f"It ended {end}, but {wanted.value} was expected")
