"""The activity that writes accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.accounts.store import Accounts
from activities.records import Records
from models.account import AccountReceipt, WriteAccount


class AccountActivities:
    """Writes accounts; blocking, so it wants the worker's thread pool."""

    def __init__(self, records: Records) -> None:
        """`records` keep what happened, and the account."""
        self._accounts = Accounts(records)

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.write_account]

    @activity.defn
    def write_account(self, request: WriteAccount) -> AccountReceipt:
        """Write the account of a closed incident; the same run gives the same account."""
        return self._accounts.write(request)
