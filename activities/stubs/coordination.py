"""The activities for clocks and notices; implemented in the packages of those names."""

from __future__ import annotations

from temporalio import activity

from models.clock import ClockReading, ReadClock
from models.notices import NoticeReceipt, SendNotice


@activity.defn(name="read_clock")
async def read_clock(request: ReadClock) -> ClockReading:
    """Compute the service-level clocks."""
    raise NotImplementedError


@activity.defn(name="send_notice")
async def send_notice(request: SendNotice) -> NoticeReceipt:
    """Send a notice to people; the same key is sent once."""
    raise NotImplementedError
