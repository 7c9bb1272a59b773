"""Leading an incident: clocks and notices; carried out by the activities of those names."""

from __future__ import annotations

from temporalio import activity

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
