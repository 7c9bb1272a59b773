"""Leading an incident: clocks, notices, accounts; carried out by the activities of those names."""

from __future__ import annotations

from temporalio import activity

from models.account import AccountReceipt, WriteAccount
from models.clock import ClockReading, ReadClock
from models.notices import NoticeReceipt, SendNotice


@activity.defn(name="read_clock")
async def read_clock(request: ReadClock) -> ClockReading:
    """Read the service-level clocks."""
    raise NotImplementedError


@activity.defn(name="send_notice")
async def send_notice(request: SendNotice) -> NoticeReceipt:
    """Write to people; the same key is sent once."""
    raise NotImplementedError


@activity.defn(name="write_account")
async def write_account(request: WriteAccount) -> AccountReceipt:
    """Write the account of a closed incident; the same run gives the same account."""
    raise NotImplementedError
